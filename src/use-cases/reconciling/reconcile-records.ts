import { type Caller, checkMay, type KnownCaller } from "../../domain/access/caller.ts";
import { dateOf } from "../../domain/calendar.ts";
import { reconcilingLimits } from "../../domain/reconciling/day-count.ts";
import type { ListedRecord, ReconciledPart } from "../../domain/reconciling/listed-record.ts";
import { HubError } from "../../errors.ts";
import type { AccessStore } from "../../store/access/access-store.ts";
import { type Reader, readerOf } from "../../store/reader.ts";
import type { ListStore } from "../../store/reconciling/list-store.ts";
import type { ReconcilingStore, StoredReconciliation } from "../../store/reconciling/reconciling-store.ts";

/** What comparing lists needs. */
export type Tools = Readonly<{
  now: () => Date;
  newId: () => string;
  findClient: AccessStore["findClient"];
  /** The list itself is not guarded: nobody else knows the id of its run. */
  list: ListStore;
  read: <T>(reader: Reader, run: (stores: { reconciling: ReconcilingStore }) => Promise<T>) => Promise<T>;
  compareList: (caller: Caller, found: StoredReconciliation, put: PutList) => AsyncIterable<ReconciledPart>;
}>;

/** A list that lies in the database. */
type PutList = Readonly<{ run: string; listed: number; duplicates: number; until: undefined }>;

/** Records of one statement, and so the most that is in memory. */
const partSize = 5_000;

/**
 * 对账, second step: takes a source's list of records in, in any order, and tells exactly which records differ: those of
 * the list wherever the hub holds them, and those the hub holds on the days that differed and the list does not name.
 * A list of any length passes in parts; what it holds is put down in the database and taken away at the end. Parts are
 * short transactions: what is handed in meanwhile may count or not. The figures are kept with the comparison.
 * @param records *Trust*: attacker-chosen; read to its end before the first part comes
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, RECONCILIATION_NOT_FOUND at once; LIST_TOO_LONG, and whatever
 * `records` throws, before the first part.
 */
export async function reconcileRecords(
  tools: Tools,
  caller: Caller,
  id: string,
  records: AsyncIterable<ListedRecord>,
): Promise<AsyncGenerator<ReconciledPart>> {
  checkMay(caller, "RECONCILE");
  const reader = readerOf(caller, "", dateOf(tools.now()));
  const found = await findOwn(tools, caller, reader, id);
  const run = tools.newId();
  try {
    const figures = await putAll(tools, run, records);
    return compare(tools, caller, found, { run, ...figures, until: undefined });
  } catch (error) {
    await tools.list.drop(run);
    throw error;
  }
}

async function findOwn(tools: Tools, caller: KnownCaller, reader: Reader, id: string): Promise<StoredReconciliation> {
  if (!(await tools.findClient(caller.clientId))?.active) throw new HubError("FORBIDDEN");
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
  const found = isId ? await tools.read(reader, ({ reconciling }) => reconciling.find(id)) : undefined;
  if (!found) throw new HubError("RECONCILIATION_NOT_FOUND");
  return found;
}

async function putAll({ now, list }: Tools, run: string, records: AsyncIterable<ListedRecord>) {
  const startedAt = now();
  let listed = 0;
  let fresh = 0;
  for await (const part of inParts(records)) {
    listed += part.length;
    if (listed > reconcilingLimits.maxRecords)
      throw new HubError("LIST_TOO_LONG", { limit: reconcilingLimits.maxRecords });
    fresh += await list.put(run, startedAt, part);
  }
  return { listed, duplicates: listed - fresh };
}

async function* inParts(records: AsyncIterable<ListedRecord>): AsyncGenerator<readonly ListedRecord[]> {
  let part: ListedRecord[] = [];
  for await (const record of records) {
    if (part.push(record) < partSize) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

async function* compare(
  tools: Tools,
  caller: Caller,
  found: StoredReconciliation,
  put: PutList,
): AsyncGenerator<ReconciledPart> {
  try {
    for await (const part of tools.compareList(caller, found, put))
      if ("summary" in part || part.differences.length > 0) yield part;
  } finally {
    await tools.list.drop(put.run);
  }
}
