import type { Entry } from "../licenses/batch.ts";
import type { StoredState } from "../licenses/license.ts";

/** 标识冲突: where it stands. DECIDED: a clerk decided about a claim; WITHDRAWN: its claims went away by themselves. */
export const conflictStatuses = ["OPEN", "DECIDED", "WITHDRAWN"] as const;
export type ConflictStatus = (typeof conflictStatuses)[number];

/** What became of a claim. WITHDRAWN: its record was corrected; DISMISSED: its department said that it is none. */
export const claimStatuses = ["OPEN", "REFUSED", "GIVEN", "WITHDRAWN", "DISMISSED"] as const;
export type ClaimStatus = (typeof claimStatuses)[number];

/** What a clerk may decide about a claim. */
export const conflictDecisions = ["KEEP_STANDING", "BOTH_RIGHT", "CLAIM_RIGHT"] as const;
export type ConflictDecision = (typeof conflictDecisions)[number];

/** Of the reason of a decision. *Units*: characters. */
export const decisionReasonLimits = { least: 2, most: 200 } as const;

/** Open claims of one department on one identifier: what comes beyond them stays refused and opens nothing. */
export const maxOpenClaims = 10;

/** The operation by which a decision ends the license that stands, and what becomes of it. */
export const endingOperation = { operation: "CANCEL", outcome: "REVOKED" } as const;

/** Which source a record comes from. */
export type Origin = Readonly<{ clientId: string; sourceRecordId: string }>;

/** An identifier that its source spent twice, and the one the hub gave. An empty text stands for any. */
export type Alias = Readonly<{ brought: string; given: string; clientId: string; sourceRecordId: string }>;

/** The claim and the license in its way, as far as an alias looks at them. */
type Parties = Readonly<{
  claim: Origin & Readonly<{ issuer: string }>;
  standing: Origin & Readonly<{ issuer: string }>;
}>;

/**
 * For which records of the claimant's department an identifier means another one: all of them, when the license that stands
 * is another department's; else those of the client; else those under the same source record alone.
 */
export function aliasScope({ claim, standing }: Parties): Origin {
  if (claim.issuer !== standing.issuer) return { clientId: "", sourceRecordId: "" };
  if (claim.clientId !== standing.clientId) return { clientId: claim.clientId, sourceRecordId: "" };
  return { clientId: claim.clientId, sourceRecordId: claim.sourceRecordId };
}

/** Records read as their source means them. The narrowest alias counts. @returns the same list when none is named */
export function renamed(entries: readonly Entry[], aliases: readonly Alias[], clientId: string): readonly Entry[] {
  if (aliases.length === 0) return entries;
  const byBrought = Map.groupBy(aliases, ({ brought }) => brought);
  const meant = (name: string | undefined, sourceRecordId: string) => {
    const fitting = (byBrought.get(name ?? "") ?? []).filter(
      (alias) =>
        (alias.clientId === "" || alias.clientId === clientId) &&
        (alias.sourceRecordId === "" || alias.sourceRecordId === sourceRecordId),
    );
    const narrowness = (alias: Alias) => Number(alias.clientId !== "") + Number(alias.sourceRecordId !== "");
    return fitting.toSorted((a, b) => narrowness(b) - narrowness(a))[0]?.given ?? name;
  };
  let isChanged = false;
  const read = entries.map((entry): Entry => {
    const { record } = entry;
    const { sourceRecordId } = record;
    if (record.kind === "EVENT") {
      const identifier = meant(record.identifier, sourceRecordId) ?? record.identifier;
      if (identifier === record.identifier) return entry;
      isChanged = true;
      return { ...entry, record: { ...record, identifier } };
    }
    const identifier = meant(record.identifier, sourceRecordId);
    const predecessor = meant(record.predecessor, sourceRecordId);
    if (identifier === record.identifier && predecessor === record.predecessor) return entry;
    isChanged = true;
    return { ...entry, record: { ...record, identifier, predecessor } };
  });
  return isChanged ? read : entries;
}

/** Whether a decision can still end a license in this state. */
export function isEndable(state: StoredState, hasSuccessor: boolean): boolean {
  return !hasSuccessor && (["VALID", "SUSPENDED", "LAPSED", "OTHER"] as const).some((standing) => standing === state);
}
