import type { Logger } from "pino";
import type { Hub } from "./hub.ts";

/** Work that every copy of the hub does again and again; which copy gets to do it, the database decides. */
const rounds = [
  { everyMs: 1_000, failed: "access records could not be sealed", run: (hub: Hub) => hub.sealAccessRecords() },
  { everyMs: 60_000, failed: "what has expired could not be removed", run: (hub: Hub) => hub.removeExpired() },
  { everyMs: 600_000, failed: "the problem desk could not be tended", run: (hub: Hub) => hub.tendDesk() },
] as const;

/** After a failure a round waits longer: an unreachable database is not asked, and logged, every second. *Units*: milliseconds. */
const restMs = 30_000;

/** Starts the rounds. @returns how to end them: waits for those under way */
export function startRounds(hub: Hub, logger: Logger): () => Promise<void> {
  const ends = rounds.map(({ everyMs, failed, run }) => {
    let running: Promise<void> | undefined;
    let restUntil = 0;
    const once = async () => {
      try {
        await run(hub);
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
    await Promise.all(ends.map((end) => end()));
  };
}
