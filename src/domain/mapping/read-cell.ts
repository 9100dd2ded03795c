import { readDay, readInstant, readLastDay, type SerialEpoch } from "../files/date-forms.ts";
import type { ColumnRule } from "./mapping.ts";
import { plainCode } from "./record-field.ts";
import type { RowProblem } from "./row-problem.ts";

/** What a rule reads from a cell: a value, undefined when the field is left out, or a problem. */
export type CellReading = Readonly<{ value: unknown } | { problem: Omit<RowProblem, "column"> }>;

/**
 * Reads a cell as its rule says: a text of a table, or whatever JSON or a database holds there.
 * *Trust*: whatever was typed or sent.
 */
export function readCell(rule: ColumnRule, cell: unknown, epoch: SerialEpoch): CellReading {
  if (cell === undefined || cell === null) return readText(rule, "", epoch);
  if (typeof cell === "string") return readText(rule, cell, epoch);
  if (isKept(rule.kind, cell)) return { value: cell };
  if (typeof cell === "object") return { problem: { code: "CELL_VALUE", detail: shownOf(cell) } };
  return readText(rule, textOf(cell), epoch);
}

/** Whether a value that is no text is already what the rule asks for. */
function isKept(kind: ColumnRule["kind"], cell: unknown): boolean {
  switch (kind) {
    case "ATTRIBUTE":
    case "OBJECT":
      return true;
    case "LIST":
      return Array.isArray(cell) && cell.every((one) => typeof one === "string");
    case "NUMBER":
      return typeof cell === "number";
    case "BOOLEAN":
      return typeof cell === "boolean";
    default:
      return false;
  }
}

function shownOf(cell: object): string {
  const isTexts = Array.isArray(cell) && cell.every((one) => typeof one === "string");
  return isTexts ? cell.join("、") : JSON.stringify(cell);
}

/** Numbers as they are typed; those that have lost digits as spreadsheets show them: 3.71e+17. */
function textOf(cell: unknown): string {
  return typeof cell === "number" && Math.abs(cell) >= 1e15 ? cell.toExponential() : String(cell);
}

function readText(rule: ColumnRule, cell: string, epoch: SerialEpoch): CellReading {
  if (cell.includes("\ufffd")) return { problem: { code: "CELL_BROKEN" } };
  const text = cell.trim();
  if (rule.values && (text !== "" || rule.values.has(""))) return translate(rule, text);
  // An empty cell leaves its field out, and 长期 says of the last day just that.
  if (text === "") return { value: undefined };
  return readKind(rule, text, epoch);
}

/** A translation is taken as it stands, but for the kinds that are no text in a record. */
function translate(rule: ColumnRule, text: string): CellReading {
  const value = rule.values?.get(text);
  if (value === undefined) return { problem: { code: "CELL_VALUE", detail: text } };
  return value === null ? { value: undefined } : readKind(rule, value, 1900);
}

function readKind({ kind, field, separator }: ColumnRule, text: string, epoch: SerialEpoch): CellReading {
  const found = (value: unknown, code: RowProblem["code"]): CellReading =>
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
    case "OBJECT":
      return found(objectOf(text), "CELL_OBJECT");
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
  return Math.abs(number) < 1e15 ? number : undefined;
}

/** A JSON object that came as its text, as from a column of text. */
function objectOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
