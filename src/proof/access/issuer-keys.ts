import { createPublicKey } from "node:crypto";
import type { CryptoKey } from "jose";
import { HubError } from "../../errors.ts";
import { decodeBase64url } from "../bytes/base64url.ts";
import { type Keyring, keyringOf, maxKeys, type VerifyingKey } from "../keyring.ts";
import { isJsonObject, type JsonObject, parseStrictJson } from "../strict-json.ts";

/** Largest key set taken from an outside issuer. *Units*: bytes. */
export const maxIssuerKeysBytes = 256 * 1024;

/**
 * Reads the key set of an outside OpenID Provider: every key signs tokens of that issuer and nothing else.
 * *Shape*: keys for ES256 and Ed25519 with a `kid`; all others are passed over, for a provider may hold many.
 * *Throws*: INPUT_INVALID, reason KEYS_MALFORMED or KEYS_TOO_MANY.
 * *Trust*: the set came from the issuer's address; its content still is a stranger's text.
 * *Source*: RFC 7517 §5; RFC 9068 §4.
 */
export function parseIssuerKeys(text: Uint8Array, issuer: string): Keyring {
  const parsed = parseStrictJson(text, { maxBytes: maxIssuerKeysBytes, maxDepth: 8 });
  const members = "value" in parsed && isJsonObject(parsed.value) ? parsed.value["keys"] : undefined;
  if (!Array.isArray(members)) throw new HubError("INPUT_INVALID", { reason: "KEYS_MALFORMED" });
  if (members.length > maxKeys) throw new HubError("INPUT_INVALID", { reason: "KEYS_TOO_MANY" });
  const keys = new Map<string, VerifyingKey>();
  for (const member of members) {
    const key = readIssuerKey(member, issuer);
    if (key && !keys.has(key.kid)) keys.set(key.kid, key);
  }
  return keyringOf(keys);
}

/** Several key sets as one. *Order*: the first that holds a key id has it. */
export function joinKeyrings(keyrings: readonly Keyring[]): Keyring {
  return {
    get size() {
      return keyrings.reduce((sum, keyring) => sum + keyring.size, 0);
    },
    find: (kid) => {
      for (const keyring of keyrings) {
        const key = keyring.find(kid);
        if (key) return key;
      }
      return undefined;
    },
    ofPurpose: (purpose) => keyrings.flatMap((keyring) => keyring.ofPurpose(purpose)),
  };
}

function readIssuerKey(jwk: unknown, issuer: string): VerifyingKey | undefined {
  if (!isJsonObject(jwk) || (jwk["use"] !== undefined && jwk["use"] !== "sig")) return undefined;
  const { kid, kty, crv, x, y } = jwk;
  const point = typeof x === "string" ? decodeBase64url(x) : undefined;
  if (typeof kid !== "string" || kid === "" || kid.length > 200 || point?.length !== 32) return undefined;
  const shared = { kid, point, purpose: "token", issuer, notBefore: new Date(0) } as const;
  if (kty === "EC" && crv === "P-256" && isAlg(jwk, ["ES256"])) {
    const publicKey = importPoint({ kty, crv, x, y }, { name: "ECDSA", namedCurve: "P-256" });
    return publicKey && { ...shared, alg: "ES256", publicKey };
  }
  if (kty === "OKP" && crv === "Ed25519" && isAlg(jwk, ["EdDSA", "Ed25519"])) {
    const publicKey = importPoint({ kty, crv, x }, { name: "Ed25519" });
    return publicKey && { ...shared, alg: "EdDSA", publicKey };
  }
  return undefined;
}

function isAlg({ alg }: JsonObject, names: readonly string[]): boolean {
  return alg === undefined || names.some((name) => name === alg);
}

function importPoint(
  point: JsonObject,
  algorithm: { name: string; namedCurve?: string },
): VerifyingKey["publicKey"] | undefined {
  try {
    const key = createPublicKey({ key: { ...point }, format: "jwk" }).toCryptoKey(algorithm, true, ["verify"]);
    // One class, two type declarations: Node's and the one jose sees.
    const imported = Promise.resolve(key as CryptoKey);
    return () => imported;
  } catch {
    return undefined;
  }
}
