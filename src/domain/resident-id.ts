import { type CalendarDate, parseDate } from "./calendar.ts";

/**
 * What a check of a resident ID found.
 * `FORMAT`: wrong shape or an impossible birth date; `CHECK`: only the check character is wrong.
 */
export type ResidentIdVerdict = Readonly<{ ok: true }> | Readonly<{ ok: false; reason: "FORMAT" | "CHECK" }>;

/**
 * Checks a citizen identification number (公民身份号码).
 * Shape: 18 characters: region 6 digits, birth date 8 digits, sequence 3 digits, check `0-9` or upper-case X.
 * Neither the region's existence nor a birth date in the future is asked about.
 * Source: GB 11643-1999, structure of the number.
 */
export function checkResidentId(text: string): ResidentIdVerdict {
  if (birthDateOf(text) === undefined) return { ok: false, reason: "FORMAT" };
  if (text.charAt(17) !== residentIdCheckCharacter(text.slice(0, 17))) return { ok: false, reason: "CHECK" };
  return { ok: true };
}

/**
 * The check character that completes a resident ID: a digit or X.
 * Shape: 17 digits. Throws: RangeError on anything else; the message does not repeat the digits.
 * Source: GB 11643-1999, ISO/IEC 7064 MOD 11-2.
 */
export function residentIdCheckCharacter(first17: string): string {
  if (!/^\d{17}$/.test(first17)) throw new RangeError("Expected 17 digits.");
  let sum = 0;
  for (const [index, weight] of weights.entries()) {
    sum += Number(first17.charAt(index)) * weight;
  }
  return "10X98765432".charAt(sum % 11);
}

/**
 * The birth date a resident ID states; undefined when the text has not the shape of one or the date is impossible.
 * The check character is not looked at. Personal data: as private as the number itself.
 */
export function birthDateOf(id: string): CalendarDate | undefined {
  if (!shape.test(id)) return undefined;
  return parseDate(`${id.slice(6, 10)}-${id.slice(10, 12)}-${id.slice(12, 14)}`);
}

/**
 * A resident ID as logs and strangers may see it: its first 4 and last 2 characters, stars between.
 * Shape: as long as what came in; a text shorter than any resident ID (15, the old form) becomes stars alone.
 */
export function maskResidentId(id: string): string {
  if (id.length < 15) return "*".repeat(id.length);
  return id.slice(0, 4) + "*".repeat(id.length - 6) + id.slice(-2);
}

/**
 * A holder's id as logs and strangers may see it: masked when it is a valid resident ID, else unchanged.
 * Trust: a mistyped resident ID is not recognised and comes back as it is; where the id type says
 * that a person is meant, use `maskResidentId`.
 */
export function maskHolderId(id: string): string {
  return checkResidentId(id).ok ? maskResidentId(id) : id;
}

const shape = /^\d{17}[0-9X]$/;
const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
