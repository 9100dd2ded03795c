import { defineEntity, p } from "@mikro-orm/core";
import type { CalendarDate } from "../../domain/calendar.ts";
import { date, instant, text, texts } from "./catalogue-tables.ts";

/** 业务系统: a department's computer system. */
export const ClientTable = defineEntity({
  name: "Client",
  tableName: "client",
  properties: { id: text().primary(), department: text(), name: text(), active: p.boolean().default(true) },
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
    revokedAt: instant().nullable(),
  },
  indexes: [{ properties: ["clientId", "procedure", "licenseType"] }],
});

/** 调用留痕: who read what of whom, when, for which purpose. Written in the transaction that discloses. */
export const AccessRecordTable = defineEntity({
  name: "AccessRecord",
  tableName: "access_record",
  properties: {
    holderCode: text().primary(),
    id: p.bigint("number").primary().autoincrement(),
    at: instant(),
    callerKind: text().$type<"DEPARTMENT" | "HOLDER" | "AUDITOR">(),
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
  },
  indexes: [{ properties: ["clientId", "id"] }, { properties: ["id"] }],
});

/** What was asked. */
export const accessActions = ["READ", "CONFIRM", "CHECK", "FETCH"] as const;
export type AccessAction = (typeof accessActions)[number];

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
