import type { Caller } from "../../../domain/access/caller.ts";
import type { UnsignedPolicy } from "../../../domain/access/client.ts";
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
 * Says what becomes of records a client sends without its signature. REFUSED needs a key that stands: otherwise nothing
 * the client could send would be taken.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, CLIENT_NOT_FOUND, CLIENT_KEY_NOT_FOUND.
 */
export async function setUnsignedRecords(
  tools: Tools,
  caller: Caller,
  { clientId, policy }: Readonly<{ clientId: string; policy: UnsignedPolicy }>,
): Promise<void> {
  const operator = await tools.permit(caller);
  await tools.transaction(async ({ clients, keys }) => {
    if ((await clients.lock(clientId))?.kind !== "DEPARTMENT") throw new HubError("CLIENT_NOT_FOUND");
    if ((await keys.unsignedPolicyOf(clientId)) === policy) return;
    const known = (await keys.keysOf([clientId])).get(clientId) ?? [];
    if (policy === "REFUSED" && known.every(({ retiredAt }) => retiredAt !== null))
      throw new HubError("CLIENT_KEY_NOT_FOUND");
    await keys.setUnsignedPolicy(clientId, policy);
    await clients.record({ at: tools.now(), operator, action: "SET_UNSIGNED_RECORDS", clientId, details: { policy } });
  });
}
