import { type Action, type Caller, checkMay } from "../../../domain/access/caller.ts";
import { type ActingHolder, maySpeakFor } from "../../../domain/access/member.ts";
import { HubError } from "../../../errors.ts";
import type { AccessStore } from "../../../store/access/access-store.ts";
import type { Objection, ObjectionStore } from "../../../store/access/objection-store.ts";
import type { Page } from "../../../store/catalogue/catalogue-store.ts";

/** What reading objections needs. */
export type Tools = Readonly<{
  findClient: AccessStore["findClient"];
  objections: ObjectionStore;
  permit: (caller: Caller, action: Action) => Promise<ActingHolder>;
}>;

/** A page of objections. `answered` undefined: both. */
export type ObjectionQuery = Readonly<{ answered: boolean | undefined; first: number; after: number | undefined }>;

/**
 * Objections, the newest access first: a department sees those it has to answer, a holder its own, an auditor all. A clerk sees
 * none: they name licenses of every type.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function readObjections(
  tools: Tools,
  caller: Caller,
  { answered, first, after }: ObjectionQuery,
): Promise<Page<Objection>> {
  checkMay(caller, "READ_ACCESS_RECORDS");
  if (caller.kind === "AUDITOR") return tools.objections.list({ answered }, first, after);
  if (caller.kind === "HOLDER") {
    const { holder, acting } = await tools.permit(caller, "READ_ACCESS_RECORDS");
    if (!maySpeakFor(acting)) throw new HubError("FORBIDDEN");
    return tools.objections.list({ answered, holder }, first, after);
  }
  const client = await tools.findClient(caller.clientId);
  if (!client?.active) throw new HubError("FORBIDDEN");
  return tools.objections.list({ answered, department: client.department }, first, after);
}
