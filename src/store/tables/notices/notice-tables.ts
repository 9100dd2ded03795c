import { defineEntity, p } from "@mikro-orm/core";
import type { StoredState } from "../../../domain/licenses/license.ts";
import type { DeliveryOutcome, NoticeStatus } from "../../../domain/notices/delivery.ts";
import { date, instant, text } from "../catalogue-tables.ts";

/** A client's case that licenses were fetched into: open until it is closed, or its days are over. */
export const OpenCaseTable = defineEntity({
  name: "OpenCase",
  tableName: "open_case",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    clientId: text(),
    procedure: text(),
    caseNumber: text(),
    /** The reason of the last fetch. */
    reason: text(),
    openedAt: instant(),
    fetchedAt: instant(),
    openUntil: instant(),
    closedAt: instant().nullable(),
  },
  indexes: [{ properties: ["openUntil"] }],
  uniques: [{ properties: ["clientId", "procedure", "caseNumber"] }],
});

/** Who relies on a license: a case it was fetched into. The identifier leads, so that a change finds them. */
export const RelianceTable = defineEntity({
  name: "Reliance",
  tableName: "reliance",
  properties: {
    identifier: text().primary(),
    caseId: p.bigint("number").primary(),
    fetchedAt: instant(),
    /** What its client was told last; null: nothing since it was fetched. */
    state: text().$type<StoredState>().nullable(),
    /** How often its client was told. */
    changes: p.integer().default(0),
  },
  indexes: [{ properties: ["caseId"] }],
});

/** What a client is to be told, written in the transaction that made it true; and how far it is with that. */
export const NoticeTable = defineEntity({
  name: "Notice",
  tableName: "notice",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    /** Whose place in the order is certain once every transaction before it has ended. */
    transaction: p.bigint("number").defaultRaw("((pg_current_xact_id())::text)::bigint"),
    messageId: p.uuid().unique().defaultRaw("gen_random_uuid()"),
    clientId: text(),
    procedure: text(),
    caseNumber: text(),
    identifier: text(),
    state: text().$type<StoredState>(),
    previousState: text().$type<StoredState>(),
    effectiveOn: date(),
    knownAt: instant(),
    change: p.integer(),
    status: text().$type<NoticeStatus>(),
    /** Of WAITING: when it is tried next, and after when no more. */
    dueAt: instant(),
    retryUntil: instant(),
    attempts: p.integer().default(0),
    /** How the last try ended. */
    outcome: text().$type<DeliveryOutcome>().nullable(),
    httpStatus: p.integer().nullable(),
    triedAt: instant().nullable(),
    /** When it was delivered or given up. */
    endedAt: instant().nullable(),
  },
  indexes: [
    { properties: ["clientId", "transaction", "id"] },
    { properties: ["knownAt"] },
    {
      name: "notice_due",
      expression: `create index "notice_due" on "notice" ("client_id", "due_at") where "status" = 'WAITING'`,
    },
    { name: "notice_dead", expression: `create index "notice_dead" on "notice" ("id") where "status" = 'DEAD'` },
  ],
});

/** Where a client wants to be told, with what it is signed, and which copy of the hub is at it. */
export const WebhookTable = defineEntity({
  name: "Webhook",
  tableName: "webhook",
  properties: {
    clientId: text().primary(),
    url: text(),
    /** Sealed with a key that lies in the key folder. */
    secret: text(),
    /** The one before, sealed too: signs beside the new one until its time is over. */
    oldSecret: text().nullable(),
    oldUntil: instant().nullable(),
    /** False: it answered 410. Nothing is sent until an operator sets it again. */
    active: p.boolean().default(true),
    setAt: instant(),
    /** Tries that failed in a row, and until when it is left alone. */
    failures: p.integer().default(0),
    failingSince: instant().nullable(),
    restUntil: instant().nullable(),
    outcome: text().$type<DeliveryOutcome>().nullable(),
    triedAt: instant().nullable(),
    deliveredAt: instant().nullable(),
    /** The copy that is at it: without it nothing is recorded. */
    lease: p.uuid().nullable(),
    leaseUntil: instant().nullable(),
  },
});
