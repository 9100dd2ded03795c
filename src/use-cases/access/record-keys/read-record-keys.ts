import type { Caller } from "../../../domain/access/caller.ts";
import type { StoredKey } from "../../../store/keys/key-rows.ts";
import type { RecordKeyStore } from "../../../store/keys/record-key-store.ts";

/** What reading them needs. */
export type Tools = Readonly<{
  permit: (caller: Caller) => Promise<string>;
  keys: Pick<RecordKeyStore, "keysOf">;
}>;

/** The record keys of many clients, retired ones too, in one statement. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING. */
export async function readRecordKeys(
  tools: Tools,
  caller: Caller,
  clientIds: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredKey[]>> {
  await tools.permit(caller);
  return tools.keys.keysOf(clientIds);
}
