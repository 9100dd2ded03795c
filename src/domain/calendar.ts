/**
 * A date of law: a whole day in Asia/Shanghai.
 * Shape: `YYYY-MM-DD`, a real Gregorian date of the years 1000 to 9999; two dates compare as strings.
 */
export type CalendarDate = string;

/**
 * Parses a date of law; undefined when the text is not one.
 * Shape: exactly `YYYY-MM-DD` in ASCII digits; 30 February, month 13 and year 0999 are refused.
 * Source: GB/T 7408 (ISO 8601), complete calendar date, extended format.
 */
export function parseDate(text: string): CalendarDate | undefined {
  if (!dateShape.test(text)) return undefined;
  const day = Number(text.slice(8));
  return day <= daysInMonth(Number(text.slice(0, 4)), Number(text.slice(5, 7))) ? text : undefined;
}

/**
 * The date it is in Asia/Shanghai at an instant, by a fixed UTC+8 (exact from 1992 on: no summer time since).
 * Throws: RangeError when the instant is invalid or its date lies outside the years 1000 to 9999.
 */
export function dateOf(instant: Date): CalendarDate {
  return dateOfUtcDay(instant.getTime() + shanghaiOffset);
}

/**
 * The date a number of days later, or earlier when the number is negative.
 * Throws: RangeError when the date is not a date, the days are not whole, or the result leaves the years 1000 to 9999.
 */
export function addDays(date: CalendarDate, days: number): CalendarDate {
  if (!Number.isInteger(days)) throw new RangeError("Days must be a whole number.");
  return dateOfUtcDay(utcMidnight(date) + days * dayLength);
}

/**
 * How many days lie from one date to another: 0 for the same day, negative when `to` is earlier.
 * Throws: RangeError when either is not a date.
 */
export function daysBetween(from: CalendarDate, to: CalendarDate): number {
  return (utcMidnight(to) - utcMidnight(from)) / dayLength;
}

/**
 * The first instant of a date: 00:00:00+08:00.
 * Throws: RangeError when the text is not a date.
 */
export function startOfDay(date: CalendarDate): Date {
  return new Date(utcMidnight(date) - shanghaiOffset);
}

/**
 * The last second of a date: 23:59:59+08:00, without a fraction.
 * Throws: RangeError when the text is not a date.
 */
export function endOfDay(date: CalendarDate): Date {
  return new Date(utcMidnight(date) - shanghaiOffset + dayLength - secondLength);
}

/**
 * Parses an instant; undefined when the text is not one.
 * Shape: `2026-11-22T09:00:00+08:00`, at most 35 characters: a real date, upper-case T and Z, an offset always,
 * a fraction of 1 to 9 digits if any. Leap seconds and hour 24 are refused, and so is an instant `dateOf` has no
 * date for. `-00:00` (local offset unknown) is read as UTC.
 * Units: digits beyond the millisecond are cut off, never rounded up into the next one.
 * Source: RFC 3339 §5.6, §5.7.
 */
export function parseInstant(text: string): Date | undefined {
  const parts = instantShape.exec(text);
  if (parts === null) return undefined;
  const [, dateText = "", hours, minutes, seconds, fraction = "", sign, offsetHours = "0", offsetMinutes = "0"] = parts;
  const date = parseDate(dateText);
  if (date === undefined) return undefined;
  const clock = Number(hours) * hourLength + Number(minutes) * minuteLength + Number(seconds) * secondLength;
  const offset = (Number(offsetHours) * hourLength + Number(offsetMinutes) * minuteLength) * (sign === "-" ? -1 : 1);
  const instant = utcMidnight(date) + clock + Number(fraction.slice(0, 3).padEnd(3, "0")) - offset;
  return instant < firstInstant || instant > lastInstant ? undefined : new Date(instant);
}

/**
 * Parses a moment somebody asks about: a day, meaning its noon in Asia/Shanghai, or an instant; undefined when the text is
 * neither. *Shape*: as `parseDate` or `parseInstant`.
 */
export function parseMoment(text: string): Date | undefined {
  const date = parseDate(text);
  return date === undefined ? parseInstant(text) : new Date(startOfDay(date).getTime() + dayLength / 2);
}

const secondLength = 1000;
const minuteLength = 60 * secondLength;
const hourLength = 60 * minuteLength;
const dayLength = 24 * hourLength;
const shanghaiOffset = 8 * hourLength;

const dateShape = /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const instantShape =
  /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

const firstInstant = Date.parse("1000-01-01T00:00:00.000+08:00");
const lastInstant = Date.parse("9999-12-31T23:59:59.999+08:00");

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Milliseconds of a date's midnight as if Asia/Shanghai were UTC, so that days are all equally long. */
function utcMidnight(date: CalendarDate): number {
  if (parseDate(date) === undefined) throw new RangeError("Not a calendar date: expected a real YYYY-MM-DD.");
  return Date.parse(`${date}T00:00:00.000Z`);
}

function dateOfUtcDay(milliseconds: number): CalendarDate {
  const first = firstInstant + shanghaiOffset;
  // Written so that NaN, an invalid Date, fails too.
  if (!(milliseconds >= first && milliseconds <= lastInstant + shanghaiOffset)) {
    throw new RangeError("The date lies outside the years 1000 to 9999.");
  }
  const day = Math.floor(milliseconds / dayLength);
  if (day !== last.day) last = { day, date: new Date(milliseconds).toISOString().slice(0, 10) };
  return last.date;
}

/** Today is asked for several times a request. */
let last: Readonly<{ day: number; date: CalendarDate }> = { day: Number.NaN, date: "" };
