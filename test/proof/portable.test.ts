import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { signLicense } from "../../src/proof/signing/sign-license.ts";
import { openBrowser } from "../setup/browser.ts";
import { makeTestKey, now, sampleClaims } from "./samples.ts";

let script: string;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  const [code, opened] = await Promise.all([bundle(), openBrowser()]);
  script = code;
  browser = opened;
  page = await browser.newPage();
  const policy = {
    "content-security-policy": "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'",
  };
  await page.route("https://page.example/**", (route) =>
    route.request().url().endsWith(".js")
      ? route.fulfill({ body: script, contentType: "text/javascript" })
      : route.fulfill({ body: '<script src="/verify.js"></script>', contentType: "text/html", headers: policy }),
  );
  await page.goto("https://page.example/");
});
afterAll(() => browser?.close());

async function bundle(): Promise<string> {
  const program = join(import.meta.dirname, "..", "setup", "bundle-verifier.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program], { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

test("what verifies a license is bundled for a browser without a module of Node, and without Buffer", () => {
  const code = script.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  expect(code).not.toMatch(/\bimport\b|(?<!["'])\bfrom\s*["']|\brequire\b|\bprocess\.|__vite/);
  // Node's own ways are asked for where there is a Node.
  expect(code.match(/globalThis\.process.*/g)).toEqual(["globalThis.process?.getBuiltinModule;"]);
  expect(code.match(/.{15}\bBuffer\b/g)).toEqual(['"node:buffer").Buffer']);
});

test("the size of the bundle stays that of a page's part", () => {
  expect(script.length).toBeLessThan(200_000);
});

test.each(["ES256", "EdDSA"] as const)(
  "a browser under a strict policy verifies a license signed with %s, and tells a changed one",
  async (alg) => {
    const key = await makeTestKey("license", alg);
    const good = await signLicense(sampleClaims(), key.signing);
    const at = good.indexOf(".") + 100;
    const spoiled = good.slice(0, at) + (good[at] === "A" ? "B" : "A") + good.slice(at + 1);
    const orders = { tokens: [good, spoiled], keys: { keys: [key.publicJwk] }, at: now.getTime() };
    const reports = await page.evaluate(async ({ tokens, keys, at }) => {
      const { verify } = globalThis as unknown as { verify(...args: unknown[]): Promise<Report> };
      return Promise.all(tokens.map((token) => verify(token, keys, at)));
    }, orders);
    expect(reports.map(({ outcome }) => outcome)).toEqual(["UNDECIDED", "INVALID"]);
    // Nothing tells the state; every other step that carries trust has passed.
    const open = reports[0]?.checks.filter(({ outcome }) => outcome === "SKIPPED").map(({ name }) => name);
    expect(open).toEqual(["TYPE_SCHEMA", "STATUS", "LOG_INCLUSION", "HOLDER_BINDING"]);
    expect(reports[0]?.license).toEqual(sampleClaims());
    expect(reports[1]?.checks.find(({ name }) => name === "SIGNATURE")?.outcome).toBe("FAIL");
  },
);

type Report = Readonly<{ outcome: string; checks: readonly { name: string; outcome: string }[]; license?: unknown }>;
