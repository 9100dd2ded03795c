import { Migration } from "@mikro-orm/migrations";

export class Migration20261122214405_access extends Migration {
  override name = "Migration20261122214405_access";

  override up(): void | Promise<void> {
    this.addSql(
      `create table "access_day" ("day" date not null, "count" int not null, "root" text not null, "closed_at" timestamptz not null, primary key ("day"));`,
    );

    this.addSql(
      `create table "access_objection" ("id" uuid not null, "record_id" bigint not null, "holder_code" text not null, "department" text not null, "text" text not null, "made_at" timestamptz not null, "answer" text null, "answered_by" text null, "answered_at" timestamptz null, primary key ("id"));`,
    );
    this.addSql(
      `alter table "access_objection" add constraint "access_objection_record_id_unique" unique ("record_id");`,
    );
    this.addSql(`create index "access_objection_holder_code_index" on "access_objection" ("holder_code");`);
    this.addSql(`create index "access_objection_department_index" on "access_objection" ("department");`);

    this.addSql(
      `create table "access_seal" ("day" date not null, "place" int not null, "record_id" bigint not null, "digest" text not null, "chain" text not null, primary key ("day", "place"));`,
    );
    this.addSql(`alter table "access_seal" add constraint "access_seal_record_id_unique" unique ("record_id");`);

    this.addSql(
      `create table "access_seal_position" ("id" int not null, "transaction" bigint not null, "record_id" bigint not null, "day" date not null, "place" int not null, "chain" text not null, primary key ("id"));`,
    );

    this.addSql(
      `create table "client_key" ("client_id" text not null, "kid" text not null, "jwk" jsonb not null, "added_at" timestamptz not null, "retired_at" timestamptz null, primary key ("client_id", "kid"));`,
    );

    this.addSql(
      `create unlogged table "dpop_proof" ("digest" text not null, "expires_at" timestamptz not null, primary key ("digest"));`,
    );
    this.addSql(`create index "dpop_proof_expires_at_index" on "dpop_proof" ("expires_at");`);

    this.addSql(
      `create table "holder_member" ("id" uuid not null, "holder_code" text not null, "person_code" text not null, "person_name" text not null, "role" text not null, "license_types" text[] null, "valid_from" date not null, "valid_until" date null, "appointed_by" text not null, "appointed_at" timestamptz not null, "ended_by" text null, "ended_at" timestamptz null, primary key ("id"));`,
    );
    this.addSql(
      `create index "holder_member_holder_code_person_code_index" on "holder_member" ("holder_code", "person_code");`,
    );
    this.addSql(`create index "holder_member_person_code_index" on "holder_member" ("person_code");`);

    this.addSql(
      `create table "oauth_artifact" ("model" text not null, "id" text not null, "payload" jsonb not null, "grant_id" text null, "uid" text null, "user_code" text null, "expires_at" timestamptz null, "consumed_at" timestamptz null, primary key ("model", "id"));`,
    );
    this.addSql(`create index "oauth_artifact_grant_id_index" on "oauth_artifact" ("grant_id");`);
    this.addSql(`create index "oauth_artifact_model_uid_index" on "oauth_artifact" ("model", "uid");`);
    this.addSql(`create index "oauth_artifact_model_user_code_index" on "oauth_artifact" ("model", "user_code");`);
    this.addSql(`create index "oauth_artifact_expires_at_index" on "oauth_artifact" ("expires_at");`);

    this.addSql(
      `create table "operator_record" ("id" bigserial primary key, "at" timestamptz not null, "operator" text not null, "action" text not null, "client_id" text not null, "details" jsonb not null);`,
    );
    this.addSql(`create index "operator_record_client_id_id_index" on "operator_record" ("client_id", "id");`);

    this.addSql(
      `create table "procedure_need" ("procedure" text not null, "license_type" text not null, "attributes" text[] not null, primary key ("procedure", "license_type"));`,
    );

    this.addSql(
      `create unlogged table "rate_window" ("subject" text not null, "kind" text not null, "starts_at" timestamptz not null, "taken" int not null, primary key ("subject", "kind", "starts_at"));`,
    );
    this.addSql(`create index "rate_window_starts_at_index" on "rate_window" ("starts_at");`);

    this.addSql(
      `alter table "access_grant" add "whole_license" boolean not null default false, add "granted_by" text not null default 'demo', add "granted_at" timestamptz not null default now(), add "revoked_by" text null;`,
    );
    this.addSql(
      `create unique index "access_grant_standing" on "access_grant" ("client_id", "procedure", "license_type") where "revoked_at" is null;`,
    );

    this.addSql(
      `alter table "access_record" add "attributes" text[] null, add "member" uuid null, add "salt" uuid not null default gen_random_uuid(), add "transaction" bigint not null default ((pg_current_xact_id())::text)::bigint;`,
    );
    this.addSql(`create index "access_record_transaction_id_index" on "access_record" ("transaction", "id");`);
    this.addSql(`create index "access_record_department_id_index" on "access_record" ("department", "id");`);
    this.addSql(`create index "access_record_at" on "access_record" using brin ("at") with (autosummarize = on);`);

    this.addSql(
      `alter table "client" add "kind" text not null default 'DEPARTMENT', add "scopes" text[] not null default '{}', add "redirect_uris" text[] not null default '{}', add "registered_at" timestamptz not null default now();`,
    );
    this.addSql(`alter table "client" alter column "department" drop not null;`);

    for (const statement of [...makeRole, ...guardRows, ...needs]) this.addSql(statement);
  }

  override down(): void | Promise<void> {
    for (const statement of unguard) this.addSql(statement);

    this.addSql(`drop table if exists "access_day" cascade;`);
    this.addSql(`drop table if exists "access_objection" cascade;`);
    this.addSql(`drop table if exists "access_seal" cascade;`);
    this.addSql(`drop table if exists "access_seal_position" cascade;`);
    this.addSql(`drop table if exists "client_key" cascade;`);
    this.addSql(`drop table if exists "dpop_proof" cascade;`);
    this.addSql(`drop table if exists "holder_member" cascade;`);
    this.addSql(`drop table if exists "oauth_artifact" cascade;`);
    this.addSql(`drop table if exists "operator_record" cascade;`);
    this.addSql(`drop table if exists "procedure_need" cascade;`);
    this.addSql(`drop table if exists "rate_window" cascade;`);

    this.addSql(`drop index "access_grant_standing";`);
    this.addSql(
      `alter table "access_grant" drop column "whole_license", drop column "granted_by", drop column "granted_at", drop column "revoked_by";`,
    );

    this.addSql(`drop index "access_record_transaction_id_index";`);
    this.addSql(`drop index "access_record_department_id_index";`);
    this.addSql(`drop index "access_record_at";`);
    this.addSql(
      `alter table "access_record" drop column "attributes", drop column "member", drop column "salt", drop column "transaction";`,
    );

    this.addSql(
      `alter table "client" drop column "kind", drop column "scopes", drop column "redirect_uris", drop column "registered_at";`,
    );
    this.addSql(`alter table "client" alter column "department" set not null;`);
  }
}

/** The role the hub works under, whoever it connects as: it owns nothing, so rows are guarded from it. */
export const role = "zhengzhao_hub";

/** Written once, never changed: not even by the hub. */
const appendOnly = ["access_record", "access_seal", "access_day", "operator_record", "license_event"];

const makeRole = [
  // A role belongs to the whole server: another hub database may have made it, or be making it now.
  `do $$ begin
    if not exists (select from pg_roles where rolname = '${role}') then
      begin
        create role ${role} nologin;
      exception when duplicate_object or unique_violation then null;
      end;
    end if;
    if not pg_has_role(current_user, '${role}',
      case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end) then
      execute format('grant ${role} to %I', current_user);
    end if;
  end $$`,
  `grant usage on schema public to ${role}`,
  `grant select, insert, update, delete on all tables in schema public to ${role}`,
  `grant usage, select on all sequences in schema public to ${role}`,
  `alter default privileges in schema public grant select, insert, update, delete on tables to ${role}`,
  `alter default privileges in schema public grant usage, select on sequences to ${role}`,
  `revoke update, delete on ${appendOnly.join(", ")} from ${role}`,
  // Number, salt and transaction of an access record are the database's own word.
  `revoke insert on access_record from ${role}`,
  `grant insert (holder_code, at, caller_kind, client_id, department, action, outcome, refusal, procedure, case_number,
    reason, identifiers, withheld, attributes, member) on access_record to ${role}`,
  `revoke insert, update, delete on mikro_orm_migrations from ${role}`,
  `revoke delete on license, submission, client, client_key, access_grant, holder_member, access_objection from ${role}`,
  `revoke update on access_objection from ${role}`,
  `grant update (answer, answered_by, answered_at) on access_objection to ${role}`,
];

/** One word of what `hub_enter` noted for this transaction; looked up once a statement, not once a row. */
const noted = (name: string) => `(select current_setting('hub.${name}', true))`;

const isCollecting = `${noted("mode")} = 'COLLECT'`;

/** The types noted, `*` being all of them, and the one holder, when there is one. */
const isNoted = `((select '*' = any(string_to_array(current_setting('hub.types', true), ',')))
    or type_code = any((select string_to_array(current_setting('hub.types', true), ','))::text[]))
  and (${noted("holder")} = '' or holder_code = ${noted("holder")})`;

/** A function that sees more than its caller is for the hub alone. */
export function onlyHub(signature: string): readonly string[] {
  return [`revoke execute on function ${signature} from public`, `grant execute on function ${signature} to ${role}`];
}

/** Reading a page and recording it; the next migration puts a leaner one in its place, and this back. */
export const disclosing = [
  // The hottest path in one round trip: looks up what the caller may read for this purpose, notes it, reads a page of each
  // holder and records the disclosure. The first row says what was looked up and holds no license; it stands alone, and
  // nothing is recorded, when the caller is not let in: the hub then refuses and records that.
  `create function hub_disclose(p_mode text, p_client text, p_procedure text, p_day date, p_holder text, p_member uuid,
    p_holders text[], p_types text[], p_states text[], p_after_day date, p_after_identifier text, p_first int,
    p_at timestamptz, p_caller text, p_case text, p_reason text)
    returns table (department text, active boolean, procedure_department text, needs jsonb, subject text, withheld int, identifier text, type_code text, number text,
      holder_code text, holder_id_type text, holder_name text, issuer_code text, region text, issued_on date,
      valid_from date, valid_until date, version int, predecessor text, attributes jsonb, state text, jws text)
    language plpgsql volatile as $$
  #variable_conflict use_column
  declare
    a record;
    readable text[];
    own text;
  begin
    if p_mode is null or p_mode not in ('CLIENT', 'HOLDER') then raise exception 'nobody reads as %', p_mode; end if;
    if p_mode = 'HOLDER' then
      readable := hub_member_types(p_holder, p_member, p_day);
      if readable = '{}' or not p_holders <@ array[p_holder] then return; end if;
    else
      a := hub_access(p_client, p_procedure, p_day);
      if a.department is null then return; end if;
      readable := a.types;
      own := a.department;
      department := own;
      active := a.active;
      procedure_department := a.procedure_department;
      needs := coalesce(a.needs, '{}');
      return next;
      if a.active is not true or a.procedure_department is distinct from own or not (needs ?& coalesce(p_types, '{}')) then
        return;
      end if;
    end if;
    perform hub_note(p_mode, p_client, p_holder, readable);
    return query with h as (
      select h.code, case when '*' = any(readable) then 0 else hub_count_withheld(h.code, readable) end as withheld
      from unnest(p_holders) as h(code)
    ),
    page as (
      select h.code as subject, p.* from h cross join lateral (
        select l.identifier, l.type_code, l.number, l.holder_code, l.holder_id_type, l.holder_name, l.issuer_code, l.region,
          l.issued_on, l.valid_from, l.valid_until, l.version, l.predecessor, l.attributes, l.state, l.jws
        from license l
        where l.holder_code = h.code and (p_types is null or l.type_code = any(p_types))
          and (p_states is null or case when l.state = 'VALID' and l.valid_until < p_day then 'EXPIRED' else l.state end
            = any(p_states))
          and (p_after_day is null or l.issued_on < p_after_day
            or (l.issued_on = p_after_day and l.identifier > p_after_identifier))
        order by l.issued_on desc, l.identifier limit p_first + 1
      ) p
    ),
    record as (
      insert into access_record (holder_code, at, caller_kind, client_id, department, action, outcome, procedure,
        case_number, reason, identifiers, withheld, attributes, member)
      select h.code, p_at, case p_mode when 'CLIENT' then 'DEPARTMENT' else p_mode end, p_caller, own, 'READ', 'DISCLOSED',
        p_procedure, p_case, p_reason, coalesce(out.identifiers, '{}'), h.withheld, coalesce(out.extents, '{}'), p_member
      from h left join lateral (select array_agg(o.identifier) as identifiers, array_agg(o.extent) as extents from (
          select identifier, case when jsonb_typeof(needs -> type_code) = 'array'
              then array_to_string(array(select jsonb_array_elements_text(needs -> type_code)), ',') else '*' end as extent
          from page where subject = h.code
          order by issued_on desc, identifier limit p_first) o) out on true
    )
    select null::text, null::boolean, null::text, null::jsonb, h.code, h.withheld, page.identifier, page.type_code, page.number, page.holder_code,
      page.holder_id_type, page.holder_name, page.issuer_code, page.region, page.issued_on, page.valid_from,
      page.valid_until, page.version, page.predecessor, page.attributes, page.state, page.jws
    from h left join page on page.subject = h.code order by h.code, page.issued_on desc, page.identifier;
  end $$`,
  // Counts what the reader can not see, and tells nothing else of it.
  `create function hub_count_withheld(p_holder text, p_types text[]) returns int
    language plpgsql stable security definer set search_path = public, pg_temp as $$
    begin
      return (select count(*)::int from license where holder_code = p_holder and not type_code = any(p_types));
    end $$`,
  ...onlyHub("hub_count_withheld(text, text[])"),
];

const guardRows = [
  // What a client may do for a procedure: who it is, whose procedure that is, and by license type what its materials need:
  // false when that is not granted, true when it is as a whole, otherwise the attributes granted. The types are those it may
  // read: none when the client does not stand or the procedure is another department's.
  `create function hub_access(p_client text, p_procedure text, p_day date, out department text, out active boolean,
    out procedure_department text, out needs jsonb, out types text[]) language plpgsql stable as $$
  begin
    select c.department, c.active, p.department, n.needs, n.types into department, active, procedure_department, needs, types
      from client c left join procedure p on p.code = p_procedure cross join lateral (
        select jsonb_object_agg(n.license_type, case when g.id is null then 'false'::jsonb
            when g.whole_license then 'true'::jsonb else to_jsonb(n.attributes) end) as needs,
          array_agg(n.license_type) filter (where g.id is not null) as types
        from procedure_need n left join access_grant g on g.client_id = p_client and g.procedure = p_procedure
          and g.license_type = n.license_type and g.revoked_at is null and g.valid_from <= p_day
          and (g.valid_until is null or g.valid_until >= p_day)
        where n.procedure = p_procedure) n
      where c.id = p_client and c.kind = 'DEPARTMENT';
    if types is null or active is not true or procedure_department is distinct from department then types := '{}'; end if;
  end $$`,
  // Notes for whom this transaction reads, and what. Whoever asks says who it is and for which procedure; what that may
  // read is looked up here, in the database, from grants and memberships.
  `create function hub_note(p_mode text, p_client text, p_holder text, p_types text[]) returns void
    language plpgsql as $$
  declare noted text;
  begin
    noted := set_config('hub.mode', p_mode, true);
    noted := set_config('hub.client', coalesce(p_client, ''), true);
    noted := set_config('hub.holder', coalesce(p_holder, ''), true);
    noted := set_config('hub.types', array_to_string(p_types, ','), true);
  end $$`,
  `create function hub_enter(p_mode text, p_client text, p_procedure text, p_day date, p_holder text, p_member uuid,
    p_also text) returns void language plpgsql as $$
  declare readable text[] := '{}';
  begin
    if p_mode is null or p_mode not in ('CLIENT', 'HOLDER', 'COLLECT', 'AUDIT') then
      raise exception 'nobody reads as %', p_mode;
    end if;
    if p_mode = 'CLIENT' and p_procedure = '*' then
      select coalesce(array_agg(distinct a), '{}') into readable
        from (select distinct procedure as code from access_grant where client_id = p_client and revoked_at is null) g,
          lateral hub_access(p_client, g.code, p_day) h, unnest(h.types) a;
    elsif p_mode = 'CLIENT' then
      readable := (hub_access(p_client, p_procedure, p_day)).types;
    elsif p_mode = 'HOLDER' then
      readable := hub_member_types(p_holder, p_member, p_day);
    elsif p_mode = 'COLLECT' then
      readable := array['*'];
    end if;
    perform hub_note(p_mode, p_client, p_holder, readable || p_also);
  end $$`,
  // What a person who acts for a holder may read; all of it when it is the holder itself.
  `create function hub_member_types(p_holder text, p_member uuid, p_day date) returns text[] language plpgsql stable as $$
  begin
    if coalesce(p_holder, '') = '' then return '{}'; end if;
    if p_member is null then return array['*']; end if;
    return coalesce((select coalesce(m.license_types, array['*']) from holder_member m
      where m.id = p_member and m.holder_code = p_holder and m.ended_at is null
        and m.valid_from <= p_day and (m.valid_until is null or m.valid_until >= p_day)), '{}');
  end $$`,
  // Records that licenses were asked for that the reader can not see, under the holders it must not learn of.
  `create function hub_record_misses(p_identifiers text[], p_at timestamptz, p_kind text, p_client text, p_department text,
    p_action text, p_procedure text, p_case text, p_reason text, p_member uuid) returns void
    language sql volatile security definer set search_path = public, pg_temp as $$
    insert into access_record (holder_code, at, caller_kind, client_id, department, action, outcome, refusal, procedure,
      case_number, reason, identifiers, withheld, member)
    select coalesce(l.holder_code, ''), p_at, p_kind, p_client, p_department, p_action, 'REFUSED', 'NOT_FOUND', p_procedure,
      p_case, p_reason, '{}', 0, p_member
    from unnest(p_identifiers) as asked(identifier) left join license l on l.identifier = asked.identifier $$`,
  ...onlyHub("hub_record_misses(text[], timestamptz, text, text, text, text, text, text, text, uuid)"),
  ...disclosing,
  ...[
    "license",
    "license_event",
    "pending_event",
    "submission",
    "material_check",
    "material_bundle",
    "access_record",
  ].map((table) => `alter table ${table} enable row level security`),
  `create policy license_read on license for select to ${role} using (${isNoted})`,
  `create policy license_write on license for insert to ${role} with check (${isCollecting})`,
  `create policy license_change on license for update to ${role} using (${isCollecting})`,
  ...["license_event", "pending_event", "submission"].map(
    (table) => `create policy ${table}_collect on ${table} to ${role} using (${isCollecting})`,
  ),
  `create policy license_event_read on license_event for select to ${role} using (
    ${noted("mode")} in ('CLIENT', 'HOLDER') and exists (select from license l
      where l.holder_code = license_event.holder_code and l.identifier = license_event.identifier))`,
  ...["submission", "material_check", "material_bundle"].map(
    (table) => `create policy ${table}_own on ${table} to ${role} using (${noted("mode")} = 'CLIENT'
      and client_id = ${noted("client")})`,
  ),
  `create policy access_record_write on access_record for insert to ${role} with check (true)`,
  `create policy access_record_read on access_record for select to ${role} using (case ${noted("mode")}
    when 'AUDIT' then true
    when 'CLIENT' then department = (select department from client where id = current_setting('hub.client', true) and active)
    when 'HOLDER' then holder_code = ${noted("holder")}
    else false end)`,
];

/** What every procedure needs, kept in step with its materials: each source anywhere in their expressions. */
const needs = [
  `create function procedure_refresh_needs() returns trigger language plpgsql as $$
  begin
    if tg_op <> 'INSERT' then delete from procedure_need where procedure = old.code; end if;
    if tg_op <> 'DELETE' then
      insert into procedure_need (procedure, license_type, attributes)
        select new.code, s ->> 'licenseType', coalesce(array_agg(distinct a) filter (where a is not null), '{}')
        from jsonb_path_query(new.materials, 'strict $.** ? (exists(@.licenseType))') s
          left join lateral jsonb_array_elements_text(s -> 'attributes') a on true
        group by 2;
    end if;
    return null;
  end $$`,
  `create trigger procedure_needs after insert or update or delete on procedure
    for each row execute function procedure_refresh_needs()`,
  "update procedure set code = code",
];

const unguard = [
  ...["license_event", "pending_event", "submission"].map((table) => `drop policy ${table}_collect on ${table}`),
  ...["license_write", "license_change"].map((policy) => `drop policy ${policy} on license`),
  ...["license", "license_event", "access_record"].map((table) => `drop policy ${table}_read on ${table}`),
  ...["submission", "material_check", "material_bundle"].map((table) => `drop policy ${table}_own on ${table}`),
  `drop policy access_record_write on access_record`,
  ...[
    "license",
    "license_event",
    "pending_event",
    "submission",
    "material_check",
    "material_bundle",
    "access_record",
  ].map((table) => `alter table ${table} disable row level security`),
  "drop trigger procedure_needs on procedure",
  "drop function procedure_refresh_needs",
  ...[
    "hub_disclose",
    "hub_record_misses",
    "hub_count_withheld",
    "hub_enter",
    "hub_member_types",
    "hub_note",
    "hub_access",
  ].map((name) => `drop function ${name}`),
  `alter default privileges in schema public revoke all on tables from ${role}`,
  `alter default privileges in schema public revoke all on sequences from ${role}`,
  `revoke all on all tables in schema public from ${role}`,
  `revoke all on all sequences in schema public from ${role}`,
  `revoke usage on schema public from ${role}`,
];
