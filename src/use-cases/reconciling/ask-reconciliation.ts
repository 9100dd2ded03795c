import type { Caller } from "../../domain/access/caller.ts";
import { HubError } from "../../errors.ts";
import type { ClientStore } from "../../store/access/client-store.ts";
import type { ScheduleStore } from "../../store/sources/schedule-store.ts";
import type { SourceStore, StoredSource } from "../../store/sources/source-store.ts";

/** What this needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  transaction: <T>(
    run: (inside: { sources: SourceStore; schedule: ScheduleStore; clients: ClientStore }) => Promise<T>,
  ) => Promise<T>;
}>;

/**
 * Asks for a comparison of a source with what the hub holds of it. @param isOwn true: the caller does it itself, at once;
 * false: a running copy of the hub takes it up within a minute.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, SOURCE_NOT_FOUND, SOURCE_SUSPENDED, SOURCE_RECONCILING.
 */
export async function askReconciliation(
  tools: Tools,
  caller: Caller,
  id: string,
  isOwn: boolean,
): Promise<StoredSource> {
  const operator = await tools.permit(caller);
  return tools.transaction(async ({ sources, schedule, clients }) => {
    const source = await sources.lock(id);
    if (!source) throw new HubError("SOURCE_NOT_FOUND");
    if (!source.active) throw new HubError("SOURCE_SUSPENDED");
    const at = tools.now();
    if (await schedule.isHeld(id, at)) throw new HubError("SOURCE_RECONCILING");
    if (!isOwn) await schedule.ask(id, at);
    await clients.record({
      at,
      operator,
      action: "RECONCILE_SOURCE",
      clientId: source.client,
      details: { source: id },
    });
    const stored = await sources.find(id);
    if (!stored) throw new HubError("SOURCE_NOT_FOUND");
    return stored;
  });
}
