import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { writeZip } from "./zip.ts";

const demoFile = join(import.meta.dirname, "../../migrations/data/demo/licenses.ndjson");

/** The sample licenses of a kind, as they are submitted. */
export function sampleRecords(kind: string): readonly RawRecord[] {
  const lines = readFileSync(demoFile, "utf8").trim().split("\n");
  const records = lines.map((line) => JSON.parse(line) as RawRecord);
  return records.filter((record) => record.sourceRecordId.startsWith(kind));
}

/** The food operation licenses as an office's own table: its columns, its words, its dates. */
export function officeTable(records: readonly RawRecord[]): readonly (readonly string[])[] {
  const rows = records.map((record, index) => {
    const { premises, principalBusiness, operationItems, legalRepresentative } = attributesOf(record);
    return [
      ...[record.sourceRecordId, record.number ?? "", record.holder?.name ?? "", record.holder?.id ?? ""],
      ...[chinese(record.issuedOn, index), chinese(record.validUntil, index + 1), record.region ?? "", "有效"],
      ...[text(premises), text(principalBusiness), text(operationItems), text(legalRepresentative)],
      record.sourceUpdatedAt.replace("T", " ").replace("+08:00", ""),
    ];
  });
  return [officeHeadings, ...rows];
}

const officeHeadings = [
  ...["流水号", "许可证编号", "经营者名称", "统一社会信用代码", "发证日期", "有效期至", "区划", "状态"],
  ...["经营场所", "主体业态", "经营项目", "负责人", "更新时间"],
];

/** The mapping file that goes with it. */
export const officeMapping = {
  columns: {
    流水号: "sourceRecordId",
    许可证编号: "number",
    经营者名称: "holder.name",
    统一社会信用代码: "holder.id",
    发证日期: ["issuedOn", "validFrom"],
    有效期至: "validUntil",
    区划: "region",
    状态: { field: "operation", values: { 有效: "ISSUE" } },
    经营场所: "attributes.premises",
    主体业态: "attributes.principalBusiness",
    经营项目: { field: "attributes.operationItems", as: "list", separator: "；" },
    负责人: "attributes.legalRepresentative",
    更新时间: "sourceUpdatedAt",
  },
  constants: { licenseType: "11100000MB0143028RX01", issuer: "11371000XXXX010118", "holder.idType": "USCC" },
};

/** What the hub should get of that table: the records without their identifiers. */
export function officeRecords(records: readonly RawRecord[]): readonly object[] {
  return records.map(({ identifier: _, validUntil, ...record }) => ({ ...record, ...(validUntil && { validUntil }) }));
}

function attributesOf({ attributes }: RawRecord): Readonly<Record<string, unknown>> {
  return typeof attributes === "object" && attributes !== null ? { ...attributes } : {};
}

function text(value: unknown): string {
  return Array.isArray(value) ? value.join("；") : String(value);
}

/** Each row writes its days in another way. */
function chinese(day: string | null | undefined, turn: number): string {
  if (!day) return ["长期", "永久", ""][turn % 3] ?? "";
  const [year = "", month = "", date = ""] = day.split("-");
  const [m, d] = [Number(month), Number(date)];
  const forms = [day, `${year}/${m}/${d}`, `${year}.${m}.${d}`, `${year}${month}${date}`, `${year}年${m}月${d}日`];
  return forms[turn % forms.length] ?? day;
}

/** CSV as a program writes it: quotes where they must be. */
export function csvOf(rows: readonly (readonly string[])[], separator = ",", lineEnd = "\r\n"): string {
  const quoted = (cell: string) =>
    /["\r\n]/.test(cell) || cell.includes(separator) ? `"${cell.replaceAll('"', '""')}"` : cell;
  return rows.map((row) => row.map(quoted).join(separator) + lineEnd).join("");
}

/** GB18030: Node only reads it, so its two-byte characters are read once and looked up. */
export function gb18030Of(text: string): Buffer {
  const parts = [...text].map((sign) => (sign < "\u0080" ? Buffer.from(sign) : gbTable.get(sign)));
  return Buffer.concat(parts.map((part, at) => part ?? fail(`no two-byte form of ${[...text][at]}`)));
}

const gbTable: ReadonlyMap<string, Buffer> = makeGbTable();

function makeGbTable(): ReadonlyMap<string, Buffer> {
  const decoder = new TextDecoder("gb18030");
  const table = new Map<string, Buffer>();
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      const bytes = Buffer.from([lead, trail]);
      const sign = trail === 0x7f ? "" : decoder.decode(bytes);
      if ([...sign].length === 1 && !table.has(sign)) table.set(sign, bytes);
    }
  }
  return table;
}

function fail(reason: string): never {
  throw new Error(reason);
}

/** A cell of a workbook: a text, a number, a day (its serial number with a date format), or a formula that failed. */
export type XlsxCell = string | number | Readonly<{ day: number }> | Readonly<{ error: string }>;

/** What a workbook may have otherwise. */
export type XlsxOptions = Readonly<{
  date1904?: boolean;
  sheetXml?: string;
  more?: readonly (readonly [string, string])[];
}>;

const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/** A workbook with one sheet, 证照. */
export function xlsxOf(rows: readonly (readonly XlsxCell[])[], options: XlsxOptions = {}): Buffer {
  const lines = rows.map(
    (row, at) => `<row r="${at + 1}">${row.map((cell, column) => cellXml(cell, column, at)).join("")}</row>`,
  );
  const sheet = options.sheetXml ?? `<worksheet xmlns="${main}"><sheetData>${lines.join("")}</sheetData></worksheet>`;
  const files: readonly (readonly [string, string])[] = [
    ["[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`],
    [
      "xl/workbook.xml",
      `<workbook xmlns="${main}" xmlns:r="${relations}">${options.date1904 ? '<workbookPr date1904="1"/>' : ""}<sheets><sheet name="证照" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    ],
    [
      "xl/_rels/workbook.xml.rels",
      `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${relations}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${relations}/styles" Target="styles.xml"/></Relationships>`,
    ],
    [
      "xl/styles.xml",
      `<styleSheet xmlns="${main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
    ],
    ["xl/worksheets/sheet1.xml", sheet],
    ...(options.more ?? []),
  ];
  return writeZip(
    files.map(([name, xml]) => ({ name, bytes: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${xml}`) })),
  );
}

function cellXml(cell: XlsxCell, column: number, row: number): string {
  const place = `r="${String.fromCharCode(65 + column)}${row + 1}"`;
  if (typeof cell === "number") return `<c ${place}><v>${cell}</v></c>`;
  if (typeof cell !== "string") {
    return "day" in cell
      ? `<c ${place} s="1"><v>${cell.day}</v></c>`
      : `<c ${place} t="e"><f>1/0</f><v>${cell.error}</v></c>`;
  }
  const escaped = cell.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<c ${place} t="inlineStr"><is><t xml:space="preserve">${escaped}</t></is></c>`;
}
