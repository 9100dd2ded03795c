import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { closesProblem, qualityScore, qualityWeights } from "../../../src/domain/licenses/problem-desk.ts";

const type = "11100000XXXX00166LX01";
const issue = { operation: "ISSUE", licenseType: type } as const;
const none = { clean: 0, correctedSoon: 0, correctedLate: 0, doubtful: 0, refused: 0 };

describe("a record that was taken", () => {
  test.each([
    ["ACCEPTED", "REJECTED", true],
    ["ACCEPTED", "ACCEPTED", true],
    ["ACCEPTED", "PENDING", true],
    ["UNCHANGED", "REJECTED", true],
    ["UNCHANGED", "ACCEPTED", false],
    ["UNCHANGED", "PENDING", true],
    ["PENDING", "REJECTED", true],
    ["PENDING", "ACCEPTED", false],
    ["PENDING", "PENDING", false],
  ] as const)("%s, closes a problem that was %s: %s", (taken, problem, closes) => {
    expect(closesProblem({ ...issue, outcome: taken }, { ...issue, outcome: problem })).toBe(closes);
  });

  test("and is UNCHANGED is the one that was refused only under the same operation and type, as far as they are known", () => {
    const taken = { ...issue, outcome: "UNCHANGED" } as const;
    const refused = { ...issue, outcome: "REJECTED" } as const;
    expect(closesProblem(taken, { ...refused, operation: "CANCEL" })).toBe(false);
    expect(closesProblem(taken, { ...refused, licenseType: "other" })).toBe(false);
    expect(closesProblem(taken, { ...refused, operation: null, licenseType: null })).toBe(true);
  });
});

describe("the quality score", () => {
  test("is the example of the documentation: 68", () => {
    expect(qualityScore({ clean: 5, correctedSoon: 1, correctedLate: 1, doubtful: 1, refused: 2 })).toBe(68);
  });

  test("is 100 only when every record was right at once, and none when none came", () => {
    expect(qualityScore(none)).toBeUndefined();
    expect(qualityScore({ ...none, clean: 3 })).toBe(100);
    expect(qualityScore({ ...none, clean: 1_000_000, correctedSoon: 1 })).toBe(99.9);
  });

  test("lies between 0 and 100, and never falls when a refused record is corrected, or a correction comes sooner", () => {
    const count = fc.nat(10_000);
    const tally = fc.record({
      clean: count,
      correctedSoon: count,
      correctedLate: count,
      doubtful: count,
      refused: count,
    });
    fc.assert(
      fc.property(tally, (given) => {
        const score = qualityScore({ ...given, refused: given.refused + 1 }) ?? -1;
        const late = qualityScore({ ...given, correctedLate: given.correctedLate + 1 }) ?? -1;
        const soon = qualityScore({ ...given, correctedSoon: given.correctedSoon + 1 }) ?? -1;
        return score >= 0 && score <= late && late <= soon && soon <= 100;
      }),
    );
    expect(Object.keys(qualityWeights)).toEqual(Object.keys(none));
  });
});
