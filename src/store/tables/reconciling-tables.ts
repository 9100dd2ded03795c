import { defineEntity, p } from "@mikro-orm/core";
import type { DayDifference } from "../../domain/reconciling/day-count.ts";
import { date, instant, text } from "./catalogue-tables.ts";

/**
 * What each source has told: one row a record of its own, the newest the hub took in (accepted, unchanged or waiting).
 * `day` is that of `sourceUpdatedAt` in Asia/Shanghai; `lineHash` what the row adds to its day's digest.
 */
export const SourceRecordTable = defineEntity({
  name: "SourceRecord",
  tableName: "source_record",
  properties: {
    clientId: text().primary(),
    sourceRecordId: text().primary(),
    licenseType: text(),
    sourceUpdatedAt: instant(),
    contentDigest: text(),
    day: date(),
    lineHash: p.bigint("string"),
  },
  indexes: [{ properties: ["clientId", "day", "licenseType", "sourceRecordId"] }],
});

/** 对账: what came of comparing a source's own counts, and then its list of records, with the hub's. */
export const ReconciliationTable = defineEntity({
  name: "Reconciliation",
  tableName: "reconciliation",
  properties: {
    id: p.uuid().primary(),
    department: text(),
    /** Whose records were compared; `madeBy` compared them. */
    clientId: text(),
    madeBy: text(),
    licenseType: text().nullable(),
    fromDay: date(),
    untilDay: date(),
    madeAt: instant(),
    theirCount: p.bigint("number"),
    ourCount: p.bigint("number"),
    differences: p.json<readonly DayDifference[]>(),
    listedAt: instant().nullable(),
    listed: p.integer().nullable(),
    duplicates: p.integer().nullable(),
    same: p.integer().nullable(),
    missing: p.integer().nullable(),
    extra: p.integer().nullable(),
    stale: p.integer().nullable(),
    newer: p.integer().nullable(),
    different: p.integer().nullable(),
  },
  indexes: [{ properties: ["department", "madeAt", "id"] }, { properties: ["madeAt", "id"] }],
});

/** A list while it is compared; unlogged, gone when the comparison ends. `run`: one upload. */
export const ReconciliationLineTable = defineEntity({
  name: "ReconciliationLine",
  tableName: "reconciliation_line",
  properties: {
    run: p.uuid().primary(),
    sourceRecordId: text().primary(),
    sourceUpdatedAt: instant(),
    contentDigest: text().nullable(),
    startedAt: instant(),
    /** Of a list the hub made itself. */
    licenseType: text().nullable(),
  },
});
