import type { StoredState } from "../../domain/licenses/license.ts";
import { retryForMs } from "../../domain/notices/delivery.ts";
import { type Sql, statement } from "../database.ts";

/** A license whose state is another one now; when it is `previous` still, it was signed again. `state_since`: from which day. */
export type ChangedState = Readonly<{
  holder_code: string;
  identifier: string;
  previous: StoredState;
  state: StoredState;
  state_since: string;
}>;

/**
 * Leaves a notice for every open case that relies on a license that has just changed, in the transaction that changed it: one
 * statement, whatever the number. What a case is told of a holder's license is on record like any other disclosure.
 */
export async function leaveNotices(db: Sql, changed: readonly ChangedState[], knownAt: Date): Promise<void> {
  if (changed.length === 0) return;
  const retryUntil = new Date(knownAt.getTime() + retryForMs).toISOString();
  await leave(db, [JSON.stringify(changed), knownAt.toISOString(), retryUntil]);
}

// A suspended client is refused whatever it asks; it is not told either, until it is let in again.
const leave = statement<object>(`
  with changed as (select * from jsonb_to_recordset($1::jsonb)
      as c(holder_code text, identifier text, previous text, state text, state_since date)),
  told as (
    update reliance r set state = c.state, changes = r.changes + 1
    from changed c, open_case k
    where r.identifier = c.identifier and k.id = r.case_id and k.closed_at is null and k.open_until > $2::timestamptz
    returning k.client_id, k.procedure, k.case_number, k.reason, r.changes, c.*
  ), noted as (
    insert into notice (client_id, procedure, case_number, identifier, state, previous_state, effective_on, known_at,
      change, status, due_at, retry_until)
    select t.client_id, t.procedure, t.case_number, t.identifier, t.state, t.previous, t.state_since, $2::timestamptz,
      t.changes, case when w.client_id is null then 'UNSENT' else 'WAITING' end, $2::timestamptz, $3::timestamptz
    from told t left join webhook w on w.client_id = t.client_id
    order by t.identifier, t.client_id, t.procedure, t.case_number
  )
  insert into access_record (holder_code, at, caller_kind, client_id, department, action, outcome, procedure, case_number,
    reason, identifiers, withheld, attributes)
  select t.holder_code, $2::timestamptz, 'DEPARTMENT', t.client_id, c.department, 'NOTIFY', 'DISCLOSED', t.procedure,
    t.case_number, t.reason, array[t.identifier], 0, array['']
  from told t join client c on c.id = t.client_id`);
