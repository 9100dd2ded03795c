import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { dateOf } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import type { CorrectionCount, CorrectionStore } from "../../store/corrections/correction-store.ts";
import { type Reader, readerOf } from "../../store/reader.ts";

/** What counting needs. */
export type Tools = Readonly<{
  now: () => Date;
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  read: <T>(reader: Reader, run: (corrections: CorrectionStore) => Promise<T>) => Promise<T>;
}>;

/**
 * How many corrections there are, by where they stand: of the licenses of the caller's own department, or of all
 * departments for an operator.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function countCorrections(tools: Tools, caller: Caller): Promise<readonly CorrectionCount[]> {
  checkMay(caller, caller.kind === "OPERATOR" ? "OVERSEE_CORRECTIONS" : "ANSWER_CORRECTION");
  if (!(await tools.findClient(caller.clientId))?.active) throw new HubError("FORBIDDEN");
  const today = dateOf(tools.now());
  return tools.read(readerOf(caller, "", today), (corrections) => corrections.count(today));
}
