import type { Logger } from "pino";
import { leanly } from "./edge/guard/lean-heap.ts";
import type { Hub } from "./hub.ts";

/** Work that every copy of the hub does again and again; which copy gets to do it, the database decides. */
const rounds: readonly Round[] = [
  { everyMs: 1_000, failed: "access records could not be sealed", run: (hub) => hub.sealAccessRecords() },
  { everyMs: 1_000, failed: "the public log could not be tended", run: tendLog },
  { everyMs: 1_000, failed: "a witness of the public log did not sign", run: (hub) => hub.askWitnesses() },
  { everyMs: 60_000, failed: "older events could not be logged", run: (hub) => hub.logOlderEvents() },
  { everyMs: 1_000, failed: "status lists could not be signed", run: (hub) => hub.publishStatusLists() },
  { everyMs: 600_000, failed: "old status lists could not be removed", run: (hub) => hub.thinStatusLists() },
  { everyMs: 1_000, failed: "the keys could not be looked up", run: (hub) => hub.refreshKeys() },
  { everyMs: 1_000, failed: "licenses of a compromised key could not be signed again", run: signAgain },
  { everyMs: 60_000, failed: "a key could not be changed", run: (hub) => hub.rotateDueKeys() },
  { everyMs: 60_000, failed: "what has expired could not be removed", run: (hub) => hub.removeExpired() },
  { everyMs: 600_000, failed: "the problem desk could not be tended", run: (hub) => hub.tendDesk() },
  { everyMs: 600_000, failed: "overdue corrections could not be marked", run: (hub) => hub.escalateCorrections() },
  {
    everyMs: 30_000,
    failed: "a source could not be compared",
    run: (hub, signal) => hub.reconcileDueSource(signal, leanly),
  },
  // Several at once: a webhook that hangs keeps one of them, and the others go on.
  ...Array.from({ length: 6 }, () => ({
    ...{ everyMs: 1_000, failed: "notices could not be delivered" },
    run: async (hub: Hub, signal: AbortSignal) => {
      while (!signal.aborted && (await hub.deliverDueNotices(signal)));
    },
  })),
  // Several at once: a source that hangs keeps one of them, and the others go on.
  ...Array.from({ length: 6 }, () => ({
    ...{ everyMs: 2_000, failed: "a source could not be pulled" },
    run: async (hub: Hub, signal: AbortSignal) => {
      while (!signal.aborted && (await hub.pullDueSource(signal)));
    },
  })),
];

/** A failure that does not go by itself: it is logged as an error, where all others are warnings. */
class OperatorNeeded extends Error {
  override name = "OperatorNeeded";
}

/** Nothing is signed that would contradict what was signed before: an operator has to look. */
async function tendLog(hub: Hub): Promise<void> {
  const trouble = await hub.tendLog();
  if (!trouble) return;
  const line = `${trouble}: no checkpoint of the public log is signed; see "When nothing is signed" in docs/public-log.md`;
  throw trouble === "LOG_BEHIND" ? new Error(line) : new OperatorNeeded(line);
}

/** Says when it begins and when it ends: an operator waits for it. */
async function signAgain(hub: Hub, signal: AbortSignal, logger: Logger): Promise<void> {
  const onBegin = (left: number) => logger.info({ left }, "licenses of a compromised key are signed again");
  const { signed, left, unfit } = await hub.signLicensesAgain(signal, onBegin);
  if (signed > 0) logger.info({ signed, left }, "licenses of a compromised key were signed again");
  if (unfit > 0) throw new OperatorNeeded(`${unfit} of them are not as the public log has them: see fsck --database`);
}

type Round = Readonly<{
  everyMs: number;
  failed: string;
  /** @param signal ends what may take long when the hub stops */
  run: (hub: Hub, signal: AbortSignal, logger: Logger) => Promise<unknown>;
}>;

/** Longest rest of a round that fails, unless it comes even more rarely by itself. *Units*: milliseconds. */
const longestRestMs = 30_000;

/**
 * How long a round rests after so many failures in a row: about a second after the first, then twice as long each time,
 * so that what was away for a moment is found at once, and what stays away is not asked, and logged, every second.
 * *Units*: milliseconds.
 * @param everyMs how often the round comes by itself
 * @param chance 0 to 1: what failed together must not come back together
 */
export function restAfter(failures: number, everyMs: number, chance: number): number {
  const longest = Math.max(longestRestMs, everyMs);
  return Math.min(longest, 1_000 * 2 ** (failures - 1)) * (0.75 + chance / 2);
}

/**
 * Starts the rounds. A round that succeeds after failures wakes the others that rest: what was away, most often the
 * database, is back.
 * @param chance 0 to 1, anew at each call
 * @returns how to end them: waits for those under way
 */
export function startRounds(hub: Hub, logger: Logger, chance: () => number): () => Promise<void> {
  const stop = new AbortController();
  const turns = rounds.map((round) => {
    let failures = 0;
    let running: Promise<void> | undefined;
    let timer: NodeJS.Timeout | undefined;
    const begin = () => {
      running = once();
    };
    const rest = (ms: number) => {
      running = undefined;
      if (!stop.signal.aborted) timer = setTimeout(begin, ms);
    };
    const once = async () => {
      const { everyMs, failed, run } = round;
      const startedAt = performance.now();
      try {
        await run(hub, stop.signal, logger);
        const wasFailing = failures > 0;
        failures = 0;
        // As a clock that ticks would: what took long does not move the next one.
        rest(everyMs - ((performance.now() - startedAt) % everyMs));
        if (wasFailing) for (const turn of turns) turn.wake();
      } catch (err) {
        failures += 1;
        const ms = restAfter(failures, everyMs, chance());
        logger[err instanceof OperatorNeeded ? "error" : "warn"](
          { err },
          `${failed}; the next try is in ${Math.ceil(ms / 1_000)} s`,
        );
        rest(ms);
      }
    };
    rest(round.everyMs);
    return {
      wake: () => {
        if (failures === 0 || running || stop.signal.aborted) return;
        clearTimeout(timer);
        begin();
      },
      end: async () => {
        clearTimeout(timer);
        await running;
      },
    };
  });
  return async () => {
    stop.abort();
    await Promise.all(turns.map(({ end }) => end()));
  };
}
