import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { sha256Base64url } from "../bytes/sha256.ts";
import { isJsonObject, parseStrictJson } from "../strict-json.ts";

/** A private key of a client or of a sender, ready to sign. */
export type PartyKey = Readonly<{
  privateKey: CryptoKey | Uint8Array;
  alg: "ES256" | "EdDSA";
  kid: string;
  publicJwk: JWK;
}>;

/** When something is signed, and its id that is used once. */
export type Moment = Readonly<{ jti: string; now: Date }>;

/**
 * Parses a client's private key file, a JWK as `hub client register --new-key` writes it; undefined when it is none.
 * *Trust*: a file of the person's own.
 */
export async function parseClientPrivateKey(bytes: Uint8Array): Promise<PartyKey | undefined> {
  const parsed = parseStrictJson(bytes, { maxBytes: 8192, maxDepth: 3 });
  if (!("value" in parsed) || !isJsonObject(parsed.value)) return undefined;
  const { kty, crv, x, y, d } = parsed.value;
  if (typeof x !== "string" || typeof d !== "string") return undefined;
  const isEdwards = kty === "OKP" && crv === "Ed25519";
  if (!isEdwards && !(kty === "EC" && crv === "P-256" && typeof y === "string")) return undefined;
  const publicJwk: JWK = isEdwards ? { kty: "OKP", crv, x } : { kty: "EC", crv: "P-256", x, y: String(y) };
  const alg = isEdwards ? "EdDSA" : "ES256";
  try {
    const privateKey = await importJWK({ ...publicJwk, d }, alg);
    return { privateKey, alg, publicJwk, kid: await calculateJwkThumbprint(publicJwk) };
  } catch {
    return undefined;
  }
}

/** Makes the key a token is bound to: it lives as long as the program. */
export async function makeSenderKey(): Promise<PartyKey> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const publicJwk = await exportJWK(publicKey);
  return { privateKey, alg: "ES256", publicJwk, kid: await calculateJwkThumbprint(publicJwk) };
}

/** Signs who asks for a token: `private_key_jwt`. *Source*: RFC 7523 §3. */
export function signAssertion(
  key: PartyKey,
  clientId: string,
  audience: string,
  { jti, now }: Moment,
): Promise<string> {
  const iat = Math.floor(now.getTime() / 1000);
  return new SignJWT({ iss: clientId, sub: clientId, aud: audience, jti, iat, exp: iat + assertionSeconds })
    .setProtectedHeader({ alg: key.alg, kid: key.kid })
    .sign(key.privateKey);
}

/** Signs one request with the sender's key. *Shape*: `url` without query. *Source*: RFC 9449 §4.2. */
export function signDpopProof(
  key: PartyKey,
  request: Readonly<{ method: string; url: string; token?: string }>,
  { jti, now }: Moment,
): Promise<string> {
  const { method: htm, url: htu, token } = request;
  const claims = { htm, htu, jti, iat: Math.floor(now.getTime() / 1000) };
  return new SignJWT(token === undefined ? claims : { ...claims, ath: sha256Base64url(token) })
    .setProtectedHeader({ typ: "dpop+jwt", alg: key.alg, jwk: key.publicJwk })
    .sign(key.privateKey);
}

const assertionSeconds = 60;
