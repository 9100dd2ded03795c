import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { HubError } from "../../errors.ts";
import type { RelianceStore } from "../../store/notices/reliance-store.ts";

/** What closing a case needs. `read` enters as the client named, in a transaction. */
export type Tools = Readonly<{
  now: () => Date;
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  read: <T>(clientId: string, run: (reliances: RelianceStore) => Promise<T>) => Promise<T>;
}>;

/**
 * Closes a case of the caller's own: from now on it is told nothing. Fetching into it again opens it again.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, CASE_NOT_FOUND (also for another client's, and for one that is closed).
 */
export async function closeCase(
  tools: Tools,
  caller: Caller,
  { procedure, caseNumber }: Readonly<{ procedure: string; caseNumber: string }>,
): Promise<void> {
  checkMay(caller, "FOLLOW_CASES");
  const { clientId } = caller;
  if (!(await tools.findClient(clientId))?.active) throw new HubError("FORBIDDEN");
  // No such text was ever a case's.
  const isClean = [procedure, caseNumber].every((text) => text.isWellFormed() && !text.includes("\0"));
  const isClosed =
    isClean &&
    (await tools.read(clientId, (reliances) => reliances.close(clientId, procedure, caseNumber, tools.now())));
  if (!isClosed) throw new HubError("CASE_NOT_FOUND");
}
