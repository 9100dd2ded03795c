import type { Caller } from "../../domain/access/caller.ts";
import { addDays, type CalendarDate, dateOf, parseInstant } from "../../domain/calendar.ts";
import type { RawRecord } from "../../domain/licenses/license-record.ts";
import type { LineReading } from "../../domain/licenses/record-line.ts";
import {
  type DayCount,
  type DayRange,
  type DaysInput,
  reconcilingLimits,
  sumCounts,
} from "../../domain/reconciling/day-count.ts";
import type {
  ListedRecord,
  ListSummary,
  ReconciledPart,
  RecordDifference,
} from "../../domain/reconciling/listed-record.ts";
import { type FetchFailure, type OpenedSource, pageFault } from "../../domain/sources/fetched-page.ts";
import { rowReader } from "../../domain/sources/record-shape.ts";
import { clientOf, reconcileDefaults, type SourceFacts } from "../../domain/sources/source.ts";
import { isFailure, pullLimits, type RunEnd } from "../../domain/sources/source-run.ts";
import { HubError } from "../../errors.ts";
import { recordDigests } from "../../proof/records/record-digest.ts";
import type { CountedPart, ListStore } from "../../store/reconciling/list-store.ts";
import type { StoredReconciliation } from "../../store/reconciling/reconciling-store.ts";
import type { ClaimedComparison, ScheduleStore } from "../../store/sources/schedule-store.ts";

/** What comparing a source needs. */
export type Tools = Readonly<{
  now: () => Date;
  newId: () => string;
  /** How long a source is held without a sign of life. */
  leaseMs: number;
  schedule: <T>(run: (schedule: ScheduleStore) => Promise<T>) => Promise<T>;
  open: (source: SourceFacts, signal: AbortSignal) => OpenedSource;
  list: ListStore;
  /** Lists, inside a transaction. */
  listInside: <T>(run: (list: ListStore) => Promise<T>) => Promise<T>;
  reconcileDays: (caller: Caller, input: DaysInput) => Promise<StoredReconciliation>;
  compareList: (
    caller: Caller,
    found: StoredReconciliation,
    put: Readonly<{ run: string; listed: number; duplicates: number; until: CalendarDate | undefined }>,
  ) => AsyncIterable<ReconciledPart>;
}>;

/** Which source, which days, and who looks on. Undefined: the one that is due, the days of its schedule. */
export type Wanted = Readonly<{
  id?: string;
  range?: Pick<DayRange, "from" | "until">;
  /** Runs the work once there is some. */
  around?: <T>(work: () => Promise<T>) => Promise<T>;
  onRead?: (records: number) => void;
  onDifferences?: (differences: readonly RecordDifference[]) => Promise<void>;
}>;

/** What came of it. `read`: records of those days the source has; `unreadable`: rows that are no record. `summary` null: no day differed. */
export type Reconciled = Readonly<{
  outcome: RunEnd;
  detail?: string | undefined;
  read: number;
  unreadable: number;
  reconciliation?: StoredReconciliation;
  summary?: ListSummary | null;
}>;

/**
 * 对账 with a source the hub asks itself: reads all of it from the beginning, page by page into a list in the database, counts
 * it by day, and compares the list where a day differs. What the source changed after the last day is not told: the next
 * pull brings it. Ends in a state of the source that says how it went; throws only what is the hub's own trouble.
 * @returns undefined when there was none that is due, or that nobody else holds
 */
export async function reconcileSource(
  tools: Tools,
  signal: AbortSignal,
  wanted: Wanted = {},
): Promise<Reconciled | undefined> {
  const { now } = tools;
  const leaseUntil = () => new Date(now().getTime() + tools.leaseMs);
  const claimed = await tools.schedule((schedule) => schedule.claim(tools.newId(), now(), leaseUntil(), wanted.id));
  if (!claimed) return undefined;
  let ended: Reconciled;
  const run = tools.newId();
  try {
    const work = () => compareSource(tools, claimed, run, wanted, signal);
    ended = await (wanted.around ? wanted.around(work) : work());
  } catch (error) {
    const outcome = error instanceof HubError && error.code === "FORBIDDEN" ? "CLIENT_REFUSED" : "HUB_FAILED";
    ended = { outcome, read: 0, unreadable: 0 };
    if (outcome === "HUB_FAILED") {
      await finish(tools, claimed, ended);
      throw error;
    }
  } finally {
    await tools.list.drop(run);
  }
  await finish(tools, claimed, ended);
  return ended;
}

async function compareSource(
  tools: Tools,
  { source, lease }: ClaimedComparison,
  run: string,
  { range: days, onRead, onDifferences }: Wanted,
  signal: AbortSignal,
): Promise<Reconciled> {
  const yesterday = addDays(dateOf(tools.now()), -1);
  const { days: usual } = source.reconcile ?? reconcileDefaults;
  const range = { ...(days ?? { from: addDays(yesterday, 1 - usual), until: yesterday }), licenseType: undefined };
  const stillHolds = () =>
    tools.schedule((schedule) => schedule.extend(lease, new Date(tools.now().getTime() + tools.leaseMs)));
  const put = { lines: 0, stored: 0, fresh: 0, unreadable: 0 };
  const startedAt = tools.now();
  let waiting: ListedRecord[] = [];
  const store = async () => {
    if (waiting.length > 0) put.fresh += await tools.list.put(run, startedAt, waiting);
    put.stored += waiting.length;
    waiting = [];
  };
  for await (const page of readSource(tools.open(source, signal), source)) {
    const figures = { read: put.lines, unreadable: put.unreadable };
    if (signal.aborted) return { outcome: "STOPPED", ...figures };
    if ("failure" in page) return { outcome: page.failure, detail: page.detail, ...figures };
    if (!(await stillHolds())) return { outcome: "LEFT", ...figures };
    if (tools.now().getTime() - startedAt.getTime() > maxReadMs)
      return { outcome: "TIMEOUT", detail: `not read within ${maxReadMs / 3_600_000} hours`, ...figures };
    put.unreadable += page.unreadable;
    waiting.push(...page.records.filter(({ sourceUpdatedAt }) => dateOf(sourceUpdatedAt) >= range.from));
    if (waiting.length >= partSize) await store();
    put.lines = put.stored + waiting.length;
    if (put.lines > reconcilingLimits.maxRecords)
      return { outcome: "TOO_LARGE", detail: `more than ${reconcilingLimits.maxRecords} records`, ...figures };
    onRead?.(put.lines);
  }
  await store();
  const counted = await countList(tools, run, range, stillHolds);
  const read = counted.reduce((sum, { count }) => sum + count, 0);
  const figures = { read, unreadable: put.unreadable };
  if (counted.length > reconcilingLimits.maxRows)
    return { outcome: "TOO_LARGE", detail: `more than ${reconcilingLimits.maxRows} days and types`, ...figures };

  const caller = clientOf(source);
  const reconciliation = await tools.reconcileDays(caller, { client: undefined, range, days: counted });
  if (reconciliation.differences.length === 0) return { outcome: "DONE", ...figures, reconciliation, summary: null };
  const duplicates = put.lines - put.fresh;
  const list = { run, listed: read + duplicates, duplicates, until: range.until };
  for await (const part of tools.compareList(caller, reconciliation, list)) {
    if (signal.aborted) return { outcome: "STOPPED", ...figures };
    if ("summary" in part) return { outcome: "DONE", ...figures, reconciliation, summary: part.summary };
    if (!(await stillHolds())) return { outcome: "LEFT", ...figures };
    await onDifferences?.(part.differences);
  }
  throw new HubError("INTERNAL");
}

type ReadPart = Readonly<{ records: readonly ListedRecord[]; unreadable: number }>;

/** Records of one statement. */
const partSize = 5_000;

/** How long reading a source may take. *Units*: milliseconds. */
const maxReadMs = 4 * 3_600_000;

/** Everything a source has, a page at a time, from the beginning: what its cursor has passed may have gone. */
async function* readSource(opened: OpenedSource, source: SourceFacts): AsyncGenerator<ReadPart | FetchFailure> {
  const readRow = rowReader(source);
  let seen = new Set<string | null>([null]);
  let [cursor, lastDigest]: [string | null, string | undefined] = [null, undefined];
  for (let pages = 1; ; pages++) {
    const page = await opened.fetchPage(cursor, pullLimits.tries);
    if ("failure" in page) return yield page;
    const fault = pageFault(page, cursor, seen, lastDigest);
    if (fault) return yield fault;
    const records = page.rows.flatMap((row) => listedOf(readRow(row)) ?? []);
    yield { records, unreadable: page.rows.length - records.length };
    if (!page.hasMore || page.cursor === cursor) return;
    cursor = page.cursor;
    // One at a time, ever farther apart (Brent): a ring is found all the same, and cursors without end fill no memory.
    if ((pages & (pages - 1)) === 0) seen = new Set([null, cursor]);
    lastDigest = page.digest;
  }
}

/** What a row says of itself as a record; undefined: it is none. */
function listedOf(reading: LineReading): ListedRecord | undefined {
  if (!("raw" in reading)) return undefined;
  const { sourceRecordId, licenseType } = reading.raw;
  const sourceUpdatedAt = parseInstant(reading.raw.sourceUpdatedAt);
  if (!sourceUpdatedAt || !isName(sourceRecordId, 200) || !isName(licenseType, 100)) return undefined;
  const contentDigest = contentOf(reading.raw);
  if (contentDigest === undefined) return undefined;
  return { sourceRecordId, licenseType, sourceUpdatedAt, contentDigest };
}

/** Digest of what a record says; undefined: no JSON can say it, and so it was never taken in. */
function contentOf(raw: RawRecord): string | undefined {
  try {
    return recordDigests(raw).content;
  } catch (error) {
    if (error instanceof HubError && error.code === "INPUT_INVALID") return undefined;
    throw error;
  }
}

function isName(text: string, most: number): boolean {
  return text !== "" && text.length <= most && text.isWellFormed() && !/\p{Cc}/u.test(text);
}

/** Counts of the whole list; no statement counts more than a part of it. */
async function countList(
  { listInside }: Tools,
  run: string,
  range: DayRange,
  stillHolds: () => Promise<boolean>,
): Promise<readonly DayCount[]> {
  const linesPerCount = 50_000;
  let sums: readonly DayCount[] = [];
  let part: CountedPart;
  let after = "";
  do {
    part = await listInside((list) => list.countNext(run, range, after, linesPerCount));
    sums = sumCounts([...sums, ...part.counts]);
    after = part.last ?? "";
    await stillHolds();
    // A type a record would fill the memory; what is too much already need not be counted to its end.
  } while (part.count === linesPerCount && sums.length <= reconcilingLimits.maxRows);
  return sums;
}

/** When a comparison that failed is tried again, at the latest. *Units*: seconds. */
const retrySeconds = 1_800;

async function finish(tools: Tools, { source, lease }: ClaimedComparison, ended: Reconciled): Promise<void> {
  const at = tools.now();
  const { outcome, detail, reconciliation, summary } = ended;
  const every = source.reconcile?.everySeconds;
  const seconds = isFailure(outcome) ? Math.min(retrySeconds, every ?? 0) : outcome === "DONE" ? every : 0;
  // What nobody planned is not tried again by itself, unless a hub that stopped left it.
  const isOver = every === undefined && outcome !== "STOPPED";
  const dueAt = isOver ? null : new Date(at.getTime() + (seconds ?? 0) * 1_000);
  const differing = outcome === "DONE" ? countDiffering(summary) : undefined;
  await tools.schedule((schedule) =>
    schedule.finish(lease, { at, outcome, detail, reconciliationId: reconciliation?.id, differing, dueAt }),
  );
}

/** Records on which the sides differ. */
function countDiffering(summary: ListSummary | null | undefined): number {
  if (!summary) return 0;
  return summary.missing + summary.extra + summary.stale + summary.newer + summary.different;
}
