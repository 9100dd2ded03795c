import type { Caller } from "../../../domain/access/caller.ts";
import { HubError } from "../../../errors.ts";
import type { ClientStore } from "../../../store/access/client-store.ts";
import type { RecordKeyStore } from "../../../store/keys/record-key-store.ts";

/** What this needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  transaction: <T>(run: (inside: Readonly<{ clients: ClientStore; keys: RecordKeyStore }>) => Promise<T>) => Promise<T>;
}>;

/**
 * Retires a key for good: no record signed with it is taken in any more, whenever it was signed. What was taken in keeps
 * its signature, and the key is still shown beside it. Retiring a retired key changes nothing.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, CLIENT_NOT_FOUND, CLIENT_KEY_NOT_FOUND.
 */
export async function retireRecordKey(
  tools: Tools,
  caller: Caller,
  { clientId, kid }: Readonly<{ clientId: string; kid: string }>,
): Promise<void> {
  const operator = await tools.permit(caller);
  await tools.transaction(async ({ clients, keys }) => {
    if ((await clients.lock(clientId))?.kind !== "DEPARTMENT") throw new HubError("CLIENT_NOT_FOUND");
    const key = (await keys.keysOf([clientId])).get(clientId)?.find((one) => one.kid === kid);
    if (!key) throw new HubError("CLIENT_KEY_NOT_FOUND");
    if (key.retiredAt !== null) return;
    const at = tools.now();
    await keys.retireKey(clientId, kid, at);
    await clients.record({ at, operator, action: "RETIRE_RECORD_KEY", clientId, details: { kid } });
  });
}
