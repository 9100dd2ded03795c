import type { Caller } from "../../domain/access/caller.ts";
import { parseSource } from "../../domain/sources/source.ts";
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
 * Adds a source; it is due at once. *Trust*: `input` is whatever an operator typed.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID naming what is wrong, CLIENT_NOT_FOUND, SOURCE_EXISTS.
 */
export async function addSource(tools: Tools, caller: Caller, input: unknown): Promise<StoredSource> {
  const operator = await tools.permit(caller);
  const parsed = parseSource(input);
  if ("fault" in parsed) throw new HubError("INPUT_INVALID", { argument: parsed.fault });
  const { source } = parsed;
  const at = tools.now();
  return tools.transaction(async ({ sources, clients }) => {
    const client = await clients.lock(source.client);
    if (!client) throw new HubError("CLIENT_NOT_FOUND");
    if (client.kind !== "DEPARTMENT") throw new HubError("INPUT_INVALID", { argument: "client" });
    if (!(await sources.add(source, at))) throw new HubError("SOURCE_EXISTS");
    const { client: clientId, ...details } = source;
    await clients.record({ at, operator, action: "ADD_SOURCE", clientId, details });
    const stored = await sources.find(source.id);
    if (!stored) throw new HubError("SOURCE_NOT_FOUND");
    return stored;
  });
}
