import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { codeTables, renderErrors } from "./setup/print-errors.ts";

const written = readFileSync("schema/errors.md", "utf8");
const sections = written
  .split(/^# /m)
  .slice(1)
  .map((section) => ({
    title: section.split("\n", 1)[0],
    codes: [...section.matchAll(/^## (.+)$/gm)].map(([, code]) => code),
  }));

test.each(codeTables)("$title: every code has a heading in schema/errors.md, and every heading a code", (table) => {
  const section = sections.find(({ title }) => title === table.title);
  expect(section?.codes).toEqual(table.codes.map(({ code }) => code));
});

test("schema/errors.md has no section without a table", () => {
  expect(sections.map(({ title }) => title)).toEqual(codeTables.map(({ title }) => title));
});

test("schema/errors.md is what `npm run errors:print` prints", () => {
  expect(written).toBe(renderErrors());
});

test.each(codeTables)("$title: every code says what is wrong in English and in Chinese", ({ codes }) => {
  const silent = codes.filter(
    ({ text: { en, zh } }) => !/^[^\p{Script=Han}]{8,}[.)]$/u.test(en) || !/\p{Script=Han}.*。$/u.test(zh),
  );
  expect(silent).toEqual([]);
});

test.each(codeTables)("$title: every code is upper snake case", ({ codes }) => {
  expect(codes.filter(({ code }) => !/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(code))).toEqual([]);
});
