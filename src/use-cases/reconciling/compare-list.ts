import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { type CalendarDate, dateOf } from "../../domain/calendar.ts";
import type { DayDifference } from "../../domain/reconciling/day-count.ts";
import type { ListSummary, ReconciledPart, RecordOutcome } from "../../domain/reconciling/listed-record.ts";
import { type Reader, readerOf } from "../../store/reader.ts";
import type { ComparedPart, DayAndType, ListStore } from "../../store/reconciling/list-store.ts";
import type { ReconcilingStore, StoredReconciliation } from "../../store/reconciling/reconciling-store.ts";

/** What comparing a list needs. */
export type Tools = Readonly<{
  now: () => Date;
  read: <T>(
    reader: Reader,
    run: (stores: { reconciling: ReconcilingStore; list: ListStore }) => Promise<T>,
  ) => Promise<T>;
}>;

/** A list that was put down. `until`: what is listed after that day only keeps a record from being EXTRA. */
export type PutList = Readonly<{ run: string; listed: number; duplicates: number; until: CalendarDate | undefined }>;

/** Records of one statement, and so the most that is in memory. */
export const partSize = 5_000;

/**
 * Compares a list that lies in the database: tells the records of it that differ wherever the hub holds them, then those
 * the hub holds on the days that differed and the list does not name, at last the figures, which are kept. The list stays.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function* compareList(
  { now, read }: Tools,
  caller: Caller,
  { id, clientId, differences }: StoredReconciliation,
  { run, listed, duplicates, until }: PutList,
): AsyncGenerator<ReconciledPart> {
  checkMay(caller, "RECONCILE");
  const reader = readerOf(caller, "", dateOf(now()));
  const counts: Record<RecordOutcome, number> = { MISSING: 0, EXTRA: 0, STALE: 0, NEWER: 0, DIFFERENT: 0 };
  const next = (days: readonly DayAndType[] | undefined, after: string) =>
    read(reader, ({ list }) =>
      days
        ? list.findExtra(run, clientId, days, after, partSize)
        : list.compareNext(run, clientId, until, after, partSize),
    );
  // First the list itself, then what the hub holds on the days that differed.
  for (const days of [undefined, ...inWindows(differences)]) {
    for await (const part of allParts((after) => next(days, after))) {
      for (const { outcome } of part.differences) counts[outcome] += 1;
      yield { differences: part.differences };
    }
  }
  const { MISSING: missing, EXTRA: extra, STALE: stale, NEWER: newer, DIFFERENT: different } = counts;
  const same = listed - duplicates - missing - stale - newer - different;
  const summary: ListSummary = { listed, duplicates, same, missing, extra, stale, newer, different };
  await read(reader, ({ reconciling }) => reconciling.finish(id, now(), summary));
  yield { summary };
}

async function* allParts(next: (after: string) => Promise<ComparedPart>): AsyncGenerator<ComparedPart> {
  for (let after = ""; ; ) {
    const part = await next(after);
    yield part;
    if (part.count < partSize || part.last === undefined) return;
    after = part.last;
  }
}

/** Days of which one statement reads all, as they were counted; one that is too large stands alone and is read in parts. */
function inWindows(differences: readonly DayDifference[]): readonly (readonly DayAndType[])[] {
  const windows: DayAndType[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const { day, licenseType, ours } of differences) {
    if (ours.count === 0) continue;
    size += ours.count;
    if (size > partSize) {
      windows.push([]);
      size = ours.count;
    }
    windows.at(-1)?.push({ day, licenseType });
  }
  return windows;
}
