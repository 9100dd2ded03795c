import { type Caller, checkMay } from "../../domain/access/caller.ts";
import type { ExportFilter, ExportFormat, LedgerStore } from "../../store/access/ledger-store.ts";

/** What exporting needs. `read` enters as the auditor. */
export type Tools = Readonly<{ read: <T>(run: (ledger: LedgerStore) => Promise<T>) => Promise<T> }>;

/** Records of one statement, and so the most that is in memory. */
const batchSize = 250;

/**
 * Every access record that fits, oldest first, with its place in the sealed chain, as text (UTF-8) in parts of some hundred
 * lines. A person's code is masked; a commitment stands for it in the record's digest. Ends with the newest record there
 * was when it began. Each part is a short transaction: an export of any length holds nothing open.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING at once, before the first part.
 */
export async function exportAccessRecords(
  tools: Tools,
  caller: Caller,
  format: ExportFormat,
  filter: ExportFilter,
): Promise<AsyncGenerator<Uint8Array>> {
  checkMay(caller, "EXPORT_ACCESS_RECORDS");
  return parts(tools, format, filter, await tools.read((ledger) => ledger.newestId()));
}

async function* parts(
  tools: Tools,
  format: ExportFormat,
  filter: ExportFilter,
  lastId: number,
): AsyncGenerator<Uint8Array> {
  for (let afterId = 0; afterId < lastId; ) {
    const from = afterId;
    const part = await tools.read((ledger) => ledger.exportBatch(format, filter, from, lastId, batchSize));
    if (!part) return;
    yield part.lines;
    afterId = part.lastId;
  }
}
