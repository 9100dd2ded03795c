import { describe, expect, test } from "@jest/globals";
import { eventOperations, issuingOperations } from "../../../src/domain/licenses/license.ts";
import { checkForm, type RawRecord } from "../../../src/domain/licenses/license-record.ts";
import { identifierOf, now, rawEvent, rawIssue, rawRenewal } from "./records.ts";

const at = (text: string) => new Date(text);
const problemsOf = (raw: RawRecord, instant = now) =>
  checkForm(raw, instant).problems.map(({ code, path }) => `${code} ${path}`.trim());
const holder = { idType: "USCC", id: "91371002XXXX00019E", name: "威海环海旅行社有限责任公司" } as const;

describe("a record in right form", () => {
  test("of a new license comes back typed, with nothing added and nothing lost", () => {
    const raw = rawIssue({ validUntil: "2030-05-23" });
    expect(checkForm(raw, now)).toEqual({
      problems: [],
      record: {
        ...{ kind: "ISSUING", operation: "ISSUE", sourceRecordId: "travel-1" },
        ...{ sourceUpdatedAt: at("2025-05-24T01:00:00Z"), licenseType: raw.licenseType, issuer: raw.issuer },
        ...{ identifier: raw.identifier, number: raw.number, holder, region: "371073", issuedOn: "2025-05-24" },
        ...{ validFrom: "2025-05-24", validUntil: "2030-05-23", attributes: raw.attributes, predecessor: undefined },
      },
    });
  });

  test("of an event comes back typed", () => {
    const raw = rawEvent({ operation: "CANCEL", outcome: "ANNULLED", reason: null });
    expect(checkForm(raw, now)).toEqual({
      problems: [],
      record: {
        ...{ kind: "EVENT", operation: "CANCEL", sourceRecordId: "travel-1-E", identifier: identifierOf(1) },
        ...{ sourceUpdatedAt: at("2026-02-01T02:00:00Z"), licenseType: raw.licenseType, issuer: raw.issuer },
        ...{ effectiveOn: "2026-02-01", outcome: "ANNULLED", reason: null },
      },
    });
  });

  test.each(issuingOperations.filter((operation) => operation !== "ISSUE"))(
    "of %s names its predecessor",
    (operation) => {
      const raw = rawRenewal(identifierOf(1), { operation });
      expect(checkForm(raw, now).record).toMatchObject({ operation, predecessor: identifierOf(1) });
    },
  );

  test("of ISSUE has no predecessor, whatever it names", () => {
    expect(checkForm(rawIssue({ predecessor: identifierOf(7) }), now).record).toMatchObject({ predecessor: undefined });
  });

  test.each([[null], [undefined], [""], [" "], ["　\u00a0"]])("may bring no identifier: %j", (identifier) => {
    expect(checkForm(rawIssue({ identifier }), now).record).toMatchObject({ identifier: undefined });
  });

  test("may leave region and end of validity out", () => {
    const { record } = checkForm(rawIssue({ region: undefined, validUntil: undefined }), now);
    expect(record).toMatchObject({ region: null, validUntil: null });
  });

  test("may be valid for a single day", () => {
    expect(problemsOf(rawIssue({ validFrom: "2025-06-01", validUntil: "2025-06-01" }))).toEqual([]);
  });

  test("keeps an outcome for CANCEL only", () => {
    expect(checkForm(rawEvent({ outcome: "REVOKED" }), now).record).toMatchObject({ outcome: undefined });
  });
});

describe("a required field", () => {
  type Required = readonly [path: string, without: (value: null | undefined | string) => Partial<RawRecord>];
  const issuing: readonly Required[] = [
    ["number", (number) => ({ number })],
    ["issuedOn", (issuedOn) => ({ issuedOn })],
    ["validFrom", (validFrom) => ({ validFrom })],
  ];
  const always: readonly Required[] = [
    ["sourceRecordId", (value) => ({ sourceRecordId: value ?? "" })],
    ["licenseType", (value) => ({ licenseType: value ?? "" })],
    ["issuer", (value) => ({ issuer: value ?? "" })],
    ["sourceUpdatedAt", (value) => ({ sourceUpdatedAt: value ?? "" })],
  ];
  const empties = [null, undefined, "", " ", "\u3000"];

  test.each([...issuing, ...always])("%s of a new license is missed when it is not there or blank", (path, without) => {
    for (const empty of empties) expect(problemsOf(rawIssue(without(empty)))).toEqual([`FIELD_MISSING ${path}`]);
  });

  test.each(["RENEW", "CHANGE", "TRANSFER_IN"] as const)("predecessor is missed of %s", (operation) => {
    for (const predecessor of empties)
      expect(problemsOf(rawIssue({ operation, predecessor }))).toEqual(["FIELD_MISSING predecessor"]);
  });

  const event: readonly Required[] = [
    ["identifier", (identifier) => ({ identifier })],
    ["effectiveOn", (effectiveOn) => ({ effectiveOn })],
  ];
  test.each(eventOperations)("of the event %s is missed when it is not there or blank", (operation) => {
    const raw = rawEvent({ operation, outcome: operation === "CANCEL" ? "CANCELLED" : null });
    expect(problemsOf(raw)).toEqual([]);
    for (const [path, without] of [...event, ...always])
      for (const empty of empties) expect(problemsOf({ ...raw, ...without(empty) })).toEqual([`FIELD_MISSING ${path}`]);
  });

  test("reason is missed of OTHER, and of no other event", () => {
    for (const operation of eventOperations) {
      const raw = rawEvent({ operation, reason: "  ", outcome: "CANCELLED" });
      expect(problemsOf(raw)).toEqual(operation === "OTHER" ? ["FIELD_MISSING reason"] : []);
    }
  });

  test("outcome is missed of CANCEL", () => {
    for (const outcome of empties)
      expect(problemsOf(rawEvent({ operation: "CANCEL", outcome }))).toEqual(["FIELD_MISSING outcome"]);
  });

  test.each(["VALID", "EXPIRED", "SUPERSEDED", "cancelled", "toString"])(
    "outcome of CANCEL cannot be %s",
    (outcome) => {
      expect(problemsOf(rawEvent({ operation: "CANCEL", outcome }))).toEqual(["TRANSITION_NOT_ALLOWED outcome"]);
    },
  );

  test("holder.id and holder.name are missed together when there is no holder", () => {
    for (const missing of [null, undefined, { ...holder, id: "", name: " " }])
      expect(problemsOf(rawIssue({ holder: missing }))).toEqual([
        "FIELD_MISSING holder.id",
        "FIELD_MISSING holder.name",
      ]);
  });

  test("attributes are missed when they are not there, and INVALID when they are no object", () => {
    for (const attributes of [null, undefined])
      expect(problemsOf(rawIssue({ attributes }))).toEqual(["FIELD_MISSING attributes"]);
    for (const attributes of [[], ["a"], "text", "", 1, 0, true, false])
      expect(problemsOf(rawIssue({ attributes }))).toEqual(["ATTRIBUTE_INVALID attributes"]);
    expect(problemsOf(rawIssue({ attributes: {} }))).toEqual([]);
  });

  test("all that are missing are named together", () => {
    const empty = { sourceRecordId: "", sourceUpdatedAt: "", licenseType: "", issuer: "" };
    expect(problemsOf({ ...empty, operation: "RENEW" }).toSorted()).toEqual(
      [
        ...["attributes", "holder.id", "holder.name", "issuedOn", "issuer", "licenseType", "number", "predecessor"],
        ...["sourceRecordId", "sourceUpdatedAt", "validFrom"],
      ].map((path) => `FIELD_MISSING ${path}`),
    );
  });
});

describe("a date", () => {
  const wrong = ["2025-02-29", "2025-13-01", "2025-5-24", "20250524", "2025-05-24T00:00:00Z", "长期", "0999-01-01"];

  test.each(wrong)("%s is DATE_INVALID wherever a day is wanted", (text) => {
    expect(problemsOf(rawIssue({ issuedOn: text }))).toEqual(["DATE_INVALID issuedOn"]);
    expect(problemsOf(rawIssue({ validFrom: text }))).toEqual(["DATE_INVALID validFrom"]);
    expect(problemsOf(rawIssue({ validUntil: text }))).toEqual(["DATE_INVALID validUntil"]);
    expect(problemsOf(rawEvent({ effectiveOn: text }))).toEqual(["DATE_INVALID effectiveOn"]);
  });

  test("of the end of validity that is blank is missed, not taken for long term", () => {
    for (const validUntil of ["", " "])
      expect(problemsOf(rawIssue({ validUntil }))).toEqual(["FIELD_MISSING validUntil"]);
  });

  test("validUntil before validFrom is VALIDITY_ORDER", () => {
    const raw = rawIssue({ validFrom: "2025-06-01", validUntil: "2025-05-31" });
    expect(problemsOf(raw)).toEqual(["VALIDITY_ORDER validUntil"]);
  });

  test("of a validity may lie in the future; that of the issue or of an event may not", () => {
    expect(problemsOf(rawIssue({ validFrom: "2027-01-01", validUntil: "2032-01-01" }))).toEqual([]);
    expect(problemsOf(rawIssue({ issuedOn: "2026-11-23" }))).toEqual(["ISSUED_IN_FUTURE issuedOn"]);
    expect(problemsOf(rawEvent({ effectiveOn: "2026-11-23" }))).toEqual(["ISSUED_IN_FUTURE effectiveOn"]);
    expect(problemsOf(rawIssue({ issuedOn: "2026-11-22" }))).toEqual([]);
    expect(problemsOf(rawEvent({ effectiveOn: "2026-11-22" }))).toEqual([]);
  });

  test.each([
    ["a millisecond before midnight in Asia/Shanghai", "2026-11-22T15:59:59.999Z", ["ISSUED_IN_FUTURE"]],
    ["midnight in Asia/Shanghai", "2026-11-22T16:00:00Z", []],
    ["midnight in UTC, the day before", "2026-11-22T00:00:00Z", ["ISSUED_IN_FUTURE"]],
  ])("of tomorrow becomes today's at %s", (_when, instant, codes) => {
    const seen = (raw: RawRecord) => checkForm(raw, at(instant)).problems.map((problem) => problem.code);
    expect(seen(rawIssue({ issuedOn: "2026-11-23" }))).toEqual(codes);
    expect(seen(rawEvent({ effectiveOn: "2026-11-23" }))).toEqual(codes);
  });
});

describe("sourceUpdatedAt", () => {
  test.each(["2026-11-22", "2026-11-22 10:00:00", "2026-11-22T10:00:00", "2026-02-30T10:00:00Z", "yesterday", "0"])(
    "%s is DATE_INVALID: an instant with its offset is wanted",
    (sourceUpdatedAt) => {
      expect(problemsOf(rawIssue({ sourceUpdatedAt }))).toEqual(["DATE_INVALID sourceUpdatedAt"]);
      expect(problemsOf(rawEvent({ sourceUpdatedAt }))).toEqual(["DATE_INVALID sourceUpdatedAt"]);
    },
  );

  test.each([
    ["now", "2026-11-22T12:00:00+08:00", []],
    ["five minutes ahead, as another clock may run", "2026-11-22T12:05:00+08:00", []],
    ["a millisecond more", "2026-11-22T12:05:00.001+08:00", ["DATE_INVALID sourceUpdatedAt"]],
    ["a year ahead", "2027-11-22T12:00:00Z", ["DATE_INVALID sourceUpdatedAt"]],
  ])("may be %s or not", (_when, sourceUpdatedAt, problems) => {
    expect(problemsOf(rawIssue({ sourceUpdatedAt }))).toEqual(problems);
    expect(problemsOf(rawEvent({ sourceUpdatedAt }))).toEqual(problems);
  });
});
