import type { SideFields } from "../../domain/conflicts/side.ts";
import type { ConflictFacts } from "../../proof/records/conflict-facts.ts";
import type { Sides } from "./conflict-store.ts";

/** The claim's record field by field, as the license that stands is; null: its content was removed. */
export function claimedSide({ raw }: Sides): SideFields | null {
  if (!raw) return null;
  const { licenseType, number, holder, issuer, region, issuedOn, validFrom, validUntil, predecessor, attributes } = raw;
  return {
    ...{ licenseType, issuer, number: number ?? null, holder: holder ?? null, region: region || null },
    ...{ issuedOn: issuedOn ?? null, validFrom: validFrom ?? null, validUntil: validUntil ?? null },
    predecessor: predecessor ?? null,
    attributes: typeof attributes === "object" && attributes !== null ? { ...attributes } : {},
  };
}

/** What a decision about these sides rests on. */
export function factsOf({ claim, raw, standing }: Sides): ConflictFacts {
  const { identifier, version, state, stateSince, successor, sourceUpdatedAt, contentDigest } = standing;
  return {
    claim: { id: claim.id, digest: claim.contentDigest, record: raw && JSON.stringify(raw) },
    standing: { identifier, version, digest: contentDigest, state, stateSince, successor, sourceUpdatedAt },
  };
}
