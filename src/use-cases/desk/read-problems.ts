import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { HubError } from "../../errors.ts";
import type { Page } from "../../store/catalogue/catalogue-store.ts";
import type { ProblemDesk, ProblemFilter, ProblemRecord } from "../../store/licenses/problem-desk-store.ts";

/** What reading problems needs. `read` enters as the client named. */
export type Tools = Readonly<{
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  read: <T>(clientId: string, run: (desk: ProblemDesk) => Promise<T>) => Promise<T>;
}>;

/** A page of problems. */
export type ProblemQuery = Readonly<{ filter: ProblemFilter; first: number; after: number | undefined }>;

/**
 * 问题数据 of the caller's own department, the newest first: whichever of its clients sent them.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function readProblems(
  tools: Tools,
  caller: Caller,
  { filter, first, after }: ProblemQuery,
): Promise<Page<ProblemRecord>> {
  checkMay(caller, "MEND_RECORDS");
  if (!(await tools.findClient(caller.clientId))?.active) throw new HubError("FORBIDDEN");
  return tools.read(caller.clientId, (desk) => desk.list(filter, first, after));
}
