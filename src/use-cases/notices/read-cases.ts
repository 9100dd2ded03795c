import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { HubError } from "../../errors.ts";
import type { Page } from "../../store/catalogue/catalogue-store.ts";
import type { OpenCase, RelianceStore } from "../../store/notices/reliance-store.ts";

/** What reading cases needs. `read` enters as the client named. */
export type Tools = Readonly<{
  now: () => Date;
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  read: <T>(clientId: string, run: (reliances: RelianceStore) => Promise<T>) => Promise<T>;
}>;

/**
 * The caller's own cases that are open, the newest first, and the licenses each relies on.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function readCases(
  tools: Tools,
  caller: Caller,
  { first, after }: Readonly<{ first: number; after: number | undefined }>,
): Promise<Page<OpenCase>> {
  checkMay(caller, "FOLLOW_CASES");
  const { clientId } = caller;
  if (!(await tools.findClient(clientId))?.active) throw new HubError("FORBIDDEN");
  return tools.read(clientId, (reliances) => reliances.listOpen(clientId, tools.now(), first, after));
}
