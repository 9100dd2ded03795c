import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { checkDayCounts, type DayCount, differencesOf } from "../../../src/domain/reconciling/day-count.ts";
import { parseListedRecord } from "../../../src/domain/reconciling/listed-record.ts";

const range = { from: "2026-11-01", until: "2026-11-30", licenseType: undefined };
const count = (day: string, licenseType: string, number: number, digest: string): DayCount => ({
  ...{ day, licenseType, count: number, digest },
});
const refusal = (argument: string) =>
  expect.objectContaining({ code: "INPUT_INVALID", details: expect.objectContaining({ argument }) });

describe("days of two sides", () => {
  const ours = [count("2026-11-01", "A", 2, "70"), count("2026-11-02", "A", 1, "5"), count("2026-11-02", "B", 1, "9")];

  test("differ by count, by digest, and where only one side has something", () => {
    const theirs = [
      count("2026-11-02", "A", 1, "6"),
      count("2026-11-01", "A", 3, "70"),
      count("2026-11-03", "A", 1, "1"),
    ];
    expect(differencesOf(theirs, ours)).toEqual([
      { day: "2026-11-01", licenseType: "A", theirs: { count: 3, digest: "70" }, ours: { count: 2, digest: "70" } },
      { day: "2026-11-02", licenseType: "A", theirs: { count: 1, digest: "6" }, ours: { count: 1, digest: "5" } },
      { day: "2026-11-02", licenseType: "B", theirs: { count: 0, digest: "0" }, ours: { count: 1, digest: "9" } },
      { day: "2026-11-03", licenseType: "A", theirs: { count: 1, digest: "1" }, ours: { count: 0, digest: "0" } },
    ]);
  });

  test("are the same whatever their order, however a number is spelled, and with or without days of nothing", () => {
    const theirs = [count("2026-11-09", "A", 0, "0"), count("2026-11-02", "B", 1, "0009"), ...ours.slice(0, 2)];
    expect(differencesOf(theirs, ours)).toEqual([]);
  });

  test("differ exactly where a side is changed", () => {
    const day = fc.integer({ min: 1, max: 9 }).map((n) => `2026-11-0${n}`);
    const side = fc.uniqueArray(
      fc.record({
        day,
        licenseType: fc.constantFrom("A", "B"),
        count: fc.integer({ min: 1, max: 9 }),
        digest: fc.bigInt({ min: 1n, max: 99n }).map(String),
      }),
      { selector: (each) => `${each.day} ${each.licenseType}` },
    );
    fc.assert(
      fc.property(side, side, (one, other) => {
        const same = (a: DayCount, b: DayCount) =>
          JSON.stringify([a.day, a.licenseType, a.count, a.digest]) ===
          JSON.stringify([b.day, b.licenseType, b.count, b.digest]);
        const changed = [
          ...one.filter((a) => !other.some((b) => same(a, b))),
          ...other.filter((a) => !one.some((b) => same(a, b))),
        ];
        const keys = new Set(changed.map((each) => `${each.day} ${each.licenseType}`));
        expect(differencesOf(one, other).map((each) => `${each.day} ${each.licenseType}`)).toEqual(
          [...keys].toSorted(),
        );
      }),
    );
  });
});

describe("counts are refused", () => {
  test.each([
    ["of a day outside the range", [count("2026-12-01", "A", 1, "1")], "days[0]"],
    ["of a day and type twice", [count("2026-11-01", "A", 1, "1"), count("2026-11-01", "A", 2, "2")], "days[1]"],
    ["below nothing", [count("2026-11-01", "A", -1, "1")], "days[0]"],
    ["with a digest that is no number", [count("2026-11-01", "A", 1, "0x1f")], "days[0]"],
    ["with a digest longer than any sum", [count("2026-11-01", "A", 1, "1".repeat(41))], "days[0]"],
    ["without a type", [count("2026-11-01", "", 1, "1")], "days[0]"],
    ["in more rows than are taken", Array.from({ length: 10_001 }, () => count("2026-11-01", "A", 1, "1")), "days"],
  ])("%s", (_what, counts, argument) => {
    expect(() => checkDayCounts(range, counts)).toThrow(refusal(argument));
  });

  test("of another type than the one compared", () => {
    const one = { ...range, licenseType: "B" };
    expect(() => checkDayCounts(one, [count("2026-11-01", "A", 1, "1")])).toThrow(refusal("days[0]"));
  });

  test("of a range that ends before it begins, or is longer than ten years", () => {
    expect(() => checkDayCounts({ ...range, until: "2026-10-31" }, [])).toThrow(refusal("until"));
    expect(() => checkDayCounts({ ...range, from: "2016-01-01" }, [])).toThrow(refusal("until"));
    expect(() => checkDayCounts({ ...range, from: "2016-11-23" }, [])).not.toThrow();
  });
});

describe("a line of a list", () => {
  test("names a record, when it was changed, and perhaps its content", () => {
    const digest = "A".repeat(43);
    const line = {
      sourceRecordId: "甲-1",
      sourceUpdatedAt: "2026-11-20T16:20:00.1239+08:00",
      contentDigest: digest,
      more: 1,
    };
    expect(parseListedRecord(JSON.stringify(line), 1)).toEqual({
      ...{ sourceRecordId: "甲-1", sourceUpdatedAt: new Date("2026-11-20T08:20:00.123Z"), contentDigest: digest },
    });
  });

  test.each([
    ["no JSON", "{"],
    ["a list", "[]"],
    ["null", "null"],
    ["without an id", `{"sourceUpdatedAt":"2026-11-20T16:20:00Z"}`],
    ["with an empty id", `{"sourceRecordId":"","sourceUpdatedAt":"2026-11-20T16:20:00Z"}`],
    [
      "with an id too long",
      JSON.stringify({ sourceRecordId: "x".repeat(201), sourceUpdatedAt: "2026-11-20T16:20:00Z" }),
    ],
    ["with an id no database takes", `{"sourceRecordId":"a\\u0000","sourceUpdatedAt":"2026-11-20T16:20:00Z"}`],
    ["with half a character", `{"sourceRecordId":"\\ud800","sourceUpdatedAt":"2026-11-20T16:20:00Z"}`],
    ["without an instant", `{"sourceRecordId":"a"}`],
    ["with a time of no place", `{"sourceRecordId":"a","sourceUpdatedAt":"2026-11-20T16:20:00"}`],
    [
      "with a digest that is none",
      `{"sourceRecordId":"a","sourceUpdatedAt":"2026-11-20T16:20:00Z","contentDigest":"x"}`,
    ],
  ])("is refused by its number: %s", (_what, line) => {
    expect(() => parseListedRecord(line, 17)).toThrow(refusal("line 17"));
  });
});
