import { hkdfSync } from "node:crypto";
import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../../config.ts";
import { HubError } from "../../errors.ts";
import {
  importSigningKey,
  isIssuer,
  type KeyAlgorithm,
  type KeyPurpose,
  makeKeyPair,
  type PrivateJwk,
  type PublicJwk,
  parseJwks,
  type SigningKey,
} from "../../proof/keyring.ts";

/** The hub's keys: what it signs with now, and everything it ever signed with. */
export type HubKeys = Readonly<{
  license: SigningKey;
  status: SigningKey;
  log: SigningKey;
  receipt: SigningKey;
  /** Signs access tokens in the hub's own name; its public half; undefined: somebody outside issues them. */
  token: TokenKey | undefined;
  publicKeys: readonly PublicJwk[];
}>;

/** The authorization server's key, and a secret made from it for what only the hub's copies must be able to check. */
export type TokenKey = Readonly<{ signing: SigningKey; publicJwk: PublicJwk; secret: string }>;

/** Where keys lie, and for whom they sign. */
export type KeyPlace = Readonly<{
  folder: string;
  issuer: string;
  /** Set in demo mode only: makes the key `npm run token` signs with. */
  tokenIssuer: string | undefined;
  /** Makes the key the hub signs access tokens with in its own name. */
  issuesTokens?: boolean;
  algorithm: KeyAlgorithm;
}>;

const privateEnding = ".private.jwk.json";

/**
 * Opens the key folder; keys that are missing are made (private files: mode 0600). A key belongs to one issuer, so a
 * hub that moved to another PUBLIC_URL signs with a new key and goes on publishing the old one.
 * *Throws* a ConfigError when the folder cannot be used, when a private key could be read by others, or
 * when a key file is damaged: silently signing with a new key would hide that.
 */
export async function openKeys(place: KeyPlace, now: Date): Promise<HubKeys> {
  const { privateKeys, publicKeys: kept } = await readKeys(place);
  const published = new Map(kept.map((key) => [key.kid, key]));
  const made: PublicJwk[] = [];

  const current = async (purpose: KeyPurpose, issuer: string): Promise<PrivateJwk> => {
    const alg = purpose === "log" ? "EdDSA" : place.algorithm;
    const own = privateKeys.filter((key) => key.purpose === purpose && key.iss === issuer && key.alg === alg);
    const usable = own.filter((key) => key.exp === undefined || key.exp * 1000 > now.getTime());
    const newest = usable.toSorted((a, b) => b.nbf - a.nbf)[0];
    if (newest) return newest;
    const { privateJwk, publicJwk } = await makeKeyPair(purpose, issuer, now, alg);
    await writeKey(place.folder, privateJwk, publicJwk);
    made.push(publicJwk);
    return privateJwk;
  };

  const license = await importSigningKey(await current("license", place.issuer));
  const status = await importSigningKey(await current("status", place.issuer));
  const log = await importSigningKey(await current("log", place.issuer));
  const receipt = await importSigningKey(await current("receipt", place.issuer));
  const token = place.issuesTokens ? await toTokenKey(await current("token", place.issuer)) : undefined;
  if (place.tokenIssuer) await current("token", place.tokenIssuer);
  for (const key of [...privateKeys.map(withoutSecret), ...made]) published.set(key.kid, key);
  const nameOf = ({ purpose, kid }: PublicJwk) => `${purpose}-${kid}`;
  const publicKeys = [...published.values()].toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return { license, status, log, receipt, token, publicKeys };
}

/** Whether keys can be opened there, told before a first start prepares its database. *Throws* as `openKeys`. */
export async function checkKeys(place: KeyPlace): Promise<void> {
  await readKeys(place);
}

async function readKeys(place: KeyPlace) {
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

/** The secret comes from the key, so every copy of the hub with this key folder has it, and no other file is kept. */
async function toTokenKey(privateJwk: PrivateJwk): Promise<TokenKey> {
  const secret = hkdfSync("sha256", privateJwk.d, "zhengzhao", "authorization server", 32);
  const signing = await importSigningKey(privateJwk);
  return { signing, publicJwk: withoutSecret(privateJwk), secret: Buffer.from(secret).toString("base64url") };
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
  const name = `${publicJwk.purpose}-${publicJwk.kid.slice(0, 12)}`;
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

function codeOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : undefined;
}
