import type { Action, Caller } from "../../../domain/access/caller.ts";
import {
  type ActingHolder,
  type Appointment,
  mayManage,
  memberRefusal,
  sameMember,
  withTerm,
} from "../../../domain/access/member.ts";
import { HubError } from "../../../errors.ts";
import type { MemberStore, StoredMember } from "../../../store/access/member-store.ts";

/** What appointing needs. */
export type Tools = Readonly<{
  now: () => Date;
  newId: () => string;
  permit: (caller: Caller, action: Action) => Promise<ActingHolder>;
  transaction: <T>(run: (members: MemberStore) => Promise<T>) => Promise<T>;
}>;

/**
 * Lets a person act for the enterprise from today on. The enterprise and its legal representative appoint
 * administrators, those appoint clerks as well. The same again answers with the membership that stands.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, MEMBER_LIMIT, MEMBER_EXISTS.
 */
export async function appointMember(tools: Tools, caller: Caller, input: Appointment): Promise<StoredMember> {
  const { holder, isEnterprise, acting, by, today } = await tools.permit(caller, "MANAGE_MEMBERS");
  // Before anything is looked up: who may not appoint learns nothing from trying.
  if (!isEnterprise || !mayManage(acting, input.role)) throw new HubError("FORBIDDEN");
  const appointment = withTerm(input, today);
  return tools.transaction(async (members) => {
    // Two who appoint at the same moment must not both find room for a fifth administrator.
    await members.lock(holder);
    // While it waited, the one who asks may have been ended.
    if (by !== "enterprise" && !(await members.findRole(holder, by, today))) throw new HubError("FORBIDDEN");
    const standing = await members.listStanding(holder, today);
    const same = sameMember(standing, appointment);
    if (same) return same;
    const refusal = memberRefusal(acting, appointment, standing, today);
    if (refusal) {
      const { code, ...details } = refusal;
      throw new HubError(code, details);
    }
    const unknown = await members.unknownTypes(appointment.licenseTypes ?? []);
    if (unknown.length > 0) throw new HubError("INPUT_INVALID", { argument: "licenseTypes" });
    const appointed = { id: tools.newId(), holder, validFrom: today, appointedBy: by, appointedAt: tools.now() };
    return members.add({ ...appointment, ...appointed });
  });
}
