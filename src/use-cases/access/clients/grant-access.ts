import type { Caller } from "../../../domain/access/caller.ts";
import { type GrantRequest, grantRefusal, isSameGrant } from "../../../domain/access/grant.ts";
import { type CalendarDate, dateOf } from "../../../domain/calendar.ts";
import { HubError } from "../../../errors.ts";
import type { ClientStore } from "../../../store/access/client-store.ts";
import type { GrantStore, StoredGrant } from "../../../store/access/grant-store.ts";

/** What granting needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  transaction: <T>(run: (stores: { clients: ClientStore; grants: GrantStore }) => Promise<T>) => Promise<T>;
}>;

/** A grant as an operator asks for it. `validFrom` undefined: from today, or since the grant that stands. */
export type NewGrant = Omit<GrantRequest, "validFrom"> & Readonly<{ validFrom: CalendarDate | undefined }>;

/**
 * 授权: lets a client see one license type for one procedure of its department that needs it. The same again answers
 * with the grant that stands; other terms need that one revoked first. A grant whose days are over makes way.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, CLIENT_NOT_FOUND, PROCEDURE_NOT_FOUND,
 * GRANT_NOT_ALLOWED, GRANT_NOT_NEEDED, GRANT_EXISTS.
 */
export async function grantAccess(tools: Tools, caller: Caller, input: NewGrant): Promise<StoredGrant> {
  const operator = await tools.permit(caller);
  const at = tools.now();
  const today = dateOf(at);
  return tools.transaction(async ({ clients, grants }) => {
    // The lock comes first: whoever asks for the same at the same moment finds what was granted here.
    const client = await clients.lock(input.clientId);
    const standing = client && (await grants.findStanding(input));
    const isOver = standing?.validUntil != null && standing.validUntil < today;
    if (standing && !isOver) {
      const asked = { ...input, validFrom: input.validFrom ?? standing.validFrom };
      if (isSameGrant(standing, asked)) return standing;
    }
    const request: GrantRequest = { ...input, validFrom: input.validFrom ?? today };
    const refusal = grantRefusal(request, { client, procedure: await grants.findProcedure(input.procedure), today });
    if (refusal) {
      const { code, ...details } = refusal;
      throw new HubError(code, details);
    }
    if (standing && !isOver) throw new HubError("GRANT_EXISTS", { grant: String(standing.id) });
    const { clientId, ...terms } = request;
    if (standing) {
      await grants.revoke(standing.id, operator, at);
      await clients.record({ at, operator, action: "REVOKE_GRANT", clientId, details: { grant: standing.id } });
    }
    const grant = await grants.add(request, operator, at);
    const details = { grant: grant.id, ...terms };
    await clients.record({ at, operator, action: "GRANT_ACCESS", clientId, details });
    return grant;
  });
}
