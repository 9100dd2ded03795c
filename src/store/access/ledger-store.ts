import { sql } from "kysely";
import type { CalendarDate } from "../../domain/calendar.ts";
import { holderCommitment, type SealedRecord } from "../../proof/access/access-chain.ts";
import { type ColumnTypes, insertRows } from "../bulk.ts";
import type { Page } from "../catalogue/catalogue-store.ts";
import { type Row, type Sql, statement, toInstant } from "../database.ts";
import { logEntries } from "../log/entry-store.ts";
import { toPurpose } from "./access-store.ts";

/** How far the ledger is sealed. `transaction` and `recordId`: the last record; `place` and `chain`: of the open day. */
export type SealPosition = Readonly<{
  transaction: number;
  recordId: number;
  day: CalendarDate;
  place: number;
  chain: string;
}>;

/** A record on its way into the chain, or out of it to an auditor. */
export type LedgerRecord = SealedRecord & Readonly<{ holder: string; transaction: number }>;

/** A closed day. */
export type LedgerDay = Readonly<{ day: CalendarDate; count: number; root: string; closedAt: string }>;

/** What an export is written as: a JSON object a line, or a table for a spreadsheet. */
export type ExportFormat = "NDJSON" | "CSV";

/** Which records an export holds. */
export type ExportFilter = Readonly<{
  from: Date | undefined;
  until: Date | undefined;
  department: string | undefined;
}>;

/** The sealed ledger of access records. Records are read as the auditor: in a transaction that entered as AUDIT. */
export function ledgerStore(db: Sql) {
  return {
    /** Where sealing stands, locked; begun at `start`. Undefined: another copy is sealing. */
    lockPosition: async (start: SealPosition): Promise<SealPosition | undefined> => {
      await sql`insert into access_seal_position (id, transaction, record_id, day, place, chain)
        values (1, ${start.transaction}, ${start.recordId}, ${start.day}, ${start.place}, ${start.chain})
        on conflict do nothing`.execute(db);
      const { rows } = await sql<Row<"access_seal_position">>`
        select * from access_seal_position where id = 1 for update skip locked`.execute(db);
      const [row] = rows;
      return (
        row && {
          ...{ transaction: Number(row.transaction), recordId: Number(row.record_id) },
          ...{ day: row.day, place: row.place, chain: row.chain },
        }
      );
    },

    /**
     * The next records to seal, in the order of their transactions: only of transactions that are over and can get no
     * earlier neighbor. After a move to another server old transaction numbers mean nothing: those count as over.
     */
    findUnsealed: async (position: SealPosition, most: number): Promise<readonly LedgerRecord[]> =>
      (await selectUnsealed(db, [position.transaction, position.recordId, most])).map(toLedgerRecord),

    /** Numbers of the oldest transaction under way (`low`) and of the first not begun (`high`). */
    horizon: async (): Promise<{ low: number; high: number }> => {
      const { rows } = await sql<{ low: string; high: string }>`
        select pg_snapshot_xmin(s)::text as low, pg_snapshot_xmax(s)::text as high from pg_current_snapshot() s`.execute(
        db,
      );
      return { low: Number(rows[0]?.low), high: Number(rows[0]?.high) };
    },

    saveSeals: async (
      seals: readonly Readonly<{ day: string; place: number; record_id: number; digest: string; chain: string }>[],
      position: SealPosition,
    ): Promise<void> => {
      if (seals.length > 0) await insertRows("access_seal", sealColumns, seals).execute(db);
      const { transaction, recordId: record_id, day, place, chain } = position;
      await db.updateTable("access_seal_position").set({ transaction, record_id, day, place, chain }).execute();
    },

    /** Closes a day, and leaves its root to the public log. */
    closeDay: async (day: Omit<LedgerDay, "closedAt"> & Readonly<{ closedAt: Date }>): Promise<void> => {
      await db
        .insertInto("access_day")
        .values({ ...{ day: day.day, count: day.count, root: day.root }, closed_at: day.closedAt.toISOString() })
        .execute();
      await logEntries(db, [{ kind: "ACCESS_DAY", day: day.day, count: day.count, root: day.root }]);
    },

    /** Closed days, newest first. @param after the last day seen */
    listDays: async (first: number, after: CalendarDate | undefined): Promise<Page<LedgerDay>> => {
      let query = db
        .selectFrom("access_day")
        .selectAll()
        .orderBy("day", "desc")
        .limit(first + 1);
      if (after !== undefined) query = query.where("day", "<", after);
      const rows = (await query.execute()).map(({ closed_at: closedAt, ...row }) => ({ ...row, closedAt }));
      return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
    },

    /** The root of the last closed day before a day. */
    rootBefore: async (day: CalendarDate): Promise<string | undefined> => {
      const query = db.selectFrom("access_day").select("root").where("day", "<", day).orderBy("day", "desc").limit(1);
      return (await query.executeTakeFirst())?.root;
    },

    findDay: async (day: CalendarDate): Promise<LedgerDay | undefined> => {
      const row = await db.selectFrom("access_day").selectAll().where("day", "=", day).executeTakeFirst();
      return row && { ...{ day: row.day, count: row.count, root: row.root, closedAt: row.closed_at } };
    },

    /** A day's chain in order, a batch at a time. A record that is gone leaves its seal behind. */
    readChain: async (day: CalendarDate, afterPlace: number, most: number) => {
      const rows = await selectChain(db, [day, afterPlace, most]);
      return rows.map((row) => ({
        ...{ place: row.place, digest: row.digest, chain: row.chain, recordId: Number(row.record_id) },
        record: isRecordRow(row) ? toLedgerRecord(row) : undefined,
      }));
    },

    /** The newest record's number: an export that begins now ends there. */
    newestId: async (): Promise<number> => {
      const { rows } = await sql<{ id: string | null }>`select max(id) as id from access_record`.execute(db);
      return Number(rows[0]?.id ?? 0);
    },

    /**
     * Records by number with their seals, as lines that the database writes: bytes in UTF-8. They come some thirty a value,
     * for V8 never clears a large string as cheaply as a small one. Persons' codes are masked.
     * @returns undefined behind the last
     */
    exportBatch: async (format: ExportFormat, filter: ExportFilter, afterId: number, lastId: number, most: number) => {
      const { from, until, department } = filter;
      const rows = await exportBatch[format](db, [
        ...[afterId, lastId, from?.toISOString() ?? null, until?.toISOString() ?? null, department ?? null, most],
      ]);
      const last = rows.at(-1);
      return last && { lines: Buffer.concat(rows.map((row) => Buffer.from(row.text))), lastId: Number(last.last) };
    },
  };
}

/** What `ledgerStore` offers. */
export type LedgerStore = ReturnType<typeof ledgerStore>;

type RecordRow = Row<"access_record">;
// The number of the oldest transaction under way, and of the first not begun: what lies between may still change.
const selectUnsealed = statement<RecordRow>(`
  with now as (select pg_snapshot_xmin(s)::text::bigint as low, pg_snapshot_xmax(s)::text::bigint as high
    from pg_current_snapshot() s)
  select r.* from access_record r, now
  where (r.transaction, r.id) > ($1::bigint, $2::bigint) and r.transaction >= $1::bigint
    and (r.transaction < now.low or r.transaction >= now.high)
    and not exists (select from access_seal s where s.record_id = r.id)
  order by r.transaction, r.id limit $3::int`);

const selectChain = statement<
  { [Name in keyof RecordRow]: RecordRow[Name] | null } & Pick<
    Row<"access_seal">,
    "place" | "digest" | "chain" | "record_id"
  >
>(`
  select r.*, s.place, s.digest, s.chain, s.record_id from access_seal s left join access_record r on r.id = s.record_id
  where s.day = $1::date and s.place > $2::int order by s.place limit $3::int`);

/** Columns of the table, in order. */
export const exportColumns: readonly string[] = [
  ...["id", "at", "callerKind", "client", "department", "member", "holder", "action", "outcome", "refusal"],
  ...["procedure", "caseNumber", "reason", "licenses", "extents", "withheld", "holderCommitment"],
  ...["sealDay", "sealPlace", "sealDigest", "sealChain"],
];

const recordLine = `json_build_object('id', id, 'at', at, 'callerKind', caller_kind, 'client', client_id,
  'department', department, 'member', member, 'holder', holder, 'action', action, 'outcome', outcome, 'refusal', refusal,
  'purpose', case when procedure is null or case_number is null or reason is null then null else
    json_build_object('procedure', procedure, 'caseNumber', case_number, 'reason', reason) end,
  'licenses', to_json(identifiers), 'extents', to_json(extents), 'withheld', withheld, 'holderCommitment', commitment,
  'seal', case when day is null then null else
    json_build_object('day', day, 'place', place, 'digest', digest, 'chain', chain) end)::text || chr(10)`;

/** A text as a cell: quoted, and no formula where a clerk opens the table. Source: RFC 4180 §2. */
const quoted = (text: string) =>
  `'"' || case when ${text} ~ '^[[:space:][:cntrl:]]*[-=+@＝＋－＠]' then '''' else '' end || replace(${text}, '"', '""') || '"'`;

const tableLine = `concat_ws(',', id, at, caller_kind, ${quoted("client_id")}, coalesce(department, ''),
  coalesce(member::text, ''), ${quoted("holder")}, action, outcome, coalesce(refusal, ''),
  ${quoted("coalesce(procedure, '')")}, ${quoted("coalesce(case_number, '')")}, ${quoted("coalesce(reason, '')")},
  ${quoted("array_to_string(identifiers, ' ')")}, ${quoted("array_to_string(extents, ' ')")}, withheld, commitment,
  coalesce(day::text, ''), coalesce(place::text, ''), coalesce(digest, ''), coalesce(chain, '')) || chr(13) || chr(10)`;

const selectExport = (line: string) =>
  statement<{ text: string; last: string }>(`
  select string_agg(line, '' order by id) as text, max(id)::text as last from (
    select id, ${line} as line from (
      select r.id, to_char(r.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, r.caller_kind, r.client_id,
        r.department, r.member, r.action, r.outcome, r.refusal, r.procedure, r.case_number, r.reason, r.identifiers,
        coalesce(r.attributes, '{}') as extents, r.withheld, s.day, s.place, s.digest, s.chain,
        case when r.holder_code = '' or h.id_type = 'USCC' then r.holder_code else
          left(r.holder_code, 4) || repeat('*', greatest(length(r.holder_code) - 6, 0)) || right(r.holder_code, 2)
        end as holder,
        rtrim(translate(encode(sha256(convert_to(r.salt::text || ' ' || r.holder_code, 'UTF8')), 'base64'), '+/', '-_'),
          '=') as commitment
      from access_record r left join access_seal s on s.record_id = r.id left join holder h on h.code = r.holder_code
      where r.id > $1::bigint and r.id <= $2::bigint and ($3::timestamptz is null or r.at >= $3::timestamptz)
        and ($4::timestamptz is null or r.at <= $4::timestamptz) and ($5::text is null or r.department = $5::text)
      order by r.id limit $6::int
    ) record
  ) lines group by id / 32 order by id / 32`);

const exportBatch = { NDJSON: selectExport(recordLine), CSV: selectExport(tableLine) } as const;

const sealColumns: ColumnTypes = { day: "date", place: "int", record_id: "bigint", digest: "text", chain: "text" };

function isRecordRow(row: { [Name in keyof RecordRow]: RecordRow[Name] | null }): row is RecordRow {
  return row.id !== null;
}

/** A record as it is sealed, from its row. */
export function toLedgerRecord(row: RecordRow): LedgerRecord {
  return {
    ...{ id: Number(row.id), transaction: Number(row.transaction), at: toInstant(row.at).toISOString() },
    ...{ callerKind: row.caller_kind, client: row.client_id, department: row.department, member: row.member },
    ...{ action: row.action, outcome: row.outcome, refusal: row.refusal, withheld: row.withheld },
    ...{ purpose: toPurpose(row), licenses: row.identifiers, extents: row.attributes ?? [] },
    ...{ holder: row.holder_code, holderCommitment: holderCommitment(row.salt, row.holder_code) },
  };
}
