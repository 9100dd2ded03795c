import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ConfigError } from "../../config.ts";
import { keysToSign } from "../../domain/keys/key-life.ts";
import { codeOf } from "../../errors.ts";
import { type KeyPurpose, keyPurposes, type PublicJwk } from "../../proof/keyring.ts";
import { openChain } from "../../proof/signing/certificate-chain.ts";
import { checkedSigner } from "../../proof/signing/checked-signer.ts";
import { newPublicJwk } from "../../proof/signing/public-jwk.ts";
import type { Database } from "../../store/database.ts";
import { readCompromised, rememberCompromised } from "../../store/keys/compromised-file.ts";
import {
  algorithmOf,
  fileNameOf,
  findKeySecret,
  type KeyPlace,
  type KnownKey,
  openKeys,
} from "../../store/keys/key-store.ts";
import { type StoredSigningKey, signingKeyStore } from "../../store/keys/signing-key-store.ts";
import { type KeyTrouble, type SigningKeys, signingKeys } from "../../store/keys/signing-keys.ts";
import { chainFileOf } from "./key-sources.ts";
import { isOwnKey, type KeyPlan, keyMaker } from "./key-verbs.ts";

/** What opening the hub's keys takes. `place`: the folder, and whose tokens are made there. */
export type OpeningParts = Readonly<{
  database: Database;
  now: () => Date;
  plan: KeyPlan;
  place: Pick<KeyPlace, "folder" | "tokenIssuer" | "issuesTokens">;
  onTrouble: (trouble: KeyTrouble | undefined, cause: unknown) => void;
  onNews: (news: KeyNews) => void;
}>;

/**
 * What an operator has to hear of. TAKEN_UP: a key lay in the folder that the database did not know. REMEMBERED: that a key is
 * compromised, which the database had forgotten. NOT_REMEMBERED: the folder could not be told, so only the database knows.
 */
export type KeyNews =
  | Readonly<{ event: "TAKEN_UP" | "REMEMBERED"; kid: string; purpose: KeyPurpose }>
  | Readonly<{ event: "NOT_REMEMBERED"; err: unknown }>;

/** The hub's keys, and the secrets that its copies alone know. */
export type HubKeys = SigningKeys &
  Readonly<{
    issuesTokens: boolean;
    /** Made from the token keys: what is sealed is sealed with the first, and opened with any of them. */
    secrets: () => readonly [string, ...string[]];
  }>;

/**
 * Opens the hub's keys: those that are missing are made, those the database does not know yet are recorded, so that a hub
 * from before there was such a table goes on with its keys. To be called by one copy at a time.
 * *Throws* ConfigError as `openKeys`, and for a token, a key service or certificates that can not be used.
 */
export async function openHubKeys(parts: OpeningParts): Promise<HubKeys> {
  const { database, now, plan, place, onTrouble, onNews } = parts;
  const { issuesTokens = false } = place;
  const purposes = keyPurposes.filter((purpose) => purpose !== "token" || issuesTokens);
  await recordFiles(parts);
  for (const purpose of purposes) {
    if (plan.sources.of(purpose).kind !== "FILE") await prepareElsewhere(parts, purpose);
  }
  await recordCertificates(parts);
  const secrets = new Map<string, string>();
  const mark = randomBytes(6).toString("hex");
  const keys = signingKeys({
    ...{ now, purposes, onTrouble, isOwn: isOwnKey(plan), store: signingKeyStore(database.sql()) },
    onKeys: (known) =>
      rememberCompromised(place.folder, known, mark).catch((err) => onNews({ event: "NOT_REMEMBERED", err })),
    open: async (key) => {
      const secret = key.purpose === "token" ? await findKeySecret(place.folder, key.kid) : undefined;
      if (secret !== undefined) secrets.set(key.kid, secret);
      const signer = await plan.sources.ofKind(key.source)?.open(key);
      return signer && key.source !== "FILE" ? checkedSigner(signer, key.publicJwk) : signer;
    },
  });
  await keys.refresh();
  return {
    ...keys,
    issuesTokens,
    secrets: () => {
      const current = issuesTokens ? keys.signer("token", now()).kid : "";
      const others = keys.standing("token").filter(({ kid }) => kid !== current);
      const known = [current, ...others.map(({ kid }) => kid)].flatMap((kid) => secrets.get(kid) ?? []);
      const [first, ...rest] = known;
      if (first === undefined) throw new Error("there is no token key");
      return [first, ...rest];
    },
  };
}

const operator = "hub";

/** Records what the folder holds and the database does not know: keys, and which of them are compromised. */
async function recordFiles({ database, now, plan, place, onNews }: OpeningParts): Promise<void> {
  const elsewhere = new Set(keyPurposes.filter((purpose) => plan.sources.of(purpose).kind !== "FILE"));
  const stored = await signingKeyStore(database.sql()).list();
  const compromises = await readCompromised(place.folder);
  const known = new Map<string, KnownKey>([
    ...[...compromises].map(([kid, compromisedAt]) => [kid, { compromisedAt }] as const),
    ...stored.map(
      (key) => [key.kid, { ...key, compromisedAt: key.compromisedAt ?? compromises.get(key.kid) }] as const,
    ),
  ]);
  const folder = { ...place, issuer: plan.issuer, algorithm: plan.algorithm, elsewhere };
  const { publicKeys, made } = await openKeys(folder, now(), known);
  const recorded = new Set(stored.map(({ kid }) => kid));
  const fresh = publicKeys.filter(({ kid }) => !recorded.has(kid));
  const added = fresh.map((publicJwk) => ({ publicJwk, source: "FILE" as const, name: fileNameOf(publicJwk) }));
  const forgotten = await database.transaction(async (db) => {
    const store = signingKeyStore(db);
    await store.add(added, { at: now(), operator, reason: "in the key folder" });
    const deed = { at: now(), operator, reason: "remembered in the key folder" };
    const keys = (await store.list()).filter(({ kid, compromisedAt = Number.POSITIVE_INFINITY }) => {
      return (compromises.get(kid) ?? Number.POSITIVE_INFINITY) < compromisedAt;
    });
    for (const key of keys) await store.compromise(key, compromises.get(key.kid) ?? 0, deed);
    return keys;
  });
  // At a first start, or the first with such a table, everything is new.
  const strays = stored.length === 0 ? [] : fresh.filter(({ kid }) => !made.has(kid));
  for (const { kid, purpose } of strays) onNews({ event: "TAKEN_UP", kid, purpose });
  for (const { kid, purpose } of forgotten) onNews({ event: "REMEMBERED", kid, purpose });
}

/** Sees to it that a purpose whose keys lie on a token or with a key service has one. */
async function prepareElsewhere({ database, now, plan }: OpeningParts, purpose: KeyPurpose): Promise<void> {
  const source = plan.sources.of(purpose);
  const isOwn = isOwnKey(plan);
  const label = plan.sources.places.labels.get(purpose);
  const at = now();
  const seconds = Math.floor(at.getTime() / 1000);
  try {
    await database.transaction(async (db) => {
      const store = signingKeyStore(db);
      const keys = await store.lock(purpose, plan.issuer);
      const current = keysToSign(keys.filter(isOwn), seconds)[0];
      if (label !== undefined && !keys.some((key) => key.source === source.kind && key.name === label)) {
        const alg = algorithmOf(purpose, plan.algorithm);
        const point = await source.find(label, alg);
        if (!point)
          throw new ConfigError(`KEY_SIGNERS: there is no ${alg} key ${JSON.stringify(label)} for ${purpose}`);
        const notBefore = current ? seconds + plan.aheadSeconds : seconds;
        const publicJwk = newPublicJwk(point, { purpose, issuer: plan.issuer, alg, notBefore });
        await store.begin(
          keys,
          { publicJwk, source: source.kind, name: label },
          { at, operator, reason: "in KEY_SIGNERS" },
        );
      } else if (!current) {
        await store.begin(keys, await keyMaker(plan)(purpose, seconds), { at, operator, reason: "there was none" });
      }
    });
  } catch (error) {
    if (error instanceof ConfigError || !(error instanceof Error)) throw error;
    const why = error.cause instanceof Error ? error.cause.message : error.message;
    throw new ConfigError(`the keys for ${purpose} (KEY_SIGNERS) can not be used: ${why}`);
  }
}

/** Publishes the certificates that lie beside keys which may still sign. */
async function recordCertificates({ database, now, plan, place }: OpeningParts): Promise<void> {
  const keys = (await signingKeyStore(database.sql()).list()).filter(isOwnKey(plan)).filter(isStanding(now()));
  const chains = new Map<string, readonly string[]>();
  for (const key of keys) {
    const x5c = await readChain(chainFileOf(place.folder, key.kid), key.publicJwk, now());
    if (x5c && JSON.stringify(x5c) !== JSON.stringify(key.publicJwk.x5c)) chains.set(key.kid, x5c);
  }
  if (chains.size === 0) return;
  const deed = { at: now(), operator, reason: "in the key folder" };
  await database.transaction((db) => signingKeyStore(db).certify(keys, chains, deed));
}

async function readChain(file: string, key: PublicJwk, now: Date): Promise<readonly string[] | undefined> {
  const pem = await readFile(file, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new ConfigError(`the certificates in ${file} can not be read`);
  });
  if (pem === undefined) return undefined;
  const chain = await openChain(pem, key, now);
  if ("x5c" in chain) return chain.x5c;
  throw new ConfigError(`the certificates in ${file} can not be published: ${chain.fault}`);
}

function isStanding(now: Date) {
  return ({ compromisedAt, notAfter }: StoredSigningKey) =>
    compromisedAt === undefined && (notAfter === undefined || notAfter * 1000 >= now.getTime());
}
