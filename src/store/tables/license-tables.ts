import { defineEntity, p } from "@mikro-orm/core";
import type { HistoryOperation, StoredState } from "../../domain/licenses/license.ts";
import type { RawRecord } from "../../domain/licenses/license-record.ts";
import type { HolderIdType } from "../../domain/licenses/license-type.ts";
import { date, instant, text } from "./catalogue-tables.ts";

/** 持证主体, by code. The name comes from the business license once one is held (`nameLicense`). */
export const HolderTable = defineEntity({
  name: "Holder",
  tableName: "holder",
  properties: {
    code: text().primary(),
    idType: text().$type<HolderIdType>(),
    name: text(),
    region: text().nullable(),
    nameLicense: text().nullable(),
  },
});

/**
 * 电子证照: one row a version, written once; only the state columns change, and `jws`, `kid` and its place in the log when
 * the hub signs it again (`signedAt`).
 * The holder's code leads the key so that the table can be partitioned by it.
 */
export const LicenseTable = defineEntity({
  name: "License",
  tableName: "license",
  properties: {
    holderCode: text().primary(),
    identifier: text().primary().unique(),
    typeCode: text(),
    number: text(),
    holderIdType: text().$type<HolderIdType>(),
    holderName: text(),
    issuerCode: text(),
    region: text().nullable(),
    issuedOn: date(),
    validFrom: date(),
    validUntil: date().nullable(),
    version: p.integer(),
    predecessor: text().nullable(),
    successor: text().nullable(),
    attributes: p.json<Record<string, unknown>>(),
    state: text().$type<StoredState>(),
    stateSince: date(),
    checkStatus: text().$type<"VALID" | "INVALID" | "UNPARSABLE">(),
    jws: text(),
    kid: text(),
    statusList: p.integer(),
    statusIndex: p.integer(),
    contentDigest: text(),
    clientId: text(),
    sourceRecordId: text(),
    /** Newest sourceUpdatedAt of the version and of its events: what a later record is compared with. */
    sourceUpdatedAt: instant(),
    receivedAt: instant(),
    /** When it was signed again; null: never, it was signed when it was received. */
    signedAt: instant().nullable(),
    submissionId: p.uuid(),
    /** Where its entry of the public log was left, and its place there; null: it came before there was a log. */
    logBatch: p.bigint("number").nullable(),
    logPlace: p.integer().nullable(),
  },
  indexes: [
    { properties: ["holderCode", "typeCode"] },
    { properties: ["clientId", "sourceRecordId"] },
    { properties: ["issuerCode", "contentDigest"] },
    {
      name: "license_unlogged",
      expression: 'create index "license_unlogged" on "license" ("holder_code") where "log_batch" is null',
    },
    // What a key has signed since a moment. A batch's licenses share one posting of it, at its right end.
    {
      name: "license_signed",
      expression: 'create index "license_signed" on "license" ("kid", (coalesce("signed_at", "received_at")))',
    },
  ],
  uniques: [{ properties: ["statusList", "statusIndex"] }],
});

/** Every operation on a license: what happened when (`effectiveOn`), and when the hub learned it (`receivedAt`). */
export const LicenseEventTable = defineEntity({
  name: "LicenseEvent",
  tableName: "license_event",
  properties: {
    holderCode: text().primary(),
    id: p.bigint("number").primary().autoincrement(),
    identifier: text(),
    operation: text().$type<HistoryOperation>(),
    state: text().$type<StoredState>(),
    effectiveOn: date(),
    reason: text().nullable(),
    clientId: text(),
    sourceRecordId: text(),
    sourceUpdatedAt: instant(),
    receivedAt: instant(),
    contentDigest: text(),
    submissionId: p.uuid(),
    /** As of the license; the event that brought it shares its entry. */
    logBatch: p.bigint("number").nullable(),
    logPlace: p.integer().nullable(),
  },
  indexes: [
    { properties: ["identifier", "id"] },
    {
      name: "license_event_unlogged",
      expression: 'create index "license_event_unlogged" on "license_event" ("holder_code") where "log_batch" is null',
    },
  ],
});

/** Events that came before the license they speak of. */
export const PendingEventTable = defineEntity({
  name: "PendingEvent",
  tableName: "pending_event",
  properties: {
    identifier: text().primary(),
    contentDigest: text().primary(),
    sourceUpdatedAt: instant().primary(),
    issuerCode: text(),
    clientId: text(),
    record: p.json<RawRecord>(),
    receivedAt: instant(),
    submissionId: p.uuid(),
  },
});

/** 归集批次: one row a batch; its whole answer is kept so that a repeat gets the first one. */
export const SubmissionTable = defineEntity({
  name: "Submission",
  tableName: "submission",
  properties: {
    id: p.uuid().primary(),
    clientId: text(),
    batchId: text(),
    /** Where this part begins in a batch that comes as a stream. */
    firstIndex: p.integer().default(0),
    /** SHA-256 of the part's lines, base64url: what is sent again must be the same. */
    digest: text().nullable(),
    receivedAt: instant(),
    accepted: p.integer().default(0),
    unchanged: p.integer().default(0),
    rejected: p.integer().default(0),
    pending: p.integer().default(0),
    results: p.json<readonly StoredResult[]>().default("[]"),
  },
  uniques: [{ properties: ["clientId", "batchId", "firstIndex"] }],
});

/** One record's outcome as kept with its batch. */
export type StoredResult = Readonly<{
  index: number;
  sourceRecordId: string;
  outcome: "ACCEPTED" | "UNCHANGED" | "REJECTED" | "PENDING";
  identifier: string | null;
  problems: readonly Readonly<{ code: string; path: string }>[];
}>;

/** Status lists whose indices are handed out: numbers of `license_status_sequence`, shuffled with the list's secret. */
export const StatusListTable = defineEntity({
  name: "StatusList",
  tableName: "status_list",
  properties: { id: p.integer().primary().autoincrement(false), shuffleKey: text() },
});

/** Changes of state that wait for their status list to be signed anew; gone when it is. Within a license, in the order of `id`. */
export const StatusChangeTable = defineEntity({
  name: "StatusChange",
  tableName: "status_change",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    statusList: p.integer(),
    statusIndex: p.integer(),
    state: text().$type<StoredState>(),
  },
  indexes: [{ properties: ["statusList", "id"] }],
});

/** Every status list as it was signed, packed (`token-text.ts`): what was said when is kept, and never signed again. */
export const StatusTokenTable = defineEntity({
  name: "StatusToken",
  tableName: "status_token",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    statusList: p.integer(),
    issuedAt: instant(),
    expiresAt: instant(),
    token: p.blob(),
  },
  indexes: [{ properties: ["statusList", "id"] }, { properties: ["statusList", "issuedAt", "id"] }],
});
