import type { RateKind } from "../../domain/access/rate.ts";
import { type Sql, statement } from "../database.ts";

/** The counts all copies of the hub share. */
export type RateStore = ReturnType<typeof rateStore>;

/** Counts by subject, kind and window. */
export function rateStore(db: Sql) {
  return {
    /**
     * Adds to a count and returns what it stands at then; undefined when it stood at the limit already.
     * *Trust*: concurrent adders each see their own result: the row is locked by the statement.
     */
    add: async (
      subject: string,
      kind: RateKind,
      startsAt: Date,
      points: number,
      limit: number,
    ): Promise<number | undefined> => {
      const [row] = await addPoints(db, [subject, kind, startsAt, points, limit]);
      return row?.taken;
    },

    /** What a count stands at. */
    read: async (subject: string, kind: RateKind, startsAt: Date): Promise<number> => {
      const [row] = await readPoints(db, [subject, kind, startsAt]);
      return row?.taken ?? 0;
    },

    /** Removes windows that are over, some at a time; copies that do so at once pass each other by. */
    removeBefore: async (startsAt: Date): Promise<void> => {
      await removeWindows(db, [startsAt]);
    },
  };
}

const addPoints = statement<{ taken: number }>(
  `insert into rate_window as r (subject, kind, starts_at, taken) values ($1, $2, $3, $4)
   on conflict (subject, kind, starts_at) do update set taken = r.taken + excluded.taken where r.taken < $5
   returning taken`,
);

const readPoints = statement<{ taken: number }>(
  "select taken from rate_window where subject = $1 and kind = $2 and starts_at = $3",
);

const removeWindows = statement<never>(
  `delete from rate_window where ctid = any (array(
     select ctid from rate_window where starts_at < $1 limit 5000 for update skip locked))`,
);
