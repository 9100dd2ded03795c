import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { noteLimits } from "../../domain/licenses/problem-desk.ts";
import { isPlainText } from "../../domain/plain-text.ts";
import { HubError } from "../../errors.ts";
import type { ProblemDesk, ProblemRecord } from "../../store/licenses/problem-desk-store.ts";

/** What dismissing needs. `read` enters as the client named, in a transaction. */
export type Tools = Readonly<{
  now: () => Date;
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  read: <T>(clientId: string, run: (desk: ProblemDesk) => Promise<T>) => Promise<T>;
}>;

/**
 * Takes a problem off the list, with a reason: the record is right as it is, or should never have come. It moves no score,
 * and comes back when something else is wrong with the record. The same words again change nothing.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, PROBLEM_NOT_FOUND (also for another department's),
 * PROBLEM_CORRECTED, PROBLEM_DISMISSED.
 */
export async function dismissProblem(
  tools: Tools,
  caller: Caller,
  { id, reason }: Readonly<{ id: number; reason: string }>,
): Promise<ProblemRecord> {
  checkMay(caller, "MEND_RECORDS");
  const { clientId } = caller;
  if (!(await tools.findClient(clientId))?.active) throw new HubError("FORBIDDEN");
  if (!isPlainText(reason, noteLimits)) throw new HubError("INPUT_INVALID", { argument: "reason" });
  return tools.read(clientId, async (desk) => {
    const problem = await desk.lock(id);
    if (!problem) throw new HubError("PROBLEM_NOT_FOUND");
    if (problem.status === "CORRECTED") throw new HubError("PROBLEM_CORRECTED");
    if (problem.status === "OPEN") return desk.dismiss(id, reason, clientId, tools.now());
    if (problem.note !== reason) throw new HubError("PROBLEM_DISMISSED");
    return problem;
  });
}
