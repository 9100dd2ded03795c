import type { Caller } from "../../../domain/access/caller.ts";
import type { ClientStore, OperatorRecord } from "../../../store/access/client-store.ts";
import type { Page } from "../../../store/catalogue/catalogue-store.ts";

/** What reading operators' decisions needs. */
export type Tools = Readonly<{ permit: (caller: Caller) => Promise<string>; clients: ClientStore }>;

/** A page of decisions, about one client or all. */
export type OperatorRecordQuery = Readonly<{ client: string | undefined; first: number; after: number | undefined }>;

/** What operators decided, newest first. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING. */
export async function readOperatorRecords(
  tools: Tools,
  caller: Caller,
  { client, first, after }: OperatorRecordQuery,
): Promise<Page<OperatorRecord>> {
  await tools.permit(caller);
  return tools.clients.listRecords(client, first, after);
}
