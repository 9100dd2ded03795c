import type { TableFinding } from "../../proof/audit/table-codes.ts";
import { unpackEntries } from "../../proof/log/entry-bundle.ts";
import type { AuditedBatch, AuditStore } from "../../store/audit/audit-store.ts";

/** What comparing needs. */
export type Tools = Readonly<{ store: AuditStore; report: (finding: TableFinding) => void }>;

/**
 * Compares the batches with the places they have in a log of that size: without a gap, without an overlap; and with what
 * waits. For whoever owns the database.
 * @returns how many rows were compared
 */
export async function compareBatchRows({ store, report }: Tools, size: number): Promise<number> {
  let end = 0;
  let before: string | undefined;
  let rows = 0;
  const meet = (begin: number, next: string | undefined) => {
    if (begin === end) return;
    const detail = `entries ${Math.min(begin, end)} to ${Math.max(begin, end) - 1}`;
    if (begin > end) report({ code: "ROW_MISSING", table: "log_batch", key: detail });
    // Which of the two has moved, their rows do not say.
    for (const key of [before, next])
      if (key !== undefined) report({ code: "PLACE_WRONG", table: "log_batch", key, detail });
  };
  for await (const batch of store.batches()) {
    rows += 1;
    const where = { table: "log_batch", key: batch.id };
    if (batch.has_secret && !batch.has_events) report({ code: "ROW_CHANGED", ...where, columns: ["secret"] });
    if (batch.first_index === null) compareWaiting(batch, report);
    else {
      if (batch.is_waiting) report({ code: "PLACE_WRONG", table: "log_waiting", key: batch.id });
      meet(Number(batch.first_index), batch.id);
      end = Number(batch.first_index) + batch.count;
      before = batch.id;
    }
  }
  meet(size, undefined);
  return rows;
}

function compareWaiting({ id, count, is_waiting, entries }: AuditedBatch, report: Tools["report"]): void {
  if (!is_waiting) report({ code: "ROW_CHANGED", table: "log_batch", key: id, columns: ["first_index"] });
  else if (!entries || !unpackEntries(entries, count)) report({ code: "ROW_DAMAGED", table: "log_waiting", key: id });
}
