import { Migration } from "@mikro-orm/migrations";
import { onlyHub, role } from "./Migration20261122214405_access.ts";

/** What was refused or is doubtful is kept, and what came is counted. */
export class Migration20261123080000_desk extends Migration {
  override name = "Migration20261123080000_desk";

  override up(): void | Promise<void> {
    this.addSql(
      `create table "problem_record" ("id" bigserial primary key, "department" text not null, "client_id" text not null, "submission_id" uuid not null, "place" int null, "source_record_id" text null, "license_type" text null, "operation" text null, "first_received_at" timestamptz not null, "received_at" timestamptz not null, "attempts" int not null default 1, "outcome" text not null, "codes" text[] not null, "problems" jsonb not null, "record" text null, "line" text null, "status" text not null default 'OPEN', "closed_at" timestamptz null, "closed_by" text null, "note" text null);`,
    );
    this.addSql(`create index "problem_record_department_id_index" on "problem_record" ("department", "id");`);
    this.addSql(
      `create index "problem_record_content" on "problem_record" ("closed_at") where "status" <> 'OPEN' and ("record" is not null or "line" is not null);`,
    );
    this.addSql(
      `create unique index "problem_record_standing" on "problem_record" ("client_id", "source_record_id") where "status" <> 'CORRECTED';`,
    );
    this.addSql(
      `create table "record_count" ("day" date not null, "department" text not null, "license_type" text not null, "clean" int not null, "doubtful" int not null, "unchanged" int not null, "rejected" int not null, "pending" int not null, "corrected" int not null, primary key ("day", "department", "license_type"));`,
    );
    for (const statement of [...guardRows, ...counting]) this.addSql(statement);
  }

  override down(): void | Promise<void> {
    this.addSql("drop function hub_count_problems(timestamptz)");
    this.addSql("drop function hub_count_quality(timestamptz, timestamptz, interval)");
    this.addSql(`drop table if exists "record_count" cascade;`);
    this.addSql(`drop table if exists "problem_record" cascade;`);
    this.addSql("drop function hub_desk()");
  }
}

const mode = "(select current_setting('hub.mode', true))";
const client = "current_setting('hub.client', true)";

/** The department of the client that was let in; null for everybody else. */
const ownDepartment = `(select c.department from client c where ${mode} = 'CLIENT' and c.id = ${client} and c.active
  and c.kind = 'DEPARTMENT')`;

const guardRows = [
  // Nothing here is ever taken back: content goes, the row and its counts stay.
  `revoke delete on problem_record, record_count from ${role}`,
  "alter table problem_record enable row level security",
  "alter table record_count enable row level security",
  `create policy problem_record_collect on problem_record to ${role} using (${mode} = 'COLLECT')`,
  `create policy problem_record_read on problem_record for select to ${role} using (department = ${ownDepartment})`,
  `create policy problem_record_close on problem_record for update to ${role} using (department = ${ownDepartment})`,
  `create policy record_count_collect on record_count to ${role} using (${mode} = 'COLLECT')`,
  // The departments whose counts may be seen: `*`, an operator sees all of them; its own; none.
  `create function hub_desk() returns text language sql stable security definer set search_path = public, pg_temp as $$
    select case c.kind when 'OPERATOR' then '*' when 'DEPARTMENT' then c.department end from client c
      where current_setting('hub.mode', true) = 'CLIENT' and c.id = current_setting('hub.client', true) and c.active $$`,
  ...onlyHub("hub_desk()"),
  `create policy record_count_read on record_count for select to ${role}
    using ((select hub_desk()) in ('*', department))`,
];

const counting = [
  // Whoever may see counts need not see the records: these count rows that their caller can not read, and tell nothing else.
  `create function hub_count_problems(p_now timestamptz) returns table (department text, license_type text, code text,
    open int, under_7_days int, under_30_days int, over_30_days int, oldest timestamptz)
    language sql stable security definer set search_path = public, pg_temp as $$
    select p.department, p.license_type, c.code, count(*)::int,
      (count(*) filter (where p.first_received_at > p_now - interval '7 days'))::int,
      (count(*) filter (where p.first_received_at <= p_now - interval '7 days'
        and p.first_received_at > p_now - interval '30 days'))::int,
      (count(*) filter (where p.first_received_at <= p_now - interval '30 days'))::int, min(p.first_received_at)
    from problem_record p cross join lateral (select distinct unnest(p.codes) as code) c
    where p.status = 'OPEN' and (select hub_desk()) in ('*', p.department)
    group by 1, 2, 3 order by 1, 4 desc, 2, 3 $$`,
  ...onlyHub("hub_count_problems(timestamptz)"),
  // By the day a record first came. An event that only waits is neither good nor bad.
  `create function hub_count_quality(p_from timestamptz, p_until timestamptz, p_soon interval)
    returns table (department text, license_type text, corrected_soon int, corrected_late int, doubtful int, refused int)
    language sql stable security definer set search_path = public, pg_temp as $$
    select p.department, p.license_type,
      (count(*) filter (where p.status = 'CORRECTED' and p.closed_at <= p.first_received_at + p_soon))::int,
      (count(*) filter (where p.status = 'CORRECTED' and p.closed_at > p.first_received_at + p_soon))::int,
      (count(*) filter (where p.status <> 'CORRECTED' and p.outcome = 'ACCEPTED'))::int,
      (count(*) filter (where p.status <> 'CORRECTED' and p.outcome = 'REJECTED'))::int
    from problem_record p
    where p.first_received_at >= p_from and p.first_received_at < p_until and (select hub_desk()) in ('*', p.department)
    group by 1, 2 $$`,
  ...onlyHub("hub_count_quality(timestamptz, timestamptz, interval)"),
];
