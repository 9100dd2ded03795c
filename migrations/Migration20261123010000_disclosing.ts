import { Migration } from "@mikro-orm/migrations";
import { disclosing as before, onlyHub } from "./Migration20261122214405_access.ts";

/** The disclosing statement reads, decides and records in less time: see `hub_disclose`. */
export class Migration20261123010000_disclosing extends Migration {
  override name = "Migration20261123010000_disclosing";

  override up(): void | Promise<void> {
    for (const statement of [...drop, "drop function hub_count_withheld", ...disclosing]) this.addSql(statement);
  }

  override down(): void | Promise<void> {
    for (const statement of [...drop, ...before]) this.addSql(statement);
  }
}

const drop = ["drop function hub_disclose"];

/** Disclosing with every rule looked up; the next migration remembers what was found, and puts this back. */
export const disclosing = [
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
  #variable_conflict use_column
  declare
    own text;
    readable text[];
    extents text[];
    reads_all boolean := false;
  begin
    if p_mode = 'HOLDER' then
      readable := hub_member_types(p_holder, p_member, p_day);
      if readable = '{}' or not p_holders <@ array[p_holder] then return; end if;
      reads_all := '*' = any(readable);
    elsif p_mode = 'CLIENT' then
      select c.department into own from client c join procedure p on p.code = p_procedure and p.department = c.department
        where c.id = p_client and c.kind = 'DEPARTMENT' and c.active;
      if own is null then return; end if;
      if p_types is not null then
        if exists (select from unnest(p_types) as asked(type) where not exists (
          select from procedure_need n where n.procedure = p_procedure and n.license_type = asked.type)) then return; end if;
      end if;
      select coalesce(array_agg(n.license_type), '{}'),
          array_agg(case when g.whole_license then '*' else array_to_string(n.attributes, ',') end) into readable, extents
        from procedure_need n join access_grant g on g.procedure = n.procedure and g.license_type = n.license_type
        where n.procedure = p_procedure and g.client_id = p_client and g.revoked_at is null and g.valid_from <= p_day
          and (g.valid_until is null or g.valid_until >= p_day);
    else
      raise exception 'nobody reads as %', p_mode;
    end if;
    return query with page as (
      select h.code as subject, w.withheld,
        case when p_mode = 'HOLDER' then '*' else extents[array_position(readable, p.type_code)] end as extent, p.*
      from unnest(p_holders) as h(code) cross join lateral (
        select count(*)::int as withheld from license l
        where not reads_all and l.holder_code = h.code and l.type_code <> all(readable)
      ) w left join lateral (
        select l.identifier, l.type_code, l.number, l.holder_code, l.holder_id_type, l.holder_name, l.issuer_code, l.region,
          l.issued_on, l.valid_from, l.valid_until, l.version, l.predecessor, l.attributes, l.state, l.jws
        from license l
        where l.holder_code = h.code and (reads_all or l.type_code = any(readable))
          and (p_types is null or l.type_code = any(p_types))
          and (p_states is null or case when l.state = 'VALID' and l.valid_until < p_day then 'EXPIRED' else l.state end
            = any(p_states))
          and (p_after_day is null or l.issued_on < p_after_day
            or (l.issued_on = p_after_day and l.identifier > p_after_identifier))
        order by l.issued_on desc, l.identifier limit p_first + 1
      ) p on true
    ),
    record as (
      insert into access_record (holder_code, at, caller_kind, client_id, department, action, outcome, procedure,
        case_number, reason, identifiers, withheld, attributes, member)
      select o.subject, p_at, case p_mode when 'CLIENT' then 'DEPARTMENT' else p_mode end, p_caller, own, 'READ', 'DISCLOSED',
        p_procedure, p_case, p_reason,
        coalesce((array_agg(o.identifier order by o.issued_on desc, o.identifier)
          filter (where o.identifier is not null))[:p_first], '{}'),
        o.withheld,
        coalesce((array_agg(o.extent order by o.issued_on desc, o.identifier)
          filter (where o.identifier is not null))[:p_first], '{}'), p_member
      from page o group by o.subject, o.withheld
    )
    select * from page order by subject, issued_on desc, identifier;
  end $$`,
  ...onlyHub(
    "hub_disclose(text, text, text, date, text, uuid, text[], text[], text[], date, text, int, timestamptz, text, text, text)",
  ),
];
