import type { Caller, Purpose } from "../../domain/access/caller.ts";
import { dateOf } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import type { LicenseObjection } from "../../store/corrections/correction-rows.ts";
import type { CorrectionStore } from "../../store/corrections/correction-store.ts";
import { type Reader, readerOf } from "../../store/reader.ts";

/** What reading objections needs. */
export type Tools = Readonly<{
  now: () => Date;
  read: <T>(reader: Reader, run: (corrections: CorrectionStore) => Promise<T>) => Promise<T>;
}>;

/**
 * The objections that wait, to licenses just disclosed to the caller for this purpose: part of that disclosure, so not
 * recorded again. Of a license the caller could not read there are none.
 * *Throws* UNAUTHENTICATED.
 */
export async function readLicenseObjections(
  { now, read }: Tools,
  caller: Caller,
  { identifiers, purpose }: Readonly<{ identifiers: readonly string[]; purpose: Purpose }>,
): Promise<ReadonlyMap<string, readonly LicenseObjection[]>> {
  if (caller.kind === "STRANGER") throw new HubError("UNAUTHENTICATED");
  const reader = readerOf(caller, purpose.procedure, dateOf(now()));
  return read(reader, (corrections) => corrections.findOfLicenses(identifiers));
}
