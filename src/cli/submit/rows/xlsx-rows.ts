import { type CellValue, readSheet, SheetNotFoundError } from "read-excel-file/node";
import { dayOfSerial, type SerialEpoch } from "../../../domain/files/date-forms.ts";
import { mappingLimits } from "../../../domain/files/mapping.ts";
import { UsageError } from "../../hub/command.ts";
import { readZip, writeZip, type ZipEntry } from "./zip.ts";

/** How large a workbook may be: it is held in memory whole, unlike CSV, at about twelve times its unpacked size. */
export const workbookLimits = {
  maxFileBytes: 16 * 1024 * 1024,
  maxUnpackedBytes: 96 * 1024 * 1024,
  /** Rows times columns of a sheet. */
  maxCells: 1_000_000,
} as const;

/** A sheet as texts. */
export type Sheet = Readonly<{ rows: readonly (readonly string[])[]; epoch: SerialEpoch }>;

/**
 * Reads one sheet of a workbook. It is unpacked here within limits, looked through, and only then given to the library,
 * which takes a row number or a column as it comes. *Trust*: every byte is attacker-chosen. *Throws* UsageError.
 */
export async function readWorkbook(bytes: Buffer, sheet: string | undefined): Promise<Sheet> {
  const entries = readZip(bytes, (name) => /\.(xml|rels)$/.test(name), workbookLimits.maxUnpackedBytes);
  const workbook = entries.find(({ name }) => name === "xl/workbook.xml");
  if (!workbook) throw new UsageError("the file is no .xlsx workbook: save it as .xlsx or as CSV UTF-8");
  for (const { name, bytes: xml } of entries.filter(isSheet)) checkSheet(name, Buffer.from(xml).toString());
  const epoch = /\bdate1904\s*=\s*["'](1|true)["']/.test(Buffer.from(workbook.bytes).toString()) ? 1904 : 1900;
  try {
    const rows = await readSheet(writeZip(entries), sheet ?? 1, { trim: false });
    return { rows: rows.map((row) => row.map((cell) => textOf(cell, epoch))), epoch };
  } catch (error) {
    if (error instanceof SheetNotFoundError) throw new UsageError(`the workbook has no sheet “${sheet}”`);
    throw new UsageError("the .xlsx file is damaged: open it in a spreadsheet and save it again");
  }
}

function isSheet({ name }: ZipEntry): boolean {
  return name.startsWith("xl/worksheets/");
}

const tag = /<(?:[\w.-]+:)?(row|c)(?=[\s/>])((?:"[^"]*"|'[^']*'|[^"'>])*)>/g;

/** Refuses a sheet that would not fit, and cells in which a formula failed: they would be read as empty. */
function checkSheet(name: string, xml: string): void {
  let [row, column, lastRow, lastColumn] = [0, 0, 0, 0];
  for (const { index, 0: whole, 1: kind, 2: attributes = "" } of xml.matchAll(tag)) {
    const place = attributeText(placeAttribute, attributes);
    const [, letters, digits = ""] = /^([A-Z]{1,3})?(\d{1,7})$/.exec(place ?? "A1") ?? [
      undefined,
      undefined,
      undefined,
    ];
    if (kind === "row") [row, column] = [place === undefined ? row + 1 : Number(digits || Number.NaN), 0];
    else column = place === undefined ? column + 1 : columnOf(letters ?? "");
    if (!(row >= 0 && column >= 0)) throw new UsageError(`the .xlsx file is damaged: ${name} has a cell at no place`);
    if (kind === "c" && attributeText(typeAttribute, attributes) === "e") {
      throw new UsageError(`a formula failed in cell ${place ?? ""} of ${name}: mend it, or paste values in its place`);
    }
    if (kind === "c" && isUncalculated(xml, index + whole.length)) {
      throw new UsageError(
        `a formula in cell ${place ?? ""} of ${name} has no value: open the file in a spreadsheet and save it, or paste values`,
      );
    }
    // A row without a number has that of its cells.
    lastRow = Math.max(lastRow, row, place === undefined ? 0 : Number(digits));
    lastColumn = Math.max(lastColumn, column);
    if (lastColumn > mappingLimits.maxColumns * 4 || lastRow * Math.max(1, lastColumn) > workbookLimits.maxCells) {
      throw new UsageError(
        `the sheet reaches to row ${lastRow}, column ${lastColumn}: too far for .xlsx, save it as CSV UTF-8`,
      );
    }
  }
}

/** Whether the cell whose content begins there holds a formula that no program has worked out: it would be read as empty. */
function isUncalculated(xml: string, begin: number): boolean {
  formula.lastIndex = begin;
  if (!formula.test(xml)) return false;
  const end = xml.slice(begin, begin + maxCellCharacters).search(/<\/(?:[\w.-]+:)?c\s*>/);
  return end >= 0 && !/<(?:[\w.-]+:)?(v|is)[\s/>]/.test(xml.slice(begin, begin + end));
}

/** A formula has 8,192 characters at most, which can each be written as an entity. */
const maxCellCharacters = 100_000;
const formula = /\s*<(?:[\w.-]+:)?f[\s/>]/y;

const placeAttribute = /\sr\s*=\s*(?:"([^"]*)"|'([^']*)')/;
const typeAttribute = /\st\s*=\s*(?:"([^"]*)"|'([^']*)')/;

function attributeText(attribute: RegExp, attributes: string): string | undefined {
  const [, double, single] = attribute.exec(attributes) ?? [];
  return double ?? single;
}

/** A is 1; nothing that is no column is a number. */
function columnOf(letters: string): number {
  if (letters === "") return Number.NaN;
  return [...letters].reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0);
}

/** Numbers as they are typed; those a spreadsheet has cut off as it shows them: 3.71E+17. */
function textOf(cell: CellValue | null, epoch: SerialEpoch): string {
  // The library's types say `typeof Date` where a Date comes.
  const value: unknown = cell;
  if (value instanceof Date) return dayText(value, epoch);
  if (typeof value === "number") return Math.abs(value) >= 1e15 ? value.toExponential() : String(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  return typeof value === "string" ? value : "";
}

const dayMs = 86_400_000;

/** The library counts on before March 1900 as if the year had been a common one in spreadsheets too. */
function dayText(instant: Date, epoch: SerialEpoch): string {
  const seconds = Math.round(instant.getTime() / 1000);
  if (Number.isNaN(seconds)) return "?";
  const days = Math.floor((seconds * 1000) / dayMs);
  const serial = days + 25_569;
  const isEarly = epoch === 1900 && serial <= 60;
  const written = new Date(seconds * 1000).toISOString();
  const day = isEarly ? (dayOfSerial(serial, epoch) ?? `${serial}`) : written.slice(0, 10);
  const time = written.slice(11, 19);
  return time === "00:00:00" ? day : `${day} ${time}`;
}
