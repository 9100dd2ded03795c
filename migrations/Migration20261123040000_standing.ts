import { Migration } from "@mikro-orm/migrations";
import { onlyHub, role } from "./Migration20261122214405_access.ts";
import { disclosing as before } from "./Migration20261123010000_disclosing.ts";

/** What a client may read for a procedure is looked up once a day and remembered until a rule it rests on changes. */
export class Migration20261123040000_standing extends Migration {
  override name = "Migration20261123040000_standing";

  override up(): void | Promise<void> {
    for (const statement of [...remembering, ...fewerIndexes, "drop function hub_disclose", ...disclosing])
      this.addSql(statement);
  }

  override down(): void | Promise<void> {
    for (const statement of ["drop function hub_disclose", ...before, ...moreIndexes, ...forgotten])
      this.addSql(statement);
  }
}

/** The tables the rules stand in, and the column of each that names the procedure; null: it names a client. */
const rules = [
  ["access_grant", "procedure"],
  ["procedure_need", "procedure"],
  ["procedure", "code"],
  ["client", null],
] as const;

// A row here is never the ground of anything: it repeats what `hub_access` found, and goes with the transaction that changes
// a rule. Two of them could miss each other: one that looks up the rules as they were, and one that changes them and finds no
// row to forget yet. So the first holds a lock shared from before it looks until it ends, and the second takes it alone
// before it forgets. It forgets when it commits (deferred), after every row it waits for: nobody waits for anybody in a ring.
const lock = "hashtextextended('client_standing', 0)";

const remembering = [
  `create unlogged table "client_standing" ("procedure" text not null, "client_id" text not null, "day" date not null,
    "department" text not null, "types" text[] not null, "extents" text[] not null, "needs" text[] not null,
    primary key ("procedure", "client_id"))`,
  // Only the functions below write it.
  `revoke insert, update, delete on client_standing from ${role}`,
  `create function client_standing_forget() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
  begin
    perform pg_advisory_xact_lock(${lock});
    if tg_nargs = 0 then
      delete from client_standing where client_id in (to_jsonb(old) ->> 'id', to_jsonb(new) ->> 'id');
    else
      delete from client_standing where procedure in (to_jsonb(old) ->> tg_argv[0], to_jsonb(new) ->> tg_argv[0]);
    end if;
    return null;
  end $$`,
  // Always: also where rows arrive by replication.
  ...rules.flatMap(([table, column]) => [
    `create constraint trigger ${table}_standing after insert or update or delete on ${table}
      deferrable initially deferred for each row execute function client_standing_forget(${column ? `'${column}'` : ""})`,
    `alter table ${table} enable always trigger ${table}_standing`,
  ]),
  // What a client may read for a procedure on a day, looked up and remembered; no row when the client does not stand or the
  // procedure is not its department's. A transaction that sees the rules as they were when it began remembers nothing.
  `create function hub_stand(p_client text, p_procedure text, p_day date)
    returns table (department text, types text[], extents text[], needs text[])
    language plpgsql volatile as $$
  #variable_conflict use_column
  declare a record;
  begin
    perform pg_advisory_xact_lock_shared(${lock});
    a := hub_access(p_client, p_procedure, p_day);
    if a.active is not true or a.procedure_department is distinct from a.department then return; end if;
    department := a.department;
    select coalesce(array_agg(n.key), '{}'),
        coalesce(array_agg(n.key) filter (where n.extent is not null), '{}'),
        coalesce(array_agg(n.extent) filter (where n.extent is not null), '{}') into needs, types, extents
      from (select e.key, case when e.value = 'true' then '*' when jsonb_typeof(e.value) = 'array' then
        array_to_string(array(select jsonb_array_elements_text(e.value)), ',') end as extent from jsonb_each(a.needs) e) n;
    if current_setting('transaction_isolation') = 'read committed' then
      insert into client_standing as s (procedure, client_id, day, department, types, extents, needs)
        values (p_procedure, p_client, p_day, department, types, extents, needs)
        on conflict (procedure, client_id) do update set day = excluded.day, department = excluded.department,
          types = excluded.types, extents = excluded.extents, needs = excluded.needs where s.day < excluded.day;
    end if;
    return next;
  end $$`,
  "revoke execute on function hub_stand(text, text, date) from public",
];

const forgotten = [
  ...rules.map(([table]) => `drop trigger ${table}_standing on ${table}`),
  "drop function hub_stand",
  "drop function client_standing_forget",
  "drop table client_standing",
];

// A department's records are found by its clients: every index less is a tenth less of what a record costs.
const fewerIndexes = ['drop index "access_record_department_id_index"'];

const moreIndexes = ['create index "access_record_department_id_index" on "access_record" ("department", "id")'];

const disclosing = [
  // The hottest path in one round trip: looks up what the caller may read for this purpose, reads a page of each holder and
  // records the disclosure. It sees every row and guards them itself: a client reads the types it is granted for a procedure
  // of its own department, a holder its own licenses, a person who acts for it what the membership covers. Whom it does not
  // let in gets no row and leaves no record; the hub then asks why (`hub_access`), refuses and records that.
  // The extent of a license is `*`, or the attributes granted, between commas.
  `create function hub_disclose(p_mode text, p_client text, p_procedure text, p_day date, p_holder text, p_member uuid,
    p_holders text[], p_types text[], p_states text[], p_after_day date, p_after_identifier text, p_first int,
    p_at timestamptz, p_caller text, p_case text, p_reason text)
    returns table (subject text, withheld int, extent text, identifier text, type_code text, number text, holder_code text,
      holder_id_type text, holder_name text, issuer_code text, region text, issued_on date, valid_from date,
      valid_until date, version int, predecessor text, attributes jsonb, state text, jws text)
    language plpgsql volatile security definer set search_path = public, pg_temp as $$
  #variable_conflict use_variable
  declare
    own text;
    readable text[];
    extents text[];
    needs text[];
    identifiers text[];
    shown text[];
    reads_all boolean := false;
  begin
    if p_mode = 'HOLDER' then
      readable := hub_member_types(p_holder, p_member, p_day);
      if readable = '{}' or not p_holders <@ array[p_holder] then return; end if;
      reads_all := '*' = any(readable);
    elsif p_mode = 'CLIENT' then
      select s.department, s.types, s.extents, s.needs into own, readable, extents, needs from client_standing s
        where s.procedure = p_procedure and s.client_id = p_client and s.day = p_day;
      if own is null then
        select s.department, s.types, s.extents, s.needs into own, readable, extents, needs
          from hub_stand(p_client, p_procedure, p_day) s;
      end if;
      if own is null or not coalesce(p_types, '{}') <@ needs then return; end if;
    else
      raise exception 'nobody reads as %', p_mode;
    end if;
    foreach subject in array p_holders loop
      withheld := 0;
      if not reads_all then
        select count(*) into withheld from license l where l.holder_code = subject and l.type_code <> all(readable);
      end if;
      identifiers := '{}';
      shown := '{}';
      for identifier, type_code, number, holder_code, holder_id_type, holder_name, issuer_code, region, issued_on, valid_from,
          valid_until, version, predecessor, attributes, state, jws in
        select l.identifier, l.type_code, l.number, l.holder_code, l.holder_id_type, l.holder_name, l.issuer_code, l.region,
          l.issued_on, l.valid_from, l.valid_until, l.version, l.predecessor, l.attributes, l.state, l.jws
        from license l
        where l.holder_code = subject and (reads_all or l.type_code = any(readable))
          and (p_types is null or l.type_code = any(p_types))
          and (p_states is null or case when l.state = 'VALID' and l.valid_until < p_day then 'EXPIRED' else l.state end
            = any(p_states))
          and (p_after_day is null or l.issued_on < p_after_day
            or (l.issued_on = p_after_day and l.identifier > p_after_identifier))
        order by l.issued_on desc, l.identifier limit p_first + 1
      loop
        extent := case when p_mode = 'HOLDER' then '*' else extents[array_position(readable, type_code)] end;
        if cardinality(identifiers) < p_first then
          identifiers := array_append(identifiers, identifier);
          shown := array_append(shown, extent);
        end if;
        return next;
      end loop;
      if not found then return next; end if;
      insert into access_record (holder_code, at, caller_kind, client_id, department, action, outcome, procedure,
        case_number, reason, identifiers, withheld, attributes, member)
      values (subject, p_at, case p_mode when 'CLIENT' then 'DEPARTMENT' else p_mode end, p_caller, own, 'READ', 'DISCLOSED',
        p_procedure, p_case, p_reason, identifiers, withheld, shown, p_member);
    end loop;
  end $$`,
  ...onlyHub(
    "hub_disclose(text, text, text, date, text, uuid, text[], text[], text[], date, text, int, timestamptz, text, text, text)",
  ),
];
