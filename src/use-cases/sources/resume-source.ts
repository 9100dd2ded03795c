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
 * Lets a suspended source be pulled again, at once and from where it was. Resuming one that is pulled changes nothing.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, SOURCE_NOT_FOUND.
 */
export async function resumeSource(tools: Tools, caller: Caller, id: string): Promise<StoredSource> {
  const operator = await tools.permit(caller);
  return tools.transaction(async ({ sources, clients }) => {
    const source = await sources.lock(id);
    if (!source) throw new HubError("SOURCE_NOT_FOUND");
    if (!source.active) {
      await sources.setActive(id, true, tools.now());
      await clients.record({
        at: tools.now(),
        operator,
        action: "RESUME_SOURCE",
        clientId: source.client,
        details: { source: id },
      });
    }
    const stored = await sources.find(id);
    if (!stored) throw new HubError("SOURCE_NOT_FOUND");
    return stored;
  });
}
