import type { Caller } from "../../../domain/access/caller.ts";
import { dateOf } from "../../../domain/calendar.ts";
import type { GrantFilter, GrantStore, StoredGrant } from "../../../store/access/grant-store.ts";
import type { Page } from "../../../store/catalogue/catalogue-store.ts";

/** What reading grants needs. */
export type Tools = Readonly<{ now: () => Date; permit: (caller: Caller) => Promise<string>; grants: GrantStore }>;

/** A page of the grants that fit. */
export type GrantQuery = Readonly<{ filter: GrantFilter; first: number; after: number | undefined }>;

/** 授权 as operators see them, newest first. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING. */
export async function readGrants(
  tools: Tools,
  caller: Caller,
  { filter, first, after }: GrantQuery,
): Promise<Page<StoredGrant>> {
  await tools.permit(caller);
  return tools.grants.list(filter, dateOf(tools.now()), first, after);
}
