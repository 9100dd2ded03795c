import { sql } from "kysely";
import { type Row, type Sql, toInstant } from "../database.ts";
import type { StoredFacts } from "../tables/access-tables.ts";

/** A check as remembered until it is used or too old. */
export type StoredCheck = Readonly<{
  id: string;
  clientId: string;
  procedure: string;
  holder: string;
  caseNumber: string;
  reason: string;
  checkedAt: Date;
  facts: StoredFacts;
  used: boolean;
}>;

/** Material checks and the bundles fetched with them. */
export function materialStore(db: Sql) {
  return {
    saveCheck: (check: Omit<StoredCheck, "used">) =>
      db
        .insertInto("material_check")
        .values({
          ...{ id: check.id, client_id: check.clientId, procedure: check.procedure, holder_code: check.holder },
          ...{ case_number: check.caseNumber, reason: check.reason, checked_at: check.checkedAt.toISOString() },
          ...{ as_of: check.facts.asOf, facts: sql<StoredFacts>`${JSON.stringify(check.facts)}::jsonb` },
        })
        .execute(),

    findCheck: async (id: string, clientId: string): Promise<StoredCheck | undefined> => {
      const query = db.selectFrom("material_check").selectAll().where("id", "=", id).where("client_id", "=", clientId);
      const row = await query.executeTakeFirst();
      return row && toCheck(row);
    },

    /** The caller's own check, locked until the transaction ends: two fetches of one check go one after the other. */
    lockCheck: async (id: string, clientId: string): Promise<StoredCheck | undefined> => {
      const row = await db
        .selectFrom("material_check")
        .selectAll()
        .where("id", "=", id)
        .where("client_id", "=", clientId)
        .forUpdate()
        .executeTakeFirst();
      return row && toCheck(row);
    },

    useCheck: (id: string, at: Date) =>
      db
        .updateTable("material_check")
        .set({ used_at: at.toISOString() })
        .where("id", "=", id)
        .where("used_at", "is", null)
        .execute(),

    saveBundle: (bundle: {
      id: string;
      checkId: string;
      clientId: string;
      holder: string;
      receipt: string;
      fetchedAt: Date;
    }) =>
      db
        .insertInto("material_bundle")
        .values({
          ...{ id: bundle.id, check_id: bundle.checkId, client_id: bundle.clientId, holder_code: bundle.holder },
          ...{ receipt: bundle.receipt, fetched_at: bundle.fetchedAt.toISOString() },
        })
        .execute(),
  };
}

/** What `materialStore` offers. */
export type MaterialStore = ReturnType<typeof materialStore>;

function toCheck(row: Row<"material_check">): StoredCheck {
  return {
    ...{ id: row.id, clientId: row.client_id, procedure: row.procedure, holder: row.holder_code, facts: row.facts },
    ...{
      caseNumber: row.case_number,
      reason: row.reason,
      checkedAt: toInstant(row.checked_at),
      used: row.used_at !== null,
    },
  };
}
