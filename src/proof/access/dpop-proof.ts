import { calculateJwkThumbprint, compactVerify, errors, importJWK, type JWK } from "jose";
import { sha256Base64url } from "../bytes/sha256.ts";
import { isText } from "../claims-shape.ts";
import { isJsonObject, type JsonObject, parseStrictJson } from "../strict-json.ts";

/** The request a proof must have been made for. *Shape*: `url` without query and fragment, as the hub calls itself. */
export type ProvenRequest = Readonly<{
  method: string;
  url: string;
  /** The access token the request came with. */
  accessToken: string;
  /** Thumbprint of the key the token is bound to. */
  thumbprint: string;
  now: Date;
}>;

/** Why a proof is not accepted. */
export type DpopFault =
  | "TOO_LARGE"
  | "MALFORMED"
  | "TYPE"
  | "ALGORITHM"
  | "KEY"
  | "SIGNATURE"
  | "METHOD"
  | "URL"
  | "TIME"
  | "ID"
  | "TOKEN"
  | "OTHER_KEY";

/**
 * A proof that holds, or why it does not.
 * `id` is what to remember so that it works once (SHA-256 over thumbprint and `jti`), until `expiresAt`.
 */
export type DpopVerdict =
  | Readonly<{ ok: true; id: string; expiresAt: Date }>
  | Readonly<{ ok: false; fault: DpopFault }>;

/** How far a proof's `iat` may lie from the hub's clock, either way. *Units*: seconds. */
export const proofWindowSeconds = 60;

/**
 * Verifies a DPoP proof for one request. Whether it was used before is for the caller to find out, by `id`.
 * *Trust*: every character of the proof is attacker-chosen. It brings its own key, and that key says nothing until its
 * thumbprint is found to be the one the token names.
 * *Source*: RFC 9449 §4.2, §4.3; RFC 7638.
 */
export async function verifyDpopProof(proof: string, request: ProvenRequest): Promise<DpopVerdict> {
  if (proof.length > maxProofCharacters) return refused("TOO_LARGE");
  const parts = compactShape.exec(proof)?.slice(1);
  const header = readPart(parts?.[0]);
  const claims = readPart(parts?.[1]);
  if (!header || !claims) return refused("MALFORMED");
  if (header["typ"] !== "dpop+jwt") return refused("TYPE");
  // The header is this small set and nothing else: no `crit`, no further key, no address to fetch one from.
  if (Object.keys(header).some((name) => !headerMembers.includes(name))) return refused("MALFORMED");
  const { alg } = header;
  if (alg !== "ES256" && alg !== "EdDSA") return refused("ALGORITHM");
  const key = readKey(header["jwk"], alg);
  if (!key) return refused("KEY");
  if ((await calculateJwkThumbprint(key)) !== request.thumbprint) return refused("OTHER_KEY");
  if (!(await isSigned(proof, key, alg))) return refused("SIGNATURE");
  return judgeClaims(claims, request);
}

const maxProofCharacters = 4096;
const compactShape = /^([\w-]+)\.([\w-]+)\.[\w-]+$/;
const partLimits = { maxBytes: 3072, maxDepth: 3 };
const headerMembers = ["typ", "alg", "jwk", "kid"];

function refused(fault: DpopFault): DpopVerdict {
  return { ok: false, fault };
}

function readPart(part: string | undefined): JsonObject | undefined {
  const parsed = part === undefined ? { fault: "" } : parseStrictJson(Buffer.from(part, "base64url"), partLimits);
  return "value" in parsed && isJsonObject(parsed.value) ? parsed.value : undefined;
}

/** The public members of a key of that algorithm; undefined when it is another, or holds a secret. */
function readKey(jwk: unknown, alg: "ES256" | "EdDSA"): JWK | undefined {
  if (!isJsonObject(jwk)) return undefined;
  const { kty, crv, x, y } = jwk;
  if (["d", "k", "p", "q", "dp", "dq", "qi", "oth", "priv"].some((name) => Object.hasOwn(jwk, name))) return undefined;
  if (!isCoordinate(x)) return undefined;
  if (alg === "EdDSA") return kty === "OKP" && crv === "Ed25519" ? { kty, crv, x } : undefined;
  return kty === "EC" && crv === "P-256" && isCoordinate(y) ? { kty, crv, x, y } : undefined;
}

function isCoordinate(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{43}$/.test(value);
}

async function isSigned(proof: string, key: JWK, alg: string): Promise<boolean> {
  try {
    await compactVerify(proof, await importJWK(key, alg), { algorithms: [alg] });
    return true;
  } catch (error) {
    // A point off its curve is refused by Web Crypto with a DOMException.
    if (error instanceof errors.JOSEError || error instanceof DOMException || error instanceof TypeError) return false;
    throw error;
  }
}

function judgeClaims(claims: JsonObject, request: ProvenRequest): DpopVerdict {
  const { htm, htu, iat, jti, ath } = claims;
  if (htm !== request.method) return refused("METHOD");
  if (!isText(htu) || plainUrl(htu) !== plainUrl(request.url)) return refused("URL");
  const now = request.now.getTime() / 1000;
  if (typeof iat !== "number" || !(Math.abs(now - iat) <= proofWindowSeconds)) return refused("TIME");
  if (typeof jti !== "string" || jti.length < 1 || jti.length > 128) return refused("ID");
  if (ath !== sha256Base64url(request.accessToken)) return refused("TOKEN");
  const expiresAt = new Date((iat + proofWindowSeconds + 1) * 1000);
  return { ok: true, id: sha256Base64url(`${request.thumbprint} ${jti}`), expiresAt };
}

/** A URL as RFC 3986 §6.2.2 and §6.2.3 normalize it, without query and fragment; undefined when it is none. */
function plainUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, host, pathname, username, password } = new URL(text);
  return username + password === "" ? `${protocol}//${host}${pathname}` : undefined;
}
