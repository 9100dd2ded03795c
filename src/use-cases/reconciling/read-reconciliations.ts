import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { dateOf } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import type { AccessStore } from "../../store/access/access-store.ts";
import type { Page } from "../../store/catalogue/catalogue-store.ts";
import { type Reader, readerOf } from "../../store/reader.ts";
import type {
  ReconciliationPosition,
  ReconcilingStore,
  StoredReconciliation,
} from "../../store/reconciling/reconciling-store.ts";

/** What reading comparisons needs. */
export type Tools = Readonly<{
  now: () => Date;
  findClient: AccessStore["findClient"];
  read: <T>(reader: Reader, run: (stores: { reconciling: ReconcilingStore }) => Promise<T>) => Promise<T>;
}>;

/** A page of comparisons. */
export type ReconciliationQuery = Readonly<{
  department: string | undefined;
  first: number;
  after: ReconciliationPosition | undefined;
}>;

/**
 * Comparisons, newest first: a department sees its own, an auditor all.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function readReconciliations(
  { now, findClient, read }: Tools,
  caller: Caller,
  { department, first, after }: ReconciliationQuery,
): Promise<Page<StoredReconciliation>> {
  checkMay(caller, caller.kind === "AUDITOR" ? "AUDIT_RECONCILIATIONS" : "RECONCILE");
  const list = (wanted: string | undefined) =>
    read(readerOf(caller, "", dateOf(now())), ({ reconciling }) => reconciling.list(wanted, first, after));
  if (caller.kind === "AUDITOR") return list(department);
  const client = await findClient(caller.clientId);
  if (!client?.active) throw new HubError("FORBIDDEN");
  if (department !== undefined && department !== client.department) return { rows: [], hasNextPage: false };
  return list(client.department);
}
