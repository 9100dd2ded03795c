import { Migration } from "@mikro-orm/migrations";
import { onlyHub, role } from "./Migration20261122214405_access.ts";

/** Two sources that claim one identifier: what each says, what a clerk decided, and which identifier is meant since. */
export class Migration20261123110000_conflicts extends Migration {
  override name = "Migration20261123110000_conflicts";

  override up(): void | Promise<void> {
    this.addSql(
      `create table "conflict_claim" ("id" bigserial primary key, "conflict_id" bigint not null, "identifier" text not null, "department" text not null, "client_id" text not null, "source_record_id" text not null, "problem_id" bigint null, "submission_id" uuid not null, "record" text null, "content_digest" text not null, "first_received_at" timestamptz not null, "received_at" timestamptz not null, "status" text not null default 'OPEN', "closed_at" timestamptz null);`,
    );
    this.addSql(`create index "conflict_claim_conflict_id_id_index" on "conflict_claim" ("conflict_id", "id");`);
    this.addSql(
      `create index "conflict_claim_identifier_department_content_digest_index" on "conflict_claim" ("identifier", "department", "content_digest");`,
    );
    this.addSql(
      `create unique index "conflict_claim_open" on "conflict_claim" ("client_id", "source_record_id", "conflict_id") where "status" = 'OPEN';`,
    );
    this.addSql(
      `create index "conflict_claim_content" on "conflict_claim" ("closed_at") where "status" <> 'OPEN' and "record" is not null;`,
    );
    this.addSql(
      `create table "conflict_decision" ("id" bigserial primary key, "conflict_id" bigint not null, "claim_id" bigint not null, "identifier" text not null, "decision" text not null, "reason" text not null, "operator" text not null, "person" text null, "decided_at" timestamptz not null, "department" text not null, "client_id" text not null, "source_record_id" text not null, "claim_digest" text not null, "standing_digest" text not null, "standing_issuer" text not null, "standing_state" text not null, "facts" text not null, "given" text null);`,
    );
    this.addSql(
      `alter table "conflict_decision" add constraint "conflict_decision_claim_id_unique" unique ("claim_id");`,
    );
    this.addSql(
      `create table "identifier_alias" ("issuer_code" text not null, "brought" text not null, "client_id" text not null, "source_record_id" text not null, "given" text not null, "decision_id" bigint not null, primary key ("issuer_code", "brought", "client_id", "source_record_id"));`,
    );
    this.addSql(`create index "identifier_alias_given_index" on "identifier_alias" ("given");`);
    this.addSql(
      `create table "identifier_conflict" ("id" bigserial primary key, "identifier" text not null, "issuer_code" text not null, "type_code" text not null, "status" text not null default 'OPEN', "opened_at" timestamptz not null, "closed_at" timestamptz null);`,
    );
    this.addSql(
      `create unique index "identifier_conflict_open" on "identifier_conflict" ("identifier") where "status" = 'OPEN';`,
    );
    for (const statement of [...guardRows, ...closing]) this.addSql(statement);
  }

  override down(): void | Promise<void> {
    this.addSql("drop trigger problem_record_claim on problem_record");
    this.addSql(`drop table if exists "conflict_claim" cascade;`);
    this.addSql(`drop table if exists "conflict_decision" cascade;`);
    this.addSql(`drop table if exists "identifier_alias" cascade;`);
    this.addSql(`drop table if exists "identifier_conflict" cascade;`);
    for (const name of ["hub_end_claims", "hub_close_conflict", "hub_conflict_standing"])
      this.addSql(`drop function ${name}`);
  }
}

const mode = "(select current_setting('hub.mode', true))";
const isCollecting = `${mode} = 'COLLECT'`;
/** The reader is an operator whose client stands. */
const isOperator = "(select hub_desk()) = '*'";

const guardRows = [
  `revoke delete on identifier_conflict, conflict_claim from ${role}`,
  // What was decided stays decided, and what an identifier means never changes: not even by the hub.
  `revoke update, delete on conflict_decision, identifier_alias from ${role}`,
  ...["identifier_conflict", "conflict_claim", "conflict_decision", "identifier_alias"].flatMap((table) => [
    `alter table ${table} enable row level security`,
    `create policy ${table}_collect on ${table} to ${role} using (${isCollecting})`,
  ]),
  ...["identifier_conflict", "conflict_claim", "conflict_decision"].map(
    (table) => `create policy ${table}_operate on ${table} for select to ${role} using (${isOperator})`,
  ),
  `create policy conflict_decision_audit on conflict_decision for select to ${role} using (${mode} = 'AUDIT')`,
  // The license in the way of a claim, to an operator who has to decide about it, and no other license.
  `create function hub_conflict_standing(p_claim bigint) returns setof license
    language sql stable security definer set search_path = public, pg_temp as $$
    select l.* from conflict_claim c join license l on l.identifier = c.identifier
      where c.id = p_claim and (current_setting('hub.mode', true) = 'COLLECT' or hub_desk() = '*') $$`,
  ...onlyHub("hub_conflict_standing(bigint)"),
];

const closing = [
  // A conflict ends with the last of its open claims, however that ends. The lock lets two that end at once see each other.
  `create function hub_close_conflict() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
  begin
    perform from identifier_conflict where id = new.conflict_id for no key update;
    update identifier_conflict k set closed_at = new.closed_at, status = case when exists (select from conflict_claim c
        where c.conflict_id = k.id and c.status in ('REFUSED', 'GIVEN')) then 'DECIDED' else 'WITHDRAWN' end
      where k.id = new.conflict_id and k.status = 'OPEN'
        and not exists (select from conflict_claim c where c.conflict_id = k.id and c.status = 'OPEN');
    return null;
  end $$`,
  `create trigger conflict_claim_closed after update on conflict_claim for each row
    when (old.status = 'OPEN' and new.status <> 'OPEN') execute function hub_close_conflict()`,
  // A record that is no longer refused for its identifier claims it no more, whichever way its department mended it.
  `create function hub_end_claims() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
  begin
    update conflict_claim c set closed_at = coalesce(new.closed_at, new.received_at),
        status = case new.status when 'DISMISSED' then 'DISMISSED' else 'WITHDRAWN' end
      where c.status = 'OPEN' and c.client_id = new.client_id and c.source_record_id = new.source_record_id
        and c.problem_id is null;
    update conflict_claim c set closed_at = coalesce(new.closed_at, new.received_at),
        status = case new.status when 'DISMISSED' then 'DISMISSED' else 'WITHDRAWN' end
      where c.status = 'OPEN' and c.problem_id = new.id;
    return null;
  end $$`,
  `create trigger problem_record_claim after update on problem_record for each row
    when ('IDENTIFIER_TAKEN' = any(old.codes) and (not 'IDENTIFIER_TAKEN' = any(new.codes)
      or (new.status <> 'OPEN' and new.status <> old.status)))
    execute function hub_end_claims()`,
];
