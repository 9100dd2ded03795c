import type { Action, Caller } from "../../../domain/access/caller.ts";
import { type ActingHolder, isMemberId, mayManage } from "../../../domain/access/member.ts";
import { HubError } from "../../../errors.ts";
import type { MemberStore, StoredMember } from "../../../store/access/member-store.ts";

/** What ending a membership needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller, action: Action) => Promise<ActingHolder>;
  transaction: <T>(run: (members: MemberStore) => Promise<T>) => Promise<T>;
}>;

/**
 * Ends a membership at once; whoever may appoint to a role may end it, and an administrator or clerk may resign. Nobody
 * ends the legal representative: the business register does. Ending an ended one changes nothing.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, MEMBER_NOT_FOUND (also for another enterprise's).
 */
export async function endMember(tools: Tools, caller: Caller, id: string): Promise<StoredMember> {
  const { holder, acting, by, today } = await tools.permit(caller, "MANAGE_MEMBERS");
  return tools.transaction(async (members) => {
    await members.lock(holder);
    // While it waited, the one who asks may have been ended.
    if (by !== "enterprise" && !(await members.findRole(holder, by, today))) throw new HubError("FORBIDDEN");
    const member = isMemberId(id) ? await members.find(holder, id) : undefined;
    const resigns = member?.id === by && member.role !== "LEGAL_REPRESENTATIVE";
    // A clerk sees no other member, so it is told of none.
    if (!member || (acting === "CLERK" && !resigns)) throw new HubError("MEMBER_NOT_FOUND");
    if (!resigns && !mayManage(acting, member.role)) throw new HubError("FORBIDDEN");
    if (member.endedAt !== null) return member;
    const endedAt = tools.now();
    await members.end(holder, id, by, endedAt);
    return { ...member, endedBy: by, endedAt: endedAt.toISOString() };
  });
}
