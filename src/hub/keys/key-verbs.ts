import type { Caller } from "../../domain/access/caller.ts";
import type { KeySchedule } from "../../domain/keys/key-life.ts";
import type { KeyAlgorithm, KeyPurpose } from "../../proof/keyring.ts";
import { newPublicJwk } from "../../proof/signing/public-jwk.ts";
import { clientStore } from "../../store/access/client-store.ts";
import type { Database } from "../../store/database.ts";
import { algorithmOf } from "../../store/keys/key-store.ts";
import { type NewSigningKey, type StoredSigningKey, signingKeyStore } from "../../store/keys/signing-key-store.ts";
import type { SigningKeys } from "../../store/keys/signing-keys.ts";
import { type Compromise, declareKeyCompromised } from "../../use-cases/keys/declare-key-compromised.ts";
import { readSigningKeys } from "../../use-cases/keys/read-signing-keys.ts";
import { rotateDueKeys } from "../../use-cases/keys/rotate-due-keys.ts";
import { type Rotation, rotateKey } from "../../use-cases/keys/rotate-key.ts";
import type { PermitOperator } from "../access-verbs.ts";
import type { KeySources } from "./key-sources.ts";
import { countToSignAgain, signingAgainRounds } from "./signing-again-verbs.ts";

/** How this hub is configured to sign. */
export type KeyPlan = Readonly<{
  issuer: string;
  algorithm: KeyAlgorithm;
  sources: KeySources;
  /** Days until the keys of a purpose are changed. */
  rotationDays: Readonly<Partial<Record<KeyPurpose, number>>>;
  aheadSeconds: number;
}>;

/** What the verbs about keys are made of. */
export type KeyParts = Readonly<{ database: Database; now: () => Date; plan: KeyPlan; changed: () => Promise<void> }>;

/** What operators do with keys. The command line brings its own `permit`, as with clients. */
export type KeyOperatorVerbs = ReturnType<typeof keyOperatorVerbs>;

/** The verbs operators have for keys, wired to their tools. */
export function keyOperatorVerbs({ database, now, plan, changed }: KeyParts, permit: PermitOperator) {
  const tools = {
    ...{ now, permit, changed, issuer: plan.issuer, aheadSeconds: plan.aheadSeconds, make: keyMaker(plan) },
    transaction: <T>(
      run: (inside: {
        keys: ReturnType<typeof signingKeyStore>;
        record: ReturnType<typeof clientStore>["record"];
      }) => Promise<T>,
    ) => database.transaction((db) => run({ keys: signingKeyStore(db), record: clientStore(db).record })),
  };
  const countAgain = () => countToSignAgain(database, plan.issuer);
  return {
    readSigningKeys: (caller: Caller) =>
      readSigningKeys({ permit, countAgain, keys: signingKeyStore(database.sql()) }, caller),
    rotateKey: (caller: Caller, rotation: Rotation) => rotateKey(tools, caller, rotation),
    declareKeyCompromised: (caller: Caller, compromise: Compromise) =>
      declareKeyCompromised({ ...tools, isOwn: isOwnKey(plan), countAgain }, caller, compromise),
  };
}

/** The rounds about keys. @param keys as this copy knows them */
export function keyRounds({ database, now, plan, changed }: KeyParts, keys: SigningKeys) {
  const scheduleOf = (purpose: KeyPurpose): KeySchedule => {
    const days = plan.rotationDays[purpose];
    return { afterSeconds: days === undefined ? undefined : days * 86_400, aheadSeconds: plan.aheadSeconds };
  };
  return {
    /** A round, to be run every minute or so; any copy may do it at any time. */
    rotateDueKeys: () =>
      rotateDueKeys({
        ...{ now, issuer: plan.issuer, standing: keys.standing, scheduleOf, make: keyMaker(plan), changed },
        transaction: (run) => database.transaction((db) => run(signingKeyStore(db))),
      }),
    ...signingAgainRounds({ database, now, issuer: plan.issuer, keys }),
  };
}

/** Makes keys where the configuration says that those of a purpose lie. */
export function keyMaker({ issuer, algorithm, sources }: KeyPlan) {
  return async (purpose: KeyPurpose, notBefore: number): Promise<NewSigningKey> => {
    const source = sources.of(purpose);
    const wanted = { purpose, issuer, alg: algorithmOf(purpose, algorithm), notBefore };
    const { name, point } = await source.make(wanted);
    return { publicJwk: newPublicJwk(point, wanted), source: source.kind, name };
  };
}

/** Whether this hub signs with a key: it is of its issuer, of the algorithm configured, and lies where such keys do. */
export function isOwnKey({ issuer, algorithm, sources }: KeyPlan) {
  return (key: StoredSigningKey): boolean =>
    key.issuer === issuer &&
    key.alg === algorithmOf(key.purpose, algorithm) &&
    key.source === sources.of(key.purpose).kind;
}
