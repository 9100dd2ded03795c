import { HubError } from "../../errors.ts";
import type { StateChange } from "./license.ts";

/** A change with the instant it came in: the second axis of time beside the day it took effect. */
export type ReceivedChange = StateChange & Readonly<{ receivedAt: Date }>;

/** From when the hub knew a change as one of this license: never earlier than it came in. */
export type Known<Change> = Change & Readonly<{ knownSince: Date }>;

/**
 * Says of each change since when it was known.
 *
 * What is known at an instant is always a beginning of the list: a change is known when it and every change before it
 * has come in. An event that came before its license was no knowledge about any license while it waited; it is known
 * from the instant the license came, for the license's issue stands before it. And where two copies of the hub have
 * clocks that differ, nothing is known before what it was decided on.
 * @param changes of one license, in the order the hub decided them; the first is the issue
 */
export function withKnowledge<Change extends ReceivedChange>(changes: readonly Change[]): readonly Known<Change>[] {
  let knownSince = new Date(Number.NEGATIVE_INFINITY);
  return changes.map((change, index) => {
    if (index === 0 || change.receivedAt > knownSince) knownSince = change.receivedAt;
    return { ...change, knownSince };
  });
}

/** The changes known at an instant, that very instant included, in the order they became known. Undefined: now. */
export function knownAt<Change extends Known<ReceivedChange>>(
  changes: readonly Change[],
  instant: Date | undefined,
): readonly Change[] {
  if (instant === undefined) return changes;
  const first = changes.findIndex((change) => change.knownSince > instant);
  return first === -1 ? changes : changes.slice(0, first);
}

/** Lets an instant pass that has been. What the hub will know, it can not tell. *Throws* INPUT_INVALID. */
export function checkKnownAt(instant: Date | undefined, now: Date): void {
  if (instant && instant > now) throw new HubError("INPUT_INVALID", { argument: "knownAt" });
}
