import { defineEntity, p } from "@mikro-orm/core";

/** Entries that one transaction left to the public log. `firstIndex`: null until they have their places there. */
export const LogBatchTable = defineEntity({
  name: "LogBatch",
  tableName: "log_batch",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    count: p.integer(),
    firstIndex: p.bigint("number").nullable(),
  },
});

/** Entries of batches that have no place yet; gone when they have. */
export const LogWaitingTable = defineEntity({
  name: "LogWaiting",
  tableName: "log_waiting",
  properties: { batch: p.bigint("number").primary().autoincrement(false), entries: p.blob() },
});
