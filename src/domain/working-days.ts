import arranged from "chinese-days/dist/chinese-days.json" with { type: "json" };
import { addDays, type CalendarDate, daysBetween, parseDate } from "./calendar.ts";

/** Which days offices are open. */
export type WorkingCalendar = Readonly<{ isWorkingDay: (date: CalendarDate) => boolean }>;

/** Days that a calendar has otherwise: a year the package does not know yet, or a city's own arrangement. */
export type CalendarChanges = Readonly<{ holidays: readonly CalendarDate[]; workingDays: readonly CalendarDate[] }>;

/** Most days of each kind that a calendar may have otherwise: ten years of holidays and more. */
export const maxCalendarChanges = 2_000;

const names = ["holidays", "workingDays"] as const;

/**
 * China's calendar: the State Council's holidays and the weekend days worked for them, as far as they are known, Monday to
 * Friday for any other year; the changes win. *Source*: 国务院办公厅关于部分节假日安排的通知, by the package chinese-days.
 */
export function chinaCalendar(changes: CalendarChanges = { holidays: [], workingDays: [] }): WorkingCalendar {
  const holidays = new Set(changes.holidays);
  const workingDays = new Set(changes.workingDays);
  return {
    isWorkingDay: (date) => {
      if (workingDays.has(date)) return true;
      if (holidays.has(date)) return false;
      if (Object.hasOwn(arranged.workdays, date)) return true;
      return !Object.hasOwn(arranged.holidays, date) && isWeekday(date);
    },
  };
}

/**
 * The n-th working day after a date, which itself does not count. What is due then is due at the end of that day in
 * Asia/Shanghai. @param n whole, 1 or more
 * *Throws* RangeError when the date is none, n is out of range, or the calendar has no such day within a year for each n.
 */
export function addWorkingDays(date: CalendarDate, n: number, calendar: WorkingCalendar): CalendarDate {
  return walk(date, n, 1, calendar);
}

/** The n-th working day before a date, which itself does not count. @param n and *Throws*: as `addWorkingDays` */
export function subtractWorkingDays(date: CalendarDate, n: number, calendar: WorkingCalendar): CalendarDate {
  return walk(date, n, -1, calendar);
}

function walk(date: CalendarDate, n: number, step: 1 | -1, calendar: WorkingCalendar): CalendarDate {
  if (!Number.isInteger(n) || n < 1) throw new RangeError("Working days must be a whole number from 1.");
  let day = date;
  for (let left = n; left > 0; ) {
    day = addDays(day, step);
    if (Math.abs(daysBetween(date, day)) > n * 366) throw new RangeError("The calendar has too few working days.");
    if (calendar.isWorkingDay(day)) left -= 1;
  }
  return day;
}

/**
 * Parses `{"holidays": ["2027-01-01"], "workingDays": ["2027-01-03"]}`; either may be left out. *Trust*: an operator's JSON.
 * *Throws* an Error whose message says in a few words what is wrong and what is expected.
 */
export function parseCalendarChanges(value: unknown): CalendarChanges {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error('it is no JSON object such as {"holidays":["2027-01-01"],"workingDays":["2027-01-03"]}');
  const unknown = Object.keys(value).find((name) => !names.some((known) => known === name));
  if (unknown !== undefined)
    throw new Error(`it has ${JSON.stringify(unknown.slice(0, 40))}; expected holidays and workingDays only`);
  const [holidays, workingDays] = [daysOf(value, "holidays"), daysOf(value, "workingDays")];
  const both = holidays.find((day) => workingDays.includes(day));
  if (both !== undefined) throw new Error(`${both} is both a holiday and a working day`);
  return { holidays, workingDays };
}

function daysOf(value: object, name: (typeof names)[number]): readonly CalendarDate[] {
  const list: unknown = Object.getOwnPropertyDescriptor(value, name)?.value ?? [];
  if (!Array.isArray(list)) throw new Error(`${name} is no list of days such as ["2027-01-01"]`);
  if (list.length > maxCalendarChanges)
    throw new Error(`${name} has ${list.length} days; expected ${maxCalendarChanges} at most`);
  return list.map((day: unknown) => {
    const date = typeof day === "string" ? parseDate(day) : undefined;
    if (date === undefined)
      throw new Error(`${name} holds ${JSON.stringify(day)?.slice(0, 40)}; expected days such as "2027-01-01"`);
    return date;
  });
}

/** Monday to Friday. The package's own functions go by the time zone of this machine, so only its data is used. */
function isWeekday(date: CalendarDate): boolean {
  const sinceMonday = daysBetween("2024-01-01", date) % 7;
  return (sinceMonday + 7) % 7 < 5;
}
