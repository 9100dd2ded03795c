import type { Caller } from "../../domain/access/caller.ts";
import type { Page } from "../../store/catalogue/catalogue-store.ts";
import type { SourceStore, StoredRun } from "../../store/sources/source-store.ts";

/** What reading pulls needs. */
export type Tools = Readonly<{ permit: (caller: Caller) => Promise<string>; sources: SourceStore }>;

/** A page of a source's pulls, newest first. */
export type RunQuery = Readonly<{ source: string; first: number; after: number | undefined }>;

/** Pulls of a source, of a removed one too. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING. */
export async function readSourceRuns(tools: Tools, caller: Caller, query: RunQuery): Promise<Page<StoredRun>> {
  await tools.permit(caller);
  return tools.sources.listRuns(query.source, query.first, query.after);
}
