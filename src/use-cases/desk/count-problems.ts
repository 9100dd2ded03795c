import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { HubError } from "../../errors.ts";
import type { ProblemCount, ProblemDesk } from "../../store/licenses/problem-desk-store.ts";

/** What counting needs. `read` enters as the client named. */
export type Tools = Readonly<{
  now: () => Date;
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  read: <T>(clientId: string, run: (desk: ProblemDesk) => Promise<T>) => Promise<T>;
}>;

/**
 * Open problems by license type and code, and how old they are: of the caller's own department, or of all of them for an
 * operator, who sees numbers and no record.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function countProblems(tools: Tools, caller: Caller): Promise<readonly ProblemCount[]> {
  checkMay(caller, caller.kind === "OPERATOR" ? "OVERSEE_QUALITY" : "MEND_RECORDS");
  if (!(await tools.findClient(caller.clientId))?.active) throw new HubError("FORBIDDEN");
  return tools.read(caller.clientId, (desk) => desk.countOpen(tools.now()));
}
