import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { bindMapping, mapRow } from "../../../src/domain/mapping/map-row.ts";
import { checkFileMapping, type Mapping, ownNames } from "../../../src/domain/mapping/mapping.ts";
import { recordFields } from "../../../src/domain/mapping/record-field.ts";

const columns = {
  流水号: "sourceRecordId",
  证号: "number",
  单位: "holder.name",
  代码: "holder.id",
  发证日期: ["issuedOn", "validFrom"],
  有效期至: "validUntil",
  更新: "sourceUpdatedAt",
  状态: { field: "operation", values: { 有效: "ISSUE", 注销: "CANCEL" } },
  面积: { field: "attributes.area", as: "number" },
  品种: { field: "attributes.species", as: "list" },
  联营: { field: "attributes.joint", as: "boolean" },
  建立: { field: "attributes.establishedOn", as: "date" },
};
const constants = { licenseType: "T1", issuer: "D1", "holder.idType": "USCC" };
const good = { columns, constants };
const header = Object.keys(columns);
const row = [
  "1",
  "证1",
  "甲公司",
  "91371002xxxx0030xc",
  "2021年7月1日",
  "长期",
  "2021-07-01 9:00",
  "有效",
  "1,234.5",
  "海带、 牡蛎",
  "是",
  "2020.1.2",
];

function mappingOf(json: unknown): Mapping {
  const checked = checkFileMapping(json);
  if ("fault" in checked) throw new Error(checked.fault.en);
  return checked.value;
}
function map(cells: readonly unknown[], json: unknown = good, names: readonly string[] = header) {
  const bound = bindMapping(mappingOf(json), names);
  if ("fault" in bound) throw new Error(bound.fault.en);
  const mapped = mapRow(bound.value, cells, 1900);
  return "line" in mapped ? JSON.parse(mapped.line) : mapped.problems;
}
const withCell = (name: string, cell: unknown) => header.map((one, at) => (one === name ? cell : (row[at] ?? "")));

describe("a row", () => {
  test("becomes a record by its mapping", () => {
    expect(map(row)).toEqual({
      ...{ sourceRecordId: "1", operation: "ISSUE", sourceUpdatedAt: "2021-07-01T09:00:00+08:00" },
      ...{ licenseType: "T1", issuer: "D1", number: "证1", issuedOn: "2021-07-01", validFrom: "2021-07-01" },
      holder: { idType: "USCC", id: "91371002XXXX0030XC", name: "甲公司" },
      attributes: { area: 1234.5, species: ["海带", "牡蛎"], joint: true, establishedOn: "2020-01-02" },
    });
  });

  test.each([
    ["流水号", "", "CELL_MISSING"],
    ["流水号", " \u3000", "CELL_MISSING"],
    ["代码", "", "CELL_MISSING"],
    ["发证日期", "2021-02-30", "CELL_DATE"],
    ["发证日期", "长期", "CELL_DATE"],
    ["有效期至", "2021-02-30", "CELL_DATE"],
    ["有效期至", "#N/A", "CELL_DATE"],
    ["更新", "上周", "CELL_DATE"],
    ["状态", "吊销", "CELL_VALUE"],
    ["面积", "12亩", "CELL_NUMBER"],
    ["面积", "1,23", "CELL_NUMBER"],
    ["面积", "0x10", "CELL_NUMBER"],
    ["面积", "1e999", "CELL_NUMBER"],
    ["面积", "12345678901234567890", "CELL_NUMBER"],
    ["联营", "也许", "CELL_BOOLEAN"],
    ["代码", "9.1371E+17", "CELL_DIGITS_LOST"],
    ["证号", "3.71002188007080e+17", "CELL_DIGITS_LOST"],
    ["单位", "甲\ufffd公司", "CELL_BROKEN"],
    ["证号", ["a", "b"], "CELL_VALUE"],
  ])("with a %s of %j has a problem that names the column: %s", (column, cell, code) => {
    expect(map(withCell(column, cell))).toEqual([expect.objectContaining({ code, column })]);
  });

  test.each([
    ["too many cells", [...row, "more"]],
    ["too few cells", row.slice(1)],
  ])("with %s is not guessed at", (_, cells) => {
    expect(map(cells)).toEqual([{ code: "COLUMN_COUNT", column: "", detail: String(cells.length) }]);
  });

  test("may end in empty cells that have no heading", () => {
    expect(map([...row, "", ""])).toHaveProperty("number");
  });

  test("tells all its problems at once", () => {
    const cells = header.map(
      (name) => ({ 面积: "x", 有效期至: "x", 流水号: "" })[name] ?? row[header.indexOf(name)] ?? "",
    );
    expect(map(cells).map(({ code }: { code: string }) => code)).toEqual(["CELL_MISSING", "CELL_DATE", "CELL_NUMBER"]);
  });

  test("without anything of a holder has none: an event", () => {
    const cells = header.map((name, at) => (["单位", "代码"].includes(name) ? "" : (row[at] ?? "")));
    expect(map(cells)).not.toHaveProperty("holder");
  });

  test("larger than a record may be is refused here", () => {
    expect(map(withCell("单位", "长".repeat(30_000)))).toEqual([{ code: "RECORD_SIZE", column: "" }]);
  });

  test("a value may be translated into none, an empty cell into a value", () => {
    const json = {
      columns: { ...columns, 有效期至: { field: "validUntil", values: { 见备注: null, "": "2030-01-01" } } },
      constants,
    };
    expect(map(withCell("有效期至", "见备注"), json)).not.toHaveProperty("validUntil");
    expect(map(withCell("有效期至", ""), json)).toHaveProperty("validUntil", "2030-01-01");
  });

  test("an attribute may be named as nothing in JavaScript should be", () => {
    const json = { columns: { ...columns, 联营: "attributes.constructor", 品种: "attributes.toString" }, constants };
    expect(map(row, json).attributes).toMatchObject({ constructor: "是", toString: "海带、 牡蛎" });
  });

  test("no cells make it throw", () => {
    const cells = fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...row)), { maxLength: 14 });
    fc.assert(fc.property(cells, (one) => expect(map(one)).toBeDefined()));
  });
});

describe("a mapping is refused in one line that names the place", () => {
  const changed = (more: object) => ({ columns: { ...columns, ...more }, constants });
  test.each<[string, unknown, RegExp]>([
    ["a list", [], /the mapping is no JSON object/],
    ["no columns", { constants }, /columns is no JSON object/],
    ["an unknown part", { ...good, colums: {} }, /the mapping has no “colums”: it has columns, /],
    [
      "an unknown field",
      changed({ 备注: "remark" }),
      /column “备注” names the field “remark”, which is none of sourceRecordId, /,
    ],
    ["a field that every object has", changed({ 备注: "constructor" }), /column “备注” names the field “constructor”/],
    ["an attribute without a name", changed({ 备注: "attributes." }), /“备注”/],
    ["the attribute __proto__", changed({ 备注: "attributes.__proto__" }), /“备注”/],
    ["no field", changed({ 备注: { as: "date" } }), /column “备注” names no field/],
    [
      "an unknown part of a column",
      changed({ 备注: { field: "reason", vaules: {} } }),
      /column “备注” has no “vaules”/,
    ],
    ["a number for a field", changed({ 备注: 7 }), /column “备注” is no JSON object/],
    ["a field from two columns", changed({ 备注: "number" }), /number comes from column “证号” and from column “备注”/],
    [
      "a field from a column and a constant",
      { columns, constants: { ...constants, number: "1" } },
      /number comes from column “证号” and from a constant/,
    ],
    [
      "a kind for a field that has its own",
      changed({ 备注: { field: "reason", as: "date" } }),
      /column “备注” has "as", but reason/,
    ],
    [
      "an unknown kind",
      changed({ 备注: { field: "attributes.x", as: "datum" } }),
      /column “备注” is read as “datum”: it is one of text, /,
    ],
    [
      "a translation into what the field can not be",
      changed({ 状态: { field: "operation", values: { 有效: "VALID" } } }),
      /column “状态” makes “有效” “VALID”, but operation is one of ISSUE, /,
    ],
    [
      "a translation into a number",
      changed({ 备注: { field: "reason", values: { a: 1 } } }),
      /column “备注” makes “a”/,
    ],
    [
      "an empty separator",
      changed({ 品种: { field: "attributes.species", as: "list", separator: "" } }),
      /column “品种” has a separator/,
    ],
    [
      "a constant that is none of a list",
      { columns, constants: { ...constants, "holder.idType": "公司" } },
      /constant “holder.idType” is “公司”: it is one of USCC/,
    ],
    ["an empty constant", { columns, constants: { ...constants, issuer: " " } }, /constant “issuer” is no text/],
    [
      "no issuer",
      { columns, constants: { licenseType: "T", "holder.idType": "USCC" } },
      /the mapping has nothing for issuer/,
    ],
    ["half a holder", { columns, constants: { licenseType: "T", issuer: "D" } }, /nothing for holder.idType/],
    ["a heading in row 0", { ...good, headerRow: 0 }, /headerRow/],
    ["a heading far down", { ...good, headerRow: 21 }, /headerRow is a whole number from 1 to 20/],
    [
      "too many columns",
      { columns: Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [at, "number"])), constants },
      /1001 columns/,
    ],
  ])("%s", (_, json, words) => {
    const checked = checkFileMapping(json);
    expect("fault" in checked ? checked.fault.en : "no fault").toMatch(words);
    expect("fault" in checked && checked.fault.en).not.toContain("\n");
    expect("fault" in checked && checked.fault.zh).toMatch(/\p{Script=Han}/u);
  });

  test("whatever JSON it is, nothing is thrown", () => {
    fc.assert(fc.property(fc.jsonValue(), (json) => expect(checkFileMapping(json)).toBeDefined()));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (more) =>
        expect(checkFileMapping({ columns: more })).toBeDefined(),
      ),
    );
  });
});

describe("a heading", () => {
  const bind = (names: readonly string[]) => bindMapping(mappingOf(good), names);
  test("may hold more columns than are mapped, and tells which", () => {
    expect(bind(["备注", ...header, "", "联系电话", "备注", ""])).toMatchObject({
      value: { width: header.length + 4, unused: ["备注", "联系电话", "备注"] },
    });
  });
  test.each<[string, readonly string[], RegExp]>([
    ["a mapped column missing", header.slice(1), /no column “流水号”: it has 证号, /],
    ["a mapped column twice", [...header, "证号"], /two columns “证号”/],
    ["a million columns", Array.from({ length: 1_000_000 }, (_, at) => `c${at}`), /1000000 columns; at most 1000/],
    ["nothing", ["", ""], /empty/],
  ])("with %s is refused", (_, names, words) => {
    const bound = bind(names);
    expect("fault" in bound ? bound.fault.en : "no fault").toMatch(words);
  });
});

describe("without a mapping", () => {
  const all = recordFields.map(({ path }) => path);
  test("the headings are our own names", () => {
    const own = ownNames([...all, "attributes.seaArea"]);
    expect("value" in own && own.value.rules).toHaveLength(all.length + 1);
  });
  test.each([
    [["流水号", ...all], /column “流水号” is no field of ours: name it with --mapping/],
    [[...all, "number"], /number comes from column “number” and from column “number”/],
    [["number"], /the file has nothing for sourceRecordId, operation, /],
  ])("%j is refused", (names, words) => {
    const own = ownNames(names);
    expect("fault" in own ? own.fault.en : "no fault").toMatch(words);
  });
});
