import { type CryptoKey, exportJWK, generateKeyPair, importJWK } from "jose";
import { HubError } from "../errors.ts";
import { decodeBase64url } from "./bytes/base64url.ts";
import { isOnP256 } from "./bytes/p256-point.ts";
import { digestOf } from "./canonical-json.ts";
import { nativeEs256 } from "./signing/native-es256.ts";
import type { Signer } from "./signing/signer.ts";
import { isJsonObject, type JsonObject, parseStrictJson } from "./strict-json.ts";

/** What a key may sign; a key never serves two purposes. */
export type KeyPurpose = (typeof keyPurposes)[number];

/** Licenses, lists of their states, the head of the public log (always Ed25519, as signed notes are), receipts, tokens. */
export const keyPurposes = ["license", "status", "log", "receipt", "token"] as const;

/** The signature algorithms there are. Source: RFC 7518 §3.4 (ES256); RFC 8037 §3.1 (EdDSA, Ed25519 only). */
export type KeyAlgorithm = "ES256" | "EdDSA";

/**
 * A public key as published.
 * Shape: `kid` is the RFC 7638 thumbprint; `purpose`, `iss` (the issuer it signs for), `nbf` and `exp` (period of
 * use, both inclusive) and `compromised` (since when somebody else may have signed with it) are members of our own. `x5c`:
 * its certificates, for whoever trusts their issuer; nothing here rests on them. Units: seconds since 1970.
 */
export type PublicJwk = Readonly<{
  kty: "EC" | "OKP";
  crv: "P-256" | "Ed25519";
  x: string;
  y?: string;
  kid: string;
  use: "sig";
  alg: KeyAlgorithm;
  purpose: KeyPurpose;
  iss: string;
  nbf: number;
  exp?: number;
  compromised?: number;
  x5c?: string[];
}>;

/** A signing key as it lies in its file: the public members and the secret `d`. */
export type PrivateJwk = PublicJwk & Readonly<{ d: string }>;

type KeyFacts = Readonly<{
  kid: string;
  purpose: KeyPurpose;
  alg: KeyAlgorithm;
  issuer: string;
  notBefore: Date;
  notAfter?: Date;
  compromisedAt?: Date;
}>;

/** A key ready to sign, its private half in this process. */
export type SigningKey = KeyFacts & Signer & Readonly<{ privateKey: CryptoKey }>;

/**
 * A key to verify with. `publicKey` imports it the first time and keeps it; it rejects with a DOMException where Web
 * Crypto does not know the algorithm. Trust: comes from a key set the caller trusts, never from a token.
 */
export type VerifyingKey = KeyFacts &
  Readonly<{
    publicKey(): Promise<CryptoKey>;
    /** The point of Ed25519, or the x of P-256: 32 bytes. */
    point: Uint8Array;
  }>;

/** A trusted set of public keys, each imported once, when it is first needed. */
export type Keyring = Readonly<{
  /** How many usable keys there are. */
  size: number;
  /** The key of this id. Trust: `kid` may be attacker-chosen. */
  find(kid: string): VerifyingKey | undefined;
  /** Every key of a purpose. */
  ofPurpose(purpose: KeyPurpose): readonly VerifyingKey[];
}>;

/** Most keys a key set may hold: none ever leaves it, so there is room for years of changing them. */
export const maxKeys = 1024;

/**
 * Makes a new key pair for one issuer and purpose, in use from `now` on.
 * Throws: INPUT_INVALID (reason KEY_ISSUER) when the issuer is not an http(s) URL.
 */
export async function makeKeyPair(
  purpose: KeyPurpose,
  issuer: string,
  now: Date,
  alg: KeyAlgorithm = "ES256",
): Promise<{ privateJwk: PrivateJwk; publicJwk: PublicJwk }> {
  if (!isIssuer(issuer)) throw refusal("KEY_ISSUER");
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const { x = "", y, d = "" } = await exportJWK(privateKey);
  const curve = y === undefined ? ({ ...shapes.EdDSA, x } as const) : ({ ...shapes.ES256, x, y } as const);
  const publicJwk: PublicJwk = {
    ...curve,
    kid: digestOf(curve),
    use: "sig",
    alg,
    purpose,
    iss: issuer,
    nbf: Math.floor(now.getTime() / 1000),
  };
  return { publicJwk, privateJwk: { ...publicJwk, d } };
}

/**
 * Imports a signing key from its file's content, once per process. The private part is not extractable afterwards.
 * Throws: INPUT_INVALID (reason as `parseJwks`, or KEY_PRIVATE when `d` is missing or belongs to another key).
 */
export async function importSigningKey(privateJwk: unknown): Promise<SigningKey> {
  if (!isJsonObject(privateJwk) || typeof privateJwk["d"] !== "string") throw refusal("KEY_PRIVATE");
  const { d, ...publicMembers } = privateJwk;
  const read = readPublicJwk(publicMembers, {});
  if (read === undefined) throw refusal("KEY_UNSUPPORTED");
  const { publicKey: _, ...facts } = read;
  const { crv, x, y } = publicMembers;
  const jwk = { ...shapes[facts.alg], crv, x, y, d };
  const privateKey = await importPrivate(jwk, facts.alg);
  const anywhere = async (data: Uint8Array) =>
    new Uint8Array(await crypto.subtle.sign(signatureNames[facts.alg], privateKey, data as Uint8Array<ArrayBuffer>));
  const sign = facts.alg === "ES256" && nativeEs256 ? nativeEs256.signerOf(jwk) : anywhere;
  return { ...facts, privateKey, sign };
}

/**
 * Parses a published key set: the text of a JWKS, or the parsed value.
 * Shape: keys of a kind, curve or purpose unknown here are ignored (RFC 7517 §5); everything else must be exact.
 * Throws: INPUT_INVALID, with a `reason` and the key's `index`: KEYS_MALFORMED, KEYS_TOO_MANY, KEY_MALFORMED,
 * KEY_SECRET (a private or symmetric key does not belong here), KEY_ALGORITHM, KEY_ID (not the thumbprint),
 * KEY_REPEATED, KEY_ISSUER, KEY_PERIOD, KEY_POINT (not a point of the curve).
 * Trust: the caller vouches for the content; limits still hold.
 * Source: RFC 7517 §5; RFC 7638; RFC 8037 §2.
 */
export function parseJwks(value: unknown): Keyring {
  const members = jwksMembers(value);
  const keys = new Map<string, VerifyingKey>();
  for (const [index, member] of members.entries()) {
    const key = readPublicJwk(member, { index });
    if (key === undefined) continue;
    if (keys.has(key.kid)) throw refusal("KEY_REPEATED", { index });
    keys.set(key.kid, key);
  }
  return keyringOf(keys);
}

/** A keyring of keys by id. */
export function keyringOf(keys: ReadonlyMap<string, VerifyingKey>): Keyring {
  return {
    size: keys.size,
    find: (kid) => keys.get(kid),
    ofPurpose: (purpose) => [...keys.values()].filter((key) => key.purpose === purpose),
  };
}

/** Whether a text may name an issuer: an absolute http(s) URL in ASCII without credentials, query or fragment. */
export function isIssuer(text: unknown): text is string {
  if (typeof text !== "string" || !/^[!-~]{1,2000}$/.test(text) || !URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username + password === "" && !/[?#]/.test(text);
}

/**
 * A public key that came inside something signed, such as a holder's; undefined when it is none in its one spelling, or
 * brings a secret. Members beside the point are not looked at.
 * Trust: as good as the signature it stood under.
 * Source: RFC 7518 §6.2; RFC 8037 §2.
 */
export function readKeyPoint(jwk: unknown): Pick<VerifyingKey, "alg" | "publicKey"> | undefined {
  if (!isJsonObject(jwk) || secretMembers.some((name) => name in jwk)) return undefined;
  const alg = algorithmOf(jwk);
  const [x, y] = [coordinateOf(jwk["x"]), coordinateOf(jwk["y"])];
  if (alg === undefined || x === undefined) return undefined;
  if (alg === "EdDSA") return { alg, publicKey: importedOnce({ ...shapes.EdDSA, x: jwk["x"] }, alg) };
  if (!(y && isOnP256(x, y))) return undefined;
  return { alg, publicKey: importedOnce({ ...shapes.ES256, x: jwk["x"], y: jwk["y"] }, alg) };
}

const jwksLimits = { maxBytes: 4 * 1024 * 1024, maxDepth: 8 };
const shapes = { ES256: { kty: "EC", crv: "P-256" }, EdDSA: { kty: "OKP", crv: "Ed25519" } } as const;
/** What Web Crypto calls signing and verifying. */
export const signatureNames = { ES256: { name: "ECDSA", hash: "SHA-256" }, EdDSA: { name: "Ed25519" } } as const;
const webCryptoNames = { ES256: { name: "ECDSA", namedCurve: "P-256" }, EdDSA: { name: "Ed25519" } } as const;

type Where = Readonly<{ index?: number }>;

function refusal(reason: string, where: Where = {}, cause?: unknown): HubError {
  return new HubError("INPUT_INVALID", { reason, ...where }, { cause });
}

function jwksMembers(value: unknown): readonly unknown[] {
  const isText = typeof value === "string" || value instanceof Uint8Array;
  const parsed = isText ? parseStrictJson(value, jwksLimits) : { value };
  if ("fault" in parsed || !isJsonObject(parsed.value)) throw refusal("KEYS_MALFORMED");
  const { keys } = parsed.value;
  if (!Array.isArray(keys)) throw refusal("KEYS_MALFORMED");
  if (keys.length > maxKeys) throw refusal("KEYS_TOO_MANY");
  return keys;
}

/** The key; undefined when it is of a kind this version does not know. */
function readPublicJwk(jwk: unknown, where: Where): VerifyingKey | undefined {
  if (!isJsonObject(jwk)) throw refusal("KEY_MALFORMED", where);
  if (secretMembers.some((name) => name in jwk) || jwk["kty"] === "oct") throw refusal("KEY_SECRET", where);
  const alg = algorithmOf(jwk);
  if (alg === undefined) return undefined;
  if (jwk["alg"] !== alg || jwk["use"] !== "sig") throw refusal("KEY_ALGORITHM", where);
  const { purpose, kid, x, y, iss, nbf, exp, compromised } = jwk;
  if (typeof purpose !== "string") throw refusal("KEY_MALFORMED", where);
  if (!isPurpose(purpose)) return undefined;
  const point = alg === "ES256" ? { ...shapes.ES256, x, y } : { ...shapes.EdDSA, x };
  const [xBytes, yBytes] = [coordinateOf(x), coordinateOf(y)];
  if (!(xBytes && (yBytes || alg === "EdDSA"))) throw refusal("KEY_POINT", where);
  if (typeof kid !== "string" || kid !== digestOf(point)) throw refusal("KEY_ID", where);
  if (!isIssuer(iss)) throw refusal("KEY_ISSUER", where);
  if (!isSeconds(nbf) || !(exp === undefined || (isSeconds(exp) && exp >= nbf))) throw refusal("KEY_PERIOD", where);
  if (alg === "ES256" && !(yBytes && isOnP256(xBytes, yBytes))) throw refusal("KEY_POINT", where);
  if (!(compromised === undefined || isSeconds(compromised))) throw refusal("KEY_PERIOD", where);
  return {
    kid,
    purpose,
    alg,
    issuer: iss,
    notBefore: new Date(nbf * 1000),
    ...(exp !== undefined && { notAfter: new Date(exp * 1000) }),
    ...(compromised !== undefined && { compromisedAt: new Date(compromised * 1000) }),
    publicKey: importedOnce(point, alg),
    point: xBytes,
  };
}

/** RSA's private members too: whoever publishes one must hear of it, even though RSA keys are not used. */
const secretMembers = ["d", "k", "p", "q", "dp", "dq", "qi", "oth", "priv"];

function algorithmOf(jwk: JsonObject): KeyAlgorithm | undefined {
  if (jwk["kty"] === shapes.ES256.kty && jwk["crv"] === shapes.ES256.crv) return "ES256";
  if (jwk["kty"] === shapes.EdDSA.kty && jwk["crv"] === shapes.EdDSA.crv) return "EdDSA";
  return undefined;
}

function isPurpose(text: string): text is KeyPurpose {
  return keyPurposes.some((purpose) => purpose === text);
}

/** 32 bytes in canonical base64url: the unused bits of the last character are zero. */
function coordinateOf(value: unknown): Uint8Array | undefined {
  const bytes = typeof value === "string" && value.length === 43 ? decodeBase64url(value) : undefined;
  return bytes?.length === 32 ? bytes : undefined;
}

/** Seconds that a Date can hold. */
function isSeconds(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 8_640_000_000_000;
}

function importedOnce(point: JsonObject, alg: KeyAlgorithm): () => Promise<CryptoKey> {
  let imported: Promise<CryptoKey> | undefined;
  return () => {
    imported ??= crypto.subtle.importKey("jwk", { ...point }, webCryptoNames[alg], true, ["verify"]);
    return imported;
  };
}

/** Web Crypto compares the secret with the public point; a test holds it to that. */
async function importPrivate(jwk: JsonObject, alg: KeyAlgorithm): Promise<CryptoKey> {
  try {
    const key = await importJWK({ ...jwk }, alg, { extractable: false });
    if (!(key instanceof Uint8Array)) return key;
  } catch (cause) {
    throw refusal("KEY_PRIVATE", {}, cause);
  }
  throw refusal("KEY_PRIVATE");
}
