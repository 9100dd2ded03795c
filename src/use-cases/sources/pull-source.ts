import type { Caller } from "../../domain/access/caller.ts";
import type { LineReading } from "../../domain/licenses/record-line.ts";
import { type FetchedPage, type OpenedSource, pageFault } from "../../domain/sources/fetched-page.ts";
import { rowReader } from "../../domain/sources/record-shape.ts";
import { clientOf, type SourceFacts } from "../../domain/sources/source.ts";
import { afterRun, pullLimits, type RunEnd } from "../../domain/sources/source-run.ts";
import { HubError } from "../../errors.ts";
import { digestOf } from "../../proof/canonical-json.ts";
import type { StoredSubmission } from "../../store/licenses/collecting-store.ts";
import type { ClaimedSource, SourceStore } from "../../store/sources/source-store.ts";

type Batch = Readonly<{ batchId: string; records: readonly LineReading[] }>;

/** What pulling needs. */
export type Tools = Readonly<{
  now: () => Date;
  newId: () => string;
  /** 0 to 1. */
  chance: () => number;
  /** How long a source is held without a page. */
  leaseMs: number;
  transaction: <T>(run: (sources: SourceStore) => Promise<T>) => Promise<T>;
  open: (source: SourceFacts, signal: AbortSignal) => OpenedSource;
  /** The verb every department uses; `also` runs in its transaction, and what it throws rolls all of it back. */
  submit: (
    caller: Caller,
    batch: Batch,
    also: (sources: SourceStore, outcome: StoredSubmission) => Promise<void>,
  ) => Promise<unknown>;
}>;

type Ended = Readonly<{ outcome: RunEnd; detail?: string | undefined; accepted: number }>;

/**
 * Pulls the source that has been due longest, page by page, each page a submission of the source's client whose transaction
 * moves the cursor too. Ends in a run that says how it went; throws only what is the hub's own trouble.
 * @returns whether there was one that nobody else held
 */
export async function pullSource(tools: Tools, signal: AbortSignal): Promise<boolean> {
  const leaseUntil = () => new Date(tools.now().getTime() + tools.leaseMs);
  const claimed = await tools.transaction((sources) => sources.claim(tools.newId(), tools.now(), leaseUntil()));
  if (!claimed) return false;
  let ended: Ended;
  try {
    ended = await pullPages(tools, claimed, leaseUntil, signal);
  } catch (error) {
    await finish(tools, claimed, { outcome: "HUB_FAILED", accepted: 0 });
    throw error;
  }
  await finish(tools, claimed, ended);
  return true;
}

async function pullPages(
  tools: Tools,
  claimed: ClaimedSource,
  leaseUntil: () => Date,
  signal: AbortSignal,
): Promise<Ended> {
  const { source, isTrial } = claimed;
  const opened = tools.open(source, signal);
  const startedAt = tools.now().getTime();
  const seen = new Set<string | null>([claimed.cursor]);
  let cursor = claimed.cursor;
  let lastDigest: string | undefined;
  let accepted = 0;
  for (let pages = 0; pages < pullLimits.maxPages && tools.now().getTime() - startedAt < pullLimits.maxMs; pages++) {
    if (signal.aborted) return { outcome: "STOPPED", accepted };
    const page = await opened.fetchPage(cursor, isTrial && pages === 0 ? 1 : pullLimits.tries);
    if ("failure" in page) return { outcome: signal.aborted ? "STOPPED" : page.failure, detail: page.detail, accepted };
    const fault = pageFault(page, cursor, seen, lastDigest);
    if (fault) return { outcome: fault.failure, detail: fault.detail, accepted };
    if (page.cursor === cursor) return { outcome: "DONE", accepted };

    const move = { from: cursor, to: page.cursor, leaseUntil: leaseUntil() };
    try {
      accepted += await storePage(tools, claimed, page, move);
    } catch (error) {
      if (error instanceof LeaseLost) return { outcome: "LEFT", accepted };
      if (error instanceof HubError && error.code === "FORBIDDEN") return { outcome: "CLIENT_REFUSED", accepted };
      throw error;
    }
    if (!page.hasMore) return { outcome: "DONE", accepted };
    cursor = page.cursor;
    seen.add(cursor);
    lastDigest = page.digest;
  }
  return { outcome: "MORE", accepted };
}

/** Thrown inside a page's transaction, to roll it back. */
class LeaseLost extends Error {}

type Move = Readonly<{ from: string | null; to: string | null; leaseUntil: Date }>;

/** Stores a page and moves the cursor over it, both or neither. @returns how many records were accepted */
async function storePage(tools: Tools, claimed: ClaimedSource, page: FetchedPage, move: Move): Promise<number> {
  const { source, lease, addedAt } = claimed;
  const advance = async (sources: SourceStore, counts: Parameters<SourceStore["advance"]>[2]) => {
    if (!(await sources.advance(lease, move, counts))) throw new LeaseLost();
  };
  if (page.rows.length === 0) {
    const nothing = { fetched: 0, accepted: 0, unchanged: 0, rejected: 0, pending: 0 };
    await tools.transaction((sources) => advance(sources, nothing));
    return 0;
  }
  const batch = {
    batchId: `pull:${source.id}:${digestOf({ addedAt, from: move.from, to: move.to, page: page.digest })}`,
    records: page.rows.map(rowReader(source)),
  };
  let stored = 0;
  await tools.submit(clientOf(source), batch, async (sources, { accepted, unchanged, rejected, pending }) => {
    await advance(sources, { fetched: page.rows.length, accepted, unchanged, rejected, pending });
    stored = accepted;
  });
  return stored;
}

async function finish(tools: Tools, { source, lease, failures }: ClaimedSource, ended: Ended): Promise<void> {
  const at = tools.now();
  const { everySeconds } = source;
  const next = afterRun({ failures, everySeconds, accepted: ended.accepted }, ended.outcome, tools.chance());
  const dueAt = new Date(at.getTime() + next.inSeconds * 1_000);
  const { outcome, detail } = ended;
  await tools.transaction((sources) => sources.finish(lease, { at, outcome, detail, failures: next.failures, dueAt }));
}
