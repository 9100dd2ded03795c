import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { HubError } from "../../errors.ts";
import type { Page } from "../../store/catalogue/catalogue-store.ts";
import type { Conflict, ConflictFilter, ConflictStore } from "../../store/conflicts/conflict-store.ts";

/** What reading conflicts needs. `read` enters as the client named. */
export type Tools = Readonly<{
  now: () => Date;
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  read: <T>(clientId: string, run: (conflicts: ConflictStore) => Promise<T>) => Promise<T>;
}>;

/** A page of conflicts. `olderThanDays`: opened at least so long ago. */
export type ConflictQuery = Readonly<{
  filter: Omit<ConflictFilter, "openedBefore"> & Readonly<{ olderThanDays?: number | undefined }>;
  first: number;
  after: number | undefined;
}>;

/**
 * 标识冲突 of all departments, the newest first: who claims which identifier, and not what their records say.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID.
 */
export async function readConflicts(
  tools: Tools,
  caller: Caller,
  { filter, first, after }: ConflictQuery,
): Promise<Page<Conflict>> {
  checkMay(caller, "DECIDE_CONFLICTS");
  if (!(await tools.findClient(caller.clientId))?.active) throw new HubError("FORBIDDEN");
  const { status, department, olderThanDays } = filter;
  if (olderThanDays !== undefined && (olderThanDays < 0 || olderThanDays > 36_500))
    throw new HubError("INPUT_INVALID", { argument: "olderThanDays" });
  const openedBefore =
    olderThanDays === undefined ? undefined : new Date(tools.now().getTime() - olderThanDays * 24 * 60 * 60_000);
  return tools.read(caller.clientId, (conflicts) => conflicts.list({ status, department, openedBefore }, first, after));
}
