import type { Caller } from "../../domain/access/caller.ts";
import { beginOfKey, keysToSign, mayKeySign } from "../../domain/keys/key-life.ts";
import { isPlainText } from "../../domain/plain-text.ts";
import { HubError } from "../../errors.ts";
import type { KeyPurpose } from "../../proof/keyring.ts";
import type { OperatorDecision } from "../../store/access/client-store.ts";
import type { NewSigningKey, SigningKeyStore, StoredSigningKey } from "../../store/keys/signing-key-store.ts";

/** What this needs. `countAgain`: how many licenses of each compromised key are to be signed again. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller) => Promise<string>;
  /** Whether this hub, as it is configured, signs with keys such as this one. */
  isOwn: (key: StoredSigningKey) => boolean;
  make: (purpose: KeyPurpose, notBefore: number) => Promise<NewSigningKey>;
  transaction: <T>(
    run: (
      inside: Readonly<{ keys: SigningKeyStore; record: (decision: OperatorDecision) => Promise<void> }>,
    ) => Promise<T>,
  ) => Promise<T>;
  countAgain: () => Promise<ReadonlyMap<string, number>>;
  /** Is told when keys have changed. */
  changed: () => Promise<void>;
}>;

/** Which key, and since when somebody else may have it. */
export type Compromise = Readonly<{ kid: string; since: Date; reason: string }>;

/** What `since` may be. */
export const sinceShape = "an instant such as 2026-11-22T08:00:00+08:00, from 1970 on and not in the future";

/** `signedSince`: how many licenses were signed with it since then; the hub signs them again by itself. */
export type CompromiseOutcome = Readonly<{
  key: StoredSigningKey;
  /** The key that signs instead from now on; null: the compromised one did not sign any more. */
  replacement: StoredSigningKey | null;
  signedSince: number;
}>;

/**
 * Says that a key is not the hub's alone since a moment: nothing is signed with it any more, what it signed since then is
 * invalid, what it signed before stands where the public log shows it. A compromise only ever becomes earlier.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID (reason, since), KEY_NOT_FOUND, BUSY.
 */
export async function declareKeyCompromised(
  tools: Tools,
  caller: Caller,
  { kid, since, reason }: Compromise,
): Promise<CompromiseOutcome> {
  const operator = await tools.permit(caller);
  if (!isPlainText(reason, { least: 2, most: 200 })) throw new HubError("INPUT_INVALID", { argument: "reason" });
  if (!(since.getTime() >= 0 && since <= tools.now()))
    throw new HubError("INPUT_INVALID", { argument: "since", expected: sinceShape });
  const replacing = await tools.transaction(async ({ keys, record }) => {
    const found = await keys.find(kid);
    if (!found) throw new HubError("KEY_NOT_FOUND");
    const known = await keys.lock(found.purpose, found.issuer);
    const key = known.find((one) => one.kid === kid) ?? found;
    const at = tools.now();
    const [seconds, from] = [toSeconds(at), toSeconds(since)];
    if (key.compromisedAt !== undefined && key.compromisedAt <= from) return undefined;
    await keys.compromise(key, from, { at, operator, reason });
    await record({
      ...{ at, operator, action: "DECLARE_KEY_COMPROMISED", clientId: "-" },
      details: { purpose: key.purpose, kid, since: new Date(from * 1000).toISOString(), reason },
    });
    const others = known.filter((one) => one.kid !== kid);
    const wasSigning = tools.isOwn(key) && mayKeySign(key, seconds);
    const [current] = keysToSign(others.filter(tools.isOwn), seconds);
    if (!wasSigning || current) return current && wasSigning ? current.kid : undefined;
    const made = await tools.make(key.purpose, beginOfKey(known, seconds, true, 0));
    await keys.begin(others, made, { at, operator, reason: `in place of ${kid}` });
    return made.publicJwk.kid;
  });
  await tools.changed();
  const [key, replacement] = await tools.transaction(({ keys }) =>
    Promise.all([keys.find(kid), replacing === undefined ? undefined : keys.find(replacing)]),
  );
  if (!key) throw new HubError("KEY_NOT_FOUND");
  return { key, replacement: replacement ?? null, signedSince: (await tools.countAgain()).get(kid) ?? 0 };
}

function toSeconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}
