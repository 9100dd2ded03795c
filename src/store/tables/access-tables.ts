import { defineEntity, p } from "@mikro-orm/core";
import type { CallerKind } from "../../domain/access/caller.ts";
import type { ClientKind, OperatorAction, UnsignedPolicy } from "../../domain/access/client.ts";
import type { MemberRole } from "../../domain/access/member.ts";
import type { CalendarDate } from "../../domain/calendar.ts";
import { date, instant, text, texts } from "./catalogue-tables.ts";

/** 业务系统: a department's computer system; and the systems of auditors, operators and the gateway. */
export const ClientTable = defineEntity({
  name: "Client",
  tableName: "client",
  properties: {
    id: text().primary(),
    kind: text().$type<ClientKind>().default("DEPARTMENT"),
    /** Whom it speaks for; null: a client that belongs to no department. */
    department: text().nullable(),
    name: text(),
    /** False: suspended. Its tokens are refused at the next request. */
    active: p.boolean().default(true),
    scopes: texts().defaultRaw("'{}'"),
    redirectUris: texts().defaultRaw("'{}'"),
    registeredAt: instant().defaultRaw("now()"),
    /** What becomes of its records that bring no signature. */
    unsignedRecords: text().$type<UnsignedPolicy>().default("ACCEPTED"),
  },
});

/** Public keys a client signs its assertions with; at most two stand at once, so that they can be rotated. */
export const ClientKeyTable = defineEntity({
  name: "ClientKey",
  tableName: "client_key",
  properties: {
    clientId: text().primary(),
    kid: text().primary(),
    jwk: p.json<object>(),
    addedAt: instant(),
    retiredAt: instant().nullable(),
  },
});

/** 授权: client × license type × procedure, with dates and the ground it rests on. */
export const GrantTable = defineEntity({
  name: "AccessGrant",
  tableName: "access_grant",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    clientId: text(),
    licenseType: text(),
    procedure: text(),
    validFrom: date(),
    validUntil: date().nullable(),
    legalBasis: text(),
    /** True: the license as it was signed. False: only the attributes the procedure's materials name. */
    wholeLicense: p.boolean().default(false),
    grantedBy: text().default("demo"),
    grantedAt: instant().defaultRaw("now()"),
    revokedBy: text().nullable(),
    revokedAt: instant().nullable(),
  },
  indexes: [
    { properties: ["clientId", "procedure", "licenseType"] },
    {
      name: "access_grant_standing",
      expression:
        'create unique index "access_grant_standing" on "access_grant" ("client_id", "procedure", "license_type") where "revoked_at" is null',
    },
  ],
});

/** What a procedure's materials need of a license type; made from the procedure when the catalogue is loaded. */
export const ProcedureNeedTable = defineEntity({
  name: "ProcedureNeed",
  tableName: "procedure_need",
  properties: { procedure: text().primary(), licenseType: text().primary(), attributes: texts() },
});

/**
 * What a client may read for a procedure on a day, as last looked up: repeats grants and needs, and is forgotten by triggers
 * when one of them changes. Not logged, and only the database's own functions write it.
 */
export const ClientStandingTable = defineEntity({
  name: "ClientStanding",
  tableName: "client_standing",
  properties: {
    procedure: text().primary(),
    clientId: text().primary(),
    day: date(),
    department: text(),
    types: texts(),
    /** Beside each type: `*`, or the attributes granted, between commas. */
    extents: texts(),
    needs: texts(),
  },
});

/** Who may act for an enterprise: its administrators and clerks. */
export const HolderMemberTable = defineEntity({
  name: "HolderMember",
  tableName: "holder_member",
  properties: {
    id: p.uuid().primary(),
    holderCode: text(),
    personCode: text(),
    personName: text(),
    role: text().$type<MemberRole>(),
    /** What a clerk may show and read; null: every type. */
    licenseTypes: p.array().columnType("text[]").nullable(),
    validFrom: date(),
    validUntil: date().nullable(),
    appointedBy: text(),
    appointedAt: instant(),
    endedBy: text().nullable(),
    endedAt: instant().nullable(),
  },
  indexes: [{ properties: ["holderCode", "personCode"] }, { properties: ["personCode"] }],
});

/** What operators decided about clients, keys and grants. Append-only. */
export const OperatorRecordTable = defineEntity({
  name: "OperatorRecord",
  tableName: "operator_record",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    at: instant(),
    operator: text(),
    action: text().$type<OperatorAction>(),
    clientId: text(),
    details: p.json<Record<string, unknown>>(),
  },
  indexes: [{ properties: ["clientId", "id"] }],
});

/** 调用留痕: who read what of whom, when, for which purpose. Written in the transaction that discloses. */
export const AccessRecordTable = defineEntity({
  name: "AccessRecord",
  tableName: "access_record",
  properties: {
    holderCode: text().primary(),
    id: p.bigint("number").primary().autoincrement(),
    at: instant(),
    callerKind: text().$type<CallerKind>(),
    clientId: text(),
    department: text().nullable(),
    action: text().$type<AccessAction>(),
    outcome: text().$type<AccessOutcome>(),
    /** Why refused: a code of the error table; null when not refused. */
    refusal: text().nullable(),
    procedure: text().nullable(),
    caseNumber: text().nullable(),
    reason: text().nullable(),
    identifiers: texts(),
    withheld: p.integer(),
    /** Names of the attributes that went out; null: nothing did, or whole licenses. */
    attributes: p.array().columnType("text[]").nullable(),
    /** The membership a person acted under; null: a client, or the holder itself. */
    member: p.uuid().nullable(),
    /** Hides the holder's code in the digest that seals the record. Made by the database. */
    salt: p.uuid().defaultRaw("gen_random_uuid()"),
    /** The transaction that wrote it: the order in which records are sealed. Written by the database. */
    transaction: p.bigint("number").defaultRaw("((pg_current_xact_id())::text)::bigint"),
  },
  indexes: [
    { properties: ["clientId", "id"] },
    { properties: ["id"] },
    { properties: ["transaction", "id"] },
    // Grows with the table: a few bytes a block say where to look.
    {
      name: "access_record_at",
      expression: 'create index "access_record_at" on "access_record" using brin ("at") with (autosummarize = on)',
    },
  ],
});

/** The hash chain over access records: one row a record, in the order of their transactions. Append-only. */
export const AccessSealTable = defineEntity({
  name: "AccessSeal",
  tableName: "access_seal",
  properties: {
    /** Day on which it was sealed, in Asia/Shanghai. */
    day: date().primary(),
    /** Its place in the day's chain, from 1. */
    place: p.integer().primary(),
    recordId: p.bigint("number").unique(),
    /** SHA-256 of the record, base64url. */
    digest: text(),
    /** SHA-256 of the chain up to here, base64url. */
    chain: text(),
  },
});

/** A closed day of the ledger: its root is what the public log gets. Append-only. */
export const AccessDayTable = defineEntity({
  name: "AccessDay",
  tableName: "access_day",
  properties: {
    day: date().primary(),
    count: p.integer(),
    /** The chain's last value; of an empty day, the root of the day before. */
    root: text(),
    closedAt: instant(),
  },
});

/** How far access records are sealed: one row. */
export const AccessSealPositionTable = defineEntity({
  name: "AccessSealPosition",
  tableName: "access_seal_position",
  properties: {
    id: p.integer().primary().autoincrement(false),
    /** Every record up to this one, in the order of transactions, is sealed. */
    transaction: p.bigint("number"),
    recordId: p.bigint("number"),
    day: date(),
    place: p.integer(),
    chain: text(),
  },
});

/** A holder's objection to an access, and its department's answer. */
export const AccessObjectionTable = defineEntity({
  name: "AccessObjection",
  tableName: "access_objection",
  properties: {
    id: p.uuid().primary(),
    recordId: p.bigint("number").unique(),
    holderCode: text(),
    department: text(),
    text: text(),
    madeAt: instant(),
    answer: text().nullable(),
    answeredBy: text().nullable(),
    answeredAt: instant().nullable(),
  },
  indexes: [{ properties: ["holderCode"] }, { properties: ["department"] }],
});

/** What was asked; NOTIFY: nothing, the hub told it by itself. */
export const accessActions = ["READ", "CONFIRM", "CHECK", "FETCH", "NOTIFY"] as const;
export type AccessAction = (typeof accessActions)[number];

/** What somebody asks. */
export type AskedAction = Exclude<AccessAction, "NOTIFY">;

/** DISCLOSED: content went out; ANSWERED: a yes or no did; REFUSED: nothing did. */
export const accessOutcomes = ["DISCLOSED", "ANSWERED", "REFUSED"] as const;
export type AccessOutcome = (typeof accessOutcomes)[number];

/** 免提交判定 as answered; works once, for its caller, for a short time. */
export const MaterialCheckTable = defineEntity({
  name: "MaterialCheck",
  tableName: "material_check",
  properties: {
    id: p.uuid().primary(),
    clientId: text(),
    procedure: text(),
    holderCode: text(),
    caseNumber: text(),
    reason: text(),
    checkedAt: instant(),
    asOf: date(),
    facts: p.json<StoredFacts>(),
    usedAt: instant().nullable(),
  },
});

/** What a check was asked with, so that a fetch can decide again. */
export type StoredFacts = Readonly<{
  commitment: boolean;
  persons: readonly Readonly<{ role: "LEGAL_REPRESENTATIVE" | "STAFF"; residentId: string }>[];
  asOf: CalendarDate;
  /** Materials answered FETCH, with the licenses named. */
  fetch: readonly Readonly<{ material: string; identifiers: readonly string[] }>[];
}>;

/** A fetch: what went into which case, with its signed receipt. */
export const MaterialBundleTable = defineEntity({
  name: "MaterialBundle",
  tableName: "material_bundle",
  properties: {
    id: p.uuid().primary(),
    checkId: p.uuid().unique(),
    clientId: text(),
    holderCode: text(),
    receipt: text(),
    fetchedAt: instant(),
  },
});
