import type { Caller, Purpose } from "../../domain/access/caller.ts";
import { dateOf } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import type { HistoryStore, SignedChange, SourceSignature } from "../../store/licenses/history-store.ts";
import { type Reader, readerOf } from "../../store/reader.ts";

/** What reading signatures needs. */
export type Tools = Readonly<{
  now: () => Date;
  read: <T>(reader: Reader, run: (stores: { history: HistoryStore }) => Promise<T>) => Promise<T>;
}>;

/**
 * The signatures of the records that changed licenses just disclosed whole to the caller for this purpose, each in the place
 * of its change: part of that disclosure, so not recorded again. *Throws* UNAUTHENTICATED.
 */
export async function readSignatures(
  tools: Tools,
  caller: Caller,
  { changes, purpose }: Readonly<{ changes: readonly SignedChange[]; purpose: Purpose }>,
): Promise<readonly (SourceSignature | undefined)[]> {
  if (caller.kind === "STRANGER") throw new HubError("UNAUTHENTICATED");
  const reader = readerOf(caller, purpose.procedure, dateOf(tools.now()));
  return tools.read(reader, ({ history }) => history.findSignatures(changes));
}
