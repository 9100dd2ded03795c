import { recordLimits } from "../licenses/license-record.ts";
import { readDay, readInstant, readLastDay, type SerialEpoch } from "./date-forms.ts";
import { type Checked, type ColumnRule, type Mapping, mappingLimits } from "./mapping.ts";
import { plainCode, requiredFields } from "./record-field.ts";
import type { RowProblem } from "./row-problem.ts";

/** A cell as a file holds it. Only a line of JSON can hold several texts in one. */
export type Cell = string | readonly string[];

/** A mapping that knows at which place of a row each of its columns stands. */
export type BoundMapping = Readonly<{
  mapping: Mapping;
  /** Cells of a whole row. */
  width: number;
  places: readonly Readonly<{ rule: ColumnRule; at: number }>[];
  /** Headings nothing is read from. */
  unused: readonly string[];
}>;

/** A record as a line of NDJSON, or why the row makes none. */
export type MappedRow = Readonly<{ line: string } | { problems: readonly RowProblem[] }>;

/** Finds the columns of a mapping under a heading. *Order*: `header` as in the file. */
export function bindMapping(mapping: Mapping, header: readonly string[]): Checked<BoundMapping> {
  const width = header.findLastIndex((column) => column !== "") + 1;
  const names = header.slice(0, width);
  if (width === 0) return { fault: "the heading is empty" };
  if (width > mappingLimits.maxColumns)
    return { fault: `the heading has ${width} columns; at most ${mappingLimits.maxColumns}` };
  const used = new Set(mapping.rules.map(({ column }) => column.trim()));
  const missing = [...used].find((column) => !names.includes(column));
  if (missing !== undefined) return { fault: `the file has no column “${missing}”: it has ${listOf(names)}` };
  const double = names.find((column, at) => used.has(column) && names.indexOf(column) !== at);
  if (double !== undefined) return { fault: `the file has two columns “${double}”: rename one` };
  const places = mapping.rules.map((rule) => ({ rule, at: names.indexOf(rule.column.trim()) }));
  const unused = names.filter((column) => column !== "" && !used.has(column));
  return { value: { mapping, width, places, unused } };
}

/** Headings as they are compared: without white space around them. */
export function headerOf(cells: readonly string[]): readonly string[] {
  return cells.map((cell) => cell.trim());
}

/** Makes a record of a row. All problems of the row are reported together. *Trust*: every cell is whatever was typed. */
export function mapRow(
  { mapping, width, places }: BoundMapping,
  cells: readonly Cell[],
  epoch: SerialEpoch,
): MappedRow {
  if (cells.length < width || cells.slice(width).some((cell) => cell !== "")) {
    return { problems: [{ code: "COLUMN_COUNT", column: "", detail: String(cells.length) }] };
  }
  const problems: RowProblem[] = [];
  const values = new Map<string, unknown>();
  for (const { rule, at } of places) {
    const read = readCell(rule, cells[at] ?? "", epoch);
    if ("problem" in read) {
      // A column that fills two fields has one problem.
      const isTold = problems.some(({ column, code }) => column === rule.column && code === read.problem.code);
      if (!isTold) problems.push({ ...read.problem, column: rule.column });
    } else if (read.value !== undefined) values.set(rule.field.path, read.value);
    else if (requiredFields.some((path) => path === rule.field.path))
      problems.push({ code: "CELL_MISSING", column: rule.column });
  }
  problems.push(...holderProblems(values, places, problems));
  for (const { field, value } of mapping.constants) values.set(field.path, value);
  if (problems.length > 0) return { problems };
  const line = JSON.stringify(recordOf(values));
  if (Buffer.byteLength(line) > recordLimits.maxBytes) return { problems: [{ code: "RECORD_SIZE", column: "" }] };
  return { line };
}

type Read = Readonly<{ value: unknown } | { problem: Omit<RowProblem, "column"> }>;

function readCell(rule: ColumnRule, cell: Cell, epoch: SerialEpoch): Read {
  if (typeof cell !== "string") {
    return rule.kind === "LIST" ? { value: cell } : { problem: { code: "CELL_VALUE", detail: cell.join("、") } };
  }
  if (cell.includes("\ufffd")) return { problem: { code: "CELL_BROKEN" } };
  const text = cell.trim();
  if (rule.values && (text !== "" || rule.values.has(""))) return translate(rule, text);
  // An empty cell leaves its field out, and 长期 says of the last day just that.
  if (text === "") return { value: undefined };
  return readKind(rule, text, epoch);
}

/** A translation is taken as it stands, but for the kinds that are no text in a record. */
function translate(rule: ColumnRule, text: string): Read {
  const value = rule.values?.get(text);
  if (value === undefined) return { problem: { code: "CELL_VALUE", detail: text } };
  return value === null ? { value: undefined } : readKind(rule, value, 1900);
}

function readKind({ kind, field, separator }: ColumnRule, text: string, epoch: SerialEpoch): Read {
  const found = (value: unknown, code: RowProblem["code"]): Read =>
    value === undefined ? { problem: { code, detail: text } } : { value };
  switch (kind) {
    case "DAY":
      return found(readDay(text, epoch), "CELL_DATE");
    case "LAST_DAY": {
      const day = readLastDay(text, epoch);
      return day === null ? { value: undefined } : found(day, "CELL_DATE");
    }
    case "INSTANT":
      return found(readInstant(text, epoch), "CELL_DATE");
    case "CHOICE":
      return found(
        field.choices?.find((one) => one === text.toUpperCase()),
        "CELL_VALUE",
      );
    case "NUMBER":
      return found(readNumber(text), "CELL_NUMBER");
    case "BOOLEAN":
      return found(booleans.get(text.toLowerCase()), "CELL_BOOLEAN");
    case "LIST":
      return {
        value: text
          .split(separator)
          .map((part) => part.trim())
          .filter(Boolean),
      };
    default:
      if (lostDigits.test(text)) return { problem: { code: "CELL_DIGITS_LOST", detail: text } };
      return { value: kind === "CODE" ? plainCode(text) : text };
  }
}

/** What a spreadsheet makes of a number of more digits than it keeps: 3.71E+17. */
const lostDigits = /^\d(?:\.\d+)?e\+\d{2,3}$/i;

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...["是", "有", "true", "1", "y", "yes"].map((word) => [word, true] as const),
  ...["否", "无", "false", "0", "n", "no"].map((word) => [word, false] as const),
]);

/** Digits with a dot; commas only between thousands. */
function readNumber(text: string): number | undefined {
  const plain = text.normalize("NFKC");
  const digits = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(plain) ? plain.replaceAll(",", "") : plain;
  if (!/^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?$/i.test(digits)) return undefined;
  const number = Number(digits);
  // More digits than a number keeps would arrive as other ones.
  const isExact = Math.abs(number) < 1e15 || !/^[+-]?\d+$/.test(digits);
  return Number.isFinite(number) && isExact ? number : undefined;
}

/** The hub takes a holder whole or not at all: a part is refused here, with its column. */
function holderProblems(
  values: ReadonlyMap<string, unknown>,
  places: BoundMapping["places"],
  known: readonly RowProblem[],
): readonly RowProblem[] {
  const mine = places.filter(({ rule }) => rule.field.path.startsWith("holder."));
  const empty = mine.filter(({ rule }) => !values.has(rule.field.path));
  if (empty.length === mine.length) return [];
  return empty
    .filter(({ rule }) => !known.some(({ column }) => column === rule.column))
    .map(({ rule }) => ({ code: "CELL_MISSING", column: rule.column }));
}

function recordOf(values: ReadonlyMap<string, unknown>): object {
  const parts: Readonly<Record<string, [string, unknown][]>> = { "": [], holder: [], attributes: [] };
  for (const [path, value] of values) {
    const dot = path.indexOf(".");
    parts[dot < 0 ? "" : path.slice(0, dot)]?.push([path.slice(dot + 1), value]);
  }
  const [plain, holder, attributes] = [parts[""], parts["holder"], parts["attributes"]].map((part) =>
    Object.fromEntries(part ?? []),
  );
  return {
    ...plain,
    // The kind alone, a constant of the file, makes no holder.
    ...(values.has("holder.id") && { holder }),
    ...(parts["attributes"]?.length && { attributes }),
  };
}

function listOf(names: readonly string[]): string {
  const shown = names.filter(Boolean).slice(0, 12);
  return `${shown.join(", ")}${names.length > shown.length ? ", …" : ""}`.slice(0, 300);
}
