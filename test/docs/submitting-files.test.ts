import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { workbookLimits } from "../../src/cli/submit/xlsx/workbook.ts";
import { readDay, readLastDay } from "../../src/domain/files/date-forms.ts";
import { checkFileMapping } from "../../src/domain/mapping/mapping.ts";
import { readPage, readSnippets, readTable, root } from "./documents.ts";
import { openShell } from "./shell.ts";

const page = "docs/submitting-files.md";
const text = readPage(page);
const snippets = readSnippets(page, text);
const folder = mkdtempSync(join(tmpdir(), "zhengzhao-files-page-"));

let shell: ReturnType<typeof openShell>;
beforeAll(async () => {
  mkdirSync(join(folder, "data"));
  symlinkSync(join(root, "src"), join(folder, "src"));
  shell = openShell(folder, { PATH: [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter) });
});
afterAll(async () => {
  await shell.close();
  rmSync(folder, { recursive: true });
});

// The call itself is run by snippets.test.ts, against a hub.
test("the page's mapping is one", async () => {
  for (const { text: snippet } of snippets.filter(({ text: one }) => one.startsWith("cat > "))) {
    expect(await shell.run(snippet)).toEqual({ code: 0, out: "" });
  }
  expect(checkFileMapping(JSON.parse(readFileSync(join(folder, "data/mapping.json"), "utf8")))).toHaveProperty("value");
});

test("every option the page names is there", async () => {
  const { out } = await shell.run("node src/cli/hub.ts submit --help");
  const named = [...text.matchAll(/(?<!-)--[a-z][a-z-]+/g)].map(([name]) => name).filter((name) => name !== "--silent");
  expect(named.filter((name) => !out.includes(name))).toEqual([]);
});

test("every form of a day is read as the page says", () => {
  const [, , days = [], numbers = [], times = [], ends = []] = readTable(text, "## Days");
  const formsOf = ([cell = ""]: readonly string[]) => [...cell.matchAll(/`([^`]+)`/g)].map(([, form = ""]) => form);
  for (const form of [...formsOf(days), ...formsOf(numbers), ...formsOf(times)]) {
    expect([form, readDay(form)]).toEqual([form, "2021-07-01"]);
  }
  for (const form of formsOf(ends).filter((one) => one !== "validUntil"))
    expect([form, readLastDay(form)]).toEqual([form, null]);
});

test("the limits are those the page says", () => {
  const { maxFileBytes, maxUnpackedBytes, maxCells } = workbookLimits;
  const mebi = (bytes: number) => `${bytes / 1024 / 1024} MiB`;
  const said = `At most ${mebi(maxFileBytes)}, ${mebi(maxUnpackedBytes)} unpacked, ${maxCells.toLocaleString("en")} cells`;
  expect(text).toContain(said);
});
