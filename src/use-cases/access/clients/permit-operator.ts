import { type Caller, checkMay } from "../../../domain/access/caller.ts";
import { HubError } from "../../../errors.ts";
import type { StoredClient } from "../../../store/access/client-store.ts";

/** What letting an operator in needs. */
export type Tools = Readonly<{ findClient: (id: string) => Promise<StoredClient | undefined> }>;

/**
 * The first line of every verb about clients and grants: the token is an operator's, and the operator's own client
 * still stands.
 * @returns the name its decisions are recorded under. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function permitOperator(tools: Tools, caller: Caller): Promise<string> {
  checkMay(caller, "MANAGE_CLIENTS");
  const client = await tools.findClient(caller.clientId);
  if (client?.kind !== "OPERATOR" || !client.active) throw new HubError("FORBIDDEN");
  return client.id;
}
