import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { addDays, daysBetween } from "../../../src/domain/calendar.ts";
import { dayOfSerial, readDay, readInstant, readLastDay } from "../../../src/domain/files/date-forms.ts";

const anyDay = fc.integer({ min: 0, max: 3_287_181 }).map((days) => addDays("1000-01-01", days));
const partsOf = (day: string) => day.split("-") as [string, string, string];
const wide = (text: string) => text.replace(/[!-~]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0));

const digits = "〇一二三四五六七八九";
const words = (text: string) => [...text].map((sign) => digits[Number(sign)]).join("");
const counted = (number: number) => {
  const [tens, ones] = [Math.floor(number / 10), number % 10];
  const ten = tens === 0 ? "" : tens === 1 ? "十" : `${digits[tens]}十`;
  return ten + (ones === 0 ? "" : digits[ones]);
};
const bare = (part: string) => String(Number(part));

/** Every form of the page for clerks. */
const forms: Readonly<Record<string, (parts: [string, string, string]) => string>> = {
  "2021-07-01": (parts) => parts.join("-"),
  "2021/7/1": ([year, month, day]) => [year, bare(month), bare(day)].join("/"),
  "2021.7.1": ([year, month, day]) => [year, bare(month), bare(day)].join("."),
  "20210701": (parts) => parts.join(""),
  "2021年7月1日": ([year, month, day]) => `${year}年${bare(month)}月${bare(day)}日`,
  "2021年07月01日": ([year, month, day]) => `${year}年${month}月${day}日`,
  "2021 年 7 月 1 日": ([year, month, day]) => `${year} 年 ${bare(month)} 月 ${bare(day)} 日`,
  二〇二一年七月一日: ([year, month, day]) => `${words(year)}年${counted(Number(month))}月${counted(Number(day))}日`,
  "full width": (parts) => wide(parts.join("-")),
  "with a time": (parts) => `${parts.join("-")} 00:00:00`,
  "with a time of a database": (parts) => `${parts.join("-")} 23:59:59.997`,
};

describe("a day", () => {
  test.each(Object.entries(forms))("is read as %s, whichever day it is", (_, write) => {
    fc.assert(fc.property(anyDay, (day) => expect(readDay(write(partsOf(day)))).toBe(day)));
  });

  test.each([
    ["二○二一年十二月三十一日", "2021-12-31"],
    ["二零二零年二月廿九日", "2020-02-29"],
    ["二〇二一年十月卅一日", "2021-10-31"],
    ["2021年7月1号", "2021-07-01"],
    ["2021年7月1日9时30分", "2021-07-01"],
    ["2021-06-30T16:00:00Z", "2021-07-01"],
    ["2021-07-01T00:30:00+08:00", "2021-07-01"],
    ["\u00a02021-07-01\u3000", "2021-07-01"],
    ["44378", "2021-07-01"],
    ["44378.75", "2021-07-01"],
  ])("%s is %s", (text, day) => {
    expect(readDay(text)).toBe(day);
  });

  test.each([
    ...["2021-02-30", "2021/2/30", "20210230", "2021年2月30日", "二〇二一年二月三十日", "2021-02-29", "1900-02-29"],
    ...["2021-13-01", "2021-00-10", "2021-01-00", "2021-7/1", "2021", "2021-07", "2021年7月", "202107", "21-07-01"],
    ...["01/07/2021", "7/1/2021", "2021-07-01 24:00", "2021-07-01 9:60", "2021-07-01x", "昨天", "60", "-44378"],
    ...[
      "99999999",
      "二〇二一年十三月一日",
      "二〇二一年一月三十二日",
      "二〇二一年一月十十日",
      "2".repeat(1000),
      "4437８9",
    ],
  ])("%s is none", (text) => {
    expect(readDay(text)).toBeUndefined();
  });

  test("no text makes it throw, and what it reads is a day", () => {
    const odd = fc.string({ unit: fc.constantFrom(..."0123456789年月日时分一十廿〇-/.: TZ+") });
    fc.assert(
      fc.property(fc.oneof(odd, fc.string()), (text) =>
        expect(readDay(text) ?? "2021-07-01").toMatch(/^\d{4}-\d\d-\d\d$/),
      ),
    );
  });
});

describe("the last day of a validity", () => {
  test.each(["", " ", "长期", "永久", "长期有效", "无固定期限", "无", "--", "—", "\u3000长期 "])(
    "%j says that there is none",
    (text) => {
      expect(readLastDay(text)).toBeNull();
    },
  );
  test("is a day otherwise, or cannot be read: never silently endless", () => {
    expect(readLastDay("2031.6.30")).toBe("2031-06-30");
    expect(readLastDay("2031.6.31")).toBeUndefined();
    expect(readLastDay("期长")).toBeUndefined();
  });
});

describe("an instant", () => {
  test.each([
    ["2026-11-20T16:20:00+08:00", "2026-11-20T16:20:00+08:00"],
    ["2026-11-20T08:20:00Z", "2026-11-20T08:20:00Z"],
    ["2026-11-20", "2026-11-20T00:00:00+08:00"],
    ["2026/11/20 9:05", "2026-11-20T09:05:00+08:00"],
    ["2026年11月20日 9时5分7秒", "2026-11-20T09:05:07+08:00"],
    ["2026年11月20日9时", "2026-11-20T09:00:00+08:00"],
    ["20261120 09:05:07", "2026-11-20T09:05:07+08:00"],
    ["46346.5", "2026-11-20T12:00:00+08:00"],
    ["46346.999999", "2026-11-21T00:00:00+08:00"],
  ])("%s is %s", (text, instant) => {
    expect(readInstant(text)).toBe(instant);
  });
  test.each(["", "9:05", "2026-02-30 10:00", "2026-11-20 25:00", "46346.5 9:00", "昨天"])("%s is none", (text) => {
    expect(readInstant(text)).toBeUndefined();
  });
});

describe("a spreadsheet's day count", () => {
  test.each([
    [0, 1900, undefined],
    [1, 1900, "1900-01-01"],
    [59, 1900, "1900-02-28"],
    [60, 1900, undefined],
    [61, 1900, "1900-03-01"],
    [44378, 1900, "2021-07-01"],
    [2_958_465, 1900, "9999-12-31"],
    [2_958_466, 1900, undefined],
    [0, 1904, "1904-01-01"],
    [42916, 1904, "2021-07-01"],
    [2_957_003, 1904, "9999-12-31"],
    [2_957_004, 1904, undefined],
    [Number.NaN, 1900, undefined],
    [-1, 1904, undefined],
  ] as const)("number %d counted from %d", (serial, epoch, day) => {
    expect(dayOfSerial(serial, epoch)).toBe(day);
  });

  test("goes on day by day after the day that never was", () => {
    fc.assert(
      fc.property(fc.integer({ min: 61, max: 2_958_465 }), (serial) => {
        expect(daysBetween("1900-03-01", dayOfSerial(serial, 1900) ?? "")).toBe(serial - 61);
      }),
    );
  });
});
