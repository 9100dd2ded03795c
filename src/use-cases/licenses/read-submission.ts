import { type Caller, checkMay } from "../../domain/access/caller.ts";
import type { Misses } from "../../domain/access/rate.ts";
import { dateOf } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import type { AccessStore } from "../../store/access/access-store.ts";
import type { CollectingStore, StoredSubmission } from "../../store/licenses/collecting-store.ts";
import { type Reader, readerOf } from "../../store/reader.ts";

/** What reading a submission needs. */
export type Tools = Readonly<{
  now: () => Date;
  misses: Misses;
  read: <T>(
    reader: Reader,
    run: (stores: { access: AccessStore; collecting: CollectingStore }) => Promise<T>,
  ) => Promise<T>;
}>;

/**
 * A batch the caller's own client handed in; undefined for any other id, whether it exists or not.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, RATE_LIMITED.
 */
export async function readSubmission(tools: Tools, caller: Caller, id: string): Promise<StoredSubmission | undefined> {
  checkMay(caller, "READ_SUBMISSION");
  await tools.misses.check(caller);
  const { clientId } = caller;
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
  const found = await tools.read(readerOf(caller, "", dateOf(tools.now())), async ({ access, collecting }) => {
    if (!(await access.findClient(clientId))?.active) throw new HubError("FORBIDDEN");
    return isId ? collecting.findSubmission(clientId, { id }) : undefined;
  });
  await tools.misses.note(caller, found ? 0 : 1);
  return found;
}
