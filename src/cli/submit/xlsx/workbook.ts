import type { SerialEpoch } from "../../../domain/files/date-forms.ts";
import type { LocalizedText } from "../../../errors.ts";
import { UsageError } from "../../usage-error.ts";
import { openPackage } from "./package-parts.ts";
import { maxCells, readSheetRows, type SheetRow } from "./sheet-rows.ts";
import { readWorkbookParts, type SheetEntry } from "./workbook-parts.ts";
import { xlsxWords } from "./xlsx-words.ts";

/** How large a workbook may be: the cells of its sheet are held in memory, unlike those of CSV. */
export const workbookLimits = {
  maxFileBytes: 16 * 1024 * 1024,
  maxUnpackedBytes: 96 * 1024 * 1024,
  /** Rows times columns of a sheet. */
  maxCells,
} as const;

/** A sheet as texts. `notes`: what a person should know of how it was read. */
export type Sheet = Readonly<{
  name: string;
  rows: readonly SheetRow[];
  epoch: SerialEpoch;
  notes: readonly LocalizedText[];
}>;

/**
 * Reads one sheet of a workbook: the one that is named, hidden or not, or the first that is not hidden. Parts are unpacked
 * within limits as they are read. *Trust*: every byte is attacker-chosen. *Throws* UsageError.
 */
export async function readWorkbook(bytes: Buffer, wanted: string | undefined): Promise<Sheet> {
  const parts = await openPackage(bytes, workbookLimits.maxUnpackedBytes);
  const workbook = await readWorkbookParts(parts);
  const { name, part } = chosenSheet(workbook.sheets, wanted);
  if (part === undefined || !parts.has(part)) throw new UsageError(xlsxWords.damaged);
  const rows = await readSheetRows(parts.read(part), name, workbook);
  const others = workbook.sheets.filter((sheet) => sheet.name !== name);
  const notes = others.length === 0 ? [] : [xlsxWords.sheetRead(name), passed(others)];
  return { name, rows, epoch: workbook.epoch, notes };
}

function chosenSheet(sheets: readonly SheetEntry[], wanted: string | undefined): SheetEntry {
  if (sheets.length === 0) throw new UsageError(xlsxWords.damaged);
  const names = sheets.map(({ name }) => name).join(", ");
  if (wanted !== undefined) {
    const named = sheets.find(({ name }) => name === wanted);
    if (!named) throw new UsageError(xlsxWords.noSheet(wanted, names));
    return named;
  }
  const first = sheets.find(({ isHidden, part }) => !isHidden && part !== undefined);
  if (!first && sheets.every(({ isHidden }) => isHidden)) throw new UsageError(xlsxWords.allHidden(names));
  if (!first) throw new UsageError(xlsxWords.damaged);
  return first;
}

function passed(sheets: readonly SheetEntry[]): LocalizedText {
  const named = (language: keyof LocalizedText) =>
    sheets.map(({ name, isHidden }) => (isHidden ? `${name} (${xlsxWords.hiddenSheet[language]})` : name)).join(", ");
  return { en: xlsxWords.sheetsPassed(named("en")).en, zh: xlsxWords.sheetsPassed(named("zh")).zh };
}
