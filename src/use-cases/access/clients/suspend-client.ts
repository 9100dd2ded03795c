import type { Caller } from "../../../domain/access/caller.ts";
import { HubError } from "../../../errors.ts";
import type { ClientStore, StoredClient } from "../../../store/access/client-store.ts";

/** What this needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  transaction: <T>(run: (clients: ClientStore) => Promise<T>) => Promise<T>;
}>;

/**
 * Suspends a client: its tokens are refused at the next request, on every copy of the hub, and it gets no new ones. Its
 * grants and keys stay as they are. Suspending a suspended client changes nothing and is not recorded again.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, CLIENT_NOT_FOUND; FORBIDDEN also for its own client.
 */
export async function suspendClient(tools: Tools, caller: Caller, clientId: string): Promise<StoredClient> {
  const operator = await tools.permit(caller);
  return tools.transaction(async (clients) => {
    const client = await clients.lock(clientId);
    if (!client) throw new HubError("CLIENT_NOT_FOUND");
    // Nobody locks the last door from outside.
    if (clientId === operator) throw new HubError("FORBIDDEN");
    if (client.active) {
      await clients.setActive(clientId, false);
      await clients.record({ at: tools.now(), operator, action: "SUSPEND_CLIENT", clientId, details: {} });
    }
    const stored = await clients.find(clientId);
    if (!stored) throw new HubError("CLIENT_NOT_FOUND");
    return stored;
  });
}
