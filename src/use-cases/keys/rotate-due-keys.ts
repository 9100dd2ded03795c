import { beginOfKey, isRotationDue, type KeySchedule } from "../../domain/keys/key-life.ts";
import { type KeyPurpose, keyPurposes } from "../../proof/keyring.ts";
import type { NewSigningKey, SigningKeyStore, StoredSigningKey } from "../../store/keys/signing-key-store.ts";

/** What changing keys by schedule needs. */
export type Tools = Readonly<{
  now: () => Date;
  issuer: string;
  /** Keys of a purpose this hub signs with, as it knows them. */
  standing: (purpose: KeyPurpose) => readonly StoredSigningKey[];
  scheduleOf: (purpose: KeyPurpose) => KeySchedule;
  make: (purpose: KeyPurpose, notBefore: number) => Promise<NewSigningKey>;
  transaction: <T>(run: (keys: SigningKeyStore) => Promise<T>) => Promise<T>;
  /** Is told when keys have changed. */
  changed: () => Promise<void>;
}>;

/**
 * Makes the next keys of purposes whose key has served its time: a round that any number of copies may run; the first one
 * to lock a purpose's keys does it, the others find it done. @returns how many keys were made
 */
export async function rotateDueKeys(tools: Tools): Promise<number> {
  let made = 0;
  for (const purpose of keyPurposes) {
    // What this copy knows is a second old at most: nobody locks anything while nothing is due.
    if (isDue(tools, purpose, tools.standing(purpose)) && (await rotate(tools, purpose))) made += 1;
  }
  if (made > 0) await tools.changed();
  return made;
}

async function rotate(tools: Tools, purpose: KeyPurpose): Promise<boolean> {
  return tools.transaction(async (keys) => {
    const known = await keys.lock(purpose, tools.issuer);
    if (!isDue(tools, purpose, known)) return false;
    const at = tools.now();
    const { aheadSeconds } = tools.scheduleOf(purpose);
    const begin = beginOfKey(known, Math.floor(at.getTime() / 1000), false, aheadSeconds);
    await keys.begin(known, await tools.make(purpose, begin), { at, operator: "hub", reason: "schedule" });
    return true;
  });
}

function isDue(tools: Tools, purpose: KeyPurpose, keys: readonly StoredSigningKey[]): boolean {
  return isRotationDue(keys, Math.floor(tools.now().getTime() / 1000), tools.scheduleOf(purpose));
}
