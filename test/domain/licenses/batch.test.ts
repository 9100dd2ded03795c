import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type BatchDecision, decideBatch, type StoredKnowledge } from "../../../src/domain/licenses/batch.ts";
import type { RawRecord } from "../../../src/domain/licenses/license-record.ts";
import * as sample from "./records.ts";

const { rawEvent, rawIssue, rawRenewal, identifierOf, contentOf, entriesOf, known, storeOf } = sample;
const noSerial = () => {
  throw new Error("no record here is without an identifier");
};
const decide = (raws: readonly RawRecord[], store: StoredKnowledge = storeOf()) =>
  decideBatch(entriesOf(raws), store, noSerial);

/** Outcome by place: `ACCEPTED`, or the code that refused it. */
const outcomes = ({ verdicts }: BatchDecision) =>
  [...verdicts]
    .toSorted(([a], [b]) => a - b)
    .map(([, verdict]) => (verdict.outcome === "REJECTED" ? verdict.problem.code : verdict.outcome));
const [first, second] = [identifierOf(1), identifierOf(1, 2)];

describe("a batch", () => {
  test("without records decides nothing", () => {
    expect(decide([])).toMatchObject({ verdicts: new Map(), issues: [], changes: [] });
  });

  test("brings a license, its events and its renewal, in this order", () => {
    const records = [
      rawIssue(),
      rawEvent(),
      rawEvent({ operation: "REINSTATE", effectiveOn: "2026-03-01", sourceUpdatedAt: "2026-03-01T10:00:00Z" }),
      rawRenewal(first),
    ];
    const decision = decide(records);
    expect(outcomes(decision)).toEqual(["ACCEPTED", "ACCEPTED", "ACCEPTED", "ACCEPTED"]);
    expect(decision.issues.map(({ index, identifier, version }) => [index, identifier, version])).toEqual([
      [0, first, 1],
      [3, second, 2],
    ]);
    const changes = decision.changes.map((change) => [
      change.index,
      change.identifier,
      change.state,
      change.effectiveOn,
    ]);
    expect(changes).toEqual([
      [1, first, "SUSPENDED", "2026-02-01"],
      [2, first, "VALID", "2026-03-01"],
      [3, first, "SUPERSEDED", "2026-05-24"],
    ]);
    expect(decision.successors).toEqual(new Map([[first, second]]));
    expect(decision.ledger.get(first)).toMatchObject({
      ...{ state: "SUPERSEDED", stateSince: "2026-05-24", hasSuccessor: true },
      sourceUpdatedAt: new Date("2026-05-24T09:00:00+08:00"),
    });
    expect(decision.ledger.get(second)).toMatchObject({ state: "VALID", hasSuccessor: false, version: 2 });
  });

  test("may bring events before their licenses and renewals before their predecessors", () => {
    const third = rawRenewal(second, { identifier: identifierOf(1, 3), sourceRecordId: "travel-3" });
    const later = { effectiveOn: "2026-06-01", sourceUpdatedAt: "2026-06-01T10:00:00+08:00" };
    const records = [rawEvent({ identifier: identifierOf(1, 3), ...later }), third, rawRenewal(first), rawIssue()];
    const decision = decide(records);
    expect(outcomes(decision)).toEqual(["ACCEPTED", "ACCEPTED", "ACCEPTED", "ACCEPTED"]);
    expect([...decision.ledger.values()].map(({ state }) => state)).toEqual(["SUPERSEDED", "SUPERSEDED", "SUSPENDED"]);
  });

  test("may bring a chain of 300 versions backwards", () => {
    const chain = Array.from({ length: 300 }, (_, n) =>
      n === 0
        ? rawIssue()
        : rawRenewal(identifierOf(1, n), { identifier: identifierOf(1, n + 1), sourceRecordId: `travel-${n}` }),
    );
    const decision = decide(chain.toReversed());
    expect(new Set(outcomes(decision))).toEqual(new Set(["ACCEPTED"]));
    expect([...decision.ledger.values()].filter(({ state }) => state === "VALID")).toHaveLength(1);
  });

  test("keeps what finds nothing: events PENDING, versions without predecessor refused", () => {
    const decision = decide([rawEvent(), rawRenewal(identifierOf(9)), rawEvent({ identifier: second })]);
    expect(outcomes(decision)).toEqual(["PENDING", "PREDECESSOR_NOT_FOUND", "PENDING"]);
    expect(decision).toMatchObject({ issues: [], changes: [] });
    expect(decision.ledger.size).toBe(0);
  });

  test("cannot bring versions that precede each other or themselves", () => {
    const circle = [rawRenewal(second, { identifier: first }), rawRenewal(first, { identifier: second })];
    expect(outcomes(decide(circle))).toEqual(["PREDECESSOR_NOT_FOUND", "PREDECESSOR_NOT_FOUND"]);
    expect(outcomes(decide([rawRenewal(first, { identifier: first })]))).toEqual(["PREDECESSOR_NOT_FOUND"]);
  });

  test("holding one content twice stores it once, whatever its source id and instant", () => {
    const again = { sourceRecordId: "x", sourceUpdatedAt: "2025-06-24T09:00:00+08:00" };
    expect(outcomes(decide([rawIssue(), rawIssue(again), rawIssue()]))).toEqual(["ACCEPTED", "UNCHANGED", "UNCHANGED"]);
    const events = [rawEvent(), rawIssue(), rawEvent({ sourceRecordId: "y" })];
    expect(outcomes(decide(events)).toSorted()).toEqual(["ACCEPTED", "ACCEPTED", "UNCHANGED"]);
    expect(decide(events).changes).toHaveLength(1);
    const renewals = [rawRenewal(first), rawRenewal(first), rawIssue()];
    expect(outcomes(decide(renewals))).toEqual(["ACCEPTED", "UNCHANGED", "ACCEPTED"]);
  });

  test("holding two contents under one identifier keeps the first", () => {
    const other = rawIssue({ number: "L-SD-WH00000" });
    expect(outcomes(decide([rawIssue(), other]))).toEqual(["ACCEPTED", "IDENTIFIER_TAKEN"]);
    const older = rawIssue({ number: "L-SD-WH00000", sourceUpdatedAt: "2024-05-24T09:00:00+08:00" });
    expect(outcomes(decide([rawIssue(), older]))).toEqual(["ACCEPTED", "STALE_UPDATE"]);
  });

  test("holding two successors of one version keeps the first", () => {
    const other = rawRenewal(first, { identifier: identifierOf(2, 2), operation: "CHANGE" });
    const decision = decide([rawIssue(), rawRenewal(first), other]);
    expect(outcomes(decision)).toEqual(["ACCEPTED", "ACCEPTED", "TRANSITION_NOT_ALLOWED"]);
    expect(decision.successors).toEqual(new Map([[first, second]]));
  });

  test("decides its events in the order given: a reinstatement before its suspension is refused", () => {
    const back = rawEvent({ operation: "REINSTATE", sourceUpdatedAt: "2026-02-01T11:00:00+08:00" });
    expect(outcomes(decide([rawEvent(), back], storeOf(known())))).toEqual(["ACCEPTED", "ACCEPTED"]);
    expect(outcomes(decide([back, rawEvent()], storeOf(known())))).toEqual(["TRANSITION_NOT_ALLOWED", "ACCEPTED"]);
  });

  test("names the license in every answer", () => {
    const { verdicts } = decide([rawIssue(), rawIssue(), rawEvent(), rawEvent({ identifier: second })]);
    expect([...verdicts.values()].map((verdict) => verdict.identifier)).toEqual([first, first, first, second]);
  });

  test("leaves what is stored as it was handed in", () => {
    const stored = known();
    const before = structuredClone({ ...stored, eventDigests: [...stored.eventDigests] });
    decide([rawEvent(), rawRenewal(first, { sourceUpdatedAt: "2026-06-01T00:00:00Z" })], storeOf(stored));
    expect({ ...stored, eventDigests: [...stored.eventDigests] }).toEqual(before);
  });
});

describe("against what is stored, a batch", () => {
  test("of the same contents is UNCHANGED to the last record and changes nothing", () => {
    const stored = storeOf(known(rawIssue(), { eventDigests: new Set([contentOf(rawEvent())]), state: "SUSPENDED" }));
    const decision = decide([rawEvent(), rawIssue()], stored);
    expect(outcomes(decision)).toEqual(["UNCHANGED", "UNCHANGED"]);
    expect(decision).toMatchObject({ issues: [], changes: [] });
  });

  test("gets no answer about another issuer's license", () => {
    const foreign = storeOf(known(rawIssue(), { issuer: sample.otherIssuer }));
    expect(decide([rawEvent()], foreign)).toMatchObject({ changes: [], issues: [] });
    expect(outcomes(decide([rawEvent()], foreign))).toEqual(outcomes(decide([rawEvent()])));
  });
});

describe("independent licenses in one batch", () => {
  /** A suspension of a renewal, its first version and the renewal; each is in the batch or not. */
  const family = (serial: number, has: readonly boolean[]): readonly RawRecord[] => {
    const [one, two] = [identifierOf(serial), identifierOf(serial, 2)];
    const records = [
      rawEvent({ identifier: two, effectiveOn: "2026-06-01", sourceUpdatedAt: "2026-06-01T10:00:00+08:00" }),
      rawIssue({ identifier: one, sourceRecordId: `${serial}-1` }),
      rawRenewal(one, { identifier: two, sourceRecordId: `${serial}-2` }),
    ];
    return records.filter((_, at) => has[at]);
  };
  const families = fc
    .array(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 8 })
    .map((list) => list.flatMap((has, serial) => family(serial, has)));

  test("get the same outcomes in whatever order their records come", () => {
    const shuffled = families.chain((records) =>
      fc.tuple(fc.constant(records), fc.shuffledSubarray([...records.keys()], { minLength: records.length })),
    );
    fc.assert(
      fc.property(shuffled, ([records, order]) => {
        const straight = outcomes(decide(records));
        const mixed = decide(order.flatMap((at) => records[at] ?? []));
        expect(outcomes(mixed)).toEqual(order.map((at) => straight[at]));
        expect([...mixed.ledger].toSorted()).toEqual([...decide(records).ledger].toSorted());
      }),
    );
  });

  test("get the same outcomes in one batch as in several", () => {
    fc.assert(
      fc.property(families, fc.nat(30), (records, cut) => {
        const before = decide(records.slice(0, cut));
        const waiting = records.slice(0, cut).filter((_, at) => before.verdicts.get(at)?.outcome === "PENDING");
        const stored = { ...storeOf(...before.ledger.values()), waiting: waiting.map(sample.waitingEvent) };
        const after = decide(records.slice(cut), stored);
        const whole = decide(records);
        expect(new Map([...before.ledger, ...after.ledger])).toEqual(whole.ledger);
      }),
    );
  });
});
