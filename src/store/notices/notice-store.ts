import { sql } from "kysely";
import type { StoredState } from "../../domain/licenses/license.ts";
import { type DeliveryOutcome, type NoticeStatus, retryForMs } from "../../domain/notices/delivery.ts";
import type { Page } from "../catalogue/catalogue-store.ts";
import { type Row, type Sql, toIso } from "../database.ts";

/** A notice as its client sees it. `position`: its place in the order, for a cursor. */
export type StoredNotice = Readonly<{
  messageId: string;
  position: NoticePosition;
  clientId: string;
  procedure: string;
  caseNumber: string;
  identifier: string;
  state: StoredState;
  previousState: StoredState;
  effectiveOn: string;
  knownAt: string;
  change: number;
  status: NoticeStatus;
  dueAt: string;
  attempts: number;
  outcome: DeliveryOutcome | null;
  httpStatus: number | null;
  triedAt: string | null;
  endedAt: string | null;
}>;

/** A place in the order of notices that stays when others come. */
export type NoticePosition = Readonly<{ transaction: number; id: number }>;

/** Which notices are to be sent again: named ones, or all of a client since an instant that were never taken. */
export type ReplayChoice = Readonly<
  { clientId: string | undefined } & ({ messageIds: readonly string[] } | { since: Date })
>;

/** Notices of clients; a client reads its own. */
export function noticeStore(db: Sql) {
  return {
    /**
     * The client's notices in the order in which they came to be, none of which is missing before the last one: those that
     * a transaction under way may still put before others wait for it.
     */
    list: async (
      clientId: string,
      status: NoticeStatus | undefined,
      first: number,
      after: NoticePosition | undefined,
    ): Promise<Page<StoredNotice>> => {
      let query = db
        .selectFrom("notice")
        .selectAll()
        .where("client_id", "=", clientId)
        .where(sql<boolean>`"transaction" < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint`)
        .orderBy("transaction")
        .orderBy("id")
        .limit(first + 1);
      if (status !== undefined) query = query.where("status", "=", status);
      if (after)
        query = query.where(sql<boolean>`("transaction", id) > (${after.transaction}::bigint, ${after.id}::bigint)`);
      const rows = await query.execute();
      return { rows: rows.slice(0, first).map(toNotice), hasNextPage: rows.length > first };
    },

    /** Those that were given up, the newest first. @param after id of the last one seen */
    listDead: async (
      clientId: string | undefined,
      first: number,
      after: number | undefined,
    ): Promise<Page<StoredNotice>> => {
      let query = db
        .selectFrom("notice")
        .selectAll()
        .where("status", "=", "DEAD")
        .orderBy("id", "desc")
        .limit(first + 1);
      if (clientId !== undefined) query = query.where("client_id", "=", clientId);
      if (after !== undefined) query = query.where("id", "<", after);
      const rows = await query.execute();
      return { rows: rows.slice(0, first).map(toNotice), hasNextPage: rows.length > first };
    },

    /** Makes notices due as if they were new. Those that wait already, or whose client has no webhook, are left alone. */
    replay: async (choice: ReplayChoice, at: Date): Promise<readonly string[]> => {
      const due = at.toISOString();
      let query = db
        .updateTable("notice")
        .set({ status: "WAITING", due_at: due, attempts: 0, ended_at: null })
        .set({ retry_until: new Date(at.getTime() + retryForMs).toISOString() })
        .where("status", "<>", "WAITING")
        .where(sql<boolean>`exists (select from webhook w where w.client_id = notice.client_id)`);
      if (choice.clientId !== undefined) query = query.where("client_id", "=", choice.clientId);
      query =
        "since" in choice
          ? query.where("status", "in", ["UNSENT", "DEAD"]).where("known_at", ">=", choice.since.toISOString())
          : query.where("message_id", "in", [...choice.messageIds]);
      const rows = await query.returning("client_id").execute();
      return rows.map(({ client_id }) => client_id);
    },
  };
}

/** What `noticeStore` offers. */
export type NoticeStore = ReturnType<typeof noticeStore>;

/** What a row says. */
export function toNotice(row: Row<"notice">): StoredNotice {
  return {
    position: { transaction: Number(row.transaction), id: Number(row.id) },
    ...{ messageId: row.message_id, clientId: row.client_id, procedure: row.procedure, caseNumber: row.case_number },
    ...{ identifier: row.identifier, state: row.state, previousState: row.previous_state, change: row.change },
    ...{ effectiveOn: row.effective_on, knownAt: toIso(row.known_at), status: row.status, dueAt: row.due_at },
    ...{ attempts: row.attempts, outcome: row.outcome, httpStatus: row.http_status, triedAt: row.tried_at },
    endedAt: row.ended_at,
  };
}
