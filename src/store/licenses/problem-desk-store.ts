import { sql } from "kysely";
import { type CalendarDate, startOfDay } from "../../domain/calendar.ts";
import type { Severity } from "../../domain/licenses/problem.ts";
import { type ProblemStatus, soonDays } from "../../domain/licenses/problem-desk.ts";
import type { Page } from "../catalogue/catalogue-store.ts";
import { type Row, type Sql, statement, toIso } from "../database.ts";

/** 问题数据, as its department sees it. */
export type ProblemRecord = Readonly<{
  id: number;
  clientId: string;
  submissionId: string;
  place: number | null;
  sourceRecordId: string | null;
  licenseType: string | null;
  operation: Row<"problem_record">["operation"];
  firstReceivedAt: string;
  receivedAt: string;
  attempts: number;
  outcome: Row<"problem_record">["outcome"];
  problems: Row<"problem_record">["problems"];
  /** JSON as it came. */
  record: string | null;
  line: string | null;
  status: ProblemStatus;
  closedAt: string | null;
  closedBy: string | null;
  note: string | null;
}>;

/** Which problems are asked for. `from` and `until`: when the record came last. */
export type ProblemFilter = Readonly<{
  status?: ProblemStatus | undefined;
  code?: string | undefined;
  licenseType?: string | undefined;
  severity?: Severity | undefined;
  sourceRecordId?: string | undefined;
  from?: Date | undefined;
  until?: Date | undefined;
}>;

/** Open problems of a department with one code and license type, by how long ago they came first. */
export type ProblemCount = Readonly<{
  department: string;
  licenseType: string | null;
  code: string;
  open: number;
  under7Days: number;
  under30Days: number;
  over30Days: number;
  oldest: string;
}>;

/** What came of a department's records of one license type. `came`: day by day; `kept`: by the day a record came first. */
export type QualityCount = Readonly<{
  department: string;
  licenseType: string | null;
  came: Record<"clean" | "doubtful" | "unchanged" | "rejected" | "pending" | "corrected", number>;
  kept: Record<"correctedSoon" | "correctedLate" | "doubtful" | "refused", number>;
}>;

/**
 * The desk of a department. Problems are read in a transaction that entered as the department's client: the database shows
 * it no other department's.
 */
export function problemDesk(db: Sql) {
  const matching = ({ status, code, licenseType, severity, sourceRecordId, from, until }: ProblemFilter) => {
    let query = db.selectFrom("problem_record").selectAll();
    if (status !== undefined) query = query.where("status", "=", status);
    if (code !== undefined) query = query.where(sql<boolean>`${code} = any(codes)`);
    if (licenseType !== undefined) query = query.where("license_type", "=", licenseType);
    if (severity !== undefined) query = query.where("outcome", severity === "ERROR" ? "=" : "<>", "REJECTED");
    if (sourceRecordId !== undefined) query = query.where("source_record_id", "=", sourceRecordId);
    if (from !== undefined) query = query.where("received_at", ">=", from.toISOString());
    if (until !== undefined) query = query.where("received_at", "<=", until.toISOString());
    return query;
  };
  return {
    /** The newest first. @param after number of the last problem seen */
    list: async (filter: ProblemFilter, first: number, after: number | undefined): Promise<Page<ProblemRecord>> => {
      let query = matching(filter)
        .orderBy("id", "desc")
        .limit(first + 1);
      if (after !== undefined) query = query.where("id", "<", after);
      const rows = await query.execute();
      return { rows: rows.slice(0, first).map(toProblem), hasNextPage: rows.length > first };
    },

    /** The oldest first, up to a last one. */
    listBatch: async (filter: ProblemFilter, afterId: number, lastId: number, most: number) => {
      const query = matching(filter).where("id", ">", afterId).where("id", "<=", lastId).orderBy("id").limit(most);
      return (await query.execute()).map(toProblem);
    },

    /** The newest problem's number: an export that begins now ends there. */
    newestId: async (): Promise<number> => {
      const { rows } = await sql<{ id: string | null }>`select max(id) as id from problem_record`.execute(db);
      return Number(rows[0]?.id ?? 0);
    },

    find: async (id: number): Promise<ProblemRecord | undefined> => {
      const row = await db.selectFrom("problem_record").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toProblem(row);
    },

    lock: async (id: number): Promise<ProblemRecord | undefined> => {
      const query = db.selectFrom("problem_record").selectAll().where("id", "=", id);
      const row = await query.forNoKeyUpdate().executeTakeFirst();
      return row && toProblem(row);
    },

    dismiss: async (id: number, note: string, closedBy: string, at: Date): Promise<ProblemRecord> => {
      const row = await db
        .updateTable("problem_record")
        .set({ status: "DISMISSED", note, closed_by: closedBy, closed_at: at.toISOString() })
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirstOrThrow();
      return toProblem(row);
    },

    /** Of the departments the reader may see: its own, or all of them as an operator. Most open problems first. */
    countOpen: async (now: Date): Promise<readonly ProblemCount[]> =>
      (await countProblems(db, [now.toISOString()])).map((row) => ({
        ...{ department: row.department, licenseType: row.license_type, code: row.code, open: row.open },
        ...{ under7Days: row.under_7_days, under30Days: row.under_30_days, over30Days: row.over_30_days },
        oldest: toIso(row.oldest),
      })),

    /** Of the same departments; both days are in it. */
    countQuality: async (from: CalendarDate, until: CalendarDate): Promise<readonly QualityCount[]> => {
      const rows = await countQuality(db, [from, until, startOfDay(from).toISOString(), `${soonDays} days`]);
      return rows.map(({ came, kept, department, license_type }) => ({
        ...{ department, licenseType: license_type === "" ? null : license_type, came, kept },
      }));
    },
  };
}

/** What `problemDesk` offers. */
export type ProblemDesk = ReturnType<typeof problemDesk>;

const countProblems = statement<{
  department: string;
  license_type: string | null;
  code: string;
  open: number;
  under_7_days: number;
  under_30_days: number;
  over_30_days: number;
  oldest: string;
}>("select * from hub_count_problems($1::timestamptz)");

const countQuality = statement<Pick<QualityCount, "department" | "came" | "kept"> & { license_type: string }>(`
  select department, license_type,
    jsonb_build_object('clean', coalesce(c.clean, 0), 'doubtful', coalesce(c.doubtful, 0),
      'unchanged', coalesce(c.unchanged, 0), 'rejected', coalesce(c.rejected, 0), 'pending', coalesce(c.pending, 0),
      'corrected', coalesce(c.corrected, 0)) as came,
    jsonb_build_object('correctedSoon', coalesce(k.corrected_soon, 0), 'correctedLate', coalesce(k.corrected_late, 0),
      'doubtful', coalesce(k.doubtful, 0), 'refused', coalesce(k.refused, 0)) as kept
  from (select department, license_type, sum(clean) as clean, sum(doubtful) as doubtful, sum(unchanged) as unchanged,
      sum(rejected) as rejected, sum(pending) as pending, sum(corrected) as corrected
    from record_count where day between $1::date and $2::date group by 1, 2) c
  full join (select department, coalesce(license_type, '') as license_type, corrected_soon, corrected_late, doubtful, refused
    from hub_count_quality($3::timestamptz, $3::timestamptz + ($2::date - $1::date + 1) * interval '1 day', $4::interval)) k
    using (department, license_type)
  order by 1, 2`);

function toProblem(row: Row<"problem_record">): ProblemRecord {
  return {
    ...{ id: Number(row.id), clientId: row.client_id, submissionId: row.submission_id, place: row.place },
    ...{ sourceRecordId: row.source_record_id, licenseType: row.license_type, operation: row.operation },
    ...{ firstReceivedAt: toIso(row.first_received_at), receivedAt: toIso(row.received_at), attempts: row.attempts },
    ...{ outcome: row.outcome, problems: row.problems, record: row.record, line: row.line, status: row.status },
    ...{ closedAt: row.closed_at === null ? null : toIso(row.closed_at), closedBy: row.closed_by, note: row.note },
  };
}
