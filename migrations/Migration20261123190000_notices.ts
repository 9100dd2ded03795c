import { Migration } from "@mikro-orm/migrations";
import { onlyHub, role } from "./Migration20261122214405_access.ts";

/** Who took a license into an open case is told when its state changes. */
export class Migration20261123190000_notices extends Migration {
  override name = "Migration20261123190000_notices";

  override up(): void | Promise<void> {
    this.addSql(
      `create table "notice" ("id" bigserial primary key, "transaction" bigint not null default ((pg_current_xact_id())::text)::bigint, "message_id" uuid not null default gen_random_uuid(), "client_id" text not null, "procedure" text not null, "case_number" text not null, "identifier" text not null, "state" text not null, "previous_state" text not null, "effective_on" date not null, "known_at" timestamptz not null, "change" int not null, "status" text not null, "due_at" timestamptz not null, "retry_until" timestamptz not null, "attempts" int not null default 0, "outcome" text null, "http_status" int null, "tried_at" timestamptz null, "ended_at" timestamptz null);`,
    );
    this.addSql(`alter table "notice" add constraint "notice_message_id_unique" unique ("message_id");`);
    this.addSql(`create index "notice_client_id_transaction_id_index" on "notice" ("client_id", "transaction", "id");`);
    this.addSql(`create index "notice_known_at_index" on "notice" ("known_at");`);
    this.addSql(`create index "notice_due" on "notice" ("client_id", "due_at") where "status" = 'WAITING';`);
    this.addSql(`create index "notice_dead" on "notice" ("id") where "status" = 'DEAD';`);

    this.addSql(
      `create table "open_case" ("id" bigserial primary key, "client_id" text not null, "procedure" text not null, "case_number" text not null, "reason" text not null, "opened_at" timestamptz not null, "fetched_at" timestamptz not null, "open_until" timestamptz not null, "closed_at" timestamptz null);`,
    );
    this.addSql(`create index "open_case_open_until_index" on "open_case" ("open_until");`);
    this.addSql(
      `alter table "open_case" add constraint "open_case_client_id_procedure_case_number_unique" unique ("client_id", "procedure", "case_number");`,
    );

    this.addSql(
      `create table "reliance" ("identifier" text not null, "case_id" bigint not null, "fetched_at" timestamptz not null, "state" text null, "changes" int not null default 0, primary key ("identifier", "case_id"));`,
    );
    this.addSql(`create index "reliance_case_id_index" on "reliance" ("case_id");`);

    this.addSql(
      `create table "webhook" ("client_id" text not null, "url" text not null, "secret" text not null, "old_secret" text null, "old_until" timestamptz null, "active" boolean not null default true, "set_at" timestamptz not null, "failures" int not null default 0, "failing_since" timestamptz null, "rest_until" timestamptz null, "outcome" text null, "tried_at" timestamptz null, "delivered_at" timestamptz null, "lease" uuid null, "lease_until" timestamptz null, primary key ("client_id"));`,
    );
    for (const statement of guardRows) this.addSql(statement);
  }

  override down(): void | Promise<void> {
    this.addSql("drop function hub_forget_notices(timestamptz, int)");
    this.addSql("drop function hub_hold_licenses(text[])");
    this.addSql(`drop table if exists "notice" cascade;`);
    this.addSql(`drop table if exists "open_case" cascade;`);
    this.addSql(`drop table if exists "reliance" cascade;`);
    this.addSql(`drop table if exists "webhook" cascade;`);
  }
}

const mode = "(select current_setting('hub.mode', true))";
const isCollecting = `${mode} = 'COLLECT'`;
const isOwn = `${mode} = 'CLIENT' and client_id = (select current_setting('hub.client', true))`;

const guardRows = [
  `revoke delete on open_case, reliance, notice from ${role}`,
  ...["open_case", "reliance", "notice"].map((table) => `alter table ${table} enable row level security`),
  `create policy open_case_collect on open_case for select to ${role} using (${isCollecting})`,
  `create policy open_case_own on open_case to ${role} using (${isOwn})`,
  `create policy reliance_collect on reliance to ${role} using (${isCollecting})`,
  `create policy reliance_own on reliance to ${role} using (${mode} = 'CLIENT'
    and exists (select from open_case c where c.id = case_id and ${isOwn}))`,
  `create policy notice_collect on notice to ${role} using (${isCollecting})`,
  `create policy notice_own on notice for select to ${role} using (${isOwn})`,
  `create policy notice_replay on notice for update to ${role} using (${isOwn})`,
  // Whoever takes licenses into a case holds them first: a change of their state then comes before it, and is seen, or
  // after it, and finds the case.
  `create function hub_hold_licenses(p_identifiers text[]) returns void
    language plpgsql volatile security definer set search_path = public, pg_temp as $$
    begin
      perform from license where identifier = any(p_identifiers) order by identifier for share;
    end $$`,
  ...onlyHub("hub_hold_licenses(text[])"),
  // Cases whose days are long over go, with what was fetched into them, and notices as old as that.
  `create function hub_forget_notices(p_before timestamptz, p_rows int) returns int
    language sql volatile security definer set search_path = public, pg_temp as $$
    with old_case as (select id from open_case where open_until <= p_before order by open_until limit p_rows
        for update skip locked),
      forgotten as (delete from reliance where case_id in (select id from old_case)),
      cases as (delete from open_case where id in (select id from old_case) returning 1),
      old_notice as (select id from notice where known_at <= p_before order by known_at limit p_rows
        for update skip locked),
      notices as (delete from notice where id in (select id from old_notice) returning 1)
    select greatest((select count(*) from cases), (select count(*) from notices))::int $$`,
  ...onlyHub("hub_forget_notices(timestamptz, int)"),
];
