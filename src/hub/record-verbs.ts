import type { Caller, Purpose } from "../domain/access/caller.ts";
import type { DayRange, DaysInput } from "../domain/reconciling/day-count.ts";
import type { ListedRecord, RecordDifference } from "../domain/reconciling/listed-record.ts";
import { type Admit, accessStore, type Permit } from "../store/access/access-store.ts";
import type { Database, Sql } from "../store/database.ts";
import { historyStore } from "../store/licenses/history-store.ts";
import { enter, type Reader } from "../store/reader.ts";
import { listStore } from "../store/reconciling/list-store.ts";
import { reconcilingStore } from "../store/reconciling/reconciling-store.ts";
import { readChanges } from "../use-cases/licenses/read-changes.ts";
import { type KnownLicensesQuestion, readKnownLicenses } from "../use-cases/licenses/read-known-licenses.ts";
import { readSignatures } from "../use-cases/licenses/read-signatures.ts";
import { type ReconciliationQuery, readReconciliations } from "../use-cases/reconciling/read-reconciliations.ts";
import { reconcileDays } from "../use-cases/reconciling/reconcile-days.ts";
import { reconcileRecords } from "../use-cases/reconciling/reconcile-records.ts";
import { type CountingSource, reconcileSource } from "../use-cases/reconciling/reconcile-source.ts";

/** What the verbs about records are made of. */
export type RecordParts = Readonly<{
  database: Database;
  now: () => Date;
  newId: () => string;
  permit: Permit;
  admit: Admit;
}>;

/** The verbs about what the hub knew when, and what its sources hold, wired to their tools. */
export function recordVerbs({ database, now, newId, permit, admit }: RecordParts) {
  const stores = (db: Sql) => ({
    ...{ access: accessStore(db), history: historyStore(db) },
    ...{ reconciling: reconcilingStore(db), list: listStore(db) },
  });
  const read = <T>(reader: Reader, run: (inside: ReturnType<typeof stores>) => Promise<T>) =>
    database.transaction(async (db) => {
      await enter(db, reader);
      return run(stores(db));
    });
  const { findClient } = accessStore(database.sql());
  const tools = { ...{ now, newId, findClient, read }, list: listStore(database.sql()) };
  const days = (caller: Caller, input: DaysInput) => reconcileDays(tools, caller, input);
  const records = (caller: Caller, id: string, listed: AsyncIterable<ListedRecord>) =>
    reconcileRecords(tools, caller, id, listed);
  return {
    readChanges: (caller: Caller, question: { identifiers: readonly string[]; purpose: Purpose }) =>
      readChanges({ now, read }, caller, question),
    readSignatures: (caller: Caller, question: { identifiers: readonly string[]; purpose: Purpose }) =>
      readSignatures({ now, read }, caller, question),
    readKnownLicenses: (caller: Caller, question: KnownLicensesQuestion) =>
      readKnownLicenses({ now, permit, admit, read }, caller, question),

    // what a source holds and the hub does not, and the other way round
    reconcileDays: days,
    reconcileRecords: records,
    /** Both steps with a source that offers its own counts: for a round, or a command. `caller`: the source's client. */
    reconcileSource: (
      caller: Caller,
      range: DayRange,
      source: CountingSource,
      onDifferences?: (differences: readonly RecordDifference[]) => void | Promise<void>,
    ) => reconcileSource({ reconcileDays: days, reconcileRecords: records }, caller, range, source, onDifferences),
    readReconciliations: (caller: Caller, query: ReconciliationQuery) => readReconciliations(tools, caller, query),
  };
}
