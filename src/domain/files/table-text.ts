/** Tells a spreadsheet that a text is UTF-8. */
export const byteOrderMark = "\ufeff";

/** Longest cell a spreadsheet shows. *Units*: UTF-16 units. */
export const maxCellCharacters = 32_767;

/** Signs between cells, the likeliest first. */
const separators = [",", "\t", ";", "，", "|"] as const;

/**
 * Which sign separates the cells: the one that stands most often outside of quotes in the row of the headings.
 * *Shape*: `start` is the beginning of the file; `headerRow` counts its rows from 1.
 */
export function findSeparator(start: string, headerRow: number): string {
  const counts = new Map<string, number>();
  let row = 1;
  let isQuoted = false;
  for (let at = 0; at < start.length && row <= headerRow; at += 1) {
    const sign = start[at] ?? "";
    if (sign === '"') isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (sign === "\n" || (sign === "\r" && start[at + 1] !== "\n")) row += 1;
    else if (row === headerRow) counts.set(sign, (counts.get(sign) ?? 0) + 1);
  }
  return separators.reduce((best, sign) => ((counts.get(sign) ?? 0) > (counts.get(best) ?? 0) ? sign : best));
}

/** A row of CSV as spreadsheets read it (RFC 4180), in which no cell is a formula. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map((cell) => quoted(inert(cell))).join(",")}\r\n`;
}

/**
 * A cell no spreadsheet runs: an apostrophe before what could begin a formula.
 * *Trust*: the cell is whatever somebody sent. *Source*: OWASP, CSV Injection.
 */
function inert(cell: string): string {
  const short = cell.length > maxCellCharacters - 2 ? `${cell.slice(0, maxCellCharacters - 2)}…` : cell;
  return /^[=+\-@\t\r]/.test(short) ? `'${short}` : short;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) || cell !== cell.trim() ? `"${cell.replaceAll('"', '""')}"` : cell;
}
