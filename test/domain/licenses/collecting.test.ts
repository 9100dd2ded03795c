import { describe, expect, test } from "@jest/globals";
import { checkReferences, decideEvent, decideIssuing } from "../../../src/domain/licenses/collecting.ts";
import { storedStates } from "../../../src/domain/licenses/license.ts";
import type { RawRecord } from "../../../src/domain/licenses/license-record.ts";
import { isRefused, problemTable } from "../../../src/domain/licenses/problem.ts";
import * as sample from "./records.ts";

const { rawEvent, rawIssue, rawRenewal, identifierOf, contentOf, known, issuing } = sample;
const referenceProblems = (raw: RawRecord, references = sample.references) =>
  checkReferences(sample.formed(raw), references).map(({ code, path }) => `${code} ${path}`);
const refused = (code: string, path: string) => ({ outcome: "REJECTED", problem: { code, path } });
/** A right identifier but for its last character. */
const wrongCheck = identifierOf(1).replace(/.$/, (check) => (check === "A" ? "B" : "A"));
const holder = { idType: "USCC", id: "91371002XXXX00019E", name: "威海环海旅行社有限责任公司" } as const;

describe("against the catalogue, a record", () => {
  test("that fits has no problem, with region and identifier or without", () => {
    expect(referenceProblems(rawIssue())).toEqual([]);
    expect(referenceProblems(rawIssue({ region: null, identifier: null }))).toEqual([]);
    expect(referenceProblems(rawEvent())).toEqual([]);
  });

  test.each<[string, Partial<RawRecord>, string]>([
    ["of an unknown type", { licenseType: "11100000XXXX00166LX99" }, "LICENSE_TYPE_UNKNOWN licenseType"],
    ["of an issuer that may not issue the type", { issuer: sample.otherIssuer }, "ISSUER_NOT_AUTHORISED issuer"],
    ["of a region nobody knows", { region: "371099" }, "REGION_UNKNOWN region"],
    ["of a blank region", { region: " " }, "REGION_UNKNOWN region"],
    ["of another kind of holder", { holder: { ...holder, idType: "RESIDENT_ID" } }, "HOLDER_ID_FORMAT holder.idType"],
    ["of a malformed holder", { holder: { ...holder, id: "9137" } }, "HOLDER_ID_FORMAT holder.id"],
    ["of a mistyped holder", { holder: { ...holder, id: "91371002XXXX00019F" } }, "HOLDER_ID_CHECK holder.id"],
    ["of a number of another form", { number: "L-SD-1" }, "NUMBER_FORMAT number"],
    ["lacking an attribute", { attributes: { businessScope: "x" } }, "ATTRIBUTE_MISSING attributes.qualityDeposit"],
    [
      "with an empty attribute",
      { attributes: { businessScope: "", qualityDeposit: "x" } },
      "ATTRIBUTE_INVALID attributes.businessScope",
    ],
    [
      "with an attribute too many",
      { attributes: { businessScope: "x", qualityDeposit: "x", extra: 1 } },
      "ATTRIBUTE_UNKNOWN attributes.extra",
    ],
  ])("%s is refused", (_what, changes, problem) => {
    expect(referenceProblems(rawIssue(changes))).toEqual([problem]);
    expect(isRefused(checkReferences(sample.formed(rawIssue(changes)), sample.references))).toBe(true);
  });

  test("of a type the department issues, sent by a client of another department, is refused", () => {
    const foreign = { ...sample.references, department: sample.otherIssuer };
    expect(referenceProblems(rawIssue(), foreign)).toEqual(["ISSUER_NOT_AUTHORISED issuer"]);
    expect(referenceProblems(rawEvent(), foreign)).toEqual(["ISSUER_NOT_AUTHORISED issuer"]);
  });

  test.each<[string, Partial<RawRecord>, string]>([
    ["whose check does not fit", { identifier: wrongCheck }, "IDENTIFIER_CHECK identifier"],
    ["of another standard", { identifier: "鲁-证-1" }, "IDENTIFIER_CHECK identifier"],
    ["of a holder", { holder: { ...holder, id: "91371002XXXX00010J" } }, "HOLDER_ORG_CODE_CHECK holder.id"],
  ])("with a doubtful identifier or code %s is warned of and accepted", (_what, changes, problem) => {
    expect(referenceProblems(rawIssue(changes))).toEqual([problem]);
    expect(isRefused(checkReferences(sample.formed(rawIssue(changes)), sample.references))).toBe(false);
  });

  test("has all its problems named together", () => {
    const raw = rawIssue({
      region: "000000",
      number: "x",
      attributes: {},
      identifier: "x",
      holder: { ...holder, id: "x" },
    });
    const found = referenceProblems(raw, { ...sample.references, department: sample.otherIssuer });
    expect(found.map((problem) => problem.split(" ")[0]).toSorted()).toEqual([
      ...["ATTRIBUTE_MISSING", "ATTRIBUTE_MISSING", "HOLDER_ID_FORMAT", "IDENTIFIER_CHECK", "ISSUER_NOT_AUTHORISED"],
      ...["NUMBER_FORMAT", "REGION_UNKNOWN"],
    ]);
  });

  test("of a person's type names a person by its number", () => {
    const card: Partial<RawRecord> = { licenseType: sample.identityCard, issuer: "11371000XXXX01054M" };
    const person = { idType: "RESIDENT_ID", id: "11010519491231002X", name: "郭怡" } as const;
    const attributes = { name: "郭怡", sex: "男", ethnicity: "汉族", birthDate: "1949-12-31", address: "威海" };
    const police = { ...sample.references, department: "11371000XXXX01054M" };
    expect(referenceProblems(rawIssue({ ...card, holder: person, number: person.id, attributes }), police)).toEqual([]);
    expect(referenceProblems(rawIssue({ ...card, holder: person, number: "1", attributes }), police)).toEqual([
      "NUMBER_FORMAT number",
    ]);
  });
});

describe("severity", () => {
  test("refuses for one error among warnings, not for warnings alone", () => {
    expect(isRefused([])).toBe(false);
    expect(isRefused([{ code: "HOLDER_NAME_MISMATCH", path: "" }])).toBe(false);
    const mixed = [
      { code: "IDENTIFIER_CHECK", path: "" },
      { code: "NUMBER_FORMAT", path: "" },
    ] as const;
    expect(isRefused(mixed)).toBe(true);
  });

  test("is WARNING for four codes only", () => {
    const warnings = Object.entries(problemTable).filter(([, { severity }]) => severity === "WARNING");
    expect(warnings.map(([code]) => code)).toEqual([
      "HOLDER_ORG_CODE_CHECK",
      "IDENTIFIER_CHECK",
      "HOLDER_NAME_MISMATCH",
      "WAITING_LONG",
    ]);
  });
});

describe("a new license whose identifier is known already", () => {
  const decide = (raw: RawRecord, standing = known()) =>
    decideIssuing(issuing(raw), contentOf(raw), standing, undefined);

  test("is UNCHANGED with the same content, older or newer, under whichever source id", () => {
    for (const sourceUpdatedAt of ["2020-01-01T00:00:00Z", "2026-11-01T00:00:00Z"])
      expect(decide(rawIssue({ sourceUpdatedAt, sourceRecordId: "x" }))).toEqual({ outcome: "UNCHANGED" });
  });

  test("is STALE_UPDATE with other content when what is stored is newer", () => {
    const older = rawIssue({ number: "L-SD-WH00000", sourceUpdatedAt: "2025-05-24T08:59:59+08:00" });
    expect(decide(older)).toEqual(refused("STALE_UPDATE", "sourceUpdatedAt"));
  });

  test("is IDENTIFIER_TAKEN with other content when it is as new or newer", () => {
    for (const sourceUpdatedAt of ["2025-05-24T09:00:00+08:00", "2026-05-24T09:00:00+08:00"])
      expect(decide(rawIssue({ number: "L-SD-WH00000", sourceUpdatedAt }))).toEqual(
        refused("IDENTIFIER_TAKEN", "identifier"),
      );
  });

  test("is IDENTIFIER_TAKEN when it is another issuer's, whatever its age: nobody learns when others changed theirs", () => {
    const standing = known(rawIssue(), { issuer: sample.otherIssuer, contentDigest: "other" });
    for (const sourceUpdatedAt of ["2020-01-01T00:00:00Z", "2026-11-01T00:00:00Z"])
      expect(decide(rawIssue({ sourceUpdatedAt }), standing)).toEqual(refused("IDENTIFIER_TAKEN", "identifier"));
  });

  test("is told of another issuer's last: what else is wrong is said first", () => {
    const standing = known(rawIssue(), { issuer: sample.otherIssuer });
    const raw = rawRenewal(identifierOf(8), { identifier: identifierOf(1) });
    expect(decide(raw, standing)).toEqual(refused("PREDECESSOR_NOT_FOUND", "predecessor"));
    expect(decide(rawIssue(), standing)).toEqual(refused("IDENTIFIER_TAKEN", "identifier"));
  });

  test("is UNCHANGED even when its license has been cancelled or succeeded since", () => {
    for (const state of storedStates)
      expect(decide(rawIssue(), known(rawIssue(), { state, hasSuccessor: true }))).toEqual({ outcome: "UNCHANGED" });
  });
});

describe("a next version", () => {
  const decide = (changes: Partial<RawRecord> = {}, predecessor: sample.Known | undefined = known()) => {
    const raw = rawRenewal(identifierOf(1), changes);
    return decideIssuing(issuing(raw), contentOf(raw), undefined, predecessor);
  };

  test("is accepted and ends the version before", () => {
    expect(decide()).toEqual({ outcome: "ACCEPTED", state: "VALID", predecessorState: "SUPERSEDED" });
    const transferred = { outcome: "ACCEPTED", state: "VALID", predecessorState: "TRANSFERRED" };
    expect(decide({ operation: "TRANSFER_IN" })).toEqual(transferred);
  });

  test.each<[string, Partial<sample.Known>]>([
    ["of another type", { licenseType: sample.identityCard }],
    ["of another holder", { holderId: "91371082XXXX00035W" }],
  ])("finds no predecessor in a license %s, in whatever state", (_what, changes) => {
    for (const state of storedStates)
      expect(decide({}, known(rawIssue(), { ...changes, state }))).toEqual(
        refused("PREDECESSOR_NOT_FOUND", "predecessor"),
      );
  });

  test("finds no predecessor where there is none", () => {
    const raw = rawRenewal(identifierOf(1));
    expect(decideIssuing(issuing(raw), contentOf(raw), undefined, undefined)).toEqual(
      refused("PREDECESSOR_NOT_FOUND", "predecessor"),
    );
  });

  test("older than what is stored of its predecessor is STALE_UPDATE; as old is not", () => {
    const predecessor = known(rawIssue(), { sourceUpdatedAt: new Date("2026-05-24T09:00:00+08:00") });
    expect(decide({}, predecessor)).toMatchObject({ outcome: "ACCEPTED" });
    expect(decide({ sourceUpdatedAt: "2026-05-24T08:59:59+08:00" }, predecessor)).toEqual(
      refused("STALE_UPDATE", "sourceUpdatedAt"),
    );
  });

  test("issued before its predecessor came into its state is VALIDITY_ORDER; on the same day it is not", () => {
    expect(decide({ issuedOn: "2025-05-24" })).toMatchObject({ outcome: "ACCEPTED" });
    expect(decide({ issuedOn: "2025-05-23" })).toEqual(refused("VALIDITY_ORDER", "issuedOn"));
  });

  test("of a license that was suspended, ended or succeeded is TRANSITION_NOT_ALLOWED", () => {
    for (const state of ["SUSPENDED", "REVOKED", "CANCELLED", "ANNULLED", "SUPERSEDED"] as const)
      expect(decide({}, known(rawIssue(), { state }))).toEqual(refused("TRANSITION_NOT_ALLOWED", "predecessor"));
    const succeeded = known(rawIssue(), { state: "TRANSFERRED", hasSuccessor: true });
    expect(decide({ operation: "TRANSFER_IN" }, succeeded)).toEqual(refused("TRANSITION_NOT_ALLOWED", "predecessor"));
  });
});

describe("an event", () => {
  const decide = (changes: Partial<RawRecord> = {}, standing: sample.Known | undefined = known()) => {
    const raw = rawEvent(changes);
    return decideEvent(sample.event(raw), contentOf(raw), standing);
  };

  test("is applied", () => {
    expect(decide()).toEqual({ outcome: "ACCEPTED", state: "SUSPENDED" });
    expect(decide({ operation: "CANCEL", outcome: "ANNULLED" })).toEqual({ outcome: "ACCEPTED", state: "ANNULLED" });
  });

  test("of another issuer's or another type's license waits, exactly as one without a license does", () => {
    const raw = rawEvent();
    expect(decideEvent(sample.event(raw), contentOf(raw), undefined)).toEqual({ outcome: "PENDING" });
    for (const state of storedStates) {
      const eventDigests = new Set([contentOf(raw)]);
      expect(decide({}, known(rawIssue(), { state, eventDigests, issuer: sample.otherIssuer }))).toEqual({
        outcome: "PENDING",
      });
      expect(decide({}, known(rawIssue(), { state, licenseType: sample.identityCard }))).toEqual({
        outcome: "PENDING",
      });
    }
  });

  test("applied before is UNCHANGED, however old it is and whatever has happened since", () => {
    const eventDigests = new Set([contentOf(rawEvent())]);
    for (const state of storedStates)
      expect(
        decide(
          { sourceUpdatedAt: "2020-01-01T00:00:00Z" },
          known(rawIssue(), { state, eventDigests, hasSuccessor: true }),
        ),
      ).toEqual({ outcome: "UNCHANGED" });
  });

  test("said a second time of a license given back the same day is a second suspension, if the source says so later", () => {
    const eventDigests = new Set([contentOf(rawEvent())]);
    const back = { eventDigests, stateSince: "2026-02-01", sourceUpdatedAt: new Date("2026-02-01T03:00:00Z") };
    const again = (sourceUpdatedAt: string, changes = {}) =>
      decide({ sourceUpdatedAt }, known(rawIssue(), { ...back, ...changes })).outcome;
    expect(again("2026-02-01T03:00:01Z")).toBe("ACCEPTED");
    expect(again("2026-02-01T03:00:00Z")).toBe("UNCHANGED");
    expect(again("2026-02-01T03:00:01Z", { state: "SUSPENDED" })).toBe("UNCHANGED");
    expect(again("2026-02-01T03:00:01Z", { stateSince: "2026-02-02" })).toBe("UNCHANGED");
  });

  test("older than what is stored is STALE_UPDATE, before anything else is asked", () => {
    const raw = { sourceUpdatedAt: "2025-05-24T08:59:59+08:00", effectiveOn: "2020-01-01" };
    expect(decide(raw)).toEqual(refused("STALE_UPDATE", "sourceUpdatedAt"));
  });

  test("effective before the issue is VALIDITY_ORDER, before the present state began TRANSITION_NOT_ALLOWED", () => {
    expect(decide({ effectiveOn: "2025-05-24" })).toMatchObject({ outcome: "ACCEPTED" });
    expect(decide({ effectiveOn: "2025-05-23" })).toEqual(refused("VALIDITY_ORDER", "effectiveOn"));
    const standing = known(rawIssue(), { stateSince: "2026-02-02" });
    expect(decide({ effectiveOn: "2026-02-01" }, standing)).toEqual(refused("TRANSITION_NOT_ALLOWED", "effectiveOn"));
    expect(decide({ effectiveOn: "2026-02-02" }, standing)).toMatchObject({ outcome: "ACCEPTED" });
  });

  test("the present state does not allow is TRANSITION_NOT_ALLOWED", () => {
    expect(decide({ operation: "REINSTATE" })).toEqual(refused("TRANSITION_NOT_ALLOWED", "operation"));
    expect(decide({}, known(rawIssue(), { hasSuccessor: true }))).toEqual(
      refused("TRANSITION_NOT_ALLOWED", "operation"),
    );
  });
});
