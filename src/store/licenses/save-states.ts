import { sql } from "kysely";
import { type ColumnTypes, rowSource } from "../bulk.ts";
import type { Row, Sql } from "../database.ts";
import type { ChangedState } from "../notices/leave-notices.ts";

/** The present state of a license after a batch. */
export type StateUpdate = Pick<
  Row<"license">,
  "holder_code" | "identifier" | "state" | "state_since" | "successor" | "source_updated_at"
>;

/** Writes the present state of licenses, locked before, and leaves it to their status lists. @returns those that were in another one until now */
export async function saveStates(db: Sql, updates: readonly StateUpdate[]): Promise<readonly ChangedState[]> {
  const { rows } = await sql<ChangedState>`
    with saved as (
      update license l set state = r.state, state_since = r.state_since, successor = r.successor,
        source_updated_at = r.source_updated_at
      from ${rowSource(updateColumns, updates)}, license before
      where l.holder_code = r.holder_code and l.identifier = r.identifier
        and before.holder_code = r.holder_code and before.identifier = r.identifier
      returning l.holder_code, l.identifier, before.state as previous, l.state, l.state_since, l.status_list,
        l.status_index),
    listed as (
      insert into status_change (status_list, status_index, state) select status_list, status_index, state from saved)
    select holder_code, identifier, previous, state, state_since from saved where previous <> state`.execute(db);
  return rows;
}

const updateColumns: ColumnTypes = {
  ...{ holder_code: "text", identifier: "text", state: "text", state_since: "date", successor: "text" },
  source_updated_at: "timestamptz",
};
