import { sql } from "kysely";
import type { SourceFacts, SourceMapping, SourcePlace } from "../../domain/sources/source.ts";
import { afterRun, circuitOf, type RunEnd } from "../../domain/sources/source-run.ts";
import type { Page } from "../catalogue/catalogue-store.ts";
import { type Row, type Sql, toInstant } from "../database.ts";

/** A pull as kept. *Shape*: instants as PostgreSQL prints them; `outcome` null while it is under way. */
export type StoredRun = Readonly<Omit<Row<"source_run">, "lease">>;

/** A source as kept, with its last pull. */
export type StoredSource = SourceFacts &
  Readonly<{
    active: boolean;
    addedAt: string;
    cursor: string | null;
    dueAt: Date;
    failures: number;
    failingSince: string | null;
    lastRun: StoredRun | undefined;
    /** When it is to be compared with what the hub holds of it; null: when somebody asks. */
    reconcileDueAt: string | null;
    lastComparison: StoredComparison | undefined;
  }>;

/** A comparison as far as it is known. `endedAt` null: it is under way. `differing`: records on which the sides differ. */
export type StoredComparison = Readonly<{
  beganAt: string;
  endedAt: string | null;
  outcome: RunEnd | null;
  detail: string | null;
  reconciliationId: string | null;
  differing: number | null;
}>;

/** A source taken for one pull. `lease` is the pull's name: without it nothing can be stored for the source. */
export type ClaimedSource = Readonly<{
  source: SourceFacts;
  addedAt: string;
  cursor: string | null;
  failures: number;
  /** The circuit is half open. */
  isTrial: boolean;
  lease: string;
}>;

/** What one stored page adds to its pull. */
export type PageCounts = Readonly<Record<"fetched" | "accepted" | "unchanged" | "rejected" | "pending", number>>;

/** Pulls of a source that are kept. */
const keptRuns = 5_000;

/** Sources, who is pulling which, and every pull. */
export function sourceStore(db: Sql) {
  const find = async (id: string): Promise<StoredSource | undefined> =>
    (await withRuns(db, await db.selectFrom("source").selectAll().where("id", "=", id).execute()))[0];
  return {
    find,

    /** Whether it was added; false: the id is taken. It is due at once. */
    add: async (source: SourceFacts, at: Date): Promise<boolean> => {
      const { id, client, name, place, mapping, everySeconds, pageSize, reconcile } = source;
      const added = await db
        .insertInto("source")
        .values({
          ...{ id, client_id: client, name, every_seconds: everySeconds, page_size: pageSize, active: true },
          place: sql<SourcePlace>`${JSON.stringify(place)}::jsonb`,
          mapping: sql<SourceMapping>`${JSON.stringify(mapping)}::jsonb`,
          ...{ added_at: at.toISOString(), due_at: at.toISOString(), failures: 0 },
          ...{ reconcile_every_seconds: reconcile?.everySeconds ?? null, reconcile_days: reconcile?.days ?? null },
          // Not before it has been pulled for a while.
          reconcile_due_at: reconcile ? new Date(at.getTime() + reconcile.everySeconds * 1_000).toISOString() : null,
        })
        .onConflict((conflict) => conflict.column("id").doNothing())
        .returning("id")
        .executeTakeFirst();
      return added !== undefined;
    },

    /** By id. @param after id of the last source seen */
    list: async (first: number, after: string | undefined): Promise<Page<StoredSource>> => {
      let query = db
        .selectFrom("source")
        .selectAll()
        .orderBy("id")
        .limit(first + 1);
      if (after !== undefined) query = query.where("id", ">", after);
      const rows = await query.execute();
      return { rows: await withRuns(db, rows.slice(0, first)), hasNextPage: rows.length > first };
    },

    /** Newest first. @param after number of the last pull seen */
    listRuns: async (id: string, first: number, after: number | undefined): Promise<Page<StoredRun>> => {
      let query = db
        .selectFrom("source_run")
        .selectAll()
        .where("source_id", "=", id)
        .orderBy("id", "desc")
        .limit(first + 1);
      if (after !== undefined) query = query.where("id", "<", after);
      const rows = await query.execute();
      return { rows: rows.slice(0, first).map(toRun), hasNextPage: rows.length > first };
    },

    /** Locks a source for a decision about it. */
    lock: async (id: string): Promise<{ client: string; active: boolean } | undefined> => {
      const row = await db
        .selectFrom("source")
        .select(["client_id", "active"])
        .where("id", "=", id)
        .forUpdate()
        .executeTakeFirst();
      return row && { client: row.client_id, active: row.active };
    },

    /** Suspending takes the lease away: a pull under way stores nothing more. */
    setActive: async (id: string, active: boolean, at: Date): Promise<void> => {
      const now = at.toISOString();
      const change = active ? { active, due_at: now } : { active, lease: null, lease_until: null };
      await db.updateTable("source").set(change).where("id", "=", id).execute();
    },

    /** Makes it due now, and again when the pull under way ends. */
    ask: async (id: string, at: Date): Promise<void> => {
      const now = at.toISOString();
      await db.updateTable("source").set({ due_at: now, asked_at: now }).where("id", "=", id).execute();
    },

    /** Its pulls stay. */
    remove: async (id: string): Promise<void> => {
      await db.deleteFrom("source").where("id", "=", id).execute();
    },

    /**
     * Takes the source that has been due longest, if one is due that nobody holds, and begins a pull. Copies that ask at
     * the same moment get different ones. A pull whose copy was not heard of any more ends as CRASHED, and counts as a
     * failure: a source that brings copies down must not do so one after another.
     * @param lease name of the new pull
     */
    claim: async (lease: string, now: Date, leaseUntil: Date): Promise<ClaimedSource | undefined> => {
      const at = now.toISOString();
      const { rows } = await sql<Row<"source">>`
        update source set lease = ${lease}, lease_until = ${leaseUntil.toISOString()} where id = (
          select id from source where active and due_at <= ${at} and (lease_until is null or lease_until <= ${at})
          order by due_at, id limit 1 for update skip locked)
        returning *`.execute(db);
      const [row] = rows;
      if (!row) return undefined;
      const crashed = await db
        .updateTable("source_run")
        .set({ ended_at: at, outcome: "CRASHED" })
        .where("source_id", "=", row.id)
        .where("ended_at", "is", null)
        .returning("id")
        .execute();
      const failures = row.failures + (crashed.length > 0 ? 1 : 0);
      // When it is due if this pull never ends; one that ends says so itself.
      const dueAt = new Date(
        now.getTime() + afterRun({ ...row, failures, everySeconds: 0, accepted: 0 }, "CRASHED", 0.5).inSeconds * 1_000,
      );
      await sql`update source set failures = ${failures}::int, due_at = ${dueAt.toISOString()},
        failing_since = case when ${failures}::int = 0 then null else coalesce(failing_since, ${at}) end
        where id = ${row.id}`.execute(db);
      await db
        .insertInto("source_run")
        .values({ source_id: row.id, lease, started_at: at, cursor_from: row.cursor, cursor_to: row.cursor })
        .execute();
      await sql`delete from source_run where source_id = ${row.id} and id <= (select id from source_run
        where source_id = ${row.id} order by id desc offset ${keptRuns} limit 1)`.execute(db);
      const isTrial = circuitOf(failures, toInstant(row.due_at), now) === "HALF_OPEN";
      return { source: toFacts(row), addedAt: row.added_at, cursor: row.cursor, failures, isTrial, lease };
    },

    /**
     * Moves the cursor over a page, in the transaction that stores the page.
     * @returns false when the pull no longer holds its source, or the cursor is not where the page began: then nothing of
     * the page may be stored
     */
    advance: async (
      lease: string,
      move: { from: string | null; to: string | null; leaseUntil: Date },
      counts: PageCounts,
    ): Promise<boolean> => {
      const moved = await db
        .updateTable("source")
        .set({ cursor: move.to, lease_until: move.leaseUntil.toISOString() })
        .where("lease", "=", lease)
        .where(sql<boolean>`cursor is not distinct from ${move.from}::text`)
        .returning("id")
        .executeTakeFirst();
      if (!moved) return false;
      await sql`update source_run set pages = pages + 1, fetched = fetched + ${counts.fetched}::int,
        accepted = accepted + ${counts.accepted}::int, unchanged = unchanged + ${counts.unchanged}::int,
        rejected = rejected + ${counts.rejected}::int, pending = pending + ${counts.pending}::int,
        cursor_to = ${move.to}::text where lease = ${lease}`.execute(db);
      return true;
    },

    /** Ends a pull and gives its source back, unless another pull holds it by now. */
    finish: async (
      lease: string,
      end: { at: Date; outcome: RunEnd; detail: string | undefined; failures: number; dueAt: Date },
    ): Promise<void> => {
      const at = end.at.toISOString();
      const run = await db
        .updateTable("source_run")
        .set({ ended_at: at, outcome: end.outcome, detail: end.detail ?? null })
        .where("lease", "=", lease)
        .where("ended_at", "is", null)
        .returning("started_at")
        .executeTakeFirst();
      if (!run) return;
      await sql`update source set lease = null, lease_until = null, failures = ${end.failures}::int,
        failing_since = case when ${end.failures}::int = 0 then null else coalesce(failing_since, ${at}) end,
        due_at = case when asked_at > ${run.started_at}::timestamptz then asked_at else ${end.dueAt.toISOString()} end
        where lease = ${lease}`.execute(db);
    },
  };
}

/** What `sourceStore` offers. */
export type SourceStore = ReturnType<typeof sourceStore>;

/** One statement for the last pulls of all of them. */
async function withRuns(db: Sql, rows: readonly Row<"source">[]): Promise<readonly StoredSource[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const { rows: runs } = await sql<Row<"source_run">>`
    select r.* from unnest(${ids}::text[]) s(id),
      lateral (select * from source_run r where r.source_id = s.id order by r.id desc limit 1) r`.execute(db);
  const runOf = new Map(runs.map((run) => [run.source_id, toRun(run)]));
  return rows.map((row) => ({
    ...toFacts(row),
    ...{ active: row.active, addedAt: row.added_at, cursor: row.cursor, dueAt: toInstant(row.due_at) },
    ...{ failures: row.failures, failingSince: row.failing_since, lastRun: runOf.get(row.id) },
    ...{ reconcileDueAt: row.reconcile_due_at, lastComparison: toComparison(row) },
  }));
}

function toComparison(row: Row<"source">): StoredComparison | undefined {
  const { reconcile_began_at: beganAt, reconcile_outcome: outcome, reconcile_detail: detail } = row;
  if (beganAt === null) return undefined;
  const found = { reconciliationId: row.reconciliation_id, differing: row.reconcile_differing };
  return { beganAt, endedAt: row.reconcile_ended_at, outcome, detail, ...found };
}

/** What a row says of a source itself. */
export function toFacts(row: Row<"source">): SourceFacts {
  const { id, client_id: client, name, every_seconds: everySeconds, page_size: pageSize, place, mapping } = row;
  // Only what `parseSource` let through was ever written there.
  const facts = { place: place as SourcePlace, mapping: mapping as SourceMapping };
  const { reconcile_every_seconds: every, reconcile_days: days } = row;
  const reconcile = every === null || days === null ? undefined : { everySeconds: every, days };
  return { id, client, name, everySeconds, pageSize, ...facts, reconcile };
}

function toRun({ lease: _lease, ...run }: Row<"source_run">): StoredRun {
  return { ...run, id: Number(run.id) };
}
