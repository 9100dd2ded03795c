import { sql } from "kysely";
import type { Sql } from "../database.ts";

/** What places on status lists are made of, for new licenses. */
export function statusPlaces(db: Sql) {
  return {
    /** Numbers that no other license ever got. They may have gaps. */
    takeStatusSequence: async (count: number): Promise<readonly number[]> => {
      const { rows } = await sql<{
        n: number;
      }>`select nextval('license_status_sequence')::int as n from generate_series(1, ${count})`.execute(db);
      return rows.map((row) => row.n);
    },

    /** The secret that shuffles a status list; made with `fresh` at its first use. */
    statusListKey: async (id: number, fresh: () => string): Promise<string> => {
      const find = () => db.selectFrom("status_list").select("shuffle_key").where("id", "=", id).executeTakeFirst();
      const found = await find();
      if (found) return found.shuffle_key;
      await db
        .insertInto("status_list")
        .values({ id, shuffle_key: fresh() })
        .onConflict((c) => c.column("id").doNothing())
        .execute();
      return (await find())?.shuffle_key ?? "";
    },
  };
}
