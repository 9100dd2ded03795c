import { defineEntity, p } from "@mikro-orm/core";
import type { SourceMapping, SourcePlace } from "../../domain/sources/source.ts";
import type { RunEnd } from "../../domain/sources/source-run.ts";
import { instant, text } from "./catalogue-tables.ts";

/** 数据源: where the hub fetches a client's records, how far it has come, and which copy is at it. Names of secrets only. */
export const SourceTable = defineEntity({
  name: "Source",
  tableName: "source",
  properties: {
    id: text().primary(),
    clientId: text(),
    name: text(),
    place: p.json<SourcePlace>(),
    mapping: p.json<SourceMapping>(),
    everySeconds: p.integer(),
    pageSize: p.integer(),
    active: p.boolean().default(true),
    addedAt: instant(),
    /** Everything up to here is stored: moves in the transaction that stores it, and never without. */
    cursor: text().nullable(),
    /** When it is to be pulled next. */
    dueAt: instant(),
    /** When somebody last asked for a pull at once. */
    askedAt: instant().nullable(),
    /** The pull under way. Whoever does not hold it can store nothing for this source. */
    lease: p.uuid().nullable(),
    leaseUntil: instant().nullable(),
    failures: p.integer().default(0),
    failingSince: instant().nullable(),
    /** Null: it is compared only when somebody asks. */
    reconcileEverySeconds: p.integer().nullable(),
    reconcileDays: p.integer().nullable(),
    reconcileDueAt: instant().nullable(),
    /** The comparison under way, and until when its copy is waited for. */
    reconcileLease: p.uuid().nullable(),
    reconcileLeaseUntil: instant().nullable(),
    reconcileBeganAt: instant().nullable(),
    /** Null while the last one is under way. */
    reconcileEndedAt: instant().nullable(),
    reconcileOutcome: text().$type<RunEnd>().nullable(),
    reconcileDetail: text().nullable(),
    /** What it found: the comparison, and how many records differ. */
    reconciliationId: p.uuid().nullable(),
    reconcileDiffering: p.integer().nullable(),
  },
  indexes: [{ properties: ["dueAt"] }, { properties: ["reconcileDueAt"] }],
});

/** One pull of a source: a row that is there from its first moment. */
export const SourceRunTable = defineEntity({
  name: "SourceRun",
  tableName: "source_run",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    sourceId: text(),
    lease: p.uuid().unique(),
    startedAt: instant(),
    endedAt: instant().nullable(),
    /** Null while it is under way. */
    outcome: text().$type<RunEnd>().nullable(),
    /** Where it failed, in the hub's own words: never what the source said. */
    detail: text().nullable(),
    pages: p.integer().default(0),
    fetched: p.integer().default(0),
    accepted: p.integer().default(0),
    unchanged: p.integer().default(0),
    rejected: p.integer().default(0),
    pending: p.integer().default(0),
    cursorFrom: text().nullable(),
    cursorTo: text().nullable(),
  },
  indexes: [{ properties: ["sourceId", "id"] }],
});
