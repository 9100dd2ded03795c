import { type Caller, checkMay, type KnownCaller } from "../../domain/access/caller.ts";
import { HubError } from "../../errors.ts";
import type { Page } from "../../store/catalogue/catalogue-store.ts";
import type { ConflictStore, DecisionRecord } from "../../store/conflicts/conflict-store.ts";

/** What reading decisions needs. `read` enters as an auditor, or as the operator's client. */
export type Tools = Readonly<{
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  read: <T>(caller: KnownCaller, run: (conflicts: ConflictStore) => Promise<T>) => Promise<T>;
}>;

/** A page of decisions, about one conflict or all. */
export type DecisionQuery = Readonly<{ conflict: number | undefined; first: number; after: number | undefined }>;

/** What clerks decided about claims, the newest first. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING. */
export async function readConflictDecisions(
  tools: Tools,
  caller: Caller,
  { conflict, first, after }: DecisionQuery,
): Promise<Page<DecisionRecord>> {
  checkMay(caller, caller.kind === "OPERATOR" ? "DECIDE_CONFLICTS" : "AUDIT_CONFLICTS");
  // An auditor's client was asked for at the door.
  if (caller.kind === "OPERATOR" && !(await tools.findClient(caller.clientId))?.active) throw new HubError("FORBIDDEN");
  return tools.read(caller, (conflicts) => conflicts.listDecisions(conflict, first, after));
}
