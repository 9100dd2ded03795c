import type { Caller } from "../../domain/access/caller.ts";
import { HubError } from "../../errors.ts";
import type { ClientStore } from "../../store/access/client-store.ts";
import type { SourceStore, StoredSource } from "../../store/sources/source-store.ts";

/** What this needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  transaction: <T>(run: (inside: { sources: SourceStore; clients: ClientStore }) => Promise<T>) => Promise<T>;
}>;

/**
 * Asks for a pull at once, whatever the circuit says: a running copy of the hub takes it up within seconds. When a pull is
 * under way, another one follows it.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, SOURCE_NOT_FOUND, SOURCE_SUSPENDED.
 */
export async function askPull(tools: Tools, caller: Caller, id: string): Promise<StoredSource> {
  const operator = await tools.permit(caller);
  return tools.transaction(async ({ sources, clients }) => {
    const source = await sources.lock(id);
    if (!source) throw new HubError("SOURCE_NOT_FOUND");
    if (!source.active) throw new HubError("SOURCE_SUSPENDED");
    await sources.ask(id, tools.now());
    await clients.record({
      at: tools.now(),
      operator,
      action: "PULL_SOURCE",
      clientId: source.client,
      details: { source: id },
    });
    const stored = await sources.find(id);
    if (!stored) throw new HubError("SOURCE_NOT_FOUND");
    return stored;
  });
}
