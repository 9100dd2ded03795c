import { sql } from "kysely";
import type { SourceFacts } from "../../domain/sources/source.ts";
import type { RunEnd } from "../../domain/sources/source-run.ts";
import { type Row, type Sql, toInstant } from "../database.ts";
import { toFacts } from "./source-store.ts";

/** A source taken for one comparison. Without its lease nobody may go on. */
export type ClaimedComparison = Readonly<{ source: SourceFacts; lease: string }>;

/** How a comparison ended, and when the next is due; null: when somebody asks. */
export type ComparisonEnd = Readonly<{
  at: Date;
  outcome: RunEnd;
  detail: string | undefined;
  reconciliationId: string | undefined;
  differing: number | undefined;
  dueAt: Date | null;
}>;

/** How long a source is left alone whose comparison never ended. *Units*: milliseconds. */
const restMs = 1_800_000;

/** When sources are compared with what the hub holds of them, and who is at it. */
export function scheduleStore(db: Sql) {
  return {
    /**
     * Takes the source that has been due longest, if one is due that nobody holds; copies that ask at the same moment get
     * different ones.
     * @param id takes this one, due or not
     */
    claim: async (
      lease: string,
      now: Date,
      leaseUntil: Date,
      id: string | undefined,
    ): Promise<ClaimedComparison | undefined> => {
      const at = now.toISOString();
      const { rows } = await sql<Row<"source">>`
        update source set reconcile_lease = ${lease}, reconcile_lease_until = ${leaseUntil.toISOString()},
          reconcile_began_at = ${at}, reconcile_ended_at = null, reconcile_outcome = null, reconcile_detail = null,
          reconciliation_id = null, reconcile_differing = null,
          reconcile_due_at = ${new Date(now.getTime() + restMs).toISOString()}
        where id = (
          select id from source where active and (id = ${id ?? null}::text or (${id ?? null}::text is null and reconcile_due_at <= ${at}))
            and (reconcile_lease_until is null or reconcile_lease_until <= ${at})
          order by reconcile_due_at, id limit 1 for update skip locked)
        returning *`.execute(db);
      return rows[0] && { source: toFacts(rows[0]), lease };
    },

    /** Whether the comparison still holds its source; holds it longer. */
    extend: async (lease: string, until: Date): Promise<boolean> => {
      const held = await db
        .updateTable("source")
        .set({ reconcile_lease_until: until.toISOString() })
        .where("reconcile_lease", "=", lease)
        .where("active", "=", true)
        .returning("id")
        .executeTakeFirst();
      return held !== undefined;
    },

    /** Ends a comparison and gives its source back, unless another one holds it by now. */
    finish: async (lease: string, end: ComparisonEnd): Promise<void> => {
      await db
        .updateTable("source")
        .set({
          ...{ reconcile_lease: null, reconcile_lease_until: null, reconcile_ended_at: end.at.toISOString() },
          ...{ reconcile_outcome: end.outcome, reconcile_detail: end.detail ?? null },
          ...{ reconciliation_id: end.reconciliationId ?? null, reconcile_differing: end.differing ?? null },
          reconcile_due_at: end.dueAt?.toISOString() ?? null,
        })
        .where("reconcile_lease", "=", lease)
        .execute();
    },

    /** Makes a source due. */
    ask: async (id: string, at: Date): Promise<void> => {
      await db.updateTable("source").set({ reconcile_due_at: at.toISOString() }).where("id", "=", id).execute();
    },

    /** Whether somebody is comparing it. */
    isHeld: async (id: string, now: Date): Promise<boolean> => {
      const row = await db.selectFrom("source").select("reconcile_lease_until").where("id", "=", id).executeTakeFirst();
      return row?.reconcile_lease_until != null && toInstant(row.reconcile_lease_until) > now;
    },
  };
}

/** What `scheduleStore` offers. */
export type ScheduleStore = ReturnType<typeof scheduleStore>;
