import type { Caller, Purpose } from "../../domain/access/caller.ts";
import { dateOf } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import type { HistoryStore, LicenseChange } from "../../store/licenses/history-store.ts";
import { type Reader, readerOf } from "../../store/reader.ts";

/** What reading changes needs. */
export type Tools = Readonly<{
  now: () => Date;
  read: <T>(reader: Reader, run: (stores: { history: HistoryStore }) => Promise<T>) => Promise<T>;
}>;

/**
 * The changes of licenses just disclosed to the caller for this purpose, each in the order the hub learned them: part
 * of that disclosure, so not recorded again. Of a license the caller could not read there are none.
 * *Throws* UNAUTHENTICATED.
 */
export async function readChanges(
  tools: Tools,
  caller: Caller,
  { identifiers, purpose }: Readonly<{ identifiers: readonly string[]; purpose: Purpose }>,
): Promise<ReadonlyMap<string, readonly LicenseChange[]>> {
  if (caller.kind === "STRANGER") throw new HubError("UNAUTHENTICATED");
  const reader = readerOf(caller, purpose.procedure, dateOf(tools.now()));
  return tools.read(reader, ({ history }) => history.findChanges(identifiers));
}
