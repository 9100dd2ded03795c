import { describe, expect, test } from "@jest/globals";
import { decideBatch, type WaitingEvent } from "../../../src/domain/licenses/batch.ts";
import type { RawRecord } from "../../../src/domain/licenses/license-record.ts";
import * as sample from "./records.ts";

const { rawEvent, rawIssue, rawRenewal, identifierOf, entriesOf, known, storeOf, waitingEvent } = sample;
const first = identifierOf(1);
const decide = (raws: readonly RawRecord[], waiting: readonly WaitingEvent[], licenses = storeOf()) =>
  decideBatch(entriesOf(raws), { ...licenses, waiting }, () => "A1");

const suspension = rawEvent();
const reinstatement = rawEvent({
  ...{ operation: "REINSTATE", effectiveOn: "2026-03-01", sourceUpdatedAt: "2026-03-01T10:00:00+08:00" },
});
const end = rawEvent({
  ...{ operation: "CANCEL", outcome: "ANNULLED", effectiveOn: "2026-04-01" },
  sourceUpdatedAt: "2026-04-01T10:00:00+08:00",
});

describe("an event that waited", () => {
  test("is applied when its license arrives, as the submission it came with", () => {
    const waited = waitingEvent(suspension);
    const { changes, ledger, verdicts } = decide([rawIssue()], [waited]);
    expect(changes).toEqual([
      expect.objectContaining({
        index: undefined,
        identifier: first,
        state: "SUSPENDED",
        waited,
        record: waited.record,
      }),
    ]);
    expect(ledger.get(first)).toMatchObject({ state: "SUSPENDED", stateSince: "2026-02-01" });
    expect(verdicts.get(0)).toEqual({ outcome: "ACCEPTED", state: "VALID", identifier: first });
  });

  test("is applied after those the source changed earlier, however they came in", () => {
    const waiting = [end, suspension, reinstatement].map(waitingEvent);
    for (const order of [waiting, waiting.toReversed()]) {
      const { changes, ledger } = decide([rawIssue()], order);
      expect(changes.map((change) => change.state)).toEqual(["SUSPENDED", "VALID", "ANNULLED"]);
      expect(ledger.get(first)).toMatchObject({ state: "ANNULLED", stateSince: "2026-04-01" });
    }
  });

  test("is applied before the rest of the batch: its suspended license is not renewed", () => {
    const { verdicts, ledger } = decide([rawIssue(), rawRenewal(first)], [waitingEvent(suspension)]);
    expect(verdicts.get(1)).toMatchObject({ outcome: "REJECTED", problem: { code: "TRANSITION_NOT_ALLOWED" } });
    expect(ledger.get(first)).toMatchObject({ state: "SUSPENDED" });
  });

  test("is applied to a renewal as to a new license", () => {
    const onRenewal = rawEvent({ identifier: identifierOf(1, 2), ...{ effectiveOn: "2026-06-01" } });
    const waited = waitingEvent({ ...onRenewal, sourceUpdatedAt: "2026-06-01T10:00:00+08:00" });
    const { ledger } = decide([rawRenewal(first)], [waited], storeOf(known()));
    expect(ledger.get(identifierOf(1, 2))).toMatchObject({ state: "SUSPENDED" });
    expect(ledger.get(first)).toMatchObject({ state: "SUPERSEDED" });
  });

  test("and is handed in again is applied once", () => {
    for (const records of [
      [suspension, rawIssue()],
      [rawIssue(), suspension],
    ]) {
      const { changes, verdicts } = decide(records, [waitingEvent(suspension)]);
      expect(changes).toHaveLength(1);
      expect([...verdicts.values()].map(({ outcome }) => outcome).toSorted()).toEqual(["ACCEPTED", "UNCHANGED"]);
    }
  });

  test("goes on waiting while its license has not arrived", () => {
    const { changes, ledger } = decide([rawIssue({ identifier: identifierOf(2) })], [waitingEvent(suspension)]);
    expect(changes).toEqual([]);
    expect(ledger.get(identifierOf(2))).toMatchObject({ state: "VALID" });
  });

  test("is not applied to another issuer's or another type's license of that identifier", () => {
    for (const raw of [
      { ...suspension, issuer: sample.otherIssuer },
      { ...suspension, licenseType: sample.identityCard },
    ])
      expect(decide([rawIssue()], [waitingEvent(raw)])).toMatchObject({ changes: [] });
  });

  test("the license does not allow is left out, and those after it are applied", () => {
    const { changes, ledger } = decide([rawIssue()], [reinstatement, end].map(waitingEvent));
    expect(changes.map((change) => change.state)).toEqual(["ANNULLED"]);
    expect(ledger.get(first)).toMatchObject({ state: "ANNULLED" });
  });

  test("older than its license, or effective before it was issued, is left out", () => {
    const older = waitingEvent({ ...suspension, sourceUpdatedAt: "2025-05-24T08:00:00+08:00" });
    const early = waitingEvent({ ...suspension, effectiveOn: "2025-05-23" });
    expect(decide([rawIssue()], [older, early])).toMatchObject({ changes: [] });
  });

  test("of this batch is applied together with those of earlier batches, in the order of their source", () => {
    const { changes, verdicts, ledger } = decide([end, suspension, rawIssue()], [waitingEvent(reinstatement)]);
    expect(changes.map((change) => [change.index, change.state])).toEqual([
      [1, "SUSPENDED"],
      [undefined, "VALID"],
      [0, "ANNULLED"],
    ]);
    expect([...verdicts.values()].map(({ outcome }) => outcome)).toEqual(["ACCEPTED", "ACCEPTED", "ACCEPTED"]);
    expect(ledger.get(first)).toMatchObject({ state: "ANNULLED" });
  });

  test("several rounds for its license is decided once", () => {
    const onThird = rawEvent({ identifier: identifierOf(1, 3), effectiveOn: "2026-06-01" });
    const third = rawRenewal(identifierOf(1, 2), { identifier: identifierOf(1, 3), sourceRecordId: "travel-3" });
    const early = { ...onThird, sourceUpdatedAt: "2026-06-01T10:00:00+08:00" };
    const { changes, verdicts } = decide([early, third, rawRenewal(first), rawIssue()], []);
    expect(verdicts.get(0)).toMatchObject({ outcome: "ACCEPTED", state: "SUSPENDED" });
    expect(changes.filter((change) => change.index === 0)).toHaveLength(1);
  });
});
