import type { Caller } from "../../domain/access/caller.ts";
import { HubError } from "../../errors.ts";
import type { ClientStore } from "../../store/access/client-store.ts";
import type { SourceStore } from "../../store/sources/source-store.ts";

/** What this needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  transaction: <T>(run: (inside: { sources: SourceStore; clients: ClientStore }) => Promise<T>) => Promise<T>;
}>;

/**
 * Removes a source and forgets its cursor; licenses and the rows of its pulls stay.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, SOURCE_NOT_FOUND.
 */
export async function removeSource(tools: Tools, caller: Caller, id: string): Promise<{ id: string }> {
  const operator = await tools.permit(caller);
  return tools.transaction(async ({ sources, clients }) => {
    const source = await sources.lock(id);
    if (!source) throw new HubError("SOURCE_NOT_FOUND");
    await sources.remove(id);
    const details = { source: id };
    await clients.record({ at: tools.now(), operator, action: "REMOVE_SOURCE", clientId: source.client, details });
    return { id };
  });
}
