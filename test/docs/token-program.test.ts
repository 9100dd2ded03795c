import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type ListeningHub, openListeningHub } from "../setup/oauth.ts";
import { readPage, readSnippets } from "./documents.ts";
import { openShell } from "./shell.ts";

const page = "docs/connecting-a-department.md";
const folder = mkdtempSync(join(tmpdir(), "zhengzhao-token-program-"));

let hub: ListeningHub;
let shell: ReturnType<typeof openShell>;
beforeAll(async () => {
  hub = await openListeningHub({ env: { DEMO: "off" } });
  mkdirSync(join(folder, "data"));
  shell = openShell(folder, { PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter) });
});
afterAll(async () => {
  await shell.close();
  await hub.close();
  rmSync(folder, { recursive: true });
});

/** Writes and runs what the page shows. */
async function run(name: string): Promise<string> {
  const snippet = readSnippets(page, readPage(page)).find(({ text }) => text.includes(`cat > data/${name}`));
  const { code, out } = await shell.run(snippet?.text ?? "exit 9");
  expect({ code, out }).toEqual({ code: 0, out });
  return out;
}

test("the program of the page gets a token with the key it made, outside of a demo, and asks with it", async () => {
  const jwk: object = JSON.parse(await run("make-key.mjs"));
  await hub.sql("insert into client_key (client_id, kid, jwk, added_at) values ('approval-bureau', 'k', $1, now())", [
    JSON.stringify(jwk),
  ]);
  await run("ask-hub.mjs");
  const query = "{ accessRecords(first: 1) { nodes { id } } }";
  const { code, out } = await shell.run(`node data/ask-hub.mjs ${hub.url} approval-bureau audit:read "${query}"`);
  expect([code, JSON.parse(out)]).toEqual([0, { data: { accessRecords: { nodes: [] } } }]);
});

test("it says why when the hub does not know the client", async () => {
  const { code, out } = await shell.run(`node data/ask-hub.mjs ${hub.url} nobody audit:read "{ __typename }" 2>&1`);
  expect(code).not.toBe(0);
  expect(out).toContain("invalid_client");
});
