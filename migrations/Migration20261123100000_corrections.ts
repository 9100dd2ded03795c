import { Migration } from "@mikro-orm/migrations";
import { onlyHub, role } from "./Migration20261122214405_access.ts";

/** Readers object to what licenses say; sources answer within a term. */
export class Migration20261123100000_corrections extends Migration {
  override name = "Migration20261123100000_corrections";

  override up(): void | Promise<void> {
    this.addSql(
      `create table "correction" ("id" bigserial primary key, "holder_code" text not null, "identifier" text not null, "standing" text not null, "type_code" text not null, "issuer_code" text not null, "field" text not null, "says" jsonb null, "should_say" text null, "reason" text not null, "role" text not null, "objector" text not null, "department" text null, "made_at" timestamptz not null, "status" text not null default 'OPEN', "due_on" date not null, "second_on" date not null, "escalation" int not null default 0, "answer" text null, "answered_by" text null, "answered_at" timestamptz null, "corrected_by" text null, "ground" text null, "closed_at" timestamptz null);`,
    );
    this.addSql(`create index "correction_issuer_code_id_index" on "correction" ("issuer_code", "id");`);
    this.addSql(`create index "correction_department_id_index" on "correction" ("department", "id");`);
    this.addSql(`create index "correction_objector_id_index" on "correction" ("objector", "id");`);
    this.addSql(
      `create unique index "correction_standing" on "correction" ("standing", "field", "objector") where "status" in ('OPEN', 'ACCEPTED');`,
    );
    this.addSql(`create index "correction_due" on "correction" ("due_on") where "status" in ('OPEN', 'ACCEPTED');`);
    this.addSql(
      `create table "correction_event" ("id" bigserial primary key, "correction_id" bigint not null, "at" timestamptz not null, "client_id" text null, "role" text not null, "step" text not null, "level" int null, "identifier" text null, "ground" text null);`,
    );
    this.addSql(
      `create index "correction_event_correction_id_id_index" on "correction_event" ("correction_id", "id");`,
    );
    for (const statement of [...guardRows, ...lookUp, ...oversee]) this.addSql(statement);
  }

  override down(): void | Promise<void> {
    this.addSql("drop function hub_count_corrections(date)");
    this.addSql("drop function hub_overdue_corrections(date, text, text, bigint, int)");
    this.addSql("drop function hub_license_corrections(text[])");
    this.addSql("drop function hub_lock_license(text)");
    this.addSql(`drop table if exists "correction_event" cascade;`);
    this.addSql(`drop table if exists "correction" cascade;`);
    this.addSql("drop function hub_license_field(license, text)");
  }
}

const noted = (name: string) => `(select current_setting('hub.${name}', true))`;
const mode = noted("mode");

/** The department of the client that was let in; null for everybody else. */
const ownDepartment = `(select c.department from client c where ${mode} = 'CLIENT'
  and c.id = current_setting('hub.client', true) and c.active and c.kind = 'DEPARTMENT')`;

const isHolder = `(${mode} = 'HOLDER' and role = 'HOLDER' and objector = ${noted("holder")})`;

const guardRows = [
  // Nothing here is ever taken back; what was objected to, by whom and why stays as it was written.
  `revoke update, delete on correction, correction_event from ${role}`,
  `grant update (standing, status, due_on, second_on, escalation, answer, answered_by, answered_at, corrected_by, ground,
    closed_at) on correction to ${role}`,
  "alter table correction enable row level security",
  "alter table correction_event enable row level security",
  `create policy correction_collect on correction to ${role} using (${mode} = 'COLLECT')`,
  // Its two parties: the department that answers, and whoever objects.
  `create policy correction_read on correction for select to ${role} using (issuer_code = ${ownDepartment}
    or (role = 'DEPARTMENT' and department = ${ownDepartment}) or ${isHolder})`,
  // Only in one's own name, and only about what one may read: the license is looked up under its own guard.
  `create policy correction_make on correction for insert to ${role} with check (status = 'OPEN' and standing = identifier
    and ((role = 'DEPARTMENT' and objector = ${noted("client")} and department = ${ownDepartment}) or ${isHolder})
    and exists (select from license l where l.holder_code = correction.holder_code
      and l.identifier = correction.identifier and l.issuer_code = correction.issuer_code))`,
  `create policy correction_answer on correction for update to ${role} using (issuer_code = ${ownDepartment})`,
  `create policy correction_event_collect on correction_event to ${role} using (${mode} = 'COLLECT')`,
  ...["select", "insert"].map(
    (verb) => `create policy correction_event_${verb} on correction_event for ${verb} to ${role}
      ${verb === "select" ? "using" : "with check"} (exists (select from correction c
        where c.id = correction_event.correction_id))`,
  ),
];

const lookUp = [
  // What a version says in a field.
  `create function hub_license_field(l license, p_field text) returns jsonb language sql immutable as $$
    select case p_field when 'number' then to_jsonb(l.number) when 'holder.id' then to_jsonb(l.holder_code)
      when 'holder.name' then to_jsonb(l.holder_name) when 'region' then to_jsonb(l.region)
      when 'issuedOn' then to_jsonb(l.issued_on) when 'validFrom' then to_jsonb(l.valid_from)
      when 'validUntil' then to_jsonb(l.valid_until) else l.attributes -> substr(p_field, 12) end $$`,
  // A batch that changes the license is waited for, and waits for who holds this: an objection is either made before the
  // new version, and settled with it, or meets a version that stands no more. It is asked of a license just read.
  `create function hub_lock_license(p_identifier text) returns text
    language sql volatile security definer set search_path = public, pg_temp as $$
    select state from license where identifier = p_identifier for share $$`,
  ...onlyHub("hub_lock_license(text)"),
  // What a reader of licenses sees of objections to them: which field, and how it stands; not whose they are, nor their words.
  `create function hub_license_corrections(p_identifiers text[]) returns table (identifier text, field text, status text,
      made_at timestamptz, due_on date, second_on date)
    language sql stable security definer set search_path = public, pg_temp as $$
    select l.identifier, c.field, c.status, c.made_at, c.due_on, c.second_on
    from license l cross join lateral (select * from correction c where c.standing = l.identifier
      and c.status in ('OPEN', 'ACCEPTED') order by c.id limit 100) c
    where l.identifier = any(p_identifiers)
      and ((select '*' = any(string_to_array(current_setting('hub.types', true), ',')))
        or l.type_code = any((select string_to_array(current_setting('hub.types', true), ','))::text[]))
      and ((select current_setting('hub.holder', true)) = '' or l.holder_code = (select current_setting('hub.holder', true)))
    order by l.identifier, c.id $$`,
  ...onlyHub("hub_license_corrections(text[])"),
];

const oversee = [
  // An operator sees that a source is late, and with which license types; nothing of what the license says, nor of whom.
  `create function hub_overdue_corrections(p_day date, p_status text, p_type text, p_after bigint, p_most int)
    returns table (id bigint, type_code text, issuer_code text, field text, role text, department text, made_at timestamptz,
      status text, due_on date, second_on date)
    language sql stable security definer set search_path = public, pg_temp as $$
    select c.id, c.type_code, c.issuer_code, c.field, c.role, c.department, c.made_at, c.status, c.due_on, c.second_on
    from correction c where (select hub_desk()) = '*' and c.status in ('OPEN', 'ACCEPTED') and c.due_on < p_day
      and (p_status is null or c.status = p_status) and (p_type is null or c.type_code = p_type)
      and (p_after is null or c.id < p_after)
    order by c.id desc limit p_most $$`,
  ...onlyHub("hub_overdue_corrections(date, text, text, bigint, int)"),
  `create function hub_count_corrections(p_day date) returns table (department text, license_type text, open int,
      accepted int, overdue int, long_overdue int, refused int, corrected int, closed int)
    language sql stable security definer set search_path = public, pg_temp as $$
    select c.issuer_code, c.type_code, (count(*) filter (where c.status = 'OPEN'))::int,
      (count(*) filter (where c.status = 'ACCEPTED'))::int,
      (count(*) filter (where c.status in ('OPEN', 'ACCEPTED') and c.due_on < p_day))::int,
      (count(*) filter (where c.status in ('OPEN', 'ACCEPTED') and c.second_on < p_day))::int,
      (count(*) filter (where c.status = 'REFUSED'))::int, (count(*) filter (where c.status = 'CORRECTED'))::int,
      (count(*) filter (where c.status = 'CLOSED'))::int
    from correction c where (select hub_desk()) in ('*', c.issuer_code) group by 1, 2 order by 1, 2 $$`,
  ...onlyHub("hub_count_corrections(date)"),
];
