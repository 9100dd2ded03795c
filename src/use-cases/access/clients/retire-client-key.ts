import type { Caller } from "../../../domain/access/caller.ts";
import { HubError } from "../../../errors.ts";
import type { ClientStore, StoredClient } from "../../../store/access/client-store.ts";

/** What retiring a key needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  transaction: <T>(run: (clients: ClientStore) => Promise<T>) => Promise<T>;
}>;

/** Which key. `force`: also when it is the last one of a client that is not suspended. */
export type RetiredKey = Readonly<{ clientId: string; kid: string; force: boolean }>;

/**
 * Retires a key for good: nothing signed with it is accepted any more. Retiring a retired key changes nothing.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, CLIENT_NOT_FOUND, CLIENT_KEY_NOT_FOUND, CLIENT_KEY_LAST.
 */
export async function retireClientKey(tools: Tools, caller: Caller, input: RetiredKey): Promise<StoredClient> {
  const operator = await tools.permit(caller);
  const { clientId, kid, force } = input;
  return tools.transaction(async (clients) => {
    const client = await clients.lock(clientId);
    if (!client) throw new HubError("CLIENT_NOT_FOUND");
    const keys = await clients.keysOf(clientId);
    const key = keys.find((one) => one.kid === kid);
    if (!key) throw new HubError("CLIENT_KEY_NOT_FOUND");
    if (key.retiredAt === null) {
      const isLast = keys.every((one) => one.kid === kid || one.retiredAt !== null);
      if (isLast && client.active && !force) throw new HubError("CLIENT_KEY_LAST");
      const at = tools.now();
      await clients.retireKey(clientId, kid, at);
      await clients.record({ at, operator, action: "RETIRE_KEY", clientId, details: { kid, wasLast: isLast } });
    }
    const stored = await clients.find(clientId);
    if (!stored) throw new HubError("CLIENT_NOT_FOUND");
    return stored;
  });
}
