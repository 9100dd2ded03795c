import { describe, expect, test } from "@jest/globals";
import type { LicenseState } from "../../../src/domain/licenses/license.ts";
import type { MaterialAnswer } from "../../../src/domain/materials/material.ts";
import { materialReasons, type ReasonCode, reasonDistance } from "../../../src/domain/materials/material-reason.ts";
import * as sample from "./cases.ts";

const { answerFor, anyOf, caseOf, decideOne, deferral, decideWith, held, heldBy, license, procedureOf } = sample;
const { boss, business, card, clerk, daysAgo, safety, tax, today } = sample;

/** A case of a real procedure. */
const real = (code: string, facts: Partial<Parameters<typeof caseOf>[1]> = {}) => caseOf(procedureOf(code), facts);
const businessLicense = held(business);

/** For each code one case that ends in it, with the decision and all the reasons it must have. */
const cases: Readonly<
  Record<ReasonCode, () => readonly [MaterialAnswer, MaterialAnswer["decision"], readonly ReasonCode[]]>
> = {
  LICENSE_HELD: () => [
    answerFor(real("food-operation-new", { candidates: [businessLicense] }), "business-license"),
    ...(["FETCH", ["LICENSE_HELD"]] as const),
  ],
  COMMITMENT_GIVEN: () => [
    answerFor(real("public-place-hygiene-new", { reformMode: "COMMITMENT", commitment: true }), "premises-right"),
    ...(["WAIVED", ["COMMITMENT_GIVEN", "NO_LICENSE"]] as const),
  ],
  DEFERRABLE: () => [
    answerFor(real("food-operation-new"), "rules"),
    ...(["DEFERRED", ["DEFERRABLE", "NO_ELECTRONIC_SOURCE"]] as const),
  ],
  DEFERRABLE_AFTER_LICENSE: () => [
    decideOne({ deferral: deferral(20, { phase: "AFTER_LICENSE" }) }, { reformMode: "COMMITMENT", commitment: true }),
    ...(["DEFERRED", ["DEFERRABLE_AFTER_LICENSE", "NO_LICENSE"]] as const),
  ],
  NOT_REQUIRED: () => [
    answerFor(real("food-operation-new"), "staff-health"),
    ...(["NOT_NEEDED", ["NOT_REQUIRED"]] as const),
  ],
  PERMIT_ABOLISHED: () => [
    answerFor(real("hotel-special-trade", { abolishedTypes: new Set([safety]) }), "fire-inspection"),
    ...(["NOT_NEEDED", ["PERMIT_ABOLISHED"]] as const),
  ],
  ATTRIBUTE_NOT_HELD: () => [
    answerFor(real("drug-retail-new", { candidates: [held(business, { attributes: {} })] }), "business-license"),
    ...(["SUBMIT", ["ATTRIBUTE_NOT_HELD"]] as const),
  ],
  TOO_OLD: () => [
    answerFor(real("catering-technology-fund", { candidates: [held(tax, { issuedOn: daysAgo(91) })] }), "no-arrears"),
    ...(["SUBMIT", ["TOO_OLD"]] as const),
  ],
  TOO_YOUNG: () => [
    answerFor(
      real("catering-technology-fund", { candidates: [held(business, { validFrom: daysAgo(364) })] }),
      "business-license",
    ),
    ...(["SUBMIT", ["TOO_YOUNG"]] as const),
  ],
  LICENSE_STILL_VALID: () => [
    decideWith({ states: ["EXPIRED", "CANCELLED"] }),
    ...(["SUBMIT", ["LICENSE_STILL_VALID"]] as const),
  ],
  LICENSE_EXPIRED: () => [
    answerFor(
      real("construction-safety-renewal", {
        candidates: [held("11100000000013338WX02", { state: "EXPIRED", validUntil: daysAgo(1) })],
      }),
      "safety-license",
    ),
    ...(["SUBMIT", ["LICENSE_EXPIRED"]] as const),
  ],
  LICENSE_SUSPENDED: () => [decideWith({}, { state: "SUSPENDED" }), "SUBMIT", ["LICENSE_SUSPENDED"]],
  LICENSE_SUPERSEDED: () => [decideWith({}, { state: "SUPERSEDED" }), "SUBMIT", ["LICENSE_SUPERSEDED"]],
  LICENSE_CANCELLED: () => [decideWith({}, { state: "CANCELLED" }), "SUBMIT", ["LICENSE_CANCELLED"]],
  LICENSE_ANNULLED: () => [decideWith({}, { state: "ANNULLED" }), "SUBMIT", ["LICENSE_ANNULLED"]],
  LICENSE_REVOKED: () => [decideWith({}, { state: "REVOKED" }), "SUBMIT", ["LICENSE_REVOKED"]],
  NO_LICENSE: () => [answerFor(real("food-operation-new"), "business-license"), "SUBMIT", ["NO_LICENSE"]],
  SUBJECT_NOT_NAMED: () => [
    answerFor(real("road-freight-new", { candidates: [businessLicense] }), "legal-representative-id"),
    ...(["SUBMIT", ["SUBJECT_NOT_NAMED"]] as const),
  ],
  NOT_GRANTED: () => [
    answerFor(
      real("food-operation-new", { candidates: [businessLicense], grantedTypes: new Set() }),
      "business-license",
    ),
    ...(["SUBMIT", ["NOT_GRANTED"]] as const),
  ],
  NO_ELECTRONIC_SOURCE: () => [
    answerFor(real("food-operation-new"), "layout"),
    ...(["SUBMIT", ["NO_ELECTRONIC_SOURCE"]] as const),
  ],
};

describe("every reason", () => {
  test.each(Object.entries(cases))("%s has a case that ends in it", (code, make) => {
    const [answer, decision, reasons] = make();
    expect(answer).toMatchObject({ decision, reasons });
    expect(reasons).toContain(code);
  });

  test("of the table is here, with a text in both languages", () => {
    expect(Object.keys(cases).toSorted()).toEqual(Object.keys(materialReasons).toSorted());
    for (const { message } of Object.values(materialReasons)) {
      expect(message.en).toMatch(/^[\x20-\x7e]{20,}$/);
      expect(message.zh).toMatch(/[\u4e00-\u9fff].*。$/);
    }
  });
});

describe("a state that is not accepted", () => {
  const codes: Readonly<Record<Exclude<LicenseState, "VALID">, ReasonCode>> = {
    ...{ EXPIRED: "LICENSE_EXPIRED", SUSPENDED: "LICENSE_SUSPENDED", REVOKED: "LICENSE_REVOKED" },
    ...{ CANCELLED: "LICENSE_CANCELLED", ANNULLED: "LICENSE_ANNULLED", LAPSED: "LICENSE_EXPIRED" },
    ...{ TRANSFERRED: "LICENSE_CANCELLED", SUPERSEDED: "LICENSE_SUPERSEDED", OTHER: "LICENSE_SUSPENDED" },
  };
  test.each(Object.entries(codes))("%s is explained by %s, and fetched where it is accepted", (state, code) => {
    const candidate = { state: state as LicenseState, validUntil: daysAgo(10) };
    expect(decideWith({}, candidate)).toMatchObject({ decision: "SUBMIT", reasons: [code], sources: [] });
    expect(decideWith({ states: ["VALID", candidate.state] }, candidate)).toMatchObject({ decision: "FETCH" });
  });
});

describe("the explanation", () => {
  test("of one license names everything against it, nearest first", () => {
    const source = { attributes: ["premises"], minimumAgeDays: 365, maximumAgeDays: 30 };
    const candidate = { state: "REVOKED", validFrom: daysAgo(100), issuedOn: daysAgo(100) } as const;
    expect(decideWith(source, candidate).reasons).toEqual([
      ...["ATTRIBUTE_NOT_HELD", "TOO_YOUNG", "TOO_OLD", "LICENSE_REVOKED"],
    ]);
  });

  test("of several licenses is that of the nearest miss alone", () => {
    const far = held(safety, { identifier: "far", state: "REVOKED", issuedOn: daysAgo(1) });
    const near = held(safety, { identifier: "near", attributes: {} });
    const expired = held(safety, { identifier: "expired", state: "EXPIRED", validUntil: daysAgo(1) });
    for (const candidates of [
      [far, near, expired],
      [near, expired, far],
      [expired, far, near],
    ]) {
      const answer = decideOne({ source: license(safety, { attributes: ["premises"] }) }, { candidates });
      expect(answer.reasons).toEqual(["ATTRIBUTE_NOT_HELD"]);
    }
  });

  test("prefers the license with one fault to the one with two of that distance", () => {
    const source = license(safety, { minimumAgeDays: 10, maximumAgeDays: 20 });
    const both = held(safety, { validFrom: daysAgo(1), issuedOn: daysAgo(30), identifier: "z" });
    const one = held(safety, { validFrom: daysAgo(100), issuedOn: daysAgo(40) });
    expect(decideOne({ source }, { candidates: [both, one] }).reasons).toEqual(["TOO_OLD"]);
  });

  test("of alternatives names each reason once, nearest first", () => {
    const source = anyOf(license(tax), license(business), license(safety), license(card, { subject: "STAFF" }));
    const candidates = [held(business, { state: "SUSPENDED" }), held(safety, { state: "SUSPENDED" })];
    const grantedTypes = new Set([business, safety, card]);
    expect(decideOne({ source }, { candidates, grantedTypes }).reasons).toEqual([
      ...["LICENSE_SUSPENDED", "SUBJECT_NOT_NAMED", "NOT_GRANTED"],
    ]);
  });

  test("never goes down in distance", () => {
    for (const code of Object.keys(materialReasons) as ReasonCode[]) expect(reasonDistance(code)).toBeGreaterThan(-1);
    expect(reasonDistance("LICENSE_HELD")).toBe(0);
  });

  test("does not go by licenses of other holders or types", () => {
    const candidates = [held(tax), heldBy(boss, safety), heldBy(clerk, safety)];
    expect(decideOne({}, { candidates }).reasons).toEqual(["NO_LICENSE"]);
    expect(decideOne({}, { candidates, asOf: today }).decision).toBe("SUBMIT");
  });
});
