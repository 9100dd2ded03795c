import { dayOfSerial, type SerialEpoch } from "../../../domain/files/date-forms.ts";
import type { NumberFormat } from "./number-format.ts";

/**
 * A number as its cell shows it, in the forms that are read everywhere else: zeros in front where the format has them, a
 * date where it shows one. What does not fit fifteen digits is written as a number that has lost some: 3.71e+17.
 * Undefined: the text is no number. *Source*: spreadsheets keep and show 15 significant digits.
 */
export function numberText(text: string, format: NumberFormat, epoch: SerialEpoch): string | undefined {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) return undefined;
  if (format.kind === "DATE") return dateText(value, format, epoch);
  if (format.kind === "PERCENT") return `${shortest(value * 100)}%`;
  const digits = plainDigits(text, value);
  if (format.kind === "ZEROS" && /^\d+$/.test(digits)) return digits.padStart(format.digits, "0");
  return digits;
}

/** An ISO date of a cell of type `d`. It has no time zone, and is no instant that could be moved into one. */
export function isoDateText(text: string): string {
  return text.trim().replace(/T00:00(?::00(?:\.0+)?)?$/, "");
}

function plainDigits(text: string, value: number): string {
  if (Math.abs(value) >= 1e15) return value.toExponential();
  // Some writers put down more digits of a whole number than one keeps: they are already lost.
  const whole = /^[+-]?(\d+)(?:\.0*)?$/.exec(text.trim());
  return whole ? String(value) : shortest(value);
}

function shortest(value: number): string {
  return String(Number(value.toPrecision(15)));
}

type DateFormat = Extract<NumberFormat, { kind: "DATE" }>;

/** A date of which only parts are seen is none: `2021年7月`, which is how it would stand in a file of text. */
function dateText(value: number, { year, month, day }: DateFormat, epoch: SerialEpoch): string {
  const seconds = Math.round(value * secondsOfDay);
  const serial = Math.floor(seconds / secondsOfDay);
  const clock = clockOf(seconds - serial * secondsOfDay);
  if (!year && !month && !day) return serial === 0 ? clock : shortest(value);
  const date = dayOfSerial(serial, epoch);
  if (date === undefined) return String(serial);
  const [y = "", m = "", d = ""] = date.split("-");
  if (year && !day) return month ? `${y}年${Number(m)}月` : `${y}年`;
  if (!year && (month || day)) return month ? `${Number(m)}月${day ? `${Number(d)}日` : ""}` : `${Number(d)}日`;
  return clock === "00:00:00" ? date : `${date} ${clock}`;
}

const secondsOfDay = 86_400;

function clockOf(seconds: number): string {
  const parts = [seconds / 3600, (seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
}
