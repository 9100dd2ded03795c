import type { SerialEpoch } from "../files/date-forms.ts";
import { recordLimits } from "../licenses/license-record.ts";
import { recordOf } from "./make-record.ts";
import { type ColumnRule, type Mapping, mappingLimits } from "./mapping.ts";
import { type Checked, checked, faults, MappingError } from "./mapping-faults.ts";
import { readCell } from "./read-cell.ts";
import { requiredFields } from "./record-field.ts";
import type { RowProblem } from "./row-problem.ts";

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
  return checked(() => {
    const width = header.findLastIndex((column) => column !== "") + 1;
    const names = header.slice(0, width);
    if (width === 0) throw new MappingError(faults.emptyHeading(), "");
    if (width > mappingLimits.maxColumns) {
      throw new MappingError(faults.wideHeading(width, mappingLimits.maxColumns), "");
    }
    const used = new Set(mapping.rules.map(({ column }) => column.trim()));
    const missing = [...used].find((column) => !names.includes(column));
    if (missing !== undefined) throw new MappingError(faults.missingColumn(missing, listOf(names)), missing);
    const double = names.find((column, at) => used.has(column) && names.indexOf(column) !== at);
    if (double !== undefined) throw new MappingError(faults.doubleColumn(double), double);
    const places = mapping.rules.map((rule) => ({ rule, at: names.indexOf(rule.column.trim()) }));
    return { mapping, width, places, unused: names.filter((column) => column !== "" && !used.has(column)) };
  });
}

/** Headings as they are compared: without white space around them. */
export function headerOf(cells: readonly string[]): readonly string[] {
  return cells.map((cell) => cell.trim());
}

/**
 * Makes a record of a file's row. All problems of the row are reported together. *Trust*: every cell is whatever was typed;
 * only a line of JSON holds anything but texts.
 */
export function mapRow(
  { mapping, width, places }: BoundMapping,
  cells: readonly unknown[],
  epoch: SerialEpoch,
): MappedRow {
  if (cells.length < width || cells.slice(width).some((cell) => cell !== "")) {
    return { problems: [{ code: "COLUMN_COUNT", column: "", detail: String(cells.length) }] };
  }
  const problems: RowProblem[] = [];
  const values = new Map<string, unknown>();
  for (const { rule, at } of places) {
    const read = readCell(rule, cells[at], epoch);
    if ("problem" in read) {
      // A column that fills two fields has one problem.
      const isTold = problems.some(({ column, code }) => column === rule.column && code === read.problem.code);
      if (!isTold) problems.push({ ...read.problem, column: rule.column });
    } else if (read.value !== undefined) values.set(rule.field.path, read.value);
    else if (requiredFields.some((path) => path === rule.field.path))
      problems.push({ code: "CELL_MISSING", column: rule.column });
  }
  problems.push(...holderProblems(values, places, problems));
  const own = new Set(values.keys());
  for (const { field, value } of mapping.constants) values.set(field.path, value);
  if (problems.length > 0) return { problems };
  const line = JSON.stringify(recordOf(values, own));
  if (Buffer.byteLength(line) > recordLimits.maxBytes) return { problems: [{ code: "RECORD_SIZE", column: "" }] };
  return { line };
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

function listOf(names: readonly string[]): string {
  const shown = names.filter(Boolean).slice(0, 12);
  return `${shown.join(", ")}${names.length > shown.length ? ", …" : ""}`.slice(0, 300);
}
