import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { maskHolderId } from "../../domain/resident-id.ts";
import type { ExportFilter, LedgerStore, SealedEntry } from "../../store/access/ledger-store.ts";

/** What exporting needs. `read` enters as the auditor. */
export type Tools = Readonly<{ read: <T>(run: (ledger: LedgerStore) => Promise<T>) => Promise<T> }>;

/** A line of the export. `holder`: a person's code is masked; the commitment stands for it in the digest. */
export type ExportedRecord = Omit<SealedEntry, "transaction">;

/** Records of one statement, and so the most that is in memory. */
const batchSize = 2_000;

/**
 * Every access record that fits, oldest first, with its place in the sealed chain. Ends with the newest record there
 * was when it began. Each batch is a short transaction: an export of any length holds nothing open.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING at once, before the first record.
 */
export async function exportAccessRecords(
  tools: Tools,
  caller: Caller,
  filter: ExportFilter,
): Promise<AsyncGenerator<readonly ExportedRecord[]>> {
  checkMay(caller, "EXPORT_ACCESS_RECORDS");
  return batches(tools, filter, await tools.read((ledger) => ledger.newestId()));
}

async function* batches(tools: Tools, filter: ExportFilter, lastId: number): AsyncGenerator<readonly ExportedRecord[]> {
  let afterId = 0;
  for (;;) {
    const entries = await tools.read((ledger) => ledger.readBatch(filter, afterId, lastId, batchSize));
    if (entries.length > 0) yield entries.map(toExported);
    afterId = entries.at(-1)?.id ?? lastId;
    if (entries.length < batchSize) return;
  }
}

function toExported({ transaction: _transaction, holder, ...entry }: SealedEntry): ExportedRecord {
  return { ...entry, holder: maskHolderId(holder) };
}
