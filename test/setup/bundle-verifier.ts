import { join } from "node:path";
import { build } from "vite";

/**
 * Prints what verifies a license, bundled for a browser: the program of a page that knows `verify(token, keys, at)`.
 * A process of its own, because the bundler takes no options from jest's realm.
 */
const src = join(import.meta.dirname, "..", "..", "src");
const entry = `
  import { verifyLicense } from "${src}/use-cases/licenses/verify-license.ts";
  import { parseJwks } from "${src}/proof/keyring.ts";
  globalThis.verify = (token, keys, at) =>
    verifyLicense({ keyring: parseJwks(keys), schemaOf: () => undefined, now: () => new Date(at) }, { token });
`;

const built = await build({
  configFile: false,
  logLevel: "error",
  root: src,
  plugins: [
    { name: "entry", resolveId: (id) => (id === "entry" ? id : null), load: (id) => (id === "entry" ? entry : null) },
  ],
  build: { write: false, minify: false, rolldownOptions: { input: "entry" } },
});
if (!("output" in built)) throw new Error("Expected one bundle.");
const [chunk, ...more] = built.output;
if (more.length > 0 || chunk.imports.length > 0) throw new Error("Expected one file that imports nothing.");
process.stdout.write(chunk.code);
