import type { Caller } from "../../../domain/access/caller.ts";
import { clientLimits } from "../../../domain/access/client.ts";
import { HubError } from "../../../errors.ts";
import { parseClientKey } from "../../../proof/access/client-key.ts";
import type { ClientStore, StoredClient } from "../../../store/access/client-store.ts";

/** What adding a key needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  transaction: <T>(run: (clients: ClientStore) => Promise<T>) => Promise<T>;
}>;

/** The new key. `jwk`: its public half. *Trust*: typed by an operator. */
export type NewClientKey = Readonly<{ clientId: string; jwk: unknown }>;

/**
 * Adds a key, so that the old one can be retired once the client signs with this: rotation without a pause. A key that
 * stands already changes nothing; one that was retired never comes back.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, CLIENT_NOT_FOUND, CLIENT_KEY_INVALID, CLIENT_KEYS_FULL.
 */
export async function addClientKey(tools: Tools, caller: Caller, input: NewClientKey): Promise<StoredClient> {
  const operator = await tools.permit(caller);
  const { clientId } = input;
  const jwk = parseClientKey(input.jwk);
  return tools.transaction(async (clients) => {
    if (!(await clients.lock(clientId))) throw new HubError("CLIENT_NOT_FOUND");
    const keys = await clients.keysOf(clientId);
    const same = keys.find(({ kid }) => kid === jwk.kid);
    if (same && same.retiredAt !== null) throw new HubError("CLIENT_KEY_INVALID", { reason: "RETIRED" });
    if (!same) {
      const standing = keys.filter(({ retiredAt }) => retiredAt === null).length;
      if (standing >= clientLimits.standingKeys) throw new HubError("CLIENT_KEYS_FULL");
      const at = tools.now();
      await clients.addKeys(clientId, [jwk], at);
      await clients.record({ at, operator, action: "ADD_KEY", clientId, details: { kid: jwk.kid } });
    }
    const stored = await clients.find(clientId);
    if (!stored) throw new HubError("CLIENT_NOT_FOUND");
    return stored;
  });
}
