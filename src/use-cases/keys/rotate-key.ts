import type { Caller } from "../../domain/access/caller.ts";
import { beginOfKey, nextKey } from "../../domain/keys/key-life.ts";
import { isPlainText } from "../../domain/plain-text.ts";
import { HubError } from "../../errors.ts";
import type { KeyPurpose } from "../../proof/keyring.ts";
import type { OperatorDecision } from "../../store/access/client-store.ts";
import type { NewSigningKey, SigningKeyStore, StoredSigningKey } from "../../store/keys/signing-key-store.ts";

/** What changing a key needs. `make` is asked inside the transaction: what it made is recorded, or never used. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  issuer: string;
  aheadSeconds: number;
  make: (purpose: KeyPurpose, notBefore: number) => Promise<NewSigningKey>;
  transaction: <T>(
    run: (
      inside: Readonly<{ keys: SigningKeyStore; record: (decision: OperatorDecision) => Promise<void> }>,
    ) => Promise<T>,
  ) => Promise<T>;
  /** Is told when keys have changed. */
  changed: () => Promise<void>;
}>;

/** Which keys, and why. `isAtOnce`: without publishing the new one first. */
export type Rotation = Readonly<{ purpose: KeyPurpose; reason: string; isAtOnce: boolean }>;

/**
 * Makes the next key of a purpose. It signs when it has been published long enough, or at once; the one before it ends soon
 * after. A key that waits for its time already is answered, and no other one made, unless it has to be at once.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID (reason), KEY_NOT_FOUND (this hub signs nothing for the
 * purpose), BUSY.
 */
export async function rotateKey(tools: Tools, caller: Caller, rotation: Rotation): Promise<StoredSigningKey> {
  const operator = await tools.permit(caller);
  const { purpose, isAtOnce } = rotation;
  const reason = checkReason(rotation.reason);
  const kid = await tools.transaction(async ({ keys, record }) => {
    const known = await keys.lock(purpose, tools.issuer);
    if (known.length === 0) throw new HubError("KEY_NOT_FOUND");
    const at = tools.now();
    const seconds = Math.floor(at.getTime() / 1000);
    const waiting = nextKey(known, seconds);
    if (waiting && !isAtOnce) return waiting.kid;
    const made = await tools.make(purpose, beginOfKey(known, seconds, isAtOnce, tools.aheadSeconds));
    await keys.begin(known, made, { at, operator, reason });
    const details = { purpose, kid: made.publicJwk.kid, atOnce: isAtOnce, reason };
    await record({ at, operator, action: "ROTATE_KEY", clientId: "-", details });
    return made.publicJwk.kid;
  });
  await tools.changed();
  return tools.transaction(async ({ keys }) => {
    const key = await keys.find(kid);
    if (!key) throw new HubError("KEY_NOT_FOUND");
    return key;
  });
}

function checkReason(text: string): string {
  if (isPlainText(text, { least: 2, most: 200 })) return text;
  throw new HubError("INPUT_INVALID", { argument: "reason" });
}
