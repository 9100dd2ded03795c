import { sql } from "kysely";
import type { DeliveryOutcome, NoticeStatus } from "../../domain/notices/delivery.ts";
import { rowSource } from "../bulk.ts";
import { type Row, type Sql, statement } from "../database.ts";
import { type StoredNotice, toNotice } from "./notice-store.ts";
import { type SealedSecrets, secretsOf } from "./webhook-store.ts";

/** A webhook taken for one visit, with what is to be handed over. */
export type ClaimedWebhook = Readonly<{
  clientId: string;
  url: string;
  failures: number;
  lease: string;
  secrets: SealedSecrets;
}>;

/** What came of a notice in a visit, and what becomes of it. */
export type TriedNotice = Readonly<{
  messageId: string;
  attempts: number;
  status: Exclude<NoticeStatus, "UNSENT">;
  dueAt: Date;
  outcome: DeliveryOutcome;
  httpStatus: number | null;
}>;

/** What a visit says of the webhook itself. `failed`: nothing was taken. */
export type VisitEnd = Readonly<{
  failed: boolean;
  isGone: boolean;
  restUntil: Date | null;
  outcome: DeliveryOutcome;
}>;

/** Which copy of the hub hands over what; used as a reader who sees every notice. */
export function deliveryStore(db: Sql) {
  return {
    /**
     * Takes a webhook that something is due for and nobody is at: those that do not fail first, then the one that was left
     * alone longest. Copies that ask at the same moment get different ones.
     */
    claim: async (lease: string, now: Date, leaseUntil: Date): Promise<ClaimedWebhook | undefined> => {
      const [row] = await claim(db, [lease, leaseUntil.toISOString(), now.toISOString()]);
      return row && { clientId: row.client_id, url: row.url, failures: row.failures, lease, secrets: secretsOf(row) };
    },

    /** What is due, the oldest first. */
    findDue: async (clientId: string, now: Date, most: number): Promise<readonly StoredNotice[]> => {
      const rows = await db
        .selectFrom("notice")
        .selectAll()
        .where("client_id", "=", clientId)
        .where("status", "=", "WAITING")
        .where("due_at", "<=", now.toISOString())
        .orderBy("due_at")
        .orderBy("id")
        .limit(most)
        .execute();
      return rows.map(toNotice);
    },

    /**
     * Records tries. What was taken is taken, whoever sent it; a failure counts only once, should two copies have tried. When
     * nothing was taken, what is too old by now is given up with it.
     */
    record: async (clientId: string, tried: readonly TriedNotice[], failed: boolean, at: Date): Promise<void> => {
      const rows = tried.map((one) => ({
        ...{ message_id: one.messageId, attempts: one.attempts, status: one.status, due_at: one.dueAt },
        ...{ outcome: one.outcome, http_status: one.httpStatus },
      }));
      await sql`update notice n set status = r.status, attempts = r.attempts, due_at = r.due_at, outcome = r.outcome,
          http_status = r.http_status, tried_at = ${at.toISOString()}::timestamptz,
          ended_at = case when r.status <> 'WAITING' then ${at.toISOString()}::timestamptz end
        from ${rowSource(triedColumns, rows)} where n.message_id = r.message_id and n.status = 'WAITING'
          and (r.status = 'DELIVERED' or n.attempts = r.attempts - 1)`.execute(db);
      if (failed) await giveUp(db, [clientId, at.toISOString()]);
    },

    /** Ends a visit and gives the webhook back, unless another copy holds it by now. */
    finish: async (lease: string, end: VisitEnd | undefined, at: Date): Promise<void> => {
      const now = at.toISOString();
      if (!end) await release(db, [lease]);
      else await finish(db, [lease, end.failed, end.isGone, end.restUntil?.toISOString() ?? null, end.outcome, now]);
    },
  };
}

/** What `deliveryStore` offers. */
export type DeliveryStore = ReturnType<typeof deliveryStore>;

const triedColumns = {
  ...{ message_id: "uuid", attempts: "int", status: "text", due_at: "timestamptz", outcome: "text" },
  http_status: "int",
};

const claim = statement<Row<"webhook">>(`
  update webhook set lease = $1::uuid, lease_until = $2::timestamptz where client_id = (
    select w.client_id from webhook w join client c on c.id = w.client_id
    where w.active and c.active and (w.rest_until is null or w.rest_until <= $3::timestamptz)
      and (w.lease_until is null or w.lease_until <= $3::timestamptz)
      and exists (select from notice n where n.client_id = w.client_id and n.status = 'WAITING'
        and n.due_at <= $3::timestamptz)
    order by w.failures > 0, w.tried_at nulls first, w.client_id limit 1 for update of w skip locked)
  returning *`);

const giveUp = statement<object>(`
  update notice set status = 'DEAD', ended_at = $2::timestamptz
  where client_id = $1 and status = 'WAITING' and retry_until <= $2::timestamptz`);

const release = statement<object>("update webhook set lease = null, lease_until = null where lease = $1::uuid");

const finish = statement<object>(`
  update webhook set lease = null, lease_until = null, tried_at = $6::timestamptz, outcome = $5,
    failures = case when $2::boolean then failures + 1 else 0 end,
    failing_since = case when $2::boolean then coalesce(failing_since, $6::timestamptz) end,
    delivered_at = case when $2::boolean then delivered_at else $6::timestamptz end,
    rest_until = $4::timestamptz, active = active and not $3::boolean
  where lease = $1::uuid`);
