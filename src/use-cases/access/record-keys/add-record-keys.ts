import type { Caller } from "../../../domain/access/caller.ts";
import { clientLimits } from "../../../domain/access/client.ts";
import { HubError } from "../../../errors.ts";
import { parseClientKey } from "../../../proof/access/client-key.ts";
import type { ClientStore } from "../../../store/access/client-store.ts";
import type { RecordKeyStore } from "../../../store/keys/record-key-store.ts";

/** What this needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  transaction: <T>(run: (inside: Readonly<{ clients: ClientStore; keys: RecordKeyStore }>) => Promise<T>) => Promise<T>;
}>;

/** New keys. `jwks`: their public halves. *Trust*: typed by an operator. */
export type NewRecordKeys = Readonly<{ clientId: string; jwks: readonly unknown[] }>;

/**
 * Registers keys a client's records are signed with. A key that stands already changes nothing; one that was retired
 * never comes back.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, CLIENT_NOT_FOUND (also of a client of another kind),
 * CLIENT_KEY_INVALID, CLIENT_KEYS_FULL.
 */
export async function addRecordKeys(tools: Tools, caller: Caller, input: NewRecordKeys): Promise<void> {
  const operator = await tools.permit(caller);
  const { clientId } = input;
  const jwks = new Map(input.jwks.map(parseClientKey).map((jwk) => [jwk.kid, jwk]));
  await tools.transaction(async ({ clients, keys }) => {
    if ((await clients.lock(clientId))?.kind !== "DEPARTMENT") throw new HubError("CLIENT_NOT_FOUND");
    const known = (await keys.keysOf([clientId])).get(clientId) ?? [];
    const standing = known.filter(({ retiredAt }) => retiredAt === null);
    if (known.some(({ kid, retiredAt }) => retiredAt !== null && jwks.has(kid)))
      throw new HubError("CLIENT_KEY_INVALID", { reason: "RETIRED" });
    const fresh = [...jwks.values()].filter(({ kid }) => !standing.some((key) => key.kid === kid));
    if (fresh.length === 0) return;
    if (standing.length + fresh.length > clientLimits.standingRecordKeys) throw new HubError("CLIENT_KEYS_FULL");
    const at = tools.now();
    await keys.addKeys(clientId, fresh, at);
    const details = { kids: fresh.map(({ kid }) => kid) };
    await clients.record({ at, operator, action: "ADD_RECORD_KEY", clientId, details });
  });
}
