import { hkdfSync } from "node:crypto";
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../../config.ts";
import { codeOf, HubError } from "../../errors.ts";
import {
  importSigningKey,
  isIssuer,
  type KeyAlgorithm,
  type KeyPurpose,
  keyPurposes,
  makeKeyPair,
  type PrivateJwk,
  type PublicJwk,
  parseJwks,
  type SigningKey,
} from "../../proof/keyring.ts";
import { pointOf } from "../../proof/signing/public-jwk.ts";
import type { KeySource } from "../../proof/signing/signer.ts";

/**
 * What the key folder holds: the key of each purpose that signs now, if its keys are files, and every public half. `made`: ids of
 * those that were not there.
 */
export type FolderKeys = Readonly<Partial<Record<KeyPurpose, SigningKey>>> &
  Readonly<{ publicKeys: readonly PublicJwk[]; made: ReadonlySet<string> }>;

/** Where keys lie, and for whom they sign. */
export type KeyPlace = Readonly<{
  folder: string;
  issuer: string;
  /** Set in demo mode only: makes the key `npm run token` signs with. */
  tokenIssuer: string | undefined;
  /** Makes the key the hub signs access tokens with in its own name. */
  issuesTokens?: boolean;
  algorithm: KeyAlgorithm;
  /** Purposes whose keys lie elsewhere: none is made here for them. */
  elsewhere?: ReadonlySet<KeyPurpose>;
}>;

/** What the database knows of a key: that it has ended, or that somebody else has it. *Units*: seconds since 1970. */
export type KnownKey = Readonly<{ notAfter?: number | undefined; compromisedAt?: number | undefined }>;

const privateEnding = ".private.jwk.json";

/**
 * Opens the key folder; keys that are missing are made (private files: mode 0600). A key belongs to one issuer, so a
 * hub that moved to another PUBLIC_URL signs with a new key and goes on publishing the old one.
 * *Throws* a ConfigError when the folder cannot be used, when a private key could be read by others, or
 * when a key file is damaged: silently signing with a new key would hide that.
 * @param known what the database says of keys, by their ids: it wins over their files
 */
export async function openKeys(
  place: KeyPlace,
  now: Date,
  known: ReadonlyMap<string, KnownKey> = new Map(),
): Promise<FolderKeys> {
  const { privateKeys, publicKeys: kept } = await readKeys(place);
  const published = new Map(kept.map((key) => [key.kid, key]));
  const made: PublicJwk[] = [];

  const seconds = Math.floor(now.getTime() / 1000);
  const isUsable = ({ kid, nbf, exp }: PublicJwk) => {
    const { notAfter = exp, compromisedAt } = known.get(kid) ?? {};
    return compromisedAt === undefined && nbf <= seconds && (notAfter === undefined || notAfter > seconds);
  };
  const current = async (purpose: KeyPurpose, issuer: string): Promise<SigningKey> => {
    const alg = algorithmOf(purpose, place.algorithm);
    const own = privateKeys.filter((key) => key.purpose === purpose && key.iss === issuer && key.alg === alg);
    const newest = own.filter(isUsable).toSorted((a, b) => b.nbf - a.nbf)[0];
    if (newest) return importSigningKey(newest);
    const { privateJwk, publicJwk } = await makeKeyPair(purpose, issuer, now, alg);
    await writeKey(place.folder, privateJwk, publicJwk);
    made.push(publicJwk);
    return importSigningKey(privateJwk);
  };

  const signing: Partial<Record<KeyPurpose, SigningKey>> = {};
  for (const purpose of keyPurposes) {
    const isHere = purpose === "token" ? place.issuesTokens : !place.elsewhere?.has(purpose);
    if (isHere) signing[purpose] = await current(purpose, place.issuer);
  }
  if (place.tokenIssuer) await current("token", place.tokenIssuer);
  for (const key of [...privateKeys.map(withoutSecret), ...made]) published.set(key.kid, key);
  const nameOf = ({ purpose, kid }: PublicJwk) => `${purpose}-${kid}`;
  const publicKeys = [...published.values()].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return { ...signing, publicKeys, made: new Set(made.map(({ kid }) => kid)) };
}

/** Whether keys can be opened there, told before a first start prepares its database. *Throws* as `openKeys`. */
export async function checkKeys(place: Parameters<typeof readKeys>[0]): Promise<void> {
  await readKeys(place);
}

async function readKeys(place: Pick<KeyPlace, "folder" | "issuer" | "tokenIssuer">) {
  if (!isIssuer(place.issuer) || !isIssuer(place.tokenIssuer ?? place.issuer)) {
    throw new ConfigError(
      "PUBLIC_URL and TOKEN_ISSUER go into what is signed: a plain address without password, query or fragment",
    );
  }
  await mkdir(join(place.folder, "public"), { recursive: true }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`the key folder ${place.folder} (KEYS_DIR) can not be used: ${reason}`);
  });
  return { privateKeys: await readPrivateKeys(place.folder), publicKeys: await readPublicKeys(place.folder) };
}

/** The algorithm of a purpose's keys: the log's are Ed25519 always, as signed notes are. */
export function algorithmOf(purpose: KeyPurpose, algorithm: KeyAlgorithm): KeyAlgorithm {
  return purpose === "log" ? "EdDSA" : algorithm;
}

/** Private keys that are files of a folder. Copies of the hub that share keys of this kind share the folder. */
export function fileKeySource(folder: string): KeySource {
  return {
    kind: "FILE",
    make: async ({ purpose, issuer, alg, notBefore }) => {
      const { privateJwk, publicJwk } = await makeKeyPair(purpose, issuer, new Date(notBefore * 1000), alg);
      await writeKey(folder, privateJwk, publicJwk);
      return { name: fileNameOf(publicJwk), point: pointOf(publicJwk) };
    },
    find: async () => undefined,
    open: async ({ kid }) => {
      const privateJwk = await findPrivateKey(folder, kid);
      return privateJwk && importSigningKey(privateJwk);
    },
    close: async () => {},
  };
}

/**
 * A secret made from a token key, for what only the hub's copies must be able to check: every copy with this key folder has
 * it, and no other file is kept. Undefined: the private half is not here.
 */
export async function findKeySecret(folder: string, kid: string): Promise<string | undefined> {
  const privateJwk = await findPrivateKey(folder, kid);
  const secret = privateJwk && hkdfSync("sha256", privateJwk.d, "zhengzhao", "authorization server", 32);
  return secret && Buffer.from(secret).toString("base64url");
}

async function findPrivateKey(folder: string, kid: string): Promise<PrivateJwk | undefined> {
  return (await readPrivateKeys(folder)).find((key) => key.kid === kid);
}

/** What the files of a key are called, but for their endings. */
export function fileNameOf({ purpose, kid }: Pick<PublicJwk, "purpose" | "kid">): string {
  return `${purpose}-${kid.slice(0, 12)}`;
}

/**
 * The newest token key, for minting demo tokens; undefined when the hub never started in demo mode here.
 * *Throws* as `openKeys` when a key could be read by others or is damaged.
 */
export async function findTokenKey(folder: string, issuer: string): Promise<SigningKey | undefined> {
  const keys = await readPrivateKeys(folder).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
  const own = keys.filter((key) => key.purpose === "token" && key.iss === issuer);
  const newest = own.toSorted((a, b) => b.nbf - a.nbf)[0];
  return newest && importSigningKey(newest);
}

async function readPrivateKeys(folder: string): Promise<readonly PrivateJwk[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(privateEnding));
  return Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const mode = (await stat(file)).mode & 0o777;
      if (process.platform !== "win32" && (mode & 0o077) !== 0) {
        throw new ConfigError(
          `the private key ${file} can be read by others (mode ${mode.toString(8)}): run chmod 600 on it`,
        );
      }
      return await readKey<PrivateJwk>(file, importSigningKey);
    }),
  );
}

async function readPublicKeys(folder: string): Promise<readonly PublicJwk[]> {
  const names = (await readdir(join(folder, "public"))).filter((name) => name.endsWith(".jwk.json"));
  return Promise.all(
    names.map((name) =>
      readKey<PublicJwk>(join(folder, "public", name), (key) => {
        if (parseJwks({ keys: [key] }).size === 0) throw new HubError("INPUT_INVALID", { reason: "KEY_UNSUPPORTED" });
      }),
    ),
  );
}

/** Parses one of our own key files. @param check throws when the value is no such key */
async function readKey<Key>(file: string, check: (key: unknown) => unknown): Promise<Key> {
  try {
    const key: unknown = JSON.parse(await readFile(file, "utf8"));
    await check(key);
    return key as Key;
  } catch (error) {
    throw new ConfigError(
      `the key file ${file} is damaged (${whyOf(error)}): restore it from a backup, or move it away`,
    );
  }
}

/** A word on what is wrong with a key file, never its content: parsers quote what they could not read. */
function whyOf(error: unknown): string {
  if (error instanceof SyntaxError) return "not JSON";
  if (error instanceof HubError && typeof error.details["reason"] === "string") return error.details["reason"];
  return codeOf(error) ?? "unreadable";
}

/** A file appears whole or not at all, and the public half first: what ever signed can always be verified. */
async function writeKey(folder: string, privateJwk: PrivateJwk, publicJwk: PublicJwk): Promise<void> {
  const name = fileNameOf(publicJwk);
  const write = async (file: string, jwk: PublicJwk, mode: number) => {
    await writeFile(`${file}.new`, `${JSON.stringify(jwk, null, 2)}\n`, { mode, flag: "wx", flush: true });
    await rename(`${file}.new`, file);
  };
  await write(join(folder, "public", `${name}.jwk.json`), publicJwk, 0o644);
  await write(join(folder, `${name}${privateEnding}`), privateJwk, 0o600);
}

function withoutSecret({ d: _secret, ...publicJwk }: PrivateJwk): PublicJwk {
  return publicJwk;
}
