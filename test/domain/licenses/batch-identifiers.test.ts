import { describe, expect, test } from "@jest/globals";
import {
  type BatchDecision,
  contentKey,
  decideBatch,
  nextIdentifier,
  type StoredKnowledge,
} from "../../../src/domain/licenses/batch.ts";
import type { KnownLicense } from "../../../src/domain/licenses/collecting.ts";
import { checkStatusOf, parseLicenseIdentifier } from "../../../src/domain/licenses/license-identifier.ts";
import type { RawRecord } from "../../../src/domain/licenses/license-record.ts";
import * as sample from "./records.ts";

const { rawIssue, rawRenewal, rawEvent, identifierOf, entriesOf, known, storeOf } = sample;
const bare = (changes: Partial<RawRecord> = {}) => rawIssue({ identifier: null, ...changes });
const bareRenewal = (predecessor: string, changes: Partial<RawRecord> = {}) =>
  rawRenewal(predecessor, { identifier: null, ...changes });

/** Serials S1, S2, … */
const serials = () => {
  let last = 0;
  return () => {
    last += 1;
    return `S${last}`;
  };
};
const decide = (raws: readonly RawRecord[], store: StoredKnowledge = storeOf()) =>
  decideBatch(entriesOf(raws), store, serials());
const outcomes = ({ verdicts }: BatchDecision) =>
  [...verdicts]
    .toSorted(([a], [b]) => a - b)
    .map(([, verdict]) => (verdict.outcome === "REJECTED" ? verdict.problem.code : verdict.outcome));
const storedUnder = (sourceRecordId: string, ...licenses: readonly KnownLicense[]): StoredKnowledge => ({
  ...storeOf(...licenses),
  bySourceRecord: new Map([[sourceRecordId, licenses]]),
});

describe("a new license without an identifier", () => {
  test("gets a standard one of its type and issuer, version 1, whose check fits", () => {
    const { issues, verdicts } = decide([bare()]);
    const identifier = issues[0]?.identifier ?? "";
    expect(parseLicenseIdentifier(identifier)).toMatchObject({
      ...{ type: sample.travelAgency, issuer: sample.issuer, serial: "S1", version: 1, checkValid: true },
    });
    expect(checkStatusOf(identifier)).toBe("VALID");
    expect(verdicts.get(0)).toEqual({ outcome: "ACCEPTED", state: "VALID", identifier });
    expect(issues[0]?.version).toBe(1);
  });

  test("gets one of its own each", () => {
    const { issues } = decide([
      bare(),
      bare({ sourceRecordId: "2", number: "L-SD-WH2" }),
      bare({ sourceRecordId: "3", number: "L-SD-WH3" }),
    ]);
    expect(new Set(issues.map(({ identifier }) => identifier)).size).toBe(3);
  });

  test("of the same content under another source id is UNCHANGED: nothing is stored twice", () => {
    const decision = decide([bare(), bare({ sourceRecordId: "2" })]);
    expect([...decision.verdicts.values()].map(({ outcome }) => outcome)).toEqual(["ACCEPTED", "UNCHANGED"]);
    expect(decision.issues).toHaveLength(1);
  });

  test("again under its source id is UNCHANGED and answered with the identifier it got", () => {
    const twice = decide([bare(), bare()]);
    expect(outcomes(twice)).toEqual(["ACCEPTED", "UNCHANGED"]);
    expect(twice.verdicts.get(1)?.identifier).toBe(twice.issues[0]?.identifier);
    const stored = known(bare(), { identifier: identifierOf("S9") });
    const later = decide([bare({ sourceUpdatedAt: "2026-11-01T00:00:00Z" })], storedUnder("travel-1", stored));
    expect(later.verdicts.get(0)).toEqual({ outcome: "UNCHANGED", identifier: identifierOf("S9") });
    expect(later.issues).toEqual([]);
  });

  test("under a source id that has another content is refused: older as STALE_UPDATE, else as IDENTIFIER_TAKEN", () => {
    const store = storedUnder("travel-1", known(bare(), { identifier: identifierOf("S9") }));
    const other = { number: "L-SD-WH00000" };
    expect(outcomes(decide([bare(other)], store))).toEqual(["IDENTIFIER_TAKEN"]);
    expect(outcomes(decide([bare({ ...other, sourceUpdatedAt: "2024-01-01T00:00:00Z" })], store))).toEqual([
      "STALE_UPDATE",
    ]);
    expect(outcomes(decide([bare(), bare(other)]))).toEqual(["ACCEPTED", "IDENTIFIER_TAKEN"]);
  });
});

describe("a next version without an identifier", () => {
  test("gets its predecessor's with the version one higher, and so on", () => {
    const chain = [1, 2, 3].map((version) =>
      bareRenewal(identifierOf("S1", version), { sourceRecordId: `r${version}`, number: `L-SD-WH0000${version}` }),
    );
    const { issues, successors } = decide([bare(), ...chain]);
    expect(issues.map(({ identifier, version }) => [identifier, version])).toEqual(
      [1, 2, 3, 4].map((version) => [identifierOf("S1", version), version]),
    );
    expect(issues.map(({ identifier }) => checkStatusOf(identifier))).toEqual(["VALID", "VALID", "VALID", "VALID"]);
    expect([...successors]).toEqual([1, 2, 3].map((n) => [identifierOf("S1", n), identifierOf("S1", n + 1)]));
  });

  test("again under its source id is UNCHANGED although its predecessor has a successor now", () => {
    const twice = decide([bareRenewal(identifierOf(1)), bareRenewal(identifierOf(1))], storeOf(known()));
    expect(outcomes(twice)).toEqual(["ACCEPTED", "UNCHANGED"]);
    expect(twice.verdicts.get(1)?.identifier).toBe(identifierOf(1, 2));
  });

  test("may have the source id of the version before: a source often keeps it for life", () => {
    const first = known(rawIssue());
    const raw = bareRenewal(first.identifier, { sourceRecordId: "travel-1" });
    expect(outcomes(decide([raw], storedUnder("travel-1", first)))).toEqual(["ACCEPTED"]);
  });

  test("gets a serial of its own when that identifier is taken", () => {
    const store = storeOf(known(), known(rawIssue({ identifier: identifierOf(1, 2) })));
    const { issues } = decide([bareRenewal(identifierOf(1))], store);
    expect(issues).toMatchObject([{ identifier: identifierOf("S1", 2), version: 2 }]);
  });

  test.each([
    ["of another issuer", { identifier: identifierOf(1, 4, sample.otherIssuer), issuer: sample.otherIssuer }],
    ["of another standard", { identifier: "鲁-证-1" }],
  ])("whose predecessor's is %s gets a serial of its own and the next version", (_what, changes) => {
    const predecessor = known(rawIssue(), { ...changes, version: 4 });
    const { issues } = decide(
      [bareRenewal(predecessor.identifier, { operation: "TRANSFER_IN" })],
      storeOf(predecessor),
    );
    expect(issues).toMatchObject([{ identifier: identifierOf("S1", 5), version: 5 }]);
  });

  test("after version 999 gets a serial of its own, for a version has three digits", () => {
    const predecessor = known(rawIssue({ identifier: identifierOf(1, 999) }), { version: 999 });
    const { issues } = decide([bareRenewal(predecessor.identifier)], storeOf(predecessor));
    expect(checkStatusOf(issues[0]?.identifier ?? "")).toBe("VALID");
    expect(issues[0]?.identifier).toContain(".S1.");
  });
});

describe("the identifier of the next version", () => {
  const next = (predecessor: string, changes: Partial<RawRecord> = {}) =>
    nextIdentifier(sample.issuing(bareRenewal(predecessor, changes)), predecessor);

  test("is the predecessor's with the version one higher, up to 999", () => {
    expect(next(identifierOf(1))).toBe(identifierOf(1, 2));
    expect(next(identifierOf(1, 998))).toBe(identifierOf(1, 999));
    expect(next(identifierOf(1, 999))).toBeUndefined();
  });

  test("does not exist after one of another issuer, type or standard", () => {
    expect(next(identifierOf(1, 1, sample.otherIssuer))).toBeUndefined();
    expect(next(identifierOf(1), { licenseType: sample.identityCard })).toBeUndefined();
    expect(next("鲁-证-1")).toBeUndefined();
  });
});

describe("content", () => {
  const stored = known(bare(), { identifier: identifierOf("S9") });
  const store = (issuer: string) => ({
    ...storeOf(stored),
    byContent: new Map([[contentKey(issuer, stored.contentDigest), stored]]),
  });

  test("that is stored under another source id is UNCHANGED, also for a next version", () => {
    const decision = decide([bare({ sourceRecordId: "x" })], store(sample.issuer));
    expect(decision.verdicts.get(0)).toEqual({ outcome: "UNCHANGED", identifier: identifierOf("S9") });
    const renewal = bareRenewal(identifierOf(1));
    const renewed = known(renewal, { identifier: identifierOf(1, 2) });
    const key = contentKey(sample.issuer, renewed.contentDigest);
    const again = decide([renewal], { ...storeOf(known(), renewed), byContent: new Map([[key, renewed]]) });
    expect(again.verdicts.get(0)).toEqual({ outcome: "UNCHANGED", identifier: identifierOf(1, 2) });
  });

  test("of another issuer is not looked at", () => {
    expect(outcomes(decide([bare()], store(sample.otherIssuer)))).toEqual(["ACCEPTED"]);
  });
});

describe("a license with an identifier of its own", () => {
  test("has the version it says, else the one after its predecessor", () => {
    const predecessor = known(rawIssue(), { version: 4 });
    const version = (identifier: string) =>
      decide([rawRenewal(predecessor.identifier, { identifier })], storeOf(predecessor)).issues[0]?.version;
    expect(version(identifierOf(7, 9))).toBe(9);
    expect(version("鲁-证-2")).toBe(5);
    expect(decide([rawIssue({ identifier: "鲁-证-2" })]).issues[0]?.version).toBe(1);
  });

  test("keeps it to the letter, whatever its check says", () => {
    for (const identifier of ["鲁-证-2", identifierOf(1).toLowerCase(), ` ${identifierOf(1)}`])
      expect(decide([rawIssue({ identifier })]).issues[0]?.identifier).toBe(identifier);
  });

  test("is found by events under the identifier it was given", () => {
    const made = decide([bare(), rawEvent({ identifier: identifierOf("S1") })]);
    expect(outcomes(made)).toEqual(["ACCEPTED", "ACCEPTED"]);
  });
});
