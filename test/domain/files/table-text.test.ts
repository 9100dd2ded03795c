import { describe, expect, test } from "@jest/globals";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { csvRow, findSeparator, maxCellCharacters } from "../../../src/domain/files/table-text.ts";

describe("the separator of a file", () => {
  test.each([
    ["a,b,c\n1;2;3", ",", 1],
    ["a;b;c\n1,2,3", ";", 1],
    ["a\tb\tc", "\t", 1],
    ["证号，单位，日期", "，", 1],
    ["a|b|c", "|", 1],
    ['"a,b,c,d";e;f', ";", 1],
    ['"a""b,c,d";e', ";", 1],
    ["威海市证照清单,,,,,\na;b;c", ";", 2],
    ["标题\r\na;b\r\n1,2,3", ";", 2],
    ["标题\ra;b\r1,2,3", ";", 2],
    ["only", ",", 1],
    ["", ",", 1],
  ])("of %j is %j", (start, separator, headerRow) => {
    expect(findSeparator(start, headerRow)).toBe(separator);
  });
});

describe("a row of results", () => {
  test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])("%j becomes no formula", (cell) => {
    expect(parse(csvRow([cell, "b"]))).toEqual([[`'${cell}`, "b"]]);
  });

  test("every other cell is read as it was, and the line ends as spreadsheets want it", () => {
    const cell = fc.string({ unit: "grapheme" }).filter((one) => !/^[=+\-@\t\r]/.test(one));
    fc.assert(
      fc.property(fc.array(cell, { minLength: 2, maxLength: 5 }), (cells) => {
        const row = csvRow(cells);
        expect(parse(row, { record_delimiter: "\r\n" })).toEqual([cells]);
        expect(row.endsWith("\r\n")).toBe(true);
      }),
    );
  });

  test("no cell is longer than a spreadsheet takes", () => {
    const [[cell = ""] = []] = parse(csvRow([`=${"x".repeat(100_000)}`])) as string[][];
    expect(cell.length).toBeLessThanOrEqual(maxCellCharacters);
    expect(cell.endsWith("…")).toBe(true);
  });
});
