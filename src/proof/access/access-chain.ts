import { createHash } from "node:crypto";
import { sha256Base64url } from "../bytes/sha256.ts";
import { digestOf } from "../canonical-json.ts";

/**
 * What of an access record is sealed. The holder's code is not in it, only a commitment to it: so an auditor who is
 * not shown persons' identifiers can still recompute every digest.
 * Shape: `at` an instant in RFC 3339 with milliseconds, UTC; `extents` in the order of `licenses`.
 */
export type SealedRecord = Readonly<{
  id: number;
  at: string;
  callerKind: string;
  client: string;
  department: string | null;
  member: string | null;
  action: string;
  outcome: string;
  refusal: string | null;
  purpose: Readonly<{ procedure: string; caseNumber: string; reason: string }> | null;
  licenses: readonly string[];
  extents: readonly string[];
  withheld: number;
  holderCommitment: string;
}>;

/** A place in a day's chain. `chain` vouches for everything before it. */
export type Seal = Readonly<{ digest: string; chain: string }>;

/** The root before the first day. */
export const firstRoot = Buffer.alloc(32).toString("base64url");

/**
 * Commits to a holder's code without showing it.
 * Shape: 43 characters of base64url. Trust: hides the code as long as the record's salt is not shown.
 */
export function holderCommitment(salt: string, holder: string): string {
  return sha256Base64url(`${salt} ${holder}`);
}

/** SHA-256 of a record's canonical text. Shape: 43 characters of base64url. Source: RFC 8785; own. */
export function recordDigest(record: SealedRecord): string {
  const { id, at, callerKind, client, department, member, action, outcome, refusal, purpose } = record;
  const { licenses, extents, withheld, holderCommitment } = record;
  return digestOf({
    ...{ version: 1, id, at, callerKind, client, department, member, action, outcome, refusal, purpose },
    ...{ licenses, extents, withheld, holderCommitment },
  });
}

/**
 * Where a day's chain begins: it hangs on the root of the day before, so that no day can be left out.
 * @param day calendar date, as text
 */
export function dayStart(previousRoot: string, day: string): string {
  return link(2, previousRoot, Buffer.from(day));
}

/** The chain after one more record. */
export function nextChain(chain: string, digest: string): string {
  return link(1, chain, Buffer.from(digest, "base64url"));
}

/** SHA-256 of a byte that says what follows, the value before, and what is added. */
function link(prefix: number, before: string, added: Uint8Array): string {
  return createHash("sha256")
    .update(Uint8Array.of(prefix))
    .update(Buffer.from(before, "base64url"))
    .update(added)
    .digest("base64url");
}
