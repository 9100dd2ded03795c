import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  addDays,
  dateOf,
  daysBetween,
  endOfDay,
  parseDate,
  parseInstant,
  parseMoment,
  startOfDay,
} from "../../src/domain/calendar.ts";

const firstDay = Date.UTC(1000, 0, 1);
const dayCount = (Date.UTC(9999, 11, 31) - firstDay) / 86_400_000;
const anyDate = fc
  .integer({ min: 0, max: dayCount })
  .map((day) => new Date(firstDay + day * 86_400_000).toISOString().slice(0, 10));
const anyInstant = fc.date({
  min: new Date("1000-01-01T00:00:00+08:00"),
  max: new Date("9999-12-31T23:59:59.999+08:00"),
  noInvalidDate: true,
});

describe("a date of law", () => {
  test.each(["2026-11-22", "2024-02-29", "2000-02-29", "1000-01-01", "9999-12-31", "2026-04-30"])(
    "%s is a date",
    (text) => {
      expect(parseDate(text)).toBe(text);
    },
  );

  test.each([
    ["a day that does not exist", "2024-02-30"],
    ["29 February of a common year", "2026-02-29"],
    ["29 February of a century that is no leap year", "1900-02-29"],
    ["31 April", "2026-04-31"],
    ["day 0", "2026-04-00"],
    ["day 32", "2026-01-32"],
    ["month 0", "2026-00-01"],
    ["month 13", "2026-13-01"],
    ["a year before 1000", "0999-12-31"],
    ["a year after 9999", "10000-01-01"],
    ["missing zeros", "2026-1-2"],
    ["slashes", "2026/11/22"],
    ["no separators", "20261122"],
    ["a space before", " 2026-11-22"],
    ["a line break after", "2026-11-22\n"],
    ["a time after", "2026-11-22T00:00:00Z"],
    ["full-width digits", "２０２６-11-22"],
    ["Arabic digits", "٢٠٢٦-11-22"],
    ["nothing", ""],
  ])("%s is refused", (_what, text) => {
    expect(parseDate(text)).toBeUndefined();
  });

  test("every day of the Gregorian calendar is a date, and no other day number is", () => {
    const pad = (value: number) => String(value).padStart(2, "0");
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 9999 }), (year) => {
        for (let month = 1; month <= 12; month += 1) {
          const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
          for (let day = 0; day <= 32; day += 1) {
            const text = `${year}-${pad(month)}-${pad(day)}`;
            expect(parseDate(text)).toBe(day >= 1 && day <= days ? text : undefined);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("the date at an instant", () => {
  test.each([
    ["the last second before midnight in Asia/Shanghai", "2026-11-22T15:59:59.999Z", "2026-11-22"],
    ["midnight in Asia/Shanghai", "2026-11-22T16:00:00Z", "2026-11-23"],
    ["midnight in UTC", "2026-11-22T00:00:00Z", "2026-11-22"],
    ["New Year's midnight in Asia/Shanghai", "2026-12-31T16:00:00Z", "2027-01-01"],
    ["midnight into a leap day", "2024-02-28T16:00:00Z", "2024-02-29"],
  ])("%s belongs to the right day", (_what, instant, date) => {
    expect(dateOf(new Date(instant))).toBe(date);
  });

  test("it is the date the tz database gives for Asia/Shanghai from 1992 on", () => {
    const format = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai", dateStyle: "short" });
    const since1992 = fc.date({ min: new Date("1992-01-01"), max: new Date("2200-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(since1992, (instant) => {
        expect(dateOf(instant)).toBe(format.format(instant));
      }),
    );
  });

  test("every instant lies between the start of its day and the start of the next", () => {
    fc.assert(
      fc.property(anyInstant, (instant) => {
        const start = startOfDay(dateOf(instant)).getTime();
        expect(instant.getTime()).toBeGreaterThanOrEqual(start);
        expect(instant.getTime()).toBeLessThan(start + 86_400_000);
      }),
    );
  });

  test("an invalid instant or one outside the years 1000 to 9999 has no date", () => {
    expect(() => dateOf(new Date(Number.NaN))).toThrow(RangeError);
    expect(() => dateOf(new Date("0999-12-31T15:59:59.999Z"))).toThrow(RangeError);
    expect(() => dateOf(new Date("9999-12-31T16:00:00Z"))).toThrow(RangeError);
    expect(() => dateOf(new Date(8.64e15))).toThrow(RangeError);
    expect(dateOf(new Date("0999-12-31T16:00:00Z"))).toBe("1000-01-01");
    expect(dateOf(new Date("9999-12-31T15:59:59.999Z"))).toBe("9999-12-31");
  });
});

describe("a day's bounds", () => {
  test("a day starts at 00:00:00+08:00 and its last second is 23:59:59+08:00", () => {
    expect(startOfDay("2026-11-22").toISOString()).toBe("2026-11-21T16:00:00.000Z");
    expect(endOfDay("2026-11-22").toISOString()).toBe("2026-11-22T15:59:59.000Z");
  });

  test("both bounds belong to the day, the second before and the second after do not", () => {
    fc.assert(
      fc.property(anyDate, (date) => {
        fc.pre(date !== "1000-01-01" && date !== "9999-12-31");
        expect(dateOf(startOfDay(date))).toBe(date);
        expect(dateOf(endOfDay(date))).toBe(date);
        expect(dateOf(new Date(startOfDay(date).getTime() - 1))).toBe(addDays(date, -1));
        expect(dateOf(new Date(endOfDay(date).getTime() + 1000))).toBe(addDays(date, 1));
      }),
    );
  });

  test("a text that is not a date has no bounds", () => {
    expect(() => startOfDay("2026-02-30")).toThrow(RangeError);
    expect(() => endOfDay("2026-02-30")).toThrow(RangeError);
  });
});

describe("counting days", () => {
  test.each([
    ["2024-02-28", 1, "2024-02-29"],
    ["2026-02-28", 1, "2026-03-01"],
    ["2026-12-31", 1, "2027-01-01"],
    ["2026-03-01", -1, "2026-02-28"],
    ["2026-11-22", 0, "2026-11-22"],
    ["2026-11-22", 365, "2027-11-22"],
  ])("%s and %i days is %s", (date, days, result) => {
    expect(addDays(date, days)).toBe(result);
    expect(daysBetween(date, result)).toBe(days);
  });

  test("days added are days between, backwards too, and dates order as strings", () => {
    fc.assert(
      fc.property(anyDate, anyDate, (from, to) => {
        const days = daysBetween(from, to);
        expect(addDays(from, days)).toBe(to);
        expect(daysBetween(to, from) + days).toBe(0);
        expect(from < to).toBe(days > 0);
      }),
    );
  });

  test("a part of a day, a text that is no date and a result outside the years 1000 to 9999 are refused", () => {
    expect(() => addDays("2026-11-22", 0.5)).toThrow(RangeError);
    expect(() => addDays("2026-11-22", Number.NaN)).toThrow(RangeError);
    expect(() => addDays("2026-11-31", 1)).toThrow(RangeError);
    expect(() => addDays("9999-12-31", 1)).toThrow(RangeError);
    expect(() => addDays("1000-01-01", -1)).toThrow(RangeError);
    expect(() => addDays("2026-11-22", Number.MAX_VALUE)).toThrow(RangeError);
    expect(() => daysBetween("2026-11-22", "today")).toThrow(RangeError);
    expect(() => daysBetween("today", "2026-11-22")).toThrow(RangeError);
  });
});

describe("an instant", () => {
  test.each([
    ["2026-11-22T09:00:00+08:00", "2026-11-22T01:00:00.000Z"],
    ["2026-11-22T01:00:00Z", "2026-11-22T01:00:00.000Z"],
    ["2026-11-22T01:00:00-00:00", "2026-11-22T01:00:00.000Z"],
    ["2026-11-21T15:29:59.5-09:30", "2026-11-22T00:59:59.500Z"],
    ["2026-11-22T01:00:00.05Z", "2026-11-22T01:00:00.050Z"],
    ["2026-11-22T01:00:00.123456789Z", "2026-11-22T01:00:00.123Z"],
    ["2026-11-22T01:00:00.999999999Z", "2026-11-22T01:00:00.999Z"],
    ["2026-11-22T00:00:00+23:59", "2026-11-21T00:01:00.000Z"],
    ["1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520Z"],
    ["1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57.000Z"],
    ["1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870Z"],
    ["1000-01-01T00:00:00+08:00", "0999-12-31T16:00:00.000Z"],
    ["9999-12-31T23:59:59.999999999+08:00", "9999-12-31T15:59:59.999Z"],
  ])("%s is %s", (text, iso) => {
    expect(parseInstant(text)?.toISOString()).toBe(iso);
  });

  test.each([
    ["no offset", "2026-11-22T09:00:00"],
    ["a date alone", "2026-11-22"],
    ["no seconds", "2026-11-22T09:00Z"],
    ["a leap second", "1990-12-31T23:59:60Z"],
    ["hour 24", "2026-11-22T24:00:00Z"],
    ["minute 60", "2026-11-22T09:60:00Z"],
    ["a day that does not exist", "2026-02-30T09:00:00Z"],
    ["an offset of 24 hours", "2026-11-22T09:00:00+24:00"],
    ["an offset of 60 minutes", "2026-11-22T09:00:00+08:60"],
    ["an offset without colon", "2026-11-22T09:00:00+0800"],
    ["an offset without minutes", "2026-11-22T09:00:00+08"],
    ["Z with an offset", "2026-11-22T09:00:00Z+08:00"],
    ["an empty fraction", "2026-11-22T09:00:00.Z"],
    ["a fraction of 10 digits", "2026-11-22T09:00:00.1234567890Z"],
    ["a comma", "2026-11-22T09:00:00,5Z"],
    ["a space for T", "2026-11-22 09:00:00Z"],
    ["lower-case t", "2026-11-22t09:00:00Z"],
    ["lower-case z", "2026-11-22T09:00:00z"],
    ["a signed year", "+002026-11-22T09:00:00Z"],
    ["a line break after", "2026-11-22T09:00:00Z\n"],
    ["a minus sign that is not ASCII", "2026-11-22T09:00:00−08:00"],
    ["full-width digits", "2026-11-22T０９:00:00Z"],
    ["more than 40 characters", `2026-11-22T09:00:00.${"0".repeat(20)}Z`],
    ["nothing", ""],
  ])("%s is refused", (_what, text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  test("an instant whose date in Asia/Shanghai lies outside the years 1000 to 9999 is refused", () => {
    expect(parseInstant("1000-01-01T00:00:00+08:01")).toBeUndefined();
    expect(parseInstant("9999-12-31T16:00:00Z")).toBeUndefined();
    expect(parseInstant("9999-12-31T23:59:59-23:59")).toBeUndefined();
  });

  test("what is written at any offset is read back as the same instant", () => {
    const minutes = fc.integer({ min: -1439, max: 1439 });
    fc.assert(
      fc.property(anyInstant, minutes, (instant, offset) => {
        const local = new Date(instant.getTime() + offset * 60_000).toISOString();
        fc.pre(local.length === 24 && local >= "1000");
        const size = Math.abs(offset);
        const pad = (value: number) => String(value).padStart(2, "0");
        const sign = offset < 0 ? "-" : "+";
        const text = `${local.slice(0, 23)}${sign}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
        expect(parseInstant(text)?.getTime()).toBe(instant.getTime());
      }),
    );
  });

  test("whatever text comes in, the answer is undefined or an instant that has a date", () => {
    const alphabet = fc.constantFrom(..."0123456789-+:.TZ");
    const nearly = fc.tuple(anyInstant, fc.nat({ max: 23 }), alphabet).map(([instant, at, character]) => {
      const text = instant.toISOString();
      return text.slice(0, at) + character + text.slice(at + 1);
    });
    fc.assert(
      fc.property(fc.oneof(nearly, fc.string()), (text) => {
        const instant = parseInstant(text);
        if (instant !== undefined) expect(parseDate(dateOf(instant))).toBeDefined();
      }),
    );
  });
});

test("a moment asked about is an instant, or a day, which means its noon in Asia/Shanghai", () => {
  expect(parseMoment("2026-11-22")).toEqual(new Date("2026-11-22T12:00:00+08:00"));
  expect(parseMoment("2026-11-22T09:00:00+08:00")).toEqual(new Date("2026-11-22T09:00:00+08:00"));
  expect([parseMoment("2026-02-30"), parseMoment("2026-11-22T09:00:00")]).toEqual([undefined, undefined]);
});
