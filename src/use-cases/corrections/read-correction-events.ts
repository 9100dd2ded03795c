import type { Caller } from "../../domain/access/caller.ts";
import { dateOf } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import type { CorrectionEvent } from "../../store/corrections/correction-rows.ts";
import type { CorrectionStore } from "../../store/corrections/correction-store.ts";
import { type Reader, readerOf } from "../../store/reader.ts";

/** What reading events needs. */
export type Tools = Readonly<{
  now: () => Date;
  read: <T>(reader: Reader, run: (corrections: CorrectionStore) => Promise<T>) => Promise<T>;
}>;

/**
 * What happened to corrections just shown to the caller, each in its order: the database shows it to their parties only.
 * *Throws* UNAUTHENTICATED.
 */
export async function readCorrectionEvents(
  { now, read }: Tools,
  caller: Caller,
  ids: readonly number[],
): Promise<ReadonlyMap<number, readonly CorrectionEvent[]>> {
  if (caller.kind === "STRANGER") throw new HubError("UNAUTHENTICATED");
  return read(readerOf(caller, "", dateOf(now())), (corrections) => corrections.findEvents(ids));
}
