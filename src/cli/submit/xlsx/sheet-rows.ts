import { mappingLimits } from "../../../domain/mapping/mapping.ts";
import { UsageError } from "../../usage-error.ts";
import { isoDateText, numberText } from "./cell-text.ts";
import { fillMerged, type Merge, mergeOf, nameOf, placeOf } from "./merged-cells.ts";
import { isTrue, richText, type Workbook, withCharacters } from "./workbook-parts.ts";
import { xlsxWords } from "./xlsx-words.ts";
import { type Element, readXml } from "./xml-events.ts";

/** A row of a sheet: its number, from 1, and its cells from column A on, as texts, as far as it has any. */
export type SheetRow = Readonly<{ row: number; cells: readonly string[]; isHidden: boolean }>;

/** Cells a sheet may reach over. */
export const maxCells = 1_000_000;

type OpenRow = { row: number; cells: string[]; isHidden: boolean; isNumbered: boolean };
type OpenCell = { name: string; type: string; style: number; value: string; hasFormula: boolean };

/**
 * Reads the cells of a sheet. Rows and cells that do not say where they stand follow the one before.
 * *Trust*: every byte is attacker-chosen. *Throws* UsageError.
 */
export async function readSheetRows(
  bytes: AsyncIterable<Uint8Array>,
  sheet: string,
  workbook: Workbook,
): Promise<readonly SheetRow[]> {
  const rows: OpenRow[] = [];
  const merges: Merge[] = [];
  const inline = richText();
  let [isInside, isValue, width] = [false, false, 0];
  let row: OpenRow | undefined;
  let cell: OpenCell | undefined;

  const openRow = ({ r: number, hidden = "" }: Element["attributes"]) => {
    const next = (rows.at(-1)?.row ?? 0) + 1;
    row = {
      row: number === undefined ? next : wholeNumber(number),
      cells: [],
      isHidden: isTrue(hidden),
      isNumbered: number !== undefined,
    };
    if (!(row.row >= 1)) throw new UsageError(xlsxWords.noPlace(sheet));
    rows.push(row);
  };
  const openCell = ({ r: place, t: type = "n", s: style = "0" }: Element["attributes"], to: OpenRow) => {
    const next = { column: to.cells.length + 1, row: to.row };
    const at = place === undefined ? next : placeOf(place);
    // A row without a number has that of its first cell.
    if (at && !to.isNumbered && to.cells.length === 0) to.row = at.row;
    if (!at || at.row !== to.row || at.column < next.column) throw new UsageError(xlsxWords.noPlace(sheet));
    width = Math.max(width, at.column);
    checkReach(to.row, width);
    while (to.cells.length < at.column - 1) to.cells.push("");
    cell = { name: nameOf(at), type, style: Number(style), value: "", hasFormula: false };
    inline.begin();
  };

  await readXml(bytes, {
    open: ({ name, attributes }) => {
      if (name === "sheetData") isInside = true;
      else if (name === "mergeCell") merges.push(mergeOf(attributes["ref"] ?? "") ?? fail(xlsxWords.noPlace(sheet)));
      else if (!isInside) return;
      else if (name === "row") openRow(attributes);
      else if (name === "c" && row) openCell(attributes, row);
      else if (cell && name === "v") isValue = true;
      else if (cell && name === "f") cell.hasFormula = true;
      else if (cell) inline.open(name);
    },
    text: (part) => {
      if (cell && isValue) cell.value += part;
      else inline.add(part);
    },
    close: (name) => {
      if (name === "sheetData") isInside = false;
      else if (name === "v") isValue = false;
      else if (name === "c" && cell && row) {
        row.cells.push(textOf(cell, inline.end(), sheet, workbook));
        cell = undefined;
      } else if (cell) inline.close(name);
    },
  });
  const ordered = rows.toSorted((one, other) => one.row - other.row);
  if (ordered.some(({ row: number }, at) => ordered[at + 1]?.row === number))
    throw new UsageError(xlsxWords.noPlace(sheet));
  fillMerged(ordered, merges);
  return ordered;
}

/** What a cell shows. *Source*: ECMA-376 part 1, 18.18.11. */
function textOf({ name, type, style, value, hasFormula }: OpenCell, inline: string, sheet: string, book: Workbook) {
  switch (type) {
    case "s":
      return book.texts[wholeNumber(value.trim())] ?? fail();
    case "inlineStr":
      return inline;
    case "str":
      return withCharacters(value);
    case "b":
      return isTrue(value) ? "true" : "false";
    case "e":
      return fail(xlsxWords.formulaFailed(name, sheet));
    case "d":
      return isoDateText(value);
    default:
      if (value === "") return hasFormula ? fail(xlsxWords.formulaEmpty(name, sheet)) : "";
      return numberText(value, book.formats[style] ?? { kind: "NUMBER" }, book.epoch) ?? fail();
  }
}

function checkReach(row: number, column: number): void {
  if (column > mappingLimits.maxColumns * 4 || row * Math.max(1, column) > maxCells) {
    throw new UsageError(xlsxWords.tooFar(row, column));
  }
}

function fail(text: ConstructorParameters<typeof UsageError>[0] = xlsxWords.damaged): never {
  throw new UsageError(text);
}

function wholeNumber(text: string): number {
  return /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
}
