import { type FileHandle, open } from "node:fs/promises";
import { checkRecord } from "../../domain/files/check-record.ts";
import { type Encoding, probeEncoding } from "../../domain/files/encoding.ts";
import { findSeparator } from "../../domain/files/table-text.ts";
import { recordLimits } from "../../domain/licenses/license-record.ts";
import { bindMapping, type MappedRow, mapRow } from "../../domain/mapping/map-row.ts";
import { type Mapping, mappingLimits } from "../../domain/mapping/mapping.ts";
import type { Checked, Fault } from "../../domain/mapping/mapping-faults.ts";
import type { LocalizedText } from "../../errors.ts";
import { lineOf, UsageError } from "../hub/command.ts";
import { findHeading, type Heading, type HeadingQuestion } from "./heading.ts";
import { csvRows } from "./rows/csv-rows.ts";
import { cellsOf, linesOf, maxLineCharacters, type NumberedLine, parseLine } from "./rows/ndjson-rows.ts";
import { bytesOf, textOf } from "./rows/text-pieces.ts";
import type { SheetRow } from "./xlsx/sheet-rows.ts";
import { readWorkbook, workbookLimits } from "./xlsx/workbook.ts";
import { xlsxWords } from "./xlsx/xlsx-words.ts";

/** A row of a file: its number, its own cells as they stand there, and the record made of it or why none was. */
export type SourceRow = Readonly<{ row: number; cells: readonly string[]; mapped: MappedRow }>;

/** A department's file, open. */
export type SourceFile = Readonly<{
  kind: "NDJSON" | "CSV" | "XLSX";
  encoding: Encoding | undefined;
  /** Of its permissions those of reading and writing. */
  mode: number;
  headings: readonly string[];
  /** Headings nothing is read from. */
  unused: readonly string[];
  /** What a person should know of how it is read. */
  notes: readonly LocalizedText[];
  /** All rows from the beginning, the same each time; several may be read at once. *Throws* UsageError. */
  rows: () => AsyncGenerator<SourceRow>;
  /** *Throws* when the file has changed since it was opened. */
  checkUnchanged: () => Promise<void>;
  close: () => Promise<void>;
}>;

/** What a person says of a file. */
export type SourceOptions = Readonly<{
  mapping: Mapping | undefined;
  encoding: Encoding | undefined;
  sheet: string | undefined;
  /** In which row of a table the headings stand; it goes before what the mapping says. */
  headingRow: number | undefined;
}>;

/** Opens a file and finds out what it is. NDJSON and CSV may be of any size. *Throws* UsageError with one line. */
export async function openSource(path: string, options: SourceOptions): Promise<SourceFile> {
  const file = await open(path).catch((error: unknown) => {
    throw new UsageError(`the file can not be read: ${lineOf(error)}`);
  });
  try {
    return await read(file, path, options);
  } catch (error) {
    await file.close();
    throw error;
  }
}

type Table = Pick<SourceFile, "kind" | "encoding" | "headings" | "unused" | "notes" | "rows">;

async function read(file: FileHandle, path: string, options: SourceOptions): Promise<SourceFile> {
  const before = await file.stat();
  if (!before.isFile()) throw new UsageError(`${path} is not a file`);
  const probe = probeEncoding(options.encoding);
  const isWorkbook = (await startOf(file)).subarray(0, 4).equals(Buffer.from("PK\u0003\u0004"));
  if (isWorkbook && before.size > workbookLimits.maxFileBytes) {
    throw new UsageError(
      `the .xlsx file is larger than ${workbookLimits.maxFileBytes / 1024 / 1024} MiB: save it as CSV UTF-8`,
    );
  }
  if (!isWorkbook) for await (const bytes of bytesOf(file)) probe.add(bytes);
  const table = isWorkbook ? await workbookTable(file, options) : await textTable(file, path, options, probe.end());
  return {
    ...table,
    mode: before.mode & 0o666,
    checkUnchanged: async () => {
      const { size, mtimeMs } = await file.stat();
      if (size !== before.size || mtimeMs !== before.mtimeMs)
        throw new Error("the file was changed meanwhile: call again");
    },
    close: () => file.close(),
  };
}

async function startOf(file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
  return buffer.subarray(0, bytesRead);
}

async function workbookTable(file: FileHandle, options: SourceOptions): Promise<Table> {
  const { sheet, encoding } = options;
  if (encoding) throw new UsageError("--encoding is for text files, and this is an .xlsx workbook");
  const { rows, epoch, notes } = await readWorkbook(await file.readFile(), sheet);
  const filled = rows.filter(({ cells }) => cells.some((cell) => cell.trim() !== ""));
  const { bound, ...heading } = demandHeading(await findHeading(filled, questionOf(options)));
  return {
    kind: "XLSX",
    encoding: undefined,
    headings: heading.cells.slice(0, bound.width),
    unused: bound.unused,
    notes: [...notes, ...hiddenNotes(filled, heading.row)],
    rows: async function* () {
      for (const { row, cells } of filled) {
        // A row ends with its last cell that holds something.
        const whole = [...cells, ...blanks(bound.width - cells.length)];
        if (row > heading.row) yield { row, cells: whole.slice(0, bound.width), mapped: mapRow(bound, whole, epoch) };
      }
    },
  };
}

function hiddenNotes(rows: readonly SheetRow[], headingRow: number): readonly LocalizedText[] {
  const count = rows.filter(({ row, isHidden }) => isHidden && row > headingRow).length;
  return count === 0 ? [] : [xlsxWords.hiddenRows(count)];
}

function blanks(count: number): readonly string[] {
  return count > 0 ? Array.from({ length: count }, () => "") : [];
}

async function textTable(
  file: FileHandle,
  path: string,
  options: SourceOptions,
  verdict: ReturnType<ReturnType<typeof probeEncoding>["end"]>,
): Promise<Table> {
  const { mapping, sheet, encoding: told } = options;
  if (sheet !== undefined) throw new UsageError("--sheet is for .xlsx workbooks, and this is a text file");
  if ((await startOf(file)).equals(Buffer.from("d0cf11e0a1b11ae1", "hex"))) {
    throw new UsageError(
      "this is an old .xls workbook, or one locked with a password: save it as .xlsx or as CSV UTF-8",
    );
  }
  if ("fault" in verdict) throw new UsageError(told ? `${verdict.fault} (--encoding ${told})` : verdict.fault);
  const { encoding } = verdict;
  const start = (await textOf(file, encoding).next()).value ?? "";
  const isNdjson = /\.(ndjson|jsonl)$/i.test(path) || /^\s*\{/.test(start);
  if (!isNdjson && /^\s*\[\s*[{\]]/.test(start)) {
    throw new UsageError("this is one JSON list: write one record a line (NDJSON), without brackets around them");
  }
  const text = () => textOf(file, encoding);
  return { ...(isNdjson ? ndjsonTable(text, mapping) : await csvTable(text, start, questionOf(options))), encoding };
}

async function csvTable(text: () => AsyncIterable<string>, start: string, question: HeadingQuestion): Promise<Table> {
  const { separator, bound, ...heading } = await findCsvHeading(text, start, question);
  return {
    kind: "CSV",
    encoding: undefined,
    headings: heading.cells.slice(0, bound.width),
    unused: bound.unused,
    notes: [],
    rows: async function* () {
      for await (const { row, cells } of csvRows(text(), separator)) {
        if (row > heading.row) yield { row, cells: cells.slice(0, bound.width), mapped: mapRow(bound, cells, 1900) };
      }
    },
  };
}

/** Under a title the separator shows only in the row of the headings, so each that may be meant is tried. */
async function findCsvHeading(text: () => AsyncIterable<string>, start: string, question: HeadingQuestion) {
  const rows = question.told === undefined ? headingRows : [question.told];
  const candidates = [...new Set(rows.map((row) => findSeparator(start, row)))];
  let failure: Fault | UsageError | undefined;
  for (const separator of candidates) {
    try {
      const heading = await findHeading(csvRows(text(), separator), question);
      if ("bound" in heading) return { ...heading, separator };
      failure ??= heading;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      failure ??= error;
    }
  }
  throw failure instanceof UsageError ? failure : new UsageError(failure?.fault.en ?? "the file is empty");
}

const headingRows = Array.from({ length: mappingLimits.maxHeaderRow }, (_, at) => at + 1);

function questionOf({ mapping, headingRow }: SourceOptions): HeadingQuestion {
  return { mapping, told: headingRow ?? mapping?.headerRow };
}

function demandHeading(heading: Heading | Fault): Heading {
  if ("fault" in heading) throw new UsageError(heading.fault.en);
  return heading;
}

function ndjsonTable(text: () => AsyncIterable<string>, mapping: Mapping | undefined): Table {
  const columns = [...new Set(mapping?.rules.map(({ column }) => column.trim()))];
  const bound = mapping && demand(bindMapping(mapping, columns));
  const map = (line: NumberedLine): MappedRow => {
    if (line.isTooLong) return { problems: [{ code: "LINE_TOO_LONG", column: "", detail: String(maxLineCharacters) }] };
    const object = parseLine(line.text);
    if (!object) return { problems: [{ code: "LINE_NOT_JSON", column: "" }] };
    if (bound) return mapRow(bound, cellsOf(object, columns), 1900);
    const problems = checkRecord(object);
    if (problems.length > 0) return { problems };
    if (Buffer.byteLength(line.text) > recordLimits.maxBytes)
      return { problems: [{ code: "RECORD_SIZE", column: "" }] };
    // As it came: a number read and written again could be another one.
    return { line: line.text };
  };
  return {
    ...{ kind: "NDJSON", encoding: undefined, headings: ["记录 Record"], unused: [], notes: [] },
    rows: async function* () {
      for await (const line of linesOf(text())) yield { row: line.row, cells: [line.text], mapped: map(line) };
    },
  };
}

function demand<T>(checked: Checked<T>): T {
  if ("fault" in checked) throw new UsageError(checked.fault.en);
  return checked.value;
}
