import { type Action, type Caller, checkMay } from "../../../domain/access/caller.ts";
import { type ActingHolder, isMemberId } from "../../../domain/access/member.ts";
import { dateOf } from "../../../domain/calendar.ts";
import { HubError } from "../../../errors.ts";
import type { MemberStore } from "../../../store/access/member-store.ts";

/** What letting a holder in needs. */
export type Tools = Readonly<{ now: () => Date; findRole: MemberStore["findRole"] }>;

/**
 * The first line of what holders manage: the token is a holder's, and the membership it was given for still stands.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function permitMember(tools: Tools, caller: Caller, action: Action): Promise<ActingHolder> {
  checkMay(caller, action);
  if (caller.kind !== "HOLDER") throw new HubError("FORBIDDEN");
  const { holder, member } = caller;
  const today = dateOf(tools.now());
  const facts = { holder: holder.id, isEnterprise: holder.idType === "USCC", today };
  if (member === undefined) return { ...facts, acting: "ENTERPRISE", by: "enterprise" };
  const role = isMemberId(member) ? await tools.findRole(holder.id, member, today) : undefined;
  if (!role) throw new HubError("FORBIDDEN");
  return { ...facts, acting: role, by: member };
}
