import { type Caller, checkMay } from "../../domain/access/caller.ts";
import type { RawRecord } from "../../domain/licenses/license-record.ts";
import { HubError } from "../../errors.ts";
import type { StoredSubmission } from "../../store/licenses/collecting-store.ts";
import type { ProblemDesk, ProblemRecord } from "../../store/licenses/problem-desk-store.ts";
import type { StoredResult } from "../../store/tables/license-tables.ts";

/** What correcting needs. `read` enters as the client named. */
export type Tools = Readonly<{
  newId: () => string;
  /** The ordinary verb, with a batch of one. */
  submit: (
    caller: Caller,
    batch: Readonly<{ batchId: string; record: RawRecord; corrects: number }>,
  ) => Promise<StoredSubmission>;
  read: <T>(clientId: string, run: (desk: ProblemDesk) => Promise<T>) => Promise<T>;
}>;

/** The record as it should have been. */
export type Correction = Readonly<{ id: number; record: RawRecord }>;

/** What came of a correction, and the problem after it. */
export type Corrected = Readonly<{ result: StoredResult; problem: ProblemRecord }>;

/**
 * Hands a record in again that was refused or is doubtful, decided like every other; taken without a word, it closes the
 * problem, otherwise the problem says what is wrong now.
 * *Throws* as `submitLicenses`; PROBLEM_NOT_FOUND (also for another department's), PROBLEM_CORRECTED.
 */
export async function correctRecord(tools: Tools, caller: Caller, { id, record }: Correction): Promise<Corrected> {
  checkMay(caller, "MEND_RECORDS");
  const submission = await tools.submit(caller, { batchId: `problem-${id}-${tools.newId()}`, record, corrects: id });
  const problem = await tools.read(caller.clientId, (desk) => desk.find(id));
  const [result] = submission.results;
  if (!result || !problem) throw new HubError("INTERNAL");
  return { result, problem };
}
