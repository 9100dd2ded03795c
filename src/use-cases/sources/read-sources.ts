import type { Caller } from "../../domain/access/caller.ts";
import type { Page } from "../../store/catalogue/catalogue-store.ts";
import type { SourceStore, StoredSource } from "../../store/sources/source-store.ts";

/** What reading sources needs. */
export type Tools = Readonly<{ permit: (caller: Caller) => Promise<string>; sources: SourceStore }>;

/** One source by its id, or a page of all, by id. */
export type SourceQuery = Readonly<{ id: string } | { first: number; after: string | undefined }>;

/** Sources as operators see them. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING. */
export async function readSources(tools: Tools, caller: Caller, query: SourceQuery): Promise<Page<StoredSource>> {
  await tools.permit(caller);
  if (!("id" in query)) return tools.sources.list(query.first, query.after);
  const source = await tools.sources.find(query.id);
  return { rows: source ? [source] : [], hasNextPage: false };
}
