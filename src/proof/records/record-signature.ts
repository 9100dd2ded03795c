import { CompactSign, type CryptoKey, importJWK } from "jose";
import type { RawRecord } from "../../domain/licenses/license-record.ts";
import type { ProblemCode } from "../../domain/licenses/problem.ts";
import type { ClientJwk } from "../access/client-key.ts";
import type { PartyKey } from "../access/client-proof.ts";
import { canonicalJson } from "../canonical-json.ts";
import { parseCompactJws } from "../compact-jws.ts";
import { isSignedBy } from "../jws.ts";
import type { KeyAlgorithm } from "../keyring.ts";

/** A record's signature that held. `jws`: whole, the record inside, so that anybody can check it later. */
export type RecordSignature = Readonly<{ jws: string; kid: string }>;

/** `typ` of a record's signature: what a client signs for any other use never passes as one. */
export const recordSignatureType = "license-record+jws";

/** Longest signature, detached. *Units*: characters. */
export const maxSignatureCharacters = 1_000;

/**
 * What a department signs, and what `source.digest` of the license is the SHA-256 of: the record without `signature` and
 * without members that are null or were not sent.
 * Shape: UTF-8 of the RFC 8785 form.
 */
export function recordPayload(raw: RawRecord): string {
  return `{${canonicalMembers(raw)
    .map(([, text]) => text)
    .join()}}`;
}

/** The members of that text by name: whoever needs several texts of a record makes each member once. */
export function canonicalMembers(raw: RawRecord): readonly (readonly [string, string])[] {
  return Object.entries(raw)
    .filter(([name, value]) => name !== "signature" && value !== null && value !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => [name, `${JSON.stringify(name)}:${canonicalJson(value)}`] as const);
}

/**
 * Signs a record as a department does.
 * Shape: compact JWS with detached payload, `HEADER..SIGNATURE`.
 * Source: RFC 7515 §7.1, appendix F.
 */
export async function signRecord(raw: RawRecord, key: Pick<PartyKey, "kid" | "alg" | "privateKey">): Promise<string> {
  const token = await new CompactSign(new TextEncoder().encode(recordPayload(raw)))
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: recordSignatureType })
    .sign(key.privateKey);
  const [header = "", , signature = ""] = token.split(".");
  return `${header}..${signature}`;
}

/**
 * Checks the signature a record brings against the keys its client has registered for records. The algorithm comes from
 * the key.
 * @returns what is wrong with it, when it does not hold
 * Trust: record and signature are attacker-chosen; the keys are those that stand for the sending client.
 * Source: RFC 7515 §5.2, appendix F; RFC 8725 §3.1, §3.11.
 */
export async function checkRecordSignature(
  raw: RawRecord,
  signature: string,
  keys: readonly ClientJwk[],
): Promise<RecordSignature | Extract<ProblemCode, "SIGNATURE_INVALID" | "SIGNATURE_KEY_UNKNOWN">> {
  const parts = detachedShape.exec(signature);
  if (parts === null || signature.length > maxSignatureCharacters) return "SIGNATURE_INVALID";
  const payload = Buffer.from(recordPayload(raw)).toString("base64url");
  const jws = `${parts[1]}.${payload}.${parts[2]}`;
  const opened = parseCompactJws(jws, {
    types: [recordSignatureType],
    maxLength: maxSignatureCharacters + payload.length,
  });
  if ("code" in opened || opened.headerFault !== undefined) return "SIGNATURE_INVALID";
  const jwk = keys.find(({ kid }) => kid === opened.kid);
  if (!jwk) return "SIGNATURE_KEY_UNKNOWN";
  const alg = jwk.kty === "EC" ? "ES256" : "EdDSA";
  if (opened.alg !== alg) return "SIGNATURE_INVALID";
  return (await isSignedBy(jws, { alg, publicKey: () => importedKey(jwk, alg) }))
    ? { jws, kid: jwk.kid }
    : "SIGNATURE_INVALID";
}

const detachedShape = /^([\w-]+)\.\.([\w-]+)$/;

/** Imported once a key: the id is its thumbprint. */
const imported = new Map<string, CryptoKey>();
const maxImported = 1_000;

async function importedKey(jwk: ClientJwk, alg: KeyAlgorithm): Promise<CryptoKey> {
  const known = imported.get(jwk.kid);
  if (known) return known;
  // A JWK with asymmetric members never becomes bytes.
  const key = (await importJWK({ ...jwk }, alg)) as CryptoKey;
  if (imported.size >= maxImported) imported.clear();
  imported.set(jwk.kid, key);
  return key;
}
