import { sql } from "kysely";
import { dateOf } from "../../domain/calendar.ts";
import { keptContentDays, longWaitDays } from "../../domain/licenses/problem-desk.ts";
import { type ColumnTypes, insertRows, rowSource } from "../bulk.ts";
import { type NewClaim, removeOldClaims, saveClaims } from "../conflicts/claim-store.ts";
import { type Sql, statement } from "../database.ts";
import { bucketOf, type CountName, type DeskBatch, type TakenRecord } from "./problem-rows.ts";

/** A problem that a batch corrects, locked. */
export type LockedProblem = Readonly<{ id: number; status: string }>;

/** What a batch leaves at the desk, and when. `corrects`: the problem its one record is the answer to. */
export type DeskEntry = DeskBatch & Readonly<{ department: string; receivedAt: Date; clientId: string }>;

/** What collecting keeps of records that were refused or are doubtful; used inside its transaction. */
export function problemKeeping(db: Sql) {
  return {
    /** A department's problem that somebody is about to correct; undefined: it has none with this id. */
    lockForCorrection: async (department: string, id: number): Promise<LockedProblem | undefined> => {
      const query = db.selectFrom("problem_record").select("status").where("department", "=", department);
      const row = await query.where("id", "=", id).forNoKeyUpdate().executeTakeFirst();
      return row && { id, status: row.status };
    },

    /**
     * Keeps what has something wrong, closes what has been mended and counts the day: three statements, whatever the size of
     * the batch; two when nothing is wrong. The answer to a problem stays in that problem's own row.
     */
    save: async (entry: DeskEntry, corrects: number | undefined): Promise<void> => {
      const { problems, taken, counts, department, receivedAt, clientId } = entry;
      const [answer] = corrects === undefined ? [] : problems.filter((problem) => problem.place !== null);
      const others = problems.filter((problem) => problem !== answer);
      if (others.length > 0) {
        const rows = others.map((row) => ({ ...row, first_received_at: row.received_at }));
        await insertRows("problem_record", problemColumns, rows, andCountAttempts).execute(db);
      }
      if (corrects !== undefined && answer) {
        await sql`update problem_record p set ${sql.raw(newest("p"))} from ${rowSource(problemColumns, [answer])}
          where p.id = ${corrects}`.execute(db);
      }
      const closed =
        taken.length > 0 ? await close(db, taken, clientId, receivedAt, answer ? undefined : corrects) : [];
      for (const place of closed) {
        const mended = taken[place];
        const count = mended && counts.get(mended.licenseType ?? "");
        if (!count) continue;
        count[bucketOf({ outcome: mended.outcome, problems: [] })] -= 1;
        count.corrected += 1;
      }
      const day = dateOf(receivedAt);
      const rows = [...counts].map(([license_type, count]) => ({ day, department, license_type, ...count }));
      if (rows.length > 0) await insertRows("record_count", countColumns, rows, andAdd).execute(db);
    },

    /** Opens conflicts for identifiers that another source's license has, after `save`; see conflicts/claim-store.ts. */
    saveClaims: (claims: readonly NewClaim[]): Promise<void> => saveClaims(db, claims),

    /** Lists events that have waited for long as problems of their senders. */
    listLongWaiting: async (now: Date): Promise<void> => {
      const since = new Date(now.getTime() - longWaitDays * dayMs).toISOString();
      await sql`insert into problem_record (department, client_id, submission_id, source_record_id, license_type, operation,
          first_received_at, received_at, outcome, codes, problems, record)
        select issuer_code, client_id, submission_id, record ->> 'sourceRecordId', record ->> 'licenseType',
          record ->> 'operation', received_at, received_at, 'PENDING', '{WAITING_LONG}',
          '[{"code": "WAITING_LONG", "path": "identifier"}]', record::text
        from pending_event e where received_at <= ${since} and not exists (select from problem_record p
          where p.client_id = e.client_id and p.source_record_id = e.record ->> 'sourceRecordId'
            and p.status <> 'CORRECTED')
        order by received_at limit 1000
        on conflict (client_id, source_record_id) where status <> 'CORRECTED' do nothing`.execute(db);
    },

    /** Removes the content of what was closed long ago: the row says what was wrong, and no more of whom it speaks. */
    removeOldContent: async (now: Date): Promise<void> => {
      const before = new Date(now.getTime() - keptContentDays * dayMs).toISOString();
      await sql`update problem_record set record = null, line = null where id in (select id from problem_record
        where status <> 'OPEN' and (record is not null or line is not null) and closed_at <= ${before}
        order by closed_at limit 1000)`.execute(db);
      await removeOldClaims(db, now);
    },
  };
}

/** What `problemKeeping` offers. */
export type ProblemKeeping = ReturnType<typeof problemKeeping>;

const dayMs = 24 * 60 * 60_000;

/** @returns places of those of `taken` that closed a problem */
async function close(
  db: Sql,
  taken: readonly TakenRecord[],
  clientId: string,
  at: Date,
  corrects: number | undefined,
): Promise<readonly number[]> {
  const rows = await closeProblems(db, [at.toISOString(), clientId, corrects ?? null, JSON.stringify(taken)]);
  return [...new Set(rows.map((row) => row.place - 1))];
}

// The same rule as `closesProblem`, for what is stored. The first one of the batch is the answer to `corrects`.
const closeProblems = statement<{ place: number }>(`
  with taken as (select "clientId" as client_id, "sourceRecordId" as source_record_id, outcome, operation,
      "licenseType" as license_type, place
    from rows from (json_to_recordset($4::json) as ("clientId" text, "sourceRecordId" text, outcome text, operation text,
      "licenseType" text)) with ordinality as r("clientId", "sourceRecordId", outcome, operation, "licenseType", place)),
  mended as (
    select p.id, r.place from taken r join problem_record p
      on p.client_id = r.client_id and p.source_record_id = r.source_record_id and p.status <> 'CORRECTED'
      where r.outcome = 'ACCEPTED' or (r.outcome = 'PENDING' and p.outcome = 'REJECTED')
        or (r.outcome = 'UNCHANGED' and p.outcome <> 'ACCEPTED' and coalesce(p.operation, r.operation) = r.operation
          and (p.license_type is null or p.license_type = r.license_type))
    union
    select p.id, r.place from taken r join problem_record p on p.id = $3::bigint
      where r.place = 1 and p.status <> 'CORRECTED' and (r.outcome = 'ACCEPTED' or p.outcome = 'REJECTED'
        or (r.outcome = 'UNCHANGED' and p.outcome = 'PENDING')))
  update problem_record p set status = 'CORRECTED', closed_at = $1::timestamptz, closed_by = $2
    from mended where p.id = mended.id returning mended.place::int as place`);

const problemColumns: ColumnTypes = {
  ...{ department: "text", client_id: "text", submission_id: "uuid", place: "int", source_record_id: "text" },
  ...{ license_type: "text", operation: "text", first_received_at: "timestamptz", received_at: "timestamptz" },
  ...{ outcome: "text", codes: "text[]", problems: "jsonb", record: "text", line: "text" },
};

// A problem that was dismissed stays so while nothing new is wrong.
const newest = (standing: string, came = "r") => `
  submission_id = ${came}.submission_id, place = ${came}.place, license_type = ${came}.license_type,
  operation = ${came}.operation, received_at = ${came}.received_at, attempts = ${standing}.attempts + 1,
  outcome = ${came}.outcome, codes = ${came}.codes, problems = ${came}.problems, record = ${came}.record,
  line = ${came}.line,
  ${["status", "closed_at", "closed_by", "note"]
    .map(
      (column) => `${column} = case when ${standing}.outcome = ${came}.outcome
        and ${standing}.problems = ${came}.problems then ${standing}.${column}
        else ${column === "status" ? "'OPEN'" : "null"} end`,
    )
    .join(", ")}`;

const andCountAttempts = sql`on conflict (client_id, source_record_id) where status <> 'CORRECTED'
  do update set ${sql.raw(newest("problem_record", "excluded"))}`;

const countNames: readonly CountName[] = ["clean", "doubtful", "unchanged", "rejected", "pending", "corrected"];

const countColumns: ColumnTypes = {
  ...{ day: "date", department: "text", license_type: "text" },
  ...Object.fromEntries(countNames.map((name) => [name, "int"])),
};

const andAdd = sql`on conflict (day, department, license_type) do update set ${sql.raw(
  countNames.map((name) => `${name} = record_count.${name} + excluded.${name}`).join(", "),
)}`;
