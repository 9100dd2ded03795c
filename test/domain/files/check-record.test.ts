import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { checkRecord } from "../../../src/domain/files/check-record.ts";
import { rowProblemTable, tellRowProblem } from "../../../src/domain/mapping/row-problem.ts";

const demo = (name: string) =>
  readFileSync(join(import.meta.dirname, "../../../migrations/data/demo", name), "utf8")
    .trim()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line));

describe("a line of NDJSON", () => {
  test.each(["licenses.ndjson", "license-events.ndjson"])("of %s is a record", (name) => {
    expect(demo(name).flatMap(checkRecord)).toEqual([]);
  });

  const record = { sourceRecordId: "1", operation: "ISSUE", sourceUpdatedAt: "x", licenseType: "T", issuer: "D" };
  test.each<[string, object, object]>([
    ["no issuer", { issuer: undefined }, { code: "CELL_MISSING", column: "issuer" }],
    ["an empty id", { sourceRecordId: " " }, { code: "CELL_MISSING", column: "sourceRecordId" }],
    ["a number for an id", { sourceRecordId: 7 }, { code: "CELL_MISSING", column: "sourceRecordId" }],
    ["an unknown operation", { operation: "DELETE" }, { code: "LINE_FIELD", column: "", detail: "operation" }],
    ["an unknown field", { remark: "x" }, { code: "LINE_FIELD", column: "", detail: "remark" }],
    ["a field every object has", { constructor: "x" }, { code: "LINE_FIELD", column: "", detail: "constructor" }],
    ["a number for a number", { number: 7 }, { code: "LINE_FIELD", column: "", detail: "number" }],
    ["an unknown outcome", { outcome: "GONE" }, { code: "LINE_FIELD", column: "", detail: "outcome" }],
    ["half a holder", { holder: { id: "x" } }, { code: "LINE_FIELD", column: "", detail: "holder" }],
    [
      "a holder with more",
      { holder: { idType: "USCC", id: "x", name: "y", age: 3 } },
      { code: "LINE_FIELD", column: "", detail: "holder" },
    ],
    ["a list for a holder", { holder: [] }, { code: "LINE_FIELD", column: "", detail: "holder" }],
  ])("with %s is none", (_, changes, problem) => {
    expect(checkRecord({ ...record, ...changes })).toEqual([problem]);
  });

  test("nothing JSON can hold makes it throw", () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (one) => expect(checkRecord(one)).toBeDefined()));
  });
});

test("a problem is told in both languages, with its column, what was found, and never endlessly", () => {
  for (const code of Object.keys(rowProblemTable) as (keyof typeof rowProblemTable)[]) {
    const { en, zh } = tellRowProblem({ code, column: "证号", detail: "$&".repeat(500) });
    expect(en).toMatch(/^证号: [A-Z“]/);
    expect(zh).toMatch(/^证号：.*。$/s);
    expect([en, zh].join()).not.toContain("{0}");
    expect(en.length).toBeLessThan(300);
  }
});
