import { keysToSign, nextKey } from "../../domain/keys/key-life.ts";
import { HubError } from "../../errors.ts";
import { type KeyPurpose, type Keyring, keyringOf, type PublicJwk, parseJwks } from "../../proof/keyring.ts";
import type { Signer } from "../../proof/signing/signer.ts";
import type { SigningKeyStore, StoredSigningKey } from "./signing-key-store.ts";

/**
 * The keys the hub signs with, and all it ever signed with. What each copy of the hub holds of the database's table: it looks
 * every second whether anything changed, so keys change while it serves.
 */
export type SigningKeys = Readonly<{
  /**
   * The key to sign something dated `at` with: the newest that may, of those whose private half is at hand.
   * *Throws* BUSY when none is.
   */
  signer: (purpose: KeyPurpose, at: Date) => Signer;
  /** Every key that ever signed, and those that will. */
  publicKeys: () => readonly PublicJwk[];
  /** The same, ready to verify with. */
  keyring: Keyring;
  /** The keys of a purpose that are neither ended nor compromised, those that wait too, newest first. */
  standing: (purpose: KeyPurpose) => readonly StoredSigningKey[];
  /** Takes in what changed in the database, and looks again for private halves that were missing. */
  refresh: () => Promise<void>;
  /** What is wrong, if anything is. */
  findTrouble: () => KeyTrouble | undefined;
}>;

/** A key whose private half is not at hand. `isStopped`: nothing can be signed for its purpose. */
export type KeyTrouble = Readonly<{ purpose: KeyPurpose; kid: string; isStopped: boolean }>;

/** What holding keys needs. */
export type SigningKeyParts = Readonly<{
  now: () => Date;
  store: Pick<SigningKeyStore, "version" | "list">;
  /** Purposes this hub signs for. */
  purposes: readonly KeyPurpose[];
  /** Whether this hub, as it is configured, signs with the key. */
  isOwn: (key: StoredSigningKey) => boolean;
  /** Undefined: its private half is not there. */
  open: (key: StoredSigningKey) => Promise<Signer | undefined>;
  /** Is shown all of them whenever one has changed. */
  onKeys: (keys: readonly StoredSigningKey[]) => Promise<void>;
  /** Is told once of each change of what is missing; undefined: nothing is any more. */
  onTrouble: (trouble: KeyTrouble | undefined, cause: unknown) => void;
}>;

/** Holds the hub's keys. Call `refresh` before anything is signed. */
export function signingKeys(parts: SigningKeyParts): SigningKeys {
  const { store, purposes, isOwn, open, onKeys, onTrouble } = parts;
  const seconds = () => toSeconds(parts.now());
  const signers = new Map<string, Signer>();
  let version = -1;
  let own = new Map<KeyPurpose, readonly StoredSigningKey[]>();
  let publicKeys: readonly PublicJwk[] = [];
  let keyring: Keyring = keyringOf(new Map());
  let running: Promise<void> = Promise.resolve();
  let told = "";

  const isStanding = ({ compromisedAt, notAfter }: StoredSigningKey) =>
    compromisedAt === undefined && (notAfter === undefined || notAfter >= seconds());
  const standing = (purpose: KeyPurpose) => (own.get(purpose) ?? []).filter(isStanding).toReversed();

  const read = async () => {
    const found = await store.version();
    if (found === version) return;
    const keys = await store.list();
    own = Map.groupBy(keys.filter(isOwn), ({ purpose }) => purpose);
    publicKeys = keys.map(({ publicJwk }) => publicJwk).toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    keyring = parseJwks({ keys: publicKeys });
    // Certificates may have changed, and what may no longer sign must not stay in memory.
    const stand = new Map(keys.filter(isStanding).map((key) => [key.kid, key]));
    for (const [kid, signer] of signers) {
      const key = stand.get(kid);
      if (key) signers.set(kid, withCertificates(signer, key));
      else signers.delete(kid);
    }
    version = found;
    await onKeys(keys);
  };

  const openMissing = async (): Promise<unknown> => {
    let fault: unknown;
    for (const key of purposes.flatMap(standing)) {
      if (signers.has(key.kid)) continue;
      try {
        const signer = await open(key);
        if (signer) signers.set(key.kid, withCertificates(signer, key));
      } catch (error) {
        fault = error;
      }
    }
    return fault;
  };

  const findTrouble = (): KeyTrouble | undefined => {
    const found = purposes.flatMap((purpose): readonly KeyTrouble[] => {
      const due = keysToSign(own.get(purpose) ?? [], seconds());
      const next = nextKey(own.get(purpose) ?? [], seconds());
      const missing = [due[0], next].find((key) => key && !signers.has(key.kid));
      const isStopped = !due.some(({ kid }) => signers.has(kid));
      return missing || isStopped ? [{ purpose, kid: missing?.kid ?? "", isStopped }] : [];
    });
    return found.find(({ isStopped }) => isStopped) ?? found[0];
  };

  const refresh = async () => {
    await read();
    const fault = await openMissing();
    const trouble = findTrouble();
    const line = JSON.stringify(trouble ?? "");
    if (line !== told && (trouble || told !== "")) onTrouble(trouble, fault);
    told = line;
  };

  return {
    signer: (purpose, at) => {
      for (const { kid } of keysToSign(own.get(purpose) ?? [], toSeconds(at))) {
        const signer = signers.get(kid);
        if (signer) return signer;
      }
      throw new HubError("BUSY", { reason: "KEY_MISSING", purpose });
    },
    publicKeys: () => publicKeys,
    keyring: {
      get size() {
        return keyring.size;
      },
      find: (kid) => keyring.find(kid),
      ofPurpose: (purpose) => keyring.ofPurpose(purpose),
    },
    standing,
    refresh: () => {
      // One after another: what was changed before the call is seen by the time it ends.
      running = running.catch(() => {}).then(refresh);
      return running;
    },
    findTrouble,
  };
}

function withCertificates(signer: Signer, { publicJwk: { x5c } }: StoredSigningKey): Signer {
  const { x5c: before, ...bare } = signer;
  if (JSON.stringify(before) === JSON.stringify(x5c)) return signer;
  return { ...bare, ...(x5c && { x5c }) };
}

function nameOf({ purpose, kid }: PublicJwk): string {
  return `${purpose}-${kid}`;
}

function toSeconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}
