import type { Caller } from "../../../domain/access/caller.ts";
import { HubError } from "../../../errors.ts";
import type { ClientStore } from "../../../store/access/client-store.ts";
import type { GrantStore, StoredGrant } from "../../../store/access/grant-store.ts";

/** What revoking needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  transaction: <T>(run: (stores: { clients: ClientStore; grants: GrantStore }) => Promise<T>) => Promise<T>;
}>;

/**
 * Revokes a grant: the next request finds it gone, on every copy of the hub. Revoking a revoked one changes nothing.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, GRANT_NOT_FOUND.
 */
export async function revokeGrant(tools: Tools, caller: Caller, id: number): Promise<StoredGrant> {
  const operator = await tools.permit(caller);
  return tools.transaction(async ({ clients, grants }) => {
    const found = await grants.find(id);
    if (found) await clients.lock(found.clientId);
    // Read again under the lock: another operator may have been faster.
    const grant = found && (await grants.find(id));
    if (!grant) throw new HubError("GRANT_NOT_FOUND");
    if (grant.revokedAt !== null) return grant;
    const at = tools.now();
    await grants.revoke(id, operator, at);
    const { clientId, licenseType, procedure } = grant;
    const details = { grant: id, licenseType, procedure };
    await clients.record({ at, operator, action: "REVOKE_GRANT", clientId, details });
    return { ...grant, revokedBy: operator, revokedAt: at.toISOString() };
  });
}
