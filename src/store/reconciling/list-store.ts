import { sql } from "kysely";
import type { CalendarDate } from "../../domain/calendar.ts";
import type { DayCount, DayRange } from "../../domain/reconciling/day-count.ts";
import type { ListedRecord, RecordDifference, RecordOutcome } from "../../domain/reconciling/listed-record.ts";
import { type ColumnTypes, rowSource } from "../bulk.ts";
import { type Sql, statement, toInstant } from "../database.ts";

/** A part of the comparison: what differs in it, how many rows were looked at, and the last of them. */
export type ComparedPart = Readonly<{
  differences: readonly RecordDifference[];
  count: number;
  last: string | undefined;
}>;

/** The counts of a part of a list, how many lines were looked at, and the last of them. */
export type CountedPart = Readonly<{ counts: readonly DayCount[]; count: number; last: string | undefined }>;

/** A day and type whose records are looked for in the list. */
export type DayAndType = Readonly<{ day: CalendarDate; licenseType: string }>;

/** A list of records on its way through the database: never more than a part of it is in memory. */
export function listStore(db: Sql) {
  return {
    /** Puts a part of the list down. Of a record named again the newest counts. @returns records that are new in this run */
    put: async (run: string, startedAt: Date, records: readonly ListedRecord[]): Promise<number> => {
      const newest = new Map<string, object>();
      for (const { sourceRecordId: source_record_id, sourceUpdatedAt, contentDigest, licenseType } of newestLast(
        records,
      )) {
        newest.set(source_record_id, {
          ...{ run, source_record_id, source_updated_at: sourceUpdatedAt.toISOString() },
          ...{ content_digest: contentDigest ?? null, started_at: startedAt.toISOString() },
          license_type: licenseType ?? null,
        });
      }
      const { rows } = await sql<{ fresh: number }>`
        with put as (
          insert into reconciliation_line as l (run, source_record_id, source_updated_at, content_digest, started_at, license_type)
            select run, source_record_id, source_updated_at, content_digest, started_at, license_type
            from ${rowSource(lineColumns, [...newest.values()])}
            on conflict (run, source_record_id) do update
              set source_updated_at = greatest(l.source_updated_at, excluded.source_updated_at),
                content_digest = case when excluded.source_updated_at > l.source_updated_at then excluded.content_digest
                  else l.content_digest end,
                license_type = case when excluded.source_updated_at > l.source_updated_at then excluded.license_type
                  else l.license_type end
            returning (xmax = 0) as fresh)
        select count(*) filter (where fresh)::int as fresh from put`.execute(db);
      return rows[0]?.fresh ?? 0;
    },

    /** The counts of the next part of the list, by record id. @param db inside a transaction */
    countNext: async (run: string, { from, until }: DayRange, after: string, most: number): Promise<CountedPart> => {
      await useIndexes(db, []);
      const rows = await selectCounted(db, [run, after, most, from, until]);
      const counts = rows.flatMap(({ day, licenseType, count, digest }) =>
        day === null || licenseType === null ? [] : [{ day, licenseType, count, digest }],
      );
      const end = rows.find(({ day }) => day === null);
      return { counts, count: end?.count ?? 0, last: end?.last ?? undefined };
    },

    /**
     * The next part of the list, by record id, against what the source has told. @param db inside a transaction
     * @param until what is listed after that day is not compared; undefined: everything is
     */
    compareNext: async (
      run: string,
      clientId: string,
      until: CalendarDate | undefined,
      after: string,
      most: number,
    ): Promise<ComparedPart> => {
      await useIndexes(db, []);
      return toPart(await selectListed(db, [run, clientId, after, most, until ?? null]));
    },

    /** What the source told of some days and is not in the list: the next part, by record id. */
    findExtra: async (
      run: string,
      clientId: string,
      days: readonly DayAndType[],
      after: string,
      most: number,
    ): Promise<ComparedPart> => {
      await useIndexes(db, []);
      const [first] = days;
      // One day alone can hold everything a source has: its rows are read in the order of the index.
      if (first && days.length === 1)
        return toPart(await selectExtraOfDay(db, [run, clientId, after, most, first.day, first.licenseType]));
      const columns = [days.map(({ day }) => day), days.map(({ licenseType }) => licenseType)];
      return toPart(await selectExtraOfDays(db, [run, clientId, after, most, ...columns]));
    },

    /** Takes the list away. */
    drop: async (run: string): Promise<void> => {
      await deleteRun(db, [run]);
    },
  };
}

/** What `listStore` offers. */
export type ListStore = ReturnType<typeof listStore>;

function newestLast(records: readonly ListedRecord[]): readonly ListedRecord[] {
  return records.toSorted((a, b) => a.sourceUpdatedAt.getTime() - b.sourceUpdatedAt.getTime());
}

const lineColumns: ColumnTypes = {
  ...{ run: "uuid", source_record_id: "text", source_updated_at: "timestamptz", content_digest: "text" },
  ...{ started_at: "timestamptz", license_type: "text" },
};

// A list has no statistics yet, and a plan does not know how short a part is: left to itself it joins everything with
// everything. So each row is looked up by itself (lateral, scalar), and by index.
const useIndexes = statement<object>(`select set_config(name, 'off', true)
  from unnest(array['enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin']) as name`);

type PartRow = Readonly<{
  outcome: RecordOutcome | null;
  id: string | null;
  theirs: string | null;
  ours: string | null;
  type: string | null;
  count: number | null;
}>;

// The row without an outcome says how far this part went.
const howFar = (table: string) => `union all
  select null, max(id), null, null, null, count(*)::int from ${table}`;

const selectListed = statement<PartRow>(`
  with part as materialized (
    select source_record_id as id, source_updated_at as theirs, content_digest from reconciliation_line
    where run = $1::uuid and source_record_id > $3 order by source_record_id limit $4::int
  )
  select outcome, id, theirs, ours, type, null::int as count from (
    select p.id, p.theirs, r.source_updated_at as ours, r.license_type as type,
      case when r.source_record_id is null then 'MISSING' when r.source_updated_at < p.theirs then 'STALE'
        when r.source_updated_at > p.theirs then 'NEWER' when r.content_digest <> p.content_digest then 'DIFFERENT'
      end as outcome
    from part p left join lateral (
      select * from source_record where client_id = $2 and source_record_id = p.id limit 1
    ) r on true
  ) compared where outcome is not null and ($5::date is null or hub_source_day(theirs) <= $5::date) ${howFar("part")}`);

const selectCounted = statement<
  DayCount & Readonly<{ day: CalendarDate | null; licenseType: string | null; last: string | null }>
>(`
  with part as materialized (
    select source_record_id as id, source_updated_at as at, license_type as type from reconciliation_line
    where run = $1::uuid and source_record_id > $2 order by source_record_id limit $3::int
  )
  select hub_source_day(at)::text as day, type as "licenseType", count(*)::int as count, sum(hub_line_hash(id, at))::text as digest,
    null as last
  from part where hub_source_day(at) between $4::date and $5::date group by 1, 2
  union all select null, null, count(*)::int, null, max(id) from part`);

const selectExtra = (own: string) =>
  statement<PartRow>(`
  with part as materialized (${own})
  select 'EXTRA' as outcome, id, null::timestamptz as theirs, ours, type, null::int as count from part
  where (select 1 from reconciliation_line l where l.run = $1::uuid and l.source_record_id = part.id) is null
  ${howFar("part")}`);

const selectExtraOfDay = selectExtra(`
  select source_record_id as id, source_updated_at as ours, license_type as type from source_record
  where client_id = $2 and source_record_id > $3 and day = $5::date and license_type = $6
  order by source_record_id limit $4::int`);

// Day by day: left to itself, a plan reads everything the source has told in the order of the ids.
const selectExtraOfDays = selectExtra(`
  select r.source_record_id as id, r.source_updated_at as ours, r.license_type as type
  from unnest($5::date[], $6::text[]) as d(day, license_type) cross join lateral (
    select * from source_record s where s.client_id = $2 and s.day = d.day and s.license_type = d.license_type
      and s.source_record_id > $3 order by s.source_record_id limit $4::int
  ) r order by r.source_record_id limit $4::int`);

const deleteRun = statement<object>("delete from reconciliation_line where run = $1::uuid");

function toPart(rows: readonly PartRow[]): ComparedPart {
  const differences = rows.flatMap(({ outcome, id, theirs, ours, type }) =>
    outcome === null || id === null
      ? []
      : [
          {
            ...{ outcome, sourceRecordId: id, licenseType: type },
            ...{ theirs: theirs === null ? null : toInstant(theirs), ours: ours === null ? null : toInstant(ours) },
          },
        ],
  );
  const end = rows.find(({ outcome }) => outcome === null);
  return { differences, count: end?.count ?? 0, last: end?.id ?? undefined };
}
