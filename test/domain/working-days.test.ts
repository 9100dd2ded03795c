import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { addDays, dateOf } from "../../src/domain/calendar.ts";
import {
  addWorkingDays,
  chinaCalendar,
  maxCalendarChanges,
  parseCalendarChanges,
} from "../../src/domain/working-days.ts";

const china = chinaCalendar();
const worked = (days: readonly string[], calendar = china) => days.filter((day) => calendar.isWorkingDay(day));
const range = (from: string, days: number) => Array.from({ length: days }, (_, n) => addDays(from, n));

describe("the calendar of 2026, as the State Council arranged it", () => {
  test("has Spring Festival off from 15 to 23 February, and the Saturdays 14 and 28 February worked", () => {
    expect(worked(range("2026-02-13", 16))).toEqual([
      ...["2026-02-13", "2026-02-14", "2026-02-24", "2026-02-25", "2026-02-26", "2026-02-27", "2026-02-28"],
    ]);
  });

  test("has National Day off from 1 to 7 October, and 20 September and 10 October worked", () => {
    expect(worked(["2026-09-19", "2026-09-20", "2026-10-10", "2026-10-11", ...range("2026-09-30", 9)])).toEqual([
      ...["2026-09-20", "2026-10-10", "2026-09-30", "2026-10-08"],
    ]);
  });

  test("is the same in every time zone", () => {
    const file = pathToFileURL(join(import.meta.dirname, "../../src/domain/working-days.ts")).href;
    const program = `const { chinaCalendar } = await import(${JSON.stringify(file)});
      console.log(${JSON.stringify(range("2026-01-01", 365))}.filter(chinaCalendar().isWorkingDay).join());`;
    const seen = ["UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"].map((TZ) =>
      execFileSync(process.execPath, ["--input-type=module", "-e", program], { env: { TZ }, encoding: "utf8" }).trim(),
    );
    expect(new Set(seen)).toEqual(new Set([worked(range("2026-01-01", 365)).join()]));
  });
});

test("a year nobody has arranged yet is worked from Monday to Friday", () => {
  expect(worked(range("2040-09-29", 14))).toEqual([...range("2040-10-01", 5), ...range("2040-10-08", 5)]);
});

test("the days of the week are right on both sides of any Monday", () => {
  const isWeekend = (day: string) => [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay());
  for (const day of [...range("1990-01-01", 400), ...range("2030-01-01", 400)])
    expect([day, china.isWorkingDay(day)]).toEqual([day, !isWeekend(day)]);
});

describe("the n-th working day", () => {
  test.each([
    ["2026-02-13", 1, "2026-02-14"],
    ["2026-02-13", 2, "2026-02-24"],
    ["2026-02-14", 5, "2026-02-28"],
    ["2026-02-14", 6, "2026-03-02"],
    ["2026-02-17", 1, "2026-02-24"],
    ["2026-02-27", 1, "2026-02-28"],
    ["2026-09-18", 1, "2026-09-20"],
    ["2026-09-30", 1, "2026-10-08"],
    ["2026-09-30", 3, "2026-10-10"],
    ["2026-09-30", 4, "2026-10-12"],
    ["2026-11-20", 1, "2026-11-23"],
    ["2026-11-22", 5, "2026-11-27"],
  ])("after %s, number %d, is %s", (from, n, expected) => {
    expect(addWorkingDays(from, n, china)).toBe(expected);
  });

  test("is counted from the day it is in Shanghai", () => {
    const next = (instant: string) => addWorkingDays(dateOf(new Date(instant)), 1, china);
    expect(next("2026-02-13T23:59:59.999+08:00")).toBe("2026-02-14");
    expect(next("2026-02-14T00:00:00+08:00")).toBe("2026-02-24");
    expect(next("2026-02-13T16:00:00Z")).toBe("2026-02-24");
  });

  test("is a working day, later, with n - 1 working days in between", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 365 * 25 }), fc.integer({ min: 1, max: 30 }), (offset, n) => {
        const from = addDays("2004-01-01", offset);
        const day = addWorkingDays(from, n, china);
        const between = [];
        for (let each = addDays(from, 1); each <= day; each = addDays(each, 1)) between.push(each);
        expect(worked(between)).toHaveLength(n);
        expect(china.isWorkingDay(day)).toBe(true);
      }),
    );
  });

  test("is refused for no number of days, no date, and a calendar that never works", () => {
    for (const n of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => addWorkingDays("2026-02-13", n, china)).toThrow(RangeError);
    expect(() => addWorkingDays("2026-02-30", 1, china)).toThrow(RangeError);
    expect(() => addWorkingDays("2026-02-13", 1, { isWorkingDay: () => false })).toThrow(RangeError);
  });
});

describe("a city's own arrangement", () => {
  test("wins over the calendar, either way", () => {
    const own = chinaCalendar({ holidays: ["2026-02-28", "2027-02-05"], workingDays: ["2026-02-15", "2027-02-06"] });
    expect(worked(["2026-02-28", "2027-02-05", "2026-02-15", "2027-02-06", "2026-02-14"], own)).toEqual([
      ...["2026-02-15", "2027-02-06", "2026-02-14"],
    ]);
  });

  test("is read from JSON; either list may be left out", () => {
    expect(parseCalendarChanges({})).toEqual({ holidays: [], workingDays: [] });
    const days = { holidays: ["2027-02-05"], workingDays: ["2027-02-06"] };
    expect(parseCalendarChanges(days)).toEqual(days);
  });

  test.each([
    ["no object", null, "it is no JSON object"],
    ["a list", [], "it is no JSON object"],
    ["another name", { holiday: [] }, 'it has "holiday"; expected holidays and workingDays only'],
    ["no list", { holidays: "2027-02-05" }, "holidays is no list of days"],
    ["no text", { workingDays: [20270205] }, "workingDays holds 20270205"],
    ["no day", { holidays: ["2027-02-30"] }, 'holidays holds "2027-02-30"; expected days such as'],
    ["undefined in the list", { holidays: [undefined] }, "holidays holds undefined"],
    ["a day that is both", { holidays: ["2027-02-05"], workingDays: ["2027-02-05"] }, "2027-02-05 is both"],
    [
      "too many days",
      { holidays: range("2027-01-01", maxCalendarChanges + 1) },
      `expected ${maxCalendarChanges} at most`,
    ],
  ])("is refused when it is, or has, %s", (_, value, message) => {
    expect(() => parseCalendarChanges(value)).toThrow(message);
  });
});
