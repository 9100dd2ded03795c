import { decodeBase64url } from "../bytes/base64url.ts";
import { sha256Base64url } from "../bytes/sha256.ts";
import { isJsonObject, type JsonObject, parseStrictJson } from "../strict-json.ts";
import type { VerificationCode } from "../verification.ts";

/** Most disclosures one SD-JWT may bring. */
export const maxDisclosures = 256;

/** What an SD-JWT says once its disclosures are put in place. `hidden`: digests nobody disclosed, decoys among them. */
export type DisclosedClaims = Readonly<{ claims: JsonObject; hidden: number }>;

/** A disclosure taken apart; without `name` it stands for an element of an array. */
type Disclosure = Readonly<{ name?: string; value: unknown }>;

/**
 * Puts disclosures into the payload they belong to.
 * Shape: SHA-256 only. Every disclosure is used, exactly once; no digest stands twice; no name is overwritten; `_sd`,
 * `_sd_alg` and `...` are never names of claims. Nested at most 32 deep, disclosures counted in.
 * @returns the code of the fault when the payload has to be refused
 * Trust: payload and disclosures are attacker-chosen; the result is as true as the signature over the payload.
 * Source: RFC 9901 §7.1, steps 3 to 5; §4.1.1; §4.2.
 */
export function discloseClaims(
  payload: JsonObject,
  disclosures: readonly string[],
): DisclosedClaims | { code: VerificationCode } {
  if (disclosures.length > maxDisclosures) return { code: "SD_JWT_TOO_MANY_DISCLOSURES" };
  const algorithm = Object.hasOwn(payload, "_sd_alg") ? payload["_sd_alg"] : "sha-256";
  if (algorithm !== "sha-256") return { code: "SD_JWT_HASH_NOT_SUPPORTED" };
  const unused = new Map<string, Disclosure>();
  for (const text of disclosures) {
    const disclosure = readDisclosure(text);
    if (disclosure === undefined) return { code: "SD_JWT_DISCLOSURE_MALFORMED" };
    const digest = sha256Base64url(text);
    if (unused.has(digest)) return { code: "SD_JWT_DISCLOSURE_REPEATED" };
    unused.set(digest, disclosure);
  }
  const { _sd_alg: _, ...rest } = payload;
  const work = { unused, seen: new Set<string>(), hidden: 0 };
  try {
    const claims = placeInObject(rest, work, 1);
    if (unused.size > 0) return { code: "SD_JWT_DISCLOSURE_UNREFERENCED" };
    return { claims, hidden: work.hidden };
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code };
    throw error;
  }
}

type Work = { readonly unused: Map<string, Disclosure>; readonly seen: Set<string>; hidden: number };

/** Leaves the recursion below; never leaves this file. */
class Refusal extends Error {
  readonly code: VerificationCode;
  constructor(code: VerificationCode) {
    super(code);
    this.code = code;
  }
}

const maxDepth = 32;
const disclosureLimits = { maxBytes: 64 * 1024, maxDepth };
const forbiddenNames = ["_sd", "_sd_alg", "..."];

function readDisclosure(text: string): Disclosure | undefined {
  const bytes = decodeBase64url(text);
  const parsed = bytes && parseStrictJson(bytes, disclosureLimits);
  if (!parsed || !("value" in parsed) || !Array.isArray(parsed.value)) return undefined;
  const parts: readonly unknown[] = parsed.value;
  const [salt, second, third] = parts;
  if (typeof salt !== "string") return undefined;
  if (parts.length === 2) return { value: second };
  return parts.length === 3 && typeof second === "string" ? { name: second, value: third } : undefined;
}

function place(value: unknown, work: Work, depth: number): unknown {
  if (Array.isArray(value)) return placeInArray(value, work, depth);
  return isJsonObject(value) ? placeInObject(value, work, depth) : value;
}

function placeInObject(object: JsonObject, work: Work, depth: number): JsonObject {
  if (depth > maxDepth) throw new Refusal("JSON_TOO_DEEP");
  const { _sd: digests = [], ...plain } = object;
  if (!isTextList(digests)) throw new Refusal("SD_JWT_NAME_FORBIDDEN");
  // A map, because a claim may be named __proto__.
  const members = new Map<string, unknown>();
  for (const [name, value] of Object.entries(plain)) {
    if (forbiddenNames.includes(name)) throw new Refusal("SD_JWT_NAME_FORBIDDEN");
    members.set(name, place(value, work, depth + 1));
  }
  for (const digest of digests) {
    const disclosure = take(digest, work);
    if (disclosure === undefined) continue;
    const { name, value } = disclosure;
    if (name === undefined) throw new Refusal("SD_JWT_DISCLOSURE_MALFORMED");
    if (forbiddenNames.includes(name)) throw new Refusal("SD_JWT_NAME_FORBIDDEN");
    if (members.has(name)) throw new Refusal("SD_JWT_CLAIM_REPEATED");
    members.set(name, place(value, work, depth + 1));
  }
  return Object.fromEntries(members);
}

function placeInArray(array: readonly unknown[], work: Work, depth: number): readonly unknown[] {
  if (depth > maxDepth) throw new Refusal("JSON_TOO_DEEP");
  return array.flatMap((element) => {
    const digest = digestOfElement(element);
    if (digest === undefined) return [place(element, work, depth + 1)];
    const disclosure = take(digest, work);
    if (disclosure === undefined) return [];
    if (disclosure.name !== undefined) throw new Refusal("SD_JWT_DISCLOSURE_MALFORMED");
    return [place(disclosure.value, work, depth + 1)];
  });
}

/** The digest an element of an array is, when it is one. */
function digestOfElement(element: unknown): string | undefined {
  if (!isJsonObject(element) || !Object.hasOwn(element, "...")) return undefined;
  const digest = element["..."];
  if (typeof digest !== "string" || Object.keys(element).length !== 1) throw new Refusal("SD_JWT_NAME_FORBIDDEN");
  return digest;
}

/** A digest stands once in the whole SD-JWT, whether somebody discloses it or not. */
function take(digest: string, work: Work): Disclosure | undefined {
  if (work.seen.has(digest)) throw new Refusal("SD_JWT_DIGEST_REPEATED");
  work.seen.add(digest);
  const disclosure = work.unused.get(digest);
  if (disclosure === undefined) work.hidden += 1;
  work.unused.delete(digest);
  return disclosure;
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}
