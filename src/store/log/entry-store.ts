import { entryBytes, type LogEntry } from "../../proof/log/log-entry.ts";
import { type Sql, statement } from "../database.ts";

/** Where entries wait for their places in the log: the batch, and each entry's place in it is its order. */
export type LoggedBatch = Readonly<{ batch: number }>;

/**
 * Leaves entries to the public log, in the transaction that they speak of: they are in the log when it commits, and
 * nothing of them is when it does not. One statement.
 */
export async function logEntries(db: Sql, entries: readonly LogEntry[]): Promise<LoggedBatch> {
  const [row] = await insertBatch(db, [packEntries(entries.map(entryBytes)), entries.length]);
  return { batch: Number(row?.id) };
}

/** Entries one behind another, each with its length before it: two bytes, big-endian. Source: C2SP tlog-tiles. */
function packEntries(entries: readonly Uint8Array[]): Uint8Array {
  const packed = Buffer.allocUnsafe(entries.reduce((sum, { length }) => sum + 2 + length, 0));
  let at = 0;
  for (const entry of entries) {
    at = packed.writeUInt16BE(entry.length, at);
    packed.set(entry, at);
    at += entry.length;
  }
  return packed;
}

const insertBatch = statement<{ id: string }>(`
  with batch as (insert into log_batch (count) values ($2::int) returning id),
  waiting as (insert into log_waiting (batch, entries) select id, $1::bytea from batch)
  select id from batch`);
