import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { differencesOf, maskedSide, type SideDifference, type SideFields } from "../../domain/conflicts/side.ts";
import { HubError } from "../../errors.ts";
import { conflictFactsDigest } from "../../proof/records/conflict-facts.ts";
import type { AccessStore, NewAccessRecord } from "../../store/access/access-store.ts";
import type { ConflictStore, Sides } from "../../store/conflicts/conflict-store.ts";
import { claimedSide, factsOf } from "../../store/conflicts/sides.ts";

/** What reading both sides needs. `read` enters as the client named, in one transaction. */
export type Tools = Readonly<{
  now: () => Date;
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  read: <T>(clientId: string, run: (conflicts: ConflictStore, access: AccessStore) => Promise<T>) => Promise<T>;
}>;

/** Both sides as a clerk sees them. `claimed` null: its content was removed. */
export type ShownSides = Readonly<{
  claim: Sides["claim"];
  standing: Sides["standing"];
  standingFields: SideFields;
  claimed: SideFields | null;
  differences: readonly SideDifference[];
  facts: string;
}>;

/**
 * Both sides of a claim beside each other, what identifies a person masked. That the clerk looked is on record with both
 * holders, before anything is shown.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, CONFLICT_NOT_FOUND.
 */
export async function readConflictSides(tools: Tools, caller: Caller, claimId: number): Promise<ShownSides> {
  checkMay(caller, "DECIDE_CONFLICTS");
  const { clientId } = caller;
  if (!(await tools.findClient(clientId))?.active) throw new HubError("FORBIDDEN");
  return tools.read(clientId, async (conflicts, access) => {
    const sides = await conflicts.findSides(claimId);
    if (!sides) throw new HubError("CONFLICT_NOT_FOUND");
    const { claim, standing } = sides;
    const claimed = claimedSide(sides);
    const [shown, shownClaim] = [maskedSide(standing.fields), claimed && maskedSide(claimed)];
    await access.record(recordsOf(sides, claimed, { at: tools.now(), clientId }));
    return {
      ...{ claim, standing, standingFields: shown, claimed: shownClaim },
      differences: claimed ? differencesOf(standing.fields, claimed) : [],
      facts: conflictFactsDigest(factsOf(sides)),
    };
  });
}

/** 调用留痕: one record a holder. What a claim says is no license, and is recorded without one. */
function recordsOf(
  { claim, standing }: Sides,
  claimed: SideFields | null,
  { at, clientId }: Readonly<{ at: Date; clientId: string }>,
): readonly NewAccessRecord[] {
  const seen = {
    ...({ callerKind: "OPERATOR", action: "READ", outcome: "DISCLOSED", refusal: null } as const),
    ...{ at, clientId, department: null, withheld: 0 },
    purpose: { procedure: "", caseNumber: `conflict-${claim.conflictId}`, reason: "标识冲突核查" },
  };
  const { holder, attributes } = standing.fields;
  const extents = [Object.keys(attributes).join(",")];
  const isSame = claimed?.holder?.id === holder?.id;
  return [
    ...(holder ? [{ ...seen, holder: holder.id, identifiers: [standing.identifier], extents }] : []),
    ...(claimed?.holder && !isSame ? [{ ...seen, holder: claimed.holder.id, identifiers: [] }] : []),
  ];
}
