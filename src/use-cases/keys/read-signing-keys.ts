import type { Caller } from "../../domain/access/caller.ts";
import type { SigningKeyStore, StoredSigningKey } from "../../store/keys/signing-key-store.ts";

/** What reading them needs. */
export type Tools = Readonly<{ permit: (caller: Caller) => Promise<string>; keys: Pick<SigningKeyStore, "list"> }>;

/** Every key the hub ever signed with, oldest first. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING. */
export async function readSigningKeys(tools: Tools, caller: Caller): Promise<readonly StoredSigningKey[]> {
  await tools.permit(caller);
  return tools.keys.list();
}
