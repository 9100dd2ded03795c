import type { BatchDecision, Entry } from "../licenses/batch.ts";
import { maxOpenClaims, type Origin } from "./conflict.ts";

/** A record that was refused because another source's license has its identifier. */
export type Dispute = Readonly<{ entry: Entry; identifier: string; standingIssuer: string; licenseType: string }>;

/** A decided batch, as far as disputes are looked for. */
export type DecidedRecords = Readonly<{
  entries: readonly Entry[];
  decision: BatchDecision;
  /** Where the licenses the batch names come from. */
  origins: ReadonlyMap<string, Origin>;
  clientId: string;
  /** By source record: the place of its last occurrence in the batch, which is the one that counts. */
  lastPlaces: ReadonlyMap<string, number>;
}>;

/**
 * 标识冲突: records refused with IDENTIFIER_TAKEN whose identifier another issuer, client or source record has. The same
 * source record with other content is its source's own mistake and none.
 */
export function disputesOf(batch: DecidedRecords): readonly Dispute[] {
  const { entries, decision, origins, clientId, lastPlaces } = batch;
  const disputes: Dispute[] = [];
  const counts = new Map<string, number>();
  let made: ReadonlyMap<string, Origin> | undefined;
  for (const entry of entries) {
    const { record, index } = entry;
    const verdict = decision.verdicts.get(index);
    if (verdict?.outcome !== "REJECTED" || verdict.problem.code !== "IDENTIFIER_TAKEN") continue;
    if (record.kind !== "ISSUING" || record.identifier === undefined) continue;
    if (lastPlaces.get(record.sourceRecordId) !== index) continue;
    const { identifier, sourceRecordId } = record;
    const standing = decision.ledger.get(identifier);
    made ??= originsOf(decision, clientId);
    const origin = origins.get(identifier) ?? made.get(identifier);
    if (!standing || !origin) continue;
    const isOwn = standing.issuer === record.issuer;
    if (isOwn && origin.clientId === clientId && origin.sourceRecordId === sourceRecordId) continue;
    const count = (counts.get(identifier) ?? 0) + 1;
    counts.set(identifier, count);
    if (count > maxOpenClaims) continue;
    disputes.push({ entry, identifier, standingIssuer: standing.issuer, licenseType: standing.licenseType });
  }
  return disputes;
}

/** Where the licenses come from that this very batch brings. */
function originsOf(decision: BatchDecision, clientId: string): ReadonlyMap<string, Origin> {
  return new Map(
    decision.issues.map(({ identifier, record: { sourceRecordId } }) => [identifier, { clientId, sourceRecordId }]),
  );
}
