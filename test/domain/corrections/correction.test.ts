import { describe, expect, test } from "@jest/globals";
import type { Extent } from "../../../src/domain/access/disclosure.ts";
import {
  correctionLimits,
  correctionStatuses,
  deadlineOf,
  fieldValue,
  isFieldPath,
  isOpenToCorrection,
  objectionFault,
  overdueLevel,
  plainFields,
  seesField,
} from "../../../src/domain/corrections/correction.ts";
import { storedStates } from "../../../src/domain/licenses/license.ts";
import { chinaCalendar } from "../../../src/domain/working-days.ts";

const license = (extent: Extent = "WHOLE") => ({
  ...{
    number: "N-1",
    region: null,
    issuedOn: "2026-01-05",
    validFrom: "2026-01-05",
    validUntil: null,
    jws: null,
    extent,
  },
  holder: { idType: "USCC", id: "91371002XXXX0030XC", name: "某公司" },
  attributes: { businessScope: "零售", count: 3, constructor: "x" },
});
const known = ["businessScope", "count", "address"];

describe("a field that can be objected to", () => {
  test("is one of the plain ones, or an attribute by its name", () => {
    for (const field of [...plainFields, "attributes.a", "attributes.businessScope", `attributes.${"a".repeat(60)}`])
      expect([field, isFieldPath(field)]).toEqual([field, true]);
    for (const field of [
      "",
      "holder",
      "jws",
      "attributes",
      "attributes.",
      "attributes.a.b",
      "attributes.__proto__",
      "ATTRIBUTES.a",
      "attributes.a ",
      `attributes.${"a".repeat(61)}`,
    ])
      expect([field, isFieldPath(field)]).toEqual([field, false]);
  });

  test("says what the license says there; null where it may say something, and does not", () => {
    const said = (field: string) => fieldValue(license(), field, known);
    expect([
      said("number"),
      said("holder.id"),
      said("holder.name"),
      said("region"),
      said("issuedOn"),
      said("validUntil"),
    ]).toEqual([...["N-1", "91371002XXXX0030XC", "某公司", null, "2026-01-05", null]]);
    expect([said("attributes.businessScope"), said("attributes.count"), said("attributes.address")]).toEqual([
      "零售",
      3,
      null,
    ]);
    expect([said("attributes.other"), said("attributes.toString")]).toEqual([undefined, undefined]);
  });

  test("is one the reader sees: of a part only what is in it", () => {
    const said = (field: string) => fieldValue(license(["businessScope"]), field, known);
    expect([
      said("attributes.businessScope"),
      said("attributes.count"),
      said("attributes.address"),
      said("number"),
    ]).toEqual([...["零售", undefined, undefined, "N-1"]]);
    expect([seesField(["a"], "attributes.a"), seesField(["a"], "attributes.b"), seesField([], "number")]).toEqual([
      ...[true, false, true],
    ]);
    expect(seesField("WHOLE", "attributes.b")).toBe(true);
  });
});

test("an objection has a field, a reason, and what it should say if that is known, each within its limits", () => {
  const good = { field: "number", shouldSay: undefined, reason: "有误" };
  expect(objectionFault(good)).toBeUndefined();
  expect(objectionFault({ ...good, shouldSay: "字".repeat(correctionLimits.shouldSay.most) })).toBeUndefined();
  expect(objectionFault({ ...good, field: "state" })).toBe("field");
  expect(objectionFault({ ...good, shouldSay: "" })).toBe("shouldSay");
  expect(objectionFault({ ...good, shouldSay: "字".repeat(correctionLimits.shouldSay.most + 1) })).toBe("shouldSay");
  expect(objectionFault({ ...good, reason: "误" })).toBe("reason");
  expect(objectionFault({ ...good, reason: "换\n行" })).toBe("reason");
});

test("a version that stands can be objected to, one that ended or was followed by another can not", () => {
  expect(storedStates.filter(isOpenToCorrection)).toEqual(["VALID", "SUSPENDED", "LAPSED", "OTHER"]);
});

test("a term ends after its working days, the second level after those of the term behind it", () => {
  const terms = { answer: 5, change: 10, escalation: 3 };
  expect(deadlineOf("2026-02-13", terms.answer, terms, chinaCalendar())).toEqual({
    ...{ dueOn: "2026-02-27", secondOn: "2026-03-03" },
  });
});

test("what waits is overdue from the day after its term, at the second level from the day after the next one", () => {
  const deadline = { dueOn: "2026-11-27", secondOn: "2026-12-04" };
  const days = ["2026-11-27", "2026-11-28", "2026-12-04", "2026-12-05"];
  const levels = Object.fromEntries(
    correctionStatuses.map((status) => [
      status,
      days.map((day) => overdueLevel({ status, ...deadline }, day)).join(""),
    ]),
  );
  expect(levels).toEqual({ OPEN: "0112", ACCEPTED: "0112", REFUSED: "0000", CORRECTED: "0000", CLOSED: "0000" });
});
