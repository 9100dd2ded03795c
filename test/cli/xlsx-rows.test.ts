import { describe, expect, test } from "@jest/globals";
import { readWorkbook, workbookLimits } from "../../src/cli/submit/xlsx/workbook.ts";
import { officeTable, sampleRecords, xlsxOf } from "../setup/sample-files.ts";
import { writeZip } from "../setup/zip.ts";

const read = async (bytes: Buffer, sheet?: string) => (await readWorkbook(bytes, sheet)).rows.map(({ cells }) => cells);
const sheetOf = (inside: string) =>
  `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${inside}</sheetData></worksheet>`;
const withSheet = (inside: string) => xlsxOf([], { sheetXml: sheetOf(inside) });

describe("a workbook", () => {
  test("of texts is read as it was written, spaces and signs too", async () => {
    const table = officeTable(sampleRecords("food-operation-license"));
    expect(await read(xlsxOf(table))).toEqual(table);
    expect(await read(xlsxOf([[" a & b <c> ", "有"]]))).toEqual([[" a & b <c> ", "有"]]);
  });

  test("of numbers shows them as they are typed, and those it has cut off as cut off", async () => {
    const row = [12.5, 0.1, 44378, 123456789012345, 371002188007080000, 3.7e-7];
    expect(await read(xlsxOf([row]))).toEqual([
      ["12.5", "0.1", "44378", "123456789012345", "3.7100218800708e+17", "3.7e-7"],
    ]);
  });

  test.each([
    [1, "1900-01-01"],
    [59, "1900-02-28"],
    [60, "60"],
    [61, "1900-03-01"],
    [44378, "2021-07-01"],
    [44378.75, "2021-07-01 18:00:00"],
    [44378.9999999, "2021-07-02"],
  ])("date cell %d is %s: the day that never was is none", async (day, text) => {
    expect(await read(xlsxOf([[{ day }]]))).toEqual([[text]]);
  });

  test("with formulas is read by their values, an empty one too", async () => {
    const cells =
      '<c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>""</f><v></v></c><c r="C1"><f>A1</f><v>2</v></c>';
    expect(await read(withSheet(`<row r="1">${cells}</row>`))).toEqual([["2", "", "2"]]);
  });

  test("that counts from 1904 says so", async () => {
    expect(await readWorkbook(xlsxOf([[{ day: 42916 }, 42916]], { date1904: true }), undefined)).toMatchObject({
      rows: [{ row: 1, cells: ["2021-07-01", "42916"] }],
      epoch: 1904,
    });
  });
});

describe("a workbook is refused in one line", () => {
  const plain = xlsxOf([["a"]]);
  const bomb = () => xlsxOf([], { sheetXml: `<!--${" ".repeat(workbookLimits.maxUnpackedBytes + 1)}--><worksheet/>` });
  const locked = () => {
    const archive = Buffer.from(plain);
    const at = archive.lastIndexOf(Buffer.from("504b0102", "hex"));
    archive.writeUInt16LE(1, at + 8);
    return archive;
  };

  test.each<[string, () => Buffer, RegExp]>([
    ["that is too large when unpacked", bomb, /more than 96 MiB when unpacked/],
    [
      "whose row has a number without end",
      () => withSheet('<row r="9999999"><c r="A9999999"><v>1</v></c><c r="B9999999"><v>1</v></c></row>'),
      /too far for \.xlsx/,
    ],
    [
      "whose row number is none",
      () => withSheet('<row r="99999999999"><c r="A1"><v>1</v></c></row>'),
      /a cell at no place/,
    ],
    [
      "whose row number is written in entities",
      () => withSheet('<row r="&#57;9999999999"><c><v>1</v></c></row>'),
      /a cell at no place/,
    ],
    [
      "whose cell hides a row number its row has not",
      () => withSheet('<row><c r="D9999999"><v>1</v></c></row>'),
      /too far/,
    ],
    ["whose column lies far out", () => withSheet('<row r="1"><c r="XFD1"><v>1</v></c></row>'), /too far/],
    ["whose column is none", () => withSheet('<row r="1"><c r="AAAA1"><v>1</v></c></row>'), /a cell at no place/],
    [
      "with single quotes and another prefix",
      () => withSheet("<x:row r='1'><x:c r = 'XFD1'><v>1</v></x:c></x:row>"),
      /too far/,
    ],
    ["in which a formula failed", () => xlsxOf([["a"], [{ error: "#N/A" }]]), /a formula failed in cell A2/],
    [
      "in which a formula was never worked out",
      () => withSheet('<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>DATE(2020,1,1)</f></c></row>'),
      /a formula in cell B1 of .* has no value/,
    ],
    [
      "in which one was not, under another prefix",
      () => withSheet('<x:row r="1"><x:c r="A1">\n<x:f t="shared"/></x:c><x:c r="B1"><x:v>1</x:v></x:c></x:row>'),
      /a formula in cell A1 of .* has no value/,
    ],
    ["with a password on its files", locked, /locked with a password/],
    ["cut off", () => plain.subarray(0, -30), /damaged/],
    ["with nothing in it", () => writeZip([]), /no \.xlsx workbook/],
    ["that is another archive", () => writeZip([{ name: "a.xml", bytes: Buffer.from("<a/>") }]), /no \.xlsx workbook/],
    ["whose XML is none", () => withSheet("<row><c"), /damaged/],
    [
      "whose sheet is missing",
      () => writeZip([{ name: "xl/workbook.xml", bytes: Buffer.from("<workbook/>") }]),
      /damaged|no sheet/,
    ],
    ["with the same file twice", () => xlsxOf([["a"]], { more: [["xl/styles.xml", "<styleSheet/>"]] }), /damaged/],
  ])("%s", async (_, make, words) => {
    await expect(read(make())).rejects.toThrow(words);
  });

  test("wherever a byte of it is wrong: never anything but a line or a table", async () => {
    for (let at = 0; at < plain.length; at += 7) {
      const broken = Buffer.from(plain);
      broken[at] = (broken[at] ?? 0) ^ 0x55;
      const read_ = await read(broken).catch((error: unknown) => error);
      if (!Array.isArray(read_)) expect(read_).toHaveProperty("constructor.name", "UsageError");
    }
  });
});
