/** Where a cell stands, from 1. */
export type Place = Readonly<{ column: number; row: number }>;

/** Cells that are shown as one, from the upper left to the lower right. */
export type Merge = Readonly<{ from: Place; to: Place }>;

type Row = Readonly<{ row: number; cells: string[] }>;

/** Where a cell stands: `B7`. Undefined: nowhere. */
export function placeOf(text: string): Place | undefined {
  const [, letters, digits = ""] = /^([A-Z]{1,3})([1-9]\d{0,6})$/.exec(text) ?? [];
  if (letters === undefined) return undefined;
  return {
    column: [...letters].reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0),
    row: Number(digits),
  };
}

/** What a place is called. */
export function nameOf({ column, row }: Place): string {
  let letters = "";
  for (let rest = column; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  }
  return `${letters}${row}`;
}

/** The cells that `A1:B2` merges; undefined: it says none. */
export function mergeOf(text: string): Merge | undefined {
  const [first = "", last = first] = text.split(":");
  const [from, to] = [placeOf(first), placeOf(last)];
  return from && to && from.column <= to.column && from.row <= to.row ? { from, to } : undefined;
}

/**
 * Gives each merged cell the text that is seen over all of them: a spreadsheet keeps it in the first alone, and the rows
 * below would be read as if nothing stood there. Rows that hold nothing else stay blank. *Order*: `rows` by number.
 */
export function fillMerged(rows: readonly Row[], merges: readonly Merge[]): void {
  const filled = rows.filter(({ cells }) => cells.some((cell) => cell.trim() !== ""));
  for (const { from, to } of merges) {
    const first = filled.find(({ row }) => row === from.row)?.cells[from.column - 1];
    if (first === undefined || first === "") continue;
    for (const { row, cells } of filled.filter((one) => one.row >= from.row && one.row <= to.row)) {
      // Not over the end of a row: a title may be merged over columns that hold nothing.
      for (let at = from.column - 1; at < to.column && (at < cells.length || row > from.row); at += 1) {
        while (cells.length <= at) cells.push("");
        if (cells[at] === "") cells[at] = first;
      }
    }
  }
}
