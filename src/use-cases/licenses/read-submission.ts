import { type Caller, checkMay } from "../../domain/access/caller.ts";
import type { Misses } from "../../domain/access/rate.ts";
import type { StoredSubmission } from "../../store/licenses/collecting-store.ts";

/** What reading a submission needs. */
export type Tools = Readonly<{
  misses: Misses;
  findSubmission: (clientId: string, where: { id: string }) => Promise<StoredSubmission | undefined>;
}>;

/**
 * A batch the caller's own client handed in; undefined for any other id, whether it exists or not.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, RATE_LIMITED.
 */
export async function readSubmission(tools: Tools, caller: Caller, id: string): Promise<StoredSubmission | undefined> {
  checkMay(caller, "READ_SUBMISSION");
  await tools.misses.check(caller);
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
  const found = isId ? await tools.findSubmission(caller.clientId, { id }) : undefined;
  await tools.misses.note(caller, found ? 0 : 1);
  return found;
}
