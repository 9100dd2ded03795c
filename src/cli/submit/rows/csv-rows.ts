import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { UsageError } from "../../hub/command.ts";

/** Longest row, and so the most a quote that is never closed swallows. *Units*: bytes of UTF-8. */
export const maxRowBytes = 1024 * 1024;

/** A row and its number, counted as a spreadsheet does: a blank line is a row, a line end inside quotes is none. */
export type NumberedRow = Readonly<{ row: number; cells: readonly string[] }>;

/**
 * The rows of CSV that are not blank. Lines may end in any way, even differently.
 * *Throws* UsageError that names the line.
 */
export async function* csvRows(text: AsyncIterable<string>, separator: string): AsyncGenerator<NumberedRow> {
  const parser = parse({
    ...{ delimiter: separator, record_delimiter: ["\r\n", "\n", "\r"], relax_column_count: true },
    ...{ skip_empty_lines: false, max_record_size: maxRowBytes },
  });
  const source = Readable.from(text);
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  let row = 0;
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      row += 1;
      if (cells.some((cell) => cell.trim() !== "")) yield { row, cells };
    }
  } catch (error) {
    // The parser is ahead of what was taken from it: it knows itself how far.
    throw error instanceof CsvError ? new UsageError(`row ${Number(error["records"]) + 1}: ${tell(error)}`) : error;
  } finally {
    source.destroy();
    parser.destroy();
  }
}

function tell({ code }: CsvError): string {
  if (code === "CSV_QUOTE_NOT_CLOSED") return "a quote is opened and never closed";
  if (code === "CSV_MAX_RECORD_SIZE") return "it is longer than 1 MiB; most likely a quote is opened and never closed";
  return 'there is a quote where none may be: inside of quotes it is written twice (""), outside the whole cell stands in quotes';
}
