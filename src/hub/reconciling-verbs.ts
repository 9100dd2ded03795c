import { openSource } from "../connectors/sources/open-source.ts";
import type { Caller } from "../domain/access/caller.ts";
import type { DaysInput } from "../domain/reconciling/day-count.ts";
import type { ListedRecord } from "../domain/reconciling/listed-record.ts";
import { leaseMs } from "../domain/sources/source-run.ts";
import { HubError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { accessStore } from "../store/access/access-store.ts";
import { clientStore } from "../store/access/client-store.ts";
import type { Database, Sql } from "../store/database.ts";
import { enter, type Reader } from "../store/reader.ts";
import { listStore } from "../store/reconciling/list-store.ts";
import { reconcilingStore, type StoredReconciliation } from "../store/reconciling/reconciling-store.ts";
import { scheduleStore } from "../store/sources/schedule-store.ts";
import { sourceStore } from "../store/sources/source-store.ts";
import { askReconciliation } from "../use-cases/reconciling/ask-reconciliation.ts";
import { compareList, type PutList } from "../use-cases/reconciling/compare-list.ts";
import { type ReconciliationQuery, readReconciliations } from "../use-cases/reconciling/read-reconciliations.ts";
import { reconcileDays } from "../use-cases/reconciling/reconcile-days.ts";
import { reconcileRecords } from "../use-cases/reconciling/reconcile-records.ts";
import { reconcileSource, type Wanted } from "../use-cases/reconciling/reconcile-source.ts";
import type { PermitOperator } from "./access-verbs.ts";

/** What the verbs about comparing both sides are made of. */
export type ReconcilingParts = Readonly<{
  database: Database;
  now: () => Date;
  newId: () => string;
  limits: Limits;
  sourceSecrets: string | undefined;
}>;

/**
 * The verbs about what sources hold and the hub does not, and the other way round, wired to their tools.
 * @param permit of operators; the command line brings its own
 */
export function reconcilingVerbs(parts: ReconcilingParts, permit: PermitOperator) {
  const { database, now, newId, limits, sourceSecrets } = parts;
  const stores = (db: Sql) => ({ reconciling: reconcilingStore(db), list: listStore(db) });
  const read = <T>(reader: Reader, run: (inside: ReturnType<typeof stores>) => Promise<T>) =>
    database.transaction(async (db) => {
      await enter(db, reader);
      return run(stores(db));
    });
  const { findClient } = accessStore(database.sql());
  const list = listStore(database.sql());
  const tools = { now, newId, findClient, read, list };
  const days = (caller: Caller, input: DaysInput) => reconcileDays(tools, caller, input);
  const compare = (caller: Caller, found: StoredReconciliation, put: PutList) => compareList(tools, caller, found, put);

  const callLimits = { maxMs: limits.maxSourceCallMs, maxBytes: limits.maxSourceBytes };
  const call = { secrets: sourceSecrets, limits: callLimits, now, newId };
  const sourceTools: Parameters<typeof reconcileSource>[0] = {
    ...{ now, newId, leaseMs: leaseMs(limits), list, reconcileDays: days, compareList: compare },
    schedule: (run) => database.transaction((db) => run(scheduleStore(db))),
    listInside: (run) => database.transaction((db) => run(listStore(db))),
    open: (source, signal) => openSource(call, source, signal),
  };
  const asking: Parameters<typeof askReconciliation>[0] = {
    ...{ now, permit },
    transaction: (run) =>
      database.transaction((db) =>
        run({ sources: sourceStore(db), schedule: scheduleStore(db), clients: clientStore(db) }),
      ),
  };
  return {
    reconcileDays: days,
    reconcileRecords: (caller: Caller, id: string, listed: AsyncIterable<ListedRecord>) =>
      reconcileRecords({ ...tools, compareList: compare }, caller, id, listed),
    readReconciliations: (caller: Caller, query: ReconciliationQuery) => readReconciliations(tools, caller, query),
    /** A round: compares the source that is due, if one is, and answers whether it did. Any copy may do it at any time. */
    reconcileDueSource: async (signal: AbortSignal, around?: NonNullable<Wanted["around"]>) =>
      (await reconcileSource(sourceTools, signal, around && { around })) !== undefined,
    /** Makes a comparison due: a running copy of the hub takes it up within a minute. */
    askReconciliation: (caller: Caller, id: string) => askReconciliation(asking, caller, id, false),
    /** Compares a source here and now. *Throws* as `askReconciliation`. */
    reconcileNow: async (caller: Caller, wanted: Wanted & Readonly<{ id: string }>, signal: AbortSignal) => {
      await askReconciliation(asking, caller, wanted.id, true);
      const reconciled = await reconcileSource(sourceTools, signal, wanted);
      // A copy of the hub began in between.
      if (!reconciled) throw new HubError("SOURCE_RECONCILING");
      return reconciled;
    },
  };
}

/** What `reconcilingVerbs` offers. */
export type ReconcilingVerbs = ReturnType<typeof reconcilingVerbs>;
