import type { Caller } from "../../../domain/access/caller.ts";
import type { ClientFilter, ClientStore, StoredClient } from "../../../store/access/client-store.ts";
import type { Page } from "../../../store/catalogue/catalogue-store.ts";

/** What reading clients needs. */
export type Tools = Readonly<{ permit: (caller: Caller) => Promise<string>; clients: ClientStore }>;

/** One client by its id, or a page of those that fit, by id. */
export type ClientQuery = Readonly<{ id: string } | { filter: ClientFilter; first: number; after: string | undefined }>;

/** 业务系统 as operators see them. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING. */
export async function readClients(tools: Tools, caller: Caller, query: ClientQuery): Promise<Page<StoredClient>> {
  await tools.permit(caller);
  if (!("id" in query)) return tools.clients.list(query.filter, query.first, query.after);
  const client = await tools.clients.find(query.id);
  return { rows: client ? [client] : [], hasNextPage: false };
}
