import { defineEntity, p } from "@mikro-orm/core";
import { instant, text } from "./catalogue-tables.ts";

/**
 * Entries that one transaction left to the public log. `firstIndex`: null until they have their places there; `secret`:
 * what salts the digests of the events among them.
 */
export const LogBatchTable = defineEntity({
  name: "LogBatch",
  tableName: "log_batch",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    count: p.integer(),
    secret: text().nullable(),
    firstIndex: p.bigint("number").nullable(),
  },
  indexes: [{ properties: ["firstIndex"] }],
});

/** Entries of batches that have no place yet; gone when they have. */
export const LogWaitingTable = defineEntity({
  name: "LogWaiting",
  tableName: "log_waiting",
  properties: { batch: p.bigint("number").primary().autoincrement(false), entries: p.blob() },
});

/** How far the log is sequenced: one row. `root`: base64. */
export const LogHeadTable = defineEntity({
  name: "LogHead",
  tableName: "log_head",
  properties: { id: p.integer().primary().autoincrement(false), size: p.bigint("number"), root: text() },
});

/** Tiles of the tree; of one that is not full, its widest form so far. */
export const LogTileTable = defineEntity({
  name: "LogTile",
  tableName: "log_tile",
  properties: {
    level: p.integer().primary().autoincrement(false),
    index: p.bigint("number").primary().autoincrement(false),
    nodes: p.blob(),
  },
});

/** Bundles of 256 entries; the last one may hold fewer. */
export const LogEntriesTable = defineEntity({
  name: "LogEntries",
  tableName: "log_entries",
  properties: { index: p.bigint("number").primary().autoincrement(false), count: p.integer(), entries: p.blob() },
});

/** Every checkpoint that was signed. Append-only. `note`: as it was published, without the lines of witnesses. */
export const LogCheckpointTable = defineEntity({
  name: "LogCheckpoint",
  tableName: "log_checkpoint",
  properties: {
    size: p.bigint("number").primary().autoincrement(false),
    root: text(),
    note: text(),
    signedAt: instant(),
  },
});

/** Witnesses' lines of signature under a checkpoint. Append-only. */
export const LogCosignatureTable = defineEntity({
  name: "LogCosignature",
  tableName: "log_cosignature",
  properties: {
    size: p.bigint("number").primary().autoincrement(false),
    /** The key's name and id. */
    witness: text().primary(),
    line: text(),
    seenAt: instant(),
  },
});
