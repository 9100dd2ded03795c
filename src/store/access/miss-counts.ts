import { type RateWindow, windowOf } from "../../domain/access/rate.ts";
import type { RateStore } from "./rate-store.ts";

/** How long a copy of the hub goes on believing that a client is not over the limit. *Units*: milliseconds. */
export const missMemoryMs = 1_000;

/** Subjects remembered at most; beyond that all are forgotten and asked for again. */
const maxRemembered = 20_000;

type Known = Readonly<{ readAt: number; startsAt: number; total: number }>;

/** How many identifiers a subject asked for in vain in the current window, on all copies of the hub. */
export type MissCounts = ReturnType<typeof missCounts>;

/** Counts misses exactly; what others counted is seen within a second. */
export function missCounts(store: RateStore, limit: number, now: () => Date) {
  const known = new Map<string, Known>();

  const remember = (subject: string, at: Date, window: RateWindow, total: number) => {
    if (known.size >= maxRemembered) known.clear();
    known.set(subject, { readAt: at.getTime(), startsAt: window.startsAt.getTime(), total });
  };

  return {
    /** Whether the subject is over the limit. Over it there is no way back before the window ends. */
    isOver: async (subject: string): Promise<boolean> => {
      const at = now();
      const window = windowOf("miss", at);
      const last = known.get(subject);
      const isCurrent = last !== undefined && last.startsAt === window.startsAt.getTime();
      if (isCurrent && last.total > limit) return true;
      if (isCurrent && at.getTime() - last.readAt < missMemoryMs) return false;
      const total = await store.read(subject, "miss", window.startsAt);
      remember(subject, at, window, total);
      return total > limit;
    },

    /** Adds misses. @returns what the count stands at then; of several who pass the limit at once, one sees it passed */
    add: async (subject: string, misses: number): Promise<number> => {
      const at = now();
      const window = windowOf("miss", at);
      const total = (await store.add(subject, "miss", window.startsAt, misses, 2 ** 30)) ?? 2 ** 30;
      remember(subject, at, window, total);
      return total;
    },
  };
}
