import { type Caller, checkMay } from "../../domain/access/caller.ts";
import type { DayCount, DayRange, DaysInput } from "../../domain/reconciling/day-count.ts";
import type {
  ListedRecord,
  ListSummary,
  ReconciledPart,
  RecordDifference,
} from "../../domain/reconciling/listed-record.ts";
import { HubError } from "../../errors.ts";
import type { StoredReconciliation } from "../../store/reconciling/reconciling-store.ts";

/** The two steps every department takes. */
export type Tools = Readonly<{
  reconcileDays: (caller: Caller, input: DaysInput) => Promise<StoredReconciliation>;
  reconcileRecords: (
    caller: Caller,
    id: string,
    records: AsyncIterable<ListedRecord>,
  ) => Promise<AsyncIterable<ReconciledPart>>;
}>;

/** A source that can be asked for its own counts, and for its records of some days. */
export type CountingSource = Readonly<{
  countDays: (range: DayRange) => Promise<readonly DayCount[]>;
  listRecords: (days: readonly Pick<DayCount, "day" | "licenseType">[]) => AsyncIterable<ListedRecord>;
}>;

/**
 * Both steps with a source the hub asks itself: its counts, then, where they differ, its records of those days alone.
 * @param onDifferences sees what differs, a part at a time; told apart from the figures, which are kept
 * @returns the comparison, and the figures of the list; null when no day differed
 * *Throws* what the two steps throw, and whatever the source throws.
 */
export async function reconcileSource(
  tools: Tools,
  caller: Caller,
  range: DayRange,
  source: CountingSource,
  onDifferences: (differences: readonly RecordDifference[]) => void | Promise<void> = () => {},
): Promise<Readonly<{ reconciliation: StoredReconciliation; summary: ListSummary | null }>> {
  checkMay(caller, "RECONCILE");
  const days = await source.countDays(range);
  const reconciliation = await tools.reconcileDays(caller, { client: undefined, range, days });
  if (reconciliation.differences.length === 0) return { reconciliation, summary: null };
  const records = source.listRecords(reconciliation.differences);
  for await (const part of await tools.reconcileRecords(caller, reconciliation.id, records)) {
    if ("summary" in part) return { reconciliation, summary: part.summary };
    await onDifferences(part.differences);
  }
  throw new HubError("INTERNAL");
}
