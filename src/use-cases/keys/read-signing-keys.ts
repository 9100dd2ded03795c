import type { Caller } from "../../domain/access/caller.ts";
import type { SigningKeyStore, StoredSigningKey } from "../../store/keys/signing-key-store.ts";

/** What reading them needs. `countAgain`: how many licenses of each compromised key are to be signed again. */
export type Tools = Readonly<{
  permit: (caller: Caller) => Promise<string>;
  keys: Pick<SigningKeyStore, "list">;
  countAgain: () => Promise<ReadonlyMap<string, number>>;
}>;

/** A key, and how many licenses that it has signed are still to be signed again. */
export type ListedKey = StoredSigningKey & Readonly<{ toSignAgain: number }>;

/** Every key the hub ever signed with, oldest first. *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING. */
export async function readSigningKeys(tools: Tools, caller: Caller): Promise<readonly ListedKey[]> {
  await tools.permit(caller);
  const counts = await tools.countAgain();
  return (await tools.keys.list()).map((key) => ({ ...key, toSignAgain: counts.get(key.kid) ?? 0 }));
}
