import type { Action, Caller } from "../../../domain/access/caller.ts";
import { type ActingHolder, maySpeakFor } from "../../../domain/access/member.ts";
import { HubError } from "../../../errors.ts";
import type { MemberPosition, MemberStore, StoredMember } from "../../../store/access/member-store.ts";
import type { Page } from "../../../store/catalogue/catalogue-store.ts";

/** What reading members needs. */
export type Tools = Readonly<{
  permit: (caller: Caller, action: Action) => Promise<ActingHolder>;
  members: MemberStore;
}>;

/** A page of members. */
export type MemberQuery = Readonly<{ first: number; after: MemberPosition | undefined }>;

/**
 * Everyone who acts or acted for the caller's own enterprise, the last appointed first. Not for clerks.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function readMembers(
  tools: Tools,
  caller: Caller,
  { first, after }: MemberQuery,
): Promise<Page<StoredMember>> {
  const { holder, acting } = await tools.permit(caller, "MANAGE_MEMBERS");
  if (!maySpeakFor(acting)) throw new HubError("FORBIDDEN");
  return tools.members.list(holder, first, after);
}
