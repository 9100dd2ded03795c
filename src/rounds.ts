import type { Logger } from "pino";
import { leanly } from "./edge/guard/lean-heap.ts";
import type { Hub } from "./hub.ts";

/** Work that every copy of the hub does again and again; which copy gets to do it, the database decides. */
const rounds: readonly Round[] = [
  { everyMs: 1_000, failed: "access records could not be sealed", run: (hub) => hub.sealAccessRecords() },
  { everyMs: 1_000, failed: "the keys could not be looked up", run: (hub) => hub.refreshKeys() },
  { everyMs: 60_000, failed: "a key could not be changed", run: (hub) => hub.rotateDueKeys() },
  { everyMs: 60_000, failed: "what has expired could not be removed", run: (hub) => hub.removeExpired() },
  { everyMs: 600_000, failed: "the problem desk could not be tended", run: (hub) => hub.tendDesk() },
  { everyMs: 600_000, failed: "overdue corrections could not be marked", run: (hub) => hub.escalateCorrections() },
  {
    everyMs: 30_000,
    failed: "a source could not be compared",
    run: (hub, signal) => hub.reconcileDueSource(signal, leanly),
  },
  // Several at once: a source that hangs keeps one of them, and the others go on.
  ...Array.from({ length: 6 }, () => ({
    ...{ everyMs: 2_000, failed: "a source could not be pulled" },
    run: async (hub: Hub, signal: AbortSignal) => {
      while (!signal.aborted && (await hub.pullDueSource(signal)));
    },
  })),
];

type Round = Readonly<{
  everyMs: number;
  failed: string;
  /** @param signal ends what may take long when the hub stops */
  run: (hub: Hub, signal: AbortSignal) => Promise<unknown>;
}>;

/** After a failure a round waits longer: an unreachable database is not asked, and logged, every second. *Units*: milliseconds. */
const restMs = 30_000;

/** Starts the rounds. @returns how to end them: waits for those under way */
export function startRounds(hub: Hub, logger: Logger): () => Promise<void> {
  const stop = new AbortController();
  const ends = rounds.map(({ everyMs, failed, run }) => {
    let running: Promise<void> | undefined;
    let restUntil = 0;
    const once = async () => {
      try {
        await run(hub, stop.signal);
      } catch (err) {
        restUntil = performance.now() + restMs;
        logger.warn({ err }, `${failed}; the next try is in half a minute`);
      } finally {
        running = undefined;
      }
    };
    const timer = setInterval(() => {
      if (performance.now() >= restUntil) running ??= once();
    }, everyMs);
    return async () => {
      clearInterval(timer);
      await running;
    };
  });
  return async () => {
    stop.abort();
    await Promise.all(ends.map((end) => end()));
  };
}
