import { sql } from "kysely";
import type { CalendarDate } from "../../domain/calendar.ts";
import type {
  CorrectionAnswer,
  CorrectionRole,
  CorrectionStatus,
  CorrectionStep,
  Deadline,
} from "../../domain/corrections/correction.ts";
import type { StoredState } from "../../domain/licenses/license.ts";
import type { Page } from "../catalogue/catalogue-store.ts";
import { type Row, type Sql, statement, toIso } from "../database.ts";
import {
  type Correction,
  type CorrectionEvent,
  type CorrectionOutline,
  type LicenseObjection,
  type OutlineRow,
  toCorrection,
  toEvent,
  toOutline,
} from "./correction-rows.ts";

/** An objection to be written. `objector`: id of the department's client, or code of the holder. */
export type NewCorrection = Deadline &
  Pick<Correction, "typeCode" | "issuerCode" | "field" | "department" | "identifier" | "says" | "reason"> &
  Readonly<{
    role: Exclude<CorrectionRole, "HUB">;
    holder: string;
    objector: string;
    shouldSay: string | undefined;
    clientId: string;
    madeAt: Date;
  }>;

/** Which corrections are asked for. */
export type CorrectionFilter = Readonly<{
  status?: CorrectionStatus | undefined;
  overdue?: boolean | undefined;
  licenseType?: string | undefined;
}>;

/** On which side of a correction the asker stands. */
export type Party =
  | Readonly<{ side: "TO_ANSWER" | "MADE"; department: string }>
  | Readonly<{ side: "MADE"; holder: string }>;

/** How many corrections a department has of a license type, by where they stand; `longOverdue` are among `overdue`. */
export type CorrectionCount = Readonly<{ department: string; licenseType: string }> &
  Readonly<Record<(typeof countNames)[number], number>>;

const countNames = ["open", "accepted", "overdue", "longOverdue", "refused", "corrected", "closed"] as const;

/** Corrections. Rows are guarded: inside a transaction that entered as a reader. */
export function correctionStore(db: Sql) {
  const note = (id: number, at: Date, clientId: string, role: CorrectionRole, step: CorrectionStep) =>
    db
      .insertInto("correction_event")
      .values({ correction_id: id, at: at.toISOString(), client_id: clientId, role, step })
      .execute();
  return {
    /** Holds a license just read as it is until the transaction ends; answers with its newest state. */
    lockLicense: async (identifier: string): Promise<StoredState | undefined> =>
      (await lockLicense(db, [identifier]))[0]?.state,

    /** One objection of a reader after another; how many of its own wait. */
    countWaiting: async (role: NewCorrection["role"], objector: string): Promise<number> => {
      await takeTurn(db, [`correction ${role} ${objector}`]);
      const [row] = await countWaiting(db, [role, objector]);
      return row?.waiting ?? 0;
    },

    /** The objector's own that waits, to this field of the version. */
    findWaiting: async ({
      role,
      objector,
      identifier,
      field,
    }: Pick<NewCorrection, "role" | "objector" | "identifier" | "field">): Promise<Correction | undefined> => {
      const row = await db
        .selectFrom("correction")
        .selectAll()
        .where("standing", "=", identifier)
        .where("field", "=", field)
        .where("role", "=", role)
        .where("objector", "=", objector)
        .where("status", "in", ["OPEN", "ACCEPTED"])
        .executeTakeFirst();
      return row && toCorrection(row);
    },

    add: async (objection: NewCorrection): Promise<Correction> => {
      const { identifier, field, shouldSay, reason, role, objector, department, madeAt, dueOn, secondOn } = objection;
      const row = await db
        .insertInto("correction")
        .values({
          ...{ holder_code: objection.holder, identifier, standing: identifier, type_code: objection.typeCode },
          ...{ issuer_code: objection.issuerCode, field, should_say: shouldSay ?? null, reason, role, objector },
          says: objection.says === null ? null : sql`${JSON.stringify(objection.says)}::jsonb`,
          ...{ department, made_at: madeAt.toISOString(), due_on: dueOn, second_on: secondOn, status: "OPEN" },
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      await note(Number(row.id), madeAt, objection.clientId, role, "OBJECTED");
      return toCorrection(row);
    },

    /** One that is addressed to the department, locked for its answer. */
    lockForAnswer: async (department: string, id: number): Promise<Correction | undefined> => {
      const query = db.selectFrom("correction").selectAll().where("id", "=", id);
      const row = await query.where("issuer_code", "=", department).forNoKeyUpdate().executeTakeFirst();
      return row && toCorrection(row);
    },

    /** @param deadline of the term that begins with an acceptance; undefined: none does */
    answer: async (
      id: number,
      answer: Readonly<{ status: CorrectionAnswer; reason: string; clientId: string; at: Date }>,
      deadline: Deadline | undefined,
    ): Promise<Correction> => {
      const { status, reason, clientId, at } = answer;
      const row = await db
        .updateTable("correction")
        .set({
          ...{ status, answer: reason, answered_by: clientId, answered_at: at.toISOString() },
          ...(deadline
            ? { due_on: deadline.dueOn, second_on: deadline.secondOn, escalation: 0 }
            : { closed_at: at.toISOString() }),
        })
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirstOrThrow();
      await note(id, at, clientId, "DEPARTMENT", status);
      return toCorrection(row);
    },

    /** The newest first, of one side. @param after number of the last one seen */
    list: async (
      party: Party,
      { status, overdue, licenseType }: CorrectionFilter,
      today: CalendarDate,
      first: number,
      after: number | undefined,
    ): Promise<Page<Correction>> => {
      let query = db
        .selectFrom("correction")
        .selectAll()
        .orderBy("id", "desc")
        .limit(first + 1);
      if ("holder" in party) query = query.where("role", "=", "HOLDER").where("objector", "=", party.holder);
      else query = query.where(party.side === "MADE" ? "department" : "issuer_code", "=", party.department);
      if (status !== undefined) query = query.where("status", "=", status);
      if (licenseType !== undefined) query = query.where("type_code", "=", licenseType);
      if (overdue !== undefined)
        query = query.where(sql<boolean>`(status in ('OPEN', 'ACCEPTED') and due_on < ${today}::date) = ${overdue}`);
      if (after !== undefined) query = query.where("id", "<", after);
      const rows = await query.execute();
      return { rows: rows.slice(0, first).map(toCorrection), hasNextPage: rows.length > first };
    },

    /** Every department's that are overdue, for an operator: without what they say. */
    listOverdue: async (
      { status, licenseType }: CorrectionFilter,
      today: CalendarDate,
      first: number,
      after: number | undefined,
    ): Promise<Page<CorrectionOutline>> => {
      const rows = await selectOverdue(db, [today, status ?? null, licenseType ?? null, after ?? null, first + 1]);
      return { rows: rows.slice(0, first).map(toOutline), hasNextPage: rows.length > first };
    },

    /** Of the departments the reader may see: its own, or all of them as an operator. */
    count: async (today: CalendarDate): Promise<readonly CorrectionCount[]> =>
      (await countCorrections(db, [today])).map(({ license_type, long_overdue, ...row }) => ({
        ...{ ...row, licenseType: license_type, longOverdue: long_overdue },
      })),

    /** What happened to each, in its order. */
    findEvents: async (ids: readonly number[]): Promise<ReadonlyMap<number, readonly CorrectionEvent[]>> => {
      const rows = await selectEvents(db, [ids]);
      return Map.groupBy(rows.map(toEvent), (event) => event.correction);
    },

    /** Objections that wait, to versions the reader may read: by identifier. */
    findOfLicenses: async (
      identifiers: readonly string[],
    ): Promise<ReadonlyMap<string, readonly LicenseObjection[]>> => {
      const rows = await selectOfLicenses(db, [identifiers]);
      const objections = rows.map(({ made_at, due_on: dueOn, second_on: secondOn, ...row }) => ({
        ...{ ...row, dueOn, secondOn, madeAt: toIso(made_at) },
      }));
      return Map.groupBy(objections, (objection) => objection.identifier);
    },

    /** Marks, once each, the levels that corrections have reached. @returns how many corrections */
    escalate: async (today: CalendarDate, at: Date): Promise<number> =>
      (await escalate(db, [today, at.toISOString(), escalatedAtOnce])).length,
  };
}

/** What `correctionStore` offers. */
export type CorrectionStore = ReturnType<typeof correctionStore>;

/** Most corrections that one statement marks. */
export const escalatedAtOnce = 1_000;

const lockLicense = statement<{ state: StoredState }>("select hub_lock_license($1) as state");

const takeTurn = statement<object>("select pg_advisory_xact_lock(hashtextextended($1, 0))");

const countWaiting = statement<{ waiting: number }>(`select count(*)::int as waiting from correction
  where role = $1 and objector = $2 and status in ('OPEN', 'ACCEPTED')`);

const selectOverdue = statement<OutlineRow>(
  "select * from hub_overdue_corrections($1::date, $2, $3, $4::bigint, $5::int)",
);

type CountRow = Omit<CorrectionCount, "licenseType" | "longOverdue"> & { license_type: string; long_overdue: number };
const countCorrections = statement<CountRow>("select * from hub_count_corrections($1::date)");

const selectEvents = statement<Row<"correction_event">>(
  "select * from correction_event where correction_id = any($1::bigint[]) order by correction_id, id",
);

const selectOfLicenses = statement<{
  identifier: string;
  field: string;
  status: CorrectionStatus;
  made_at: string;
  due_on: string;
  second_on: string;
}>("select * from hub_license_corrections($1::text[])");

// A copy of the hub that marks at the same moment passes over what this one holds.
const escalate = statement<object>(`
  with late as (
    select id, escalation, case when second_on < $1::date then 2 else 1 end as level from correction
    where status in ('OPEN', 'ACCEPTED') and due_on < $1::date
      and escalation < case when second_on < $1::date then 2 else 1 end
    order by due_on limit $3 for no key update skip locked
  ), marked as (
    update correction c set escalation = late.level from late where c.id = late.id
    returning c.id, late.escalation as before, late.level
  ), noted as (
    insert into correction_event (correction_id, at, role, step, level)
      select id, $2::timestamptz, 'HUB', 'ESCALATED', n from marked, generate_series(before + 1, level) n order by id, n
  )
  select id from marked`);
