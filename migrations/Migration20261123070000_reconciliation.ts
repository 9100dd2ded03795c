import { Migration } from "@mikro-orm/migrations";
import { onlyHub, role } from "./Migration20261122214405_access.ts";

/**
 * What each source has told is kept a row a record, so that its own counts and lists can be compared with it; and what a
 * reader does not see can be counted for what was known at a past instant, too.
 */
export class Migration20261123070000_reconciliation extends Migration {
  override name = "Migration20261123070000_reconciliation";

  override up(): void | Promise<void> {
    this.addSql(
      `create table "reconciliation" ("id" uuid not null, "department" text not null, "client_id" text not null, "made_by" text not null, "license_type" text null, "from_day" date not null, "until_day" date not null, "made_at" timestamptz not null, "their_count" bigint not null, "our_count" bigint not null, "differences" jsonb not null, "listed_at" timestamptz null, "listed" int null, "duplicates" int null, "same" int null, "missing" int null, "extra" int null, "stale" int null, "newer" int null, "different" int null, primary key ("id"));`,
    );
    this.addSql(
      `create index "reconciliation_department_made_at_id_index" on "reconciliation" ("department", "made_at", "id");`,
    );
    this.addSql(`create index "reconciliation_made_at_id_index" on "reconciliation" ("made_at", "id");`);

    this.addSql(
      `create unlogged table "reconciliation_line" ("run" uuid not null, "source_record_id" text not null, "source_updated_at" timestamptz not null, "content_digest" text null, "started_at" timestamptz not null, primary key ("run", "source_record_id"));`,
    );

    this.addSql(
      `create table "source_record" ("client_id" text not null, "source_record_id" text not null, "license_type" text not null, "source_updated_at" timestamptz not null, "content_digest" text not null, "day" date not null, "line_hash" bigint not null, primary key ("client_id", "source_record_id"));`,
    );
    this.addSql(
      `create index "source_record_client_id_day_license_type_source_record_id_index" on "source_record" ("client_id", "day", "license_type", "source_record_id");`,
    );
    for (const statement of [...counting, ...hashing, backfill, ...guarding]) this.addSql(statement);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "reconciliation" cascade;`);
    this.addSql(`drop table if exists "reconciliation_line" cascade;`);
    this.addSql(`drop table if exists "source_record" cascade;`);
    for (const name of ["hub_count_withheld", "hub_line_hash", "hub_source_day"]) this.addSql(`drop function ${name}`);
  }
}

const counting = [
  // Counts the licenses of each holder that this transaction's reader can not see for their types, and tells nothing else.
  `create function hub_count_withheld(p_holders text[]) returns table (holder text, withheld int)
    language plpgsql stable security definer set search_path = public, pg_temp as $$
  declare readable text[] := string_to_array(current_setting('hub.types', true), ',');
  begin
    if '*' = any(readable) then return; end if;
    return query select l.holder_code, count(*)::int from license l
      where l.holder_code = any(p_holders) and l.type_code <> all(coalesce(readable, '{}')) group by l.holder_code;
  end $$`,
  ...onlyHub("hub_count_withheld(text[])"),
];

const hashing = [
  // What a record adds to its day's digest: the first 15 hexadecimal digits of the SHA-256 of `id|milliseconds`.
  `create function hub_line_hash(p_id text, p_at timestamptz) returns bigint language sql stable as $$
    select ('x' || substr(encode(sha256(convert_to(
      p_id || '|' || floor(extract(epoch from p_at) * 1000)::bigint, 'UTF8')), 'hex'), 1, 15))::bit(60)::bigint $$`,
  // The day in Asia/Shanghai by a fixed UTC+8, as everywhere in the hub.
  `create function hub_source_day(p_at timestamptz) returns date language sql immutable as $$
    select ((p_at at time zone 'UTC') + interval '8 hours')::date $$`,
];

/** What was taken in before this table was there: the newest of each record, accepted or waiting. */
const backfill = `insert into source_record (client_id, source_record_id, license_type, source_updated_at, content_digest, day,
    line_hash)
  select distinct on (client_id, id) client_id, id, type, at, digest, hub_source_day(at), hub_line_hash(id, at) from (
    select e.client_id, e.source_record_id as id, l.type_code as type, e.source_updated_at as at, e.content_digest as digest
      from license_event e join license l on l.holder_code = e.holder_code and l.identifier = e.identifier
    union all select client_id, record ->> 'sourceRecordId', record ->> 'licenseType', source_updated_at, content_digest
      from pending_event
  ) told order by client_id, id, at desc`;

/** Clients of the department this transaction's client belongs to, as long as that one stands. */
const ownDepartment = `(select department from client where id = current_setting('hub.client', true) and active)`;

const noted = (mode: string) => `(select current_setting('hub.mode', true)) = '${mode}'`;

const guarding = [
  "alter table source_record enable row level security",
  `create policy source_record_collect on source_record to ${role} using (${noted("COLLECT")})`,
  `create policy source_record_read on source_record for select to ${role} using (${noted("CLIENT")}
    and client_id in (select id from client where department = ${ownDepartment}))`,
  `revoke delete on source_record from ${role}`,
  "alter table reconciliation enable row level security",
  `create policy reconciliation_own on reconciliation to ${role} using (${noted("CLIENT")} and department = ${ownDepartment})`,
  `create policy reconciliation_audit on reconciliation for select to ${role} using (${noted("AUDIT")})`,
  // Compared once; only what came of the list is added.
  `revoke update, delete on reconciliation from ${role}`,
  `grant update (listed_at, listed, duplicates, same, missing, extra, stale, newer, different) on reconciliation to ${role}`,
];
