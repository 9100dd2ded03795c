import { type Sql, statement } from "../database.ts";

/**
 * Settles the corrections of licenses whose state a batch has just changed, in its transaction: one statement, whatever the
 * number. A new version that says something else in the field objected to corrects it; one that says the same leaves it
 * waiting, for the version after it; an end closes it.
 */
export async function settleCorrections(db: Sql, changed: readonly { identifier: string }[]): Promise<void> {
  if (changed.length > 0) await settle(db, [changed.map(({ identifier }) => identifier)]);
}

// A batch may bring several versions one after another: each is looked at, from the version a correction was waiting at.
// A new version has a day of issue of its own: where it was said what it should be, only that day counts.
const settle = statement<object>(`
  with recursive version as (
    select c.id, c.field, c.should_say, 0 as n, l.identifier, l.successor, l.state, hub_license_field(l, c.field) as value
    from correction c join license l on l.identifier = c.standing
    where c.standing = any($1::text[]) and c.status in ('OPEN', 'ACCEPTED')
    union all
    select v.id, v.field, v.should_say, v.n + 1, l.identifier, l.successor, l.state, hub_license_field(l, v.field)
    from version v join license l on l.identifier = v.successor
  ), decided as (
    select f.id, e.client_id, e.received_at,
      (select v.identifier from version v where v.id = f.id and v.n > 0 and v.value is distinct from f.value
        and (v.field <> 'issuedOn' or v.should_say is null or v.value = to_jsonb(v.should_say))
        order by v.n limit 1) as corrected_by,
      (select v.state from version v where v.id = f.id and v.state in ('REVOKED', 'CANCELLED', 'ANNULLED', 'TRANSFERRED')
        order by v.n limit 1) as ground,
      (select v.identifier from version v where v.id = f.id order by v.n desc limit 1) as last
    from version f cross join lateral (select client_id, received_at from license_event e
      where e.identifier = f.identifier order by e.id desc limit 1) e
    where f.n = 0
  ), settled as (
    update correction c set standing = coalesce(d.corrected_by, d.last), corrected_by = d.corrected_by,
      status = case when d.corrected_by is not null then 'CORRECTED' when d.ground is not null then 'CLOSED' else c.status end,
      ground = case when d.corrected_by is null then d.ground end,
      closed_at = case when coalesce(d.corrected_by, d.ground) is not null then d.received_at end
    from decided d where c.id = d.id and c.status in ('OPEN', 'ACCEPTED')
      and (d.corrected_by is not null or d.ground is not null or d.last <> c.standing)
    returning c.id, c.ground, d.client_id, d.received_at, d.corrected_by, d.last
  )
  insert into correction_event (correction_id, at, client_id, role, step, identifier, ground)
    select id, received_at, client_id, 'DEPARTMENT',
      case when corrected_by is not null then 'CORRECTED' when ground is not null then 'CLOSED' else 'UNCHANGED' end,
      coalesce(corrected_by, case when ground is null then last end), ground
    from settled order by id`);
