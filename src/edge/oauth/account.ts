import type { CalendarDate } from "../../domain/calendar.ts";
import type { HolderIdType } from "../../domain/licenses/license-type.ts";
import { checkResidentId } from "../../domain/resident-id.ts";
import { checkUscc } from "../../domain/uscc.ts";
import type { Hub } from "../../hub.ts";
import type { RealIdentity } from "./real-name-login.ts";

/** For whom a token is: the holder itself, or somebody acting for it under a membership. */
export type HolderAccount = Readonly<{
  holder: Readonly<{ idType: HolderIdType; id: string }>;
  member: string | undefined;
}>;

/** Name of the account of somebody who acts for themself. */
export function accountOfHolder({ id }: Pick<RealIdentity, "id">): string {
  return `holder:${id}`;
}

/** Name of the account of somebody who acts for an enterprise; the person is named by the membership. */
export function accountOfMember(membershipId: string): string {
  return `member:${membershipId}`;
}

/**
 * The account of that name, as it stands today: a membership that has ended is nobody's account any more, so its
 * refresh tokens bring nothing.
 */
export async function findAccount(
  senders: Pick<Hub["senders"], "findMembership">,
  name: string,
  today: CalendarDate,
): Promise<HolderAccount | undefined> {
  const [, kind, id = ""] = /^(holder|member):([\dA-Za-z-]{18,36})$/.exec(name) ?? [];
  if (kind === "member") {
    const membership = await senders.findMembership(id, today);
    return membership && { holder: { idType: "USCC", id: membership.holder.id }, member: membership.id };
  }
  if (kind !== "holder") return undefined;
  const idType = checkUscc(id).ok ? "USCC" : checkResidentId(id).ok ? "RESIDENT_ID" : undefined;
  return idType && { holder: { idType, id }, member: undefined };
}
