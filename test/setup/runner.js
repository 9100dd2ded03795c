import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformSync } from "@swc/core";
import circus from "jest-circus/runner";
import { enterSuite } from "./suite-globals.js";
import { swcOptions } from "./swc.js";

// Jest's own loader makes every suite a world of its own, and loads all that a hub stands on, over two thousand files,
// into each: two seconds for every suite that opens one. Here Node loads tests as it loads the hub: a worker's suites
// share what they import, as all requests of a hub do, and find it warm. Nothing in src/ or test/setup/ may remember one
// suite in the next; jest's module mocks and fake timers do not reach these modules.

const root = pathToFileURL(join(import.meta.dirname, "../..", "/")).href;
const suiteGlobals = new URL("suite-globals.js", import.meta.url).href;
let suites = 0;

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== "@jest/globals" || !isOurs(context.parentURL)) return next(specifier, context);
    return { url: suiteGlobals, format: "module", shortCircuit: true };
  },
  load(url, context, next) {
    if (!isOurs(url) || !/\.ts(\?|$)/.test(url)) return next(url, context);
    const filename = fileURLToPath(url);
    const options = { ...swcOptions, filename, configFile: false, swcrc: false };
    const { code } = transformSync(readFileSync(filename, "utf8"), options);
    return { format: "module", source: code, shortCircuit: true };
  },
});
process.setSourceMapsEnabled(true);

/** Runs one suite as jest-circus does, except for where its modules are loaded. */
export default async function run(globalConfig, config, environment, runtime, testPath, sendMessage) {
  shareBuiltIns(environment.global);
  runtime.unstable_importModule = (path) => {
    enterSuite(environment.global);
    // A test that never looks at anything passes whatever the code does: it fails.
    environment.global.beforeEach(() => environment.global.expect.hasAssertions());
    suites += 1;
    return import(`${pathToFileURL(path).href}?suite=${suites}`);
  };
  return circus.default(globalConfig, config, environment, runtime, testPath, sendMessage);
}

/** `expect` lives in jest's world and has to know a test's `String` and `Error` for its own. */
function shareBuiltIns(world) {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(globalThis)))
    if (/^[A-Z]/.test(name) && typeof value === "function") world[name] = value;
}

function isOurs(url) {
  return url?.startsWith(root) === true && !url.includes("/node_modules/");
}
