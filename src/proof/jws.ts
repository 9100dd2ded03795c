import { asciiBytes } from "./bytes/ascii.ts";
import { decodeBase64url } from "./bytes/base64url.ts";
import { type CompactJws, parseCompactJws } from "./compact-jws.ts";
import { checkKeyPeriod } from "./key-validity.ts";
import type { KeyAlgorithm, KeyPurpose, Keyring, VerifyingKey } from "./keyring.ts";
import { isSignatureOf } from "./signing/check-signature.ts";
import { isJsonObject, type JsonObject, parseStrictJson } from "./strict-json.ts";
import { type Finding, found, passed, type VerificationCode } from "./verification.ts";

/** What every token of the hub says: its issuer and when it was signed. Units: seconds since 1970. */
export type BaseClaims = Readonly<{ iss: string; iat: number }>;

/** What a reader is ready to accept: the kind of token, the purpose of its key, the shape of its claims. */
export type ExpectedJws<C extends BaseClaims> = Readonly<{
  /** Accepted values of `typ`, exactly. */
  types: readonly [string, ...string[]];
  purpose: KeyPurpose;
  /** Units: characters. */
  maxLength: number;
  /** The claims, or what is wrong with them: CLAIMS_MALFORMED when undefined. Trust: the payload is attacker-chosen. */
  parseClaims(payload: JsonObject): C | VerificationCode | undefined;
}>;

/**
 * What was found about a token, step by step; steps nobody could judge are left out.
 * Trust: `claims` are there only when the signature held and the key may sign this for that issuer. They may still be
 * from outside the key's period of use, or from before it was compromised, which the findings then say: see
 * `judgeLogged`.
 */
export type OpenedJws<C> = Readonly<{
  findings: readonly Finding[];
  claims?: C;
  /** The bytes the claims were read from; there when they are. */
  payload?: Uint8Array;
}>;

/**
 * Opens a compact JWS: the steps FORMAT, SIGNATURE, ISSUER_TRUST and KEY_VALIDITY. The algorithm comes from the key;
 * the key comes from the keyring. A fault of the payload does not hide one of the signature: both are reported.
 * Trust: every character of the token is attacker-chosen; the keyring is trusted.
 * Source: RFC 7515 §5.2; RFC 8725 §3.1, §3.2, §3.8, §3.11.
 */
export async function openJws<C extends BaseClaims>(
  token: string,
  keyring: Keyring,
  expected: ExpectedJws<C>,
): Promise<OpenedJws<C>> {
  const jws = parseCompactJws(token, expected);
  if ("code" in jws) return { findings: [found("FORMAT", jws.code)] };
  const claims = readClaims(jws, expected);
  const format = jws.headerFault ?? (typeof claims === "string" ? claims : undefined);
  const findings: Finding[] = [
    format === undefined ? passed("FORMAT") : found("FORMAT", format, formatDetail(expected, format)),
  ];
  if (!isAllowed(jws.alg)) return { findings: [...findings, found("SIGNATURE", "ALGORITHM_NOT_ALLOWED")] };
  if (jws.headerFault !== undefined) return { findings };
  if (keyring.size === 0) return { findings: [...findings, found("ISSUER_TRUST", "NO_KEYS")] };
  const key = keyring.find(jws.kid);
  if (key === undefined) return { findings: [...findings, found("ISSUER_TRUST", "KEY_UNKNOWN")] };
  const signature = await checkSignature(token, jws, key);
  findings.push(signature);
  if (signature.outcome !== "PASS" || typeof claims === "string") return { findings };
  const trust = checkIssuer(claims, key, expected);
  findings.push(trust);
  if (trust.outcome !== "PASS") return { findings };
  findings.push(checkKeyPeriod(claims, key));
  return { findings, claims, payload: jws.payload };
}

/**
 * Whether the signature of a compact JWS holds, by the key's own algorithm. Nothing else is looked at: what the header
 * says of the algorithm is compared by `openJws`, or by whoever calls this.
 * Trust: the token is attacker-chosen.
 * Source: RFC 7515 §5.2; RFC 7518 §3.4; RFC 8037 §3.1.
 */
export async function isSignedBy(token: string, key: Pick<VerifyingKey, "alg" | "publicKey">): Promise<boolean> {
  const end = token.lastIndexOf(".");
  const signature = decodeBase64url(token.slice(end + 1));
  return signature !== undefined && (await isSignatureOf(encoder.encode(token.slice(0, end)), signature, key));
}

/** The claims when every step passed; undefined otherwise. */
export function acceptedClaims<C>(opened: OpenedJws<C>): C | undefined {
  return opened.findings.every((finding) => finding.outcome === "PASS") ? opened.claims : undefined;
}

const encoder = new TextEncoder();
const maxPayloadDepth = 32;

function readClaims<C extends BaseClaims>(jws: CompactJws, expected: ExpectedJws<C>): C | VerificationCode {
  // Four characters of base64url hold three bytes.
  const limits = { maxBytes: (expected.maxLength / 4) * 3, maxDepth: maxPayloadDepth };
  const parsed = parseStrictJson(jws.payload, limits);
  if ("fault" in parsed) return parsed.fault === "JSON_TOO_LARGE" ? "TOKEN_TOO_LARGE" : parsed.fault;
  if (!isJsonObject(parsed.value)) return "JSON_INVALID";
  return expected.parseClaims(parsed.value) ?? "CLAIMS_MALFORMED";
}

function formatDetail<C extends BaseClaims>(expected: ExpectedJws<C>, code: VerificationCode) {
  if (code !== "TYP_UNEXPECTED") return undefined;
  return { en: `expected typ ${expected.types[0]}`, zh: `应为 typ ${expected.types[0]}` };
}

function isAllowed(alg: string): alg is KeyAlgorithm {
  return alg === "ES256" || alg === "EdDSA";
}

async function checkSignature(token: string, jws: CompactJws, key: VerifyingKey): Promise<Finding> {
  if (jws.alg !== key.alg) {
    const detail = { en: `this key signs with ${key.alg}`, zh: `该密钥的算法是 ${key.alg}` };
    return found("SIGNATURE", "ALGORITHM_NOT_ALLOWED", detail);
  }
  try {
    await key.publicKey();
  } catch {
    return found("SIGNATURE", "ALGORITHM_NOT_AVAILABLE");
  }
  // Taken apart by now, so it is all ASCII.
  const input = asciiBytes(token.slice(0, token.lastIndexOf(".")));
  const holds = await isSignatureOf(input, jws.signature, key);
  return holds ? passed("SIGNATURE") : found("SIGNATURE", "SIGNATURE_WRONG");
}

function checkIssuer<C extends BaseClaims>(claims: C, key: VerifyingKey, expected: ExpectedJws<C>): Finding {
  if (key.purpose !== expected.purpose) {
    const detail = { en: `this key is for: ${key.purpose}`, zh: `该密钥的用途是：${key.purpose}` };
    return found("ISSUER_TRUST", "KEY_PURPOSE", detail);
  }
  if (claims.iss !== key.issuer) {
    const detail = { en: `the key belongs to ${key.issuer}`, zh: `该密钥属于 ${key.issuer}` };
    return found("ISSUER_TRUST", "ISSUER_MISMATCH", detail);
  }
  return passed("ISSUER_TRUST", { en: key.issuer, zh: key.issuer });
}
