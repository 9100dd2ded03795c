import { type RawBuilder, sql } from "kysely";
import type { DayCount, DayDifference, DayRange } from "../../domain/reconciling/day-count.ts";
import type { ListSummary } from "../../domain/reconciling/listed-record.ts";
import type { Page } from "../catalogue/catalogue-store.ts";
import { type Row, type Sql, statement } from "../database.ts";

/** A comparison as kept. `list`: what came of the list of records; null until one was compared. */
export type StoredReconciliation = Readonly<{
  id: string;
  department: string;
  clientId: string;
  madeBy: string;
  range: DayRange;
  madeAt: string;
  theirCount: number;
  ourCount: number;
  differences: readonly DayDifference[];
  list: (ListSummary & Readonly<{ listedAt: string }>) | null;
}>;

/** Where a page of comparisons ended. */
export type ReconciliationPosition = Readonly<{ madeAt: string; id: string }>;

/** Comparisons and the counts they rest on. Rows are guarded: inside a transaction that entered as a reader. */
export function reconcilingStore(db: Sql) {
  return {
    /** What a source has told, by day and type. */
    countDays: (clientId: string, { from, until, licenseType }: DayRange): Promise<readonly DayCount[]> =>
      selectCounts(db, [clientId, from, until, licenseType ?? null]),

    add: async (made: Omit<StoredReconciliation, "list" | "madeAt"> & Readonly<{ madeAt: Date }>): Promise<void> => {
      const { id, department, range } = made;
      await db
        .insertInto("reconciliation")
        .values({
          ...{ id, department, client_id: made.clientId, made_by: made.madeBy },
          ...{ license_type: range.licenseType ?? null, from_day: range.from, until_day: range.until },
          ...{ made_at: made.madeAt.toISOString(), their_count: made.theirCount, our_count: made.ourCount },
          differences: sql<DayDifference[]>`${JSON.stringify(made.differences)}::jsonb`,
        })
        .execute();
    },

    /** One the reader may see. @param id a UUID */
    find: async (id: string): Promise<StoredReconciliation | undefined> => {
      const row = await db.selectFrom("reconciliation").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toReconciliation(row);
    },

    /** What came of the list; of two lists for one comparison the later counts. */
    finish: async (id: string, listedAt: Date, summary: ListSummary): Promise<void> => {
      await db
        .updateTable("reconciliation")
        .set({ ...summary, listed_at: listedAt.toISOString() })
        .where("id", "=", id)
        .execute();
    },

    /** Those the reader may see, newest first. @param department narrows: an index of its own */
    list: async (
      department: string | undefined,
      first: number,
      after: ReconciliationPosition | undefined,
    ): Promise<Page<StoredReconciliation>> => {
      let query = db
        .selectFrom("reconciliation")
        .selectAll()
        .orderBy("made_at", "desc")
        .orderBy("id", "desc")
        .limit(first + 1);
      if (department !== undefined) query = query.where("department", "=", department);
      if (after) query = query.where(isBefore(after));
      const rows = await query.execute();
      return { rows: rows.slice(0, first).map(toReconciliation), hasNextPage: rows.length > first };
    },
  };
}

/** What `reconcilingStore` offers. */
export type ReconcilingStore = ReturnType<typeof reconcilingStore>;

function isBefore({ madeAt, id }: ReconciliationPosition): RawBuilder<boolean> {
  return sql<boolean>`(made_at, id) < (${madeAt}::timestamptz, ${id}::uuid)`;
}

const selectCounts = statement<DayCount>(`
  select day::text as day, license_type as "licenseType", count(*)::int as count, sum(line_hash)::text as digest
  from source_record
  where client_id = $1 and day between $2::date and $3::date and ($4::text is null or license_type = $4::text)
  group by 1, 2`);

function toReconciliation(row: Row<"reconciliation">): StoredReconciliation {
  const { id, department, listed_at: listedAt, listed, duplicates, same, missing, extra, stale, newer } = row;
  const isListed = listedAt !== null && listed !== null;
  const figures = {
    ...{ listed: listed ?? 0, duplicates: duplicates ?? 0, same: same ?? 0, missing: missing ?? 0 },
    ...{ extra: extra ?? 0, stale: stale ?? 0, newer: newer ?? 0, different: row.different ?? 0 },
  };
  return {
    ...{ id, department, clientId: row.client_id, madeBy: row.made_by, madeAt: row.made_at },
    range: { from: row.from_day, until: row.until_day, licenseType: row.license_type ?? undefined },
    ...{ theirCount: Number(row.their_count), ourCount: Number(row.our_count), differences: row.differences },
    list: isListed ? { ...figures, listedAt } : null,
  };
}
