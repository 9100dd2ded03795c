import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { HubError } from "../../errors.ts";
import type { ProblemDesk, ProblemFilter, ProblemRecord } from "../../store/licenses/problem-desk-store.ts";

/** What exporting needs. `read` enters as the client named. */
export type Tools = Readonly<{
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  read: <T>(clientId: string, run: (desk: ProblemDesk) => Promise<T>) => Promise<T>;
}>;

/** Problems of one statement, and so the most that is in memory: 64 KiB each at most. */
const batchSize = 100;

/**
 * Every problem of the caller's own department that fits, the oldest first, some at a time. Ends with the newest there was
 * when it began. Each part is a short transaction: an export of any length holds nothing open.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING at once, before the first part.
 */
export async function exportProblems(
  tools: Tools,
  caller: Caller,
  filter: ProblemFilter,
): Promise<AsyncGenerator<readonly ProblemRecord[]>> {
  checkMay(caller, "MEND_RECORDS");
  const { clientId } = caller;
  if (!(await tools.findClient(clientId))?.active) throw new HubError("FORBIDDEN");
  return parts(tools, clientId, filter, await tools.read(clientId, (desk) => desk.newestId()));
}

async function* parts(
  tools: Tools,
  clientId: string,
  filter: ProblemFilter,
  lastId: number,
): AsyncGenerator<readonly ProblemRecord[]> {
  for (let afterId = 0; afterId < lastId; ) {
    const from = afterId;
    const part = await tools.read(clientId, (desk) => desk.listBatch(filter, from, lastId, batchSize));
    const last = part.at(-1);
    if (!last) return;
    yield part;
    afterId = last.id;
  }
}
