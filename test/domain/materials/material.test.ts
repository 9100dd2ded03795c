import { describe, expect, test } from "@jest/globals";
import { grounds } from "../../../src/domain/materials/ground.ts";
import { reformModes } from "../../../src/domain/materials/permit-item.ts";
import { excludedFields } from "../../../src/domain/materials/procedure.ts";
import { chinaCalendar } from "../../../src/domain/working-days.ts";
import * as sample from "./cases.ts";

const { allOf, answerFor, anyOf, caseOf, decideOne, deferral, procedureOf, decideWith, held, license, daysAgo, today } =
  sample;
const { business, food, property, safety, tax } = sample;

describe("the order of the steps", () => {
  const everything = {
    ...{ required: true, commitmentWaivable: true, deferral: deferral(10), source: license(safety) },
  };
  const facts = { reformMode: "COMMITMENT", commitment: true, candidates: [held(safety)] } as const;
  const abolishedTypes = new Set([safety]);

  test.each([
    ["an abolished permit is NOT_NEEDED before all else", {}, { abolishedTypes }, "NOT_NEEDED", "PERMIT_ABOLISHED"],
    ["it is so when it was not required", { required: false }, { abolishedTypes }, "NOT_NEEDED", "PERMIT_ABOLISHED"],
    ["what is not required is NOT_NEEDED before WAIVED", { required: false }, {}, "NOT_NEEDED", "NOT_REQUIRED"],
    ["what is held is not promised: a fact beats a promise", {}, {}, "FETCH", "LICENSE_HELD"],
    ["what is not held is promised, not deferred", {}, { candidates: [] }, "WAIVED", "COMMITMENT_GIVEN"],
    ["what can be fetched is not deferred", { commitmentWaivable: false }, {}, "FETCH", "LICENSE_HELD"],
    [
      "what can be deferred is not asked for",
      { commitmentWaivable: false },
      { candidates: [] },
      "DEFERRED",
      "DEFERRABLE",
    ],
    [
      "what is left is asked for",
      { commitmentWaivable: false, deferral: null },
      { candidates: [] },
      ...(["SUBMIT", "NO_LICENSE"] as const),
    ],
  ] as const)("%s", (_what, changes, more, decision, reason) => {
    const answer = decideOne({ ...everything, ...changes }, { ...facts, ...more });
    expect(answer).toMatchObject({ decision });
    expect(answer.reasons[0]).toBe(reason);
  });

  test.each([
    ["FETCH", {}, facts.candidates, grounds.onceOnly],
    ["DEFERRED", {}, [], grounds.deferralBeforeDecision],
    ["DEFERRED", { deferral: deferral(10, { phase: "AFTER_LICENSE" }) }, [], grounds.deferralAfterLicense],
    ["NOT_NEEDED", { required: false }, [], grounds.listed],
    ["WAIVED", { commitmentWaivable: true }, [], grounds.commitment],
    ["SUBMIT", { deferral: null }, [], null],
  ] as const)("%s stands on its ground", (decision, changes, candidates, ground) => {
    const answer = decideOne({ ...everything, commitmentWaivable: false, ...changes }, { ...facts, candidates });
    expect(answer).toMatchObject({ decision, ground });
    expect(answer.sources.length > 0).toBe(decision === "FETCH");
    expect(answer.dueOn !== null).toBe(decision === "DEFERRED");
  });
});

const modesAndPromises = [...reformModes, null].flatMap((mode) => [[mode, true] as const, [mode, false] as const]);

describe("a commitment", () => {
  test.each(modesAndPromises)(
    "in mode %s, signed: %s, waives in COMMITMENT and when signed only",
    (reformMode, commitment) => {
      const waived = reformMode === "COMMITMENT" && commitment;
      const answer = decideOne({ commitmentWaivable: true }, { reformMode, commitment });
      expect(answer.decision).toBe(waived ? "WAIVED" : "SUBMIT");
      expect(decideOne({}, { reformMode, commitment }).decision).toBe("SUBMIT");
    },
  );

  test.each(excludedFields)("does not reach a material in %s, nor one of a procedure in it", (excludedField) => {
    const signed = { reformMode: "COMMITMENT", commitment: true } as const;
    const waivable = { commitmentWaivable: true };
    expect(decideOne({ ...waivable, excludedField }, signed).decision).toBe("SUBMIT");
    const asked = { ...sample.procedure(sample.material(waivable)), excludedField };
    expect(answerFor(caseOf(asked, signed)).decision).toBe("SUBMIT");
  });

  test("of a hotel leaves its fire inspection fetched where it is held, and asked for where it is not", () => {
    const signed = { reformMode: "COMMITMENT", commitment: true } as const;
    const hotel = (candidates: readonly ReturnType<typeof held>[]) =>
      answerFor(caseOf(procedureOf("hotel-special-trade"), { ...signed, candidates }), "fire-inspection");
    expect(hotel([held(safety, { attributes: { premises: "威海市环翠区" } })])).toMatchObject({
      ...{ decision: "FETCH", reasons: ["LICENSE_HELD"], ground: grounds.onceOnly },
    });
    expect(hotel([])).toMatchObject({ decision: "SUBMIT", reasons: ["NO_LICENSE"] });
  });
});

describe("a deferral", () => {
  test.each([
    [1, "2026-11-22", "2026-11-23"],
    [10, "2026-11-22", "2026-12-04"],
    // 2026-09-20 is a Sunday worked for the National Day, and 1 to 7 October are holidays.
    [1, "2026-09-19", "2026-09-20"],
    [1, "2026-09-30", "2026-10-08"],
    // The eve of the Spring Festival of 2026.
    [3, "2026-02-13", "2026-02-25"],
  ])("of %i working days from %s ends on %s", (workingDays, asOf, dueOn) => {
    expect(decideOne({ deferral: deferral(workingDays) }, { asOf })).toMatchObject({
      decision: "DEFERRED",
      phase: "BEFORE_DECISION",
      dueOn,
      reasons: ["DEFERRABLE", "NO_LICENSE"],
    });
  });

  test("goes by the calendar the hub is given", () => {
    const calendar = chinaCalendar({ holidays: ["2026-11-23"], workingDays: [] });
    expect(decideOne({ deferral: deferral(1) }, { calendar }).dueOn).toBe("2026-11-24");
  });

  test("of calendar days, where a text says so, counts them all", () => {
    const term = deferral(1, { workingDays: null, calendarDays: 180, legalBasis: "某规定" });
    expect(decideOne({ deferral: term }).dueOn).toBe("2027-05-21");
    expect(decideOne({ deferral: { ...term, calendarDays: 10 } }, { asOf: "2024-02-20" }).dueOn).toBe("2024-03-01");
  });

  test.each(modesAndPromises)(
    "after the license, in mode %s, signed: %s, stands in COMMITMENT and when signed only",
    (reformMode, commitment) => {
      const after = { deferral: deferral(10, { phase: "AFTER_LICENSE" }) };
      const answer = decideOne(after, { reformMode, commitment });
      expect(answer).toMatchObject(
        reformMode === "COMMITMENT" && commitment
          ? { decision: "DEFERRED", phase: "AFTER_LICENSE", dueOn: "2026-12-04" }
          : { decision: "SUBMIT", phase: null, reasons: ["NO_LICENSE"] },
      );
    },
  );
});

describe("a renewal", () => {
  const renewalWindow = { opensWorkingDays: 90, closesWorkingDays: 15, legalBasis: null, verified: false };
  const source = license(safety, { states: ["VALID", "EXPIRED"] });
  const warned = (validUntil: string | null, asOf: string) =>
    decideOne({ renewalWindow, source }, { asOf, candidates: [held(safety, { validUntil })] });

  test.each([
    // 90 and 15 working days before Monday 2026-11-30 are 2026-07-21 and 2026-11-09.
    ["2026-07-20", ["RENEWAL_EARLY"]],
    ["2026-07-21", []],
    ["2026-11-09", []],
    ["2026-11-10", ["RENEWAL_LATE"]],
    ["2026-11-30", ["RENEWAL_LATE"]],
    ["2026-12-01", ["RENEWAL_AFTER_END"]],
  ])("asked for on %s is fetched, with the warnings %j", (asOf, warnings) => {
    expect(warned("2026-11-30", asOf)).toMatchObject({ decision: "FETCH", reasons: ["LICENSE_HELD"], warnings });
  });

  test("of a license without an end has no term", () => {
    expect(warned(null, today)).toMatchObject({ decision: "FETCH", warnings: [] });
  });
});

describe("an attribute", () => {
  const needing = { attributes: ["premises"] };

  test.each([
    ["a text", "威海市环翠区", true],
    ["zero", 0, true],
    ["false", false, true],
    ["a list with something in it", [1], true],
    ["an object", { a: 1 }, true],
    ["not there", undefined, false],
    ["null", null, false],
    ["an empty text", "", false],
    ["an empty list", [], false],
  ])("that is %s is held or not: %j, %s", (_what, premises, isHeld) => {
    const answer = decideWith(needing, { attributes: { premises } });
    expect(answer).toMatchObject(
      isHeld ? { decision: "FETCH" } : { decision: "SUBMIT", reasons: ["ATTRIBUTE_NOT_HELD"] },
    );
  });

  test("is disclosed only where it is needed: all of those named, none when the license is wanted as such", () => {
    const attributes = { premises: "x", area: 1, secret: "y" };
    expect(decideWith({ attributes: ["premises", "area"] }, { attributes }).sources).toEqual([
      { identifier: `${safety}-1`, licenseType: safety, attributes: ["premises", "area"] },
    ]);
    expect(decideWith({}, { attributes }).sources).toMatchObject([{ attributes: [] }]);
    expect(decideWith({ attributes: ["premises", "missing"] }, { attributes }).decision).toBe("SUBMIT");
  });
});

describe("the dates of a license", () => {
  test.each([
    [0, "FETCH"],
    [29, "FETCH"],
    [30, "FETCH"],
    [31, "SUBMIT"],
    [400, "SUBMIT"],
  ])("that expired %i days ago, accepted within 30: %s", (days, decision) => {
    const source = { states: ["VALID", "EXPIRED"], expiredWithinDays: 30 } as const;
    const answer = decideWith(source, { state: "EXPIRED", validUntil: daysAgo(days) });
    expect(answer.decision).toBe(decision);
    if (decision === "SUBMIT") expect(answer.reasons).toEqual(["LICENSE_EXPIRED"]);
    expect(
      decideWith({ ...source, expiredWithinDays: null }, { state: "EXPIRED", validUntil: daysAgo(days) }),
    ).toMatchObject({
      decision: "FETCH",
    });
  });

  test("that is still valid are not touched by that term", () => {
    const source = { states: ["VALID", "EXPIRED"], expiredWithinDays: 0 } as const;
    expect(decideWith(source, { validUntil: today })).toMatchObject({ decision: "FETCH" });
  });

  test.each([
    [364, ["TOO_YOUNG"]],
    [365, ["LICENSE_HELD"]],
    [366, ["LICENSE_HELD"]],
  ])("held for %i of 365 days since validFrom: %j", (days, reasons) => {
    const candidate = { validFrom: daysAgo(days), issuedOn: daysAgo(1000) };
    expect(decideWith({ minimumAgeDays: 365 }, candidate).reasons).toEqual(reasons);
  });

  test.each([
    [0, ["LICENSE_HELD"]],
    [90, ["LICENSE_HELD"]],
    [91, ["TOO_OLD"]],
  ])("issued %i days ago, at most 90 allowed: %j", (days, reasons) => {
    const candidate = { issuedOn: daysAgo(days), validFrom: daysAgo(1000) };
    expect(decideWith({ maximumAgeDays: 90 }, candidate).reasons).toEqual(reasons);
  });

  test.each([
    [1, ["TOO_YOUNG"]],
    [0, ["LICENSE_HELD"]],
    [-1, ["LICENSE_HELD"]],
  ])("valid from %i days ahead: %j", (ahead, reasons) => {
    expect(decideWith({}, { validFrom: daysAgo(-ahead) }).reasons).toEqual(reasons);
    expect(decideWith({ minimumAgeDays: 0 }, { validFrom: daysAgo(-ahead) }).reasons).toEqual(reasons);
  });
});

describe("of several usable licenses", () => {
  const chosen = (...candidates: readonly ReturnType<typeof held>[]) =>
    [candidates, candidates.toReversed()].map((order) =>
      decideOne({}, { candidates: order })
        .sources.map(({ identifier }) => identifier)
        .join(),
    );

  test("the newest is chosen, in whatever order they come", () => {
    const old = held(safety, { identifier: "z", issuedOn: daysAgo(900) });
    const next = held(safety, { identifier: "a", issuedOn: daysAgo(10) });
    expect(chosen(old, next)).toEqual(["a", "a"]);
  });

  test("of the same day the one with the last identifier is chosen", () => {
    expect(chosen(held(safety, { identifier: "a" }), held(safety, { identifier: "b" }))).toEqual(["b", "b"]);
  });

  test("a usable one is chosen before a newer one that is not", () => {
    const suspended = held(safety, { identifier: "b", issuedOn: daysAgo(1), state: "SUSPENDED" });
    const tomorrow = held(safety, { identifier: "c", issuedOn: daysAgo(1), validFrom: daysAgo(-1) });
    expect(chosen(held(safety, { identifier: "a" }), suspended, tomorrow)).toEqual(["a", "a"]);
  });
});

describe("alternatives", () => {
  const types = (...own: readonly string[]) => ({ candidates: own.map((type) => held(type)) });
  const used = (source: ReturnType<typeof anyOf>, facts: Parameters<typeof decideOne>[1]) =>
    decideOne({ source }, facts).sources.map(({ licenseType }) => licenseType);

  test("anyOf takes the first that is held", () => {
    const source = anyOf(license(property), license(safety), license(tax));
    expect(used(source, types(tax, safety))).toEqual([safety]);
    expect(used(source, types())).toEqual([]);
  });

  test("allOf needs every one", () => {
    const source = allOf(license(property), license(safety));
    expect(used(source, types(safety, property))).toEqual([property, safety]);
    expect(decideOne({ source }, types(property))).toMatchObject({
      decision: "SUBMIT",
      reasons: ["NO_LICENSE"],
      sources: [],
    });
  });

  test("may stand inside each other", () => {
    const source = anyOf(
      allOf(license(property), license(safety)),
      allOf(license(tax), anyOf(license(food), license(business))),
    );
    expect(used(source, types(property, tax, business))).toEqual([tax, business]);
    expect(used(source, types(property, safety, tax))).toEqual([property, safety]);
    expect(used(source, types(property, tax))).toEqual([]);
    expect(used(allOf(anyOf(license(tax), license(food)), license(safety)), types(food, safety))).toEqual([
      food,
      safety,
    ]);
  });

  test.each([
    ["anyOf", anyOf()],
    ["allOf", allOf()],
    ["allOf in anyOf", anyOf(allOf())],
    ["anyOf beside a license in allOf", allOf(license(safety), anyOf())],
  ])("without any, as an empty %s, are no electronic source", (_what, source) => {
    expect(decideOne({ source }, types(safety))).toMatchObject({
      ...{ decision: "SUBMIT", reasons: ["NO_ELECTRONIC_SOURCE"], sources: [] },
    });
  });

  test("are abolished when every one of anyOf is, or a single one of allOf", () => {
    const abolished = (source: ReturnType<typeof anyOf>, ...own: readonly string[]) =>
      decideOne({ source }, { abolishedTypes: new Set(own) }).reasons.includes("PERMIT_ABOLISHED");
    const [either, both] = [anyOf(license(safety), license(tax)), allOf(license(safety), license(tax))];
    expect([abolished(either, safety), abolished(either, safety, tax)]).toEqual([false, true]);
    expect([abolished(both), abolished(both, tax), abolished(both, safety, tax)]).toEqual([false, true, true]);
    expect(abolished(anyOf(allOf(license(safety), license(tax)), license(tax)), tax)).toBe(true);
    expect([abolished(anyOf(), safety), abolished(allOf(), safety)]).toEqual([false, false]);
  });
});
