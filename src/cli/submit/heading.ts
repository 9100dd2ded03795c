import { type BoundMapping, bindMapping, headerOf } from "../../domain/mapping/map-row.ts";
import { type Mapping, mappingLimits, ownNames } from "../../domain/mapping/mapping.ts";
import type { Fault } from "../../domain/mapping/mapping-faults.ts";
import { findField } from "../../domain/mapping/record-field.ts";
import type { LocalizedText } from "../../errors.ts";
import type { NumberedRow } from "./rows/csv-rows.ts";

/** The row of a table that holds its headings, and where each mapped column stands under it. */
export type Heading = Readonly<{ row: number; cells: readonly string[]; bound: BoundMapping }>;

/** What is known of the headings before the table is looked at. `told`: their row, when somebody has named it. */
export type HeadingQuestion = Readonly<{ mapping: Mapping | undefined; told: number | undefined }>;

/**
 * Finds the headings: in the row that was named, or else in the first of twenty that has every column of the mapping, so that
 * a title may stand above them. Without a mapping they are our own names. *Order*: rows that are not blank.
 */
export async function findHeading(
  rows: AsyncIterable<NumberedRow> | Iterable<NumberedRow>,
  { mapping, told }: HeadingQuestion,
): Promise<Heading | Fault> {
  const seen: NumberedRow[] = [];
  for await (const row of rows) {
    if (row.row > (told ?? mappingLimits.maxHeaderRow) && seen.length > 0) break;
    seen.push(row);
    const heading = told === undefined || told === row.row ? tryRow(row, mapping) : undefined;
    if (heading && (told !== undefined || "bound" in heading)) return heading;
    if (row.row > mappingLimits.maxHeaderRow) break;
  }
  const [first] = seen;
  if (!first) return { fault: words.emptyFile, path: "" };
  if (told !== undefined) return { fault: words.emptyRow(told), path: "" };
  const best = seen.reduce((one, other) => (hits(other, mapping) > hits(one, mapping) ? other : one), first);
  const tried = tryRow(best, mapping);
  return "fault" in tried ? { fault: words.notFound(tried.fault, seen.map(shown)), path: tried.path } : tried;
}

function tryRow({ row, cells }: NumberedRow, mapping: Mapping | undefined): Heading | Fault {
  const header = headerOf(cells);
  const known = mapping ? { value: mapping } : ownNames(header);
  if ("fault" in known) return known;
  const bound = bindMapping(known.value, header);
  return "fault" in bound ? bound : { row, cells, bound: bound.value };
}

/** How many cells of a row are headings that are looked for. */
function hits({ cells }: NumberedRow, mapping: Mapping | undefined): number {
  const wanted = mapping && new Set(mapping.rules.map(({ column }) => column.trim()));
  return headerOf(cells).filter((cell) => (wanted ? wanted.has(cell) : findField(cell) !== undefined)).length;
}

const shownRows = 4;
const shownCells = 8;

function shown({ row, cells }: NumberedRow): string {
  const filled = cells.map((cell) => cell.trim().slice(0, 20)).filter(Boolean);
  return `${row}: ${filled.slice(0, shownCells).join(" | ")}${filled.length > shownCells ? " | …" : ""}`;
}

const words = {
  emptyFile: { en: "the file is empty", zh: "文件是空的" },
  emptyRow: (row: number) => ({
    en: `row ${row}, where the headings are said to stand, is empty`,
    zh: `指定为标题行的第 ${row} 行是空的`,
  }),
  notFound: (why: LocalizedText, rows: readonly string[]) => ({
    en: `${why.en}; name the row of the headings with --heading-row N. Rows seen: ${rows.slice(0, shownRows).join("; ")}`,
    zh: `${why.zh}；可用 --heading-row N 指明标题行。读到的行：${rows.slice(0, shownRows).join("；")}`,
  }),
} as const;
