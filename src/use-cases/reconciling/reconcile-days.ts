import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { dateOf } from "../../domain/calendar.ts";
import { checkDayCounts, type DayCount, type DaysInput, differencesOf } from "../../domain/reconciling/day-count.ts";
import { HubError } from "../../errors.ts";
import type { AccessStore } from "../../store/access/access-store.ts";
import { type Reader, readerOf } from "../../store/reader.ts";
import type { ReconcilingStore, StoredReconciliation } from "../../store/reconciling/reconciling-store.ts";

/** What comparing days needs. */
export type Tools = Readonly<{
  now: () => Date;
  newId: () => string;
  findClient: AccessStore["findClient"];
  read: <T>(reader: Reader, run: (stores: { reconciling: ReconcilingStore }) => Promise<T>) => Promise<T>;
}>;

/**
 * 对账, first step: compares a source's counts and digests with what the hub took in from it, day by day and type by
 * type. What differs is kept with the comparison. Only records of the caller's own department are counted.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, CLIENT_NOT_FOUND.
 */
export async function reconcileDays(
  { now, newId, findClient, read }: Tools,
  caller: Caller,
  { client, range, days }: DaysInput,
): Promise<StoredReconciliation> {
  checkMay(caller, "RECONCILE");
  checkDayCounts(range, days);
  const own = await findClient(caller.clientId);
  if (!own?.active) throw new HubError("FORBIDDEN");
  const clientId = client ?? caller.clientId;
  // One of another department is answered like one that does not exist.
  if (clientId !== caller.clientId && (await findClient(clientId))?.department !== own.department)
    throw new HubError("CLIENT_NOT_FOUND");
  const madeAt = now();
  return read(readerOf(caller, "", dateOf(madeAt)), async ({ reconciling }) => {
    const ours = await reconciling.countDays(clientId, range);
    const total = (counts: readonly DayCount[]) => counts.reduce((sum, { count }) => sum + count, 0);
    const made = {
      ...{ id: newId(), department: own.department, clientId, madeBy: caller.clientId, range },
      ...{ theirCount: total(days), ourCount: total(ours), differences: differencesOf(days, ours) },
    };
    await reconciling.add({ ...made, madeAt });
    return { ...made, madeAt: madeAt.toISOString(), list: null };
  });
}
