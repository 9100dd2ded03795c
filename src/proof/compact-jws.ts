import { HubError } from "../errors.ts";
import { decodeBase64url } from "./bytes/base64url.ts";
import { sha256Base64url } from "./bytes/sha256.ts";
import { isJsonObject, type JsonObject, type JsonResult, parseStrictJson } from "./strict-json.ts";
import type { VerificationCode } from "./verification.ts";

/** The parts of a compact JWS. Trust: all of it attacker-chosen until the signature is checked. */
export type CompactJws = Readonly<{
  alg: string;
  /** Empty when the header has none; `headerFault` says so. */
  kid: string;
  payload: Uint8Array;
  signature: Uint8Array<ArrayBuffer>;
  /** Why the header is not acceptable although it can be read. */
  headerFault?: VerificationCode;
}>;

/** What the text and its header must keep to. Units: characters. */
export type CompactJwsRules = Readonly<{
  types: readonly string[];
  maxLength: number;
  /** OPTIONAL where the key is known otherwise; required when left out. */
  kid?: "OPTIONAL";
}>;

/** Longest license or receipt. Units: characters, all ASCII. */
export const maxTokenLength = 128 * 1024;

/**
 * Takes a compact JWS apart without looking at its signature: exactly three parts in the one canonical base64url
 * spelling (no padding, no white space, unused bits zero), a header with unique names that brings no key of its own.
 * Trust: every character is attacker-chosen.
 * Source: RFC 7515 §2, §4.1, §7.1; RFC 4648 §3.5; RFC 8725 §3.10, §3.11.
 */
export function parseCompactJws(token: string, rules: CompactJwsRules): CompactJws | { code: VerificationCode } {
  if (token.length > rules.maxLength) return { code: "TOKEN_TOO_LARGE" };
  const parts = token.split(".", 4);
  const [header = "", ...others] = parts;
  const [payload, signature] = others.map(decodeBase64url);
  const parsed = knownHeaders.get(header) ?? readHeader(header);
  if (parts.length !== 3 || !parsed || !payload?.length || !signature)
    return { code: compactShape.test(token) ? "BASE64URL_NOT_CANONICAL" : "NOT_COMPACT_JWS" };
  if ("fault" in parsed) return { code: parsed.fault === "JSON_TOO_LARGE" ? "TOKEN_TOO_LARGE" : parsed.fault };
  if (!isJsonObject(parsed.value)) return { code: "JSON_INVALID" };
  const { alg, kid } = parsed.value;
  if (typeof alg !== "string") return { code: "HEADER_MALFORMED" };
  const headerFault = findHeaderFault(parsed.value, rules);
  const jws = { alg, kid: typeof kid === "string" ? kid : "", payload, signature };
  return headerFault ? { ...jws, headerFault } : jws;
}

/** Headers read before: a key writes the same one over all it signs of a kind. */
const knownHeaders = new Map<string, JsonResult>();
const [maxKnownHeaders, maxKnownLength] = [64, 512];

/** Undefined: it is not base64url, or is nothing. */
function readHeader(text: string): JsonResult | undefined {
  const bytes = decodeBase64url(text);
  if (!bytes?.length) return undefined;
  const parsed = parseStrictJson(bytes, headerLimits);
  if ("value" in parsed && text.length <= maxKnownLength) {
    if (knownHeaders.size >= maxKnownHeaders) knownHeaders.clear();
    knownHeaders.set(text, parsed);
  }
  return parsed;
}

/**
 * The digest a license is known by: SHA-256 of its payload bytes, because one payload can have many token texts.
 * Shape: 43 characters of base64url.
 * Throws: INPUT_INVALID (reason NOT_COMPACT_JWS) when the text is no compact JWS.
 * Trust: proves nothing about the signature.
 */
export function payloadDigest(token: string): string {
  const payload = compactShape.exec(token)?.[2];
  const bytes = payload === undefined ? undefined : decodeBase64url(payload);
  if (bytes === undefined) throw new HubError("INPUT_INVALID", { reason: "NOT_COMPACT_JWS" });
  return sha256Base64url(bytes);
}

/**
 * What a compact JWS of ours says in its header and payload, without looking at its signature: for what the hub itself has
 * signed and kept.
 * Throws: INPUT_INVALID (reason NOT_COMPACT_JWS) when the text is none.
 */
export function readOwnJws(token: string): Readonly<{ kid: string; payload: unknown }> {
  const [header, payload] = (compactShape.exec(token) ?? []).slice(1, 3).map(decodeBase64url);
  if (!header || !payload) throw new HubError("INPUT_INVALID", { reason: "NOT_COMPACT_JWS" });
  const { kid }: { kid?: unknown } = JSON.parse(decoder.decode(header));
  return { kid: String(kid), payload: JSON.parse(decoder.decode(payload)) };
}

const decoder = new TextDecoder();

// The third part may be empty: that is an unsecured JWS, refused for its algorithm and not for its form.
const compactShape = /^([\w-]+)\.([\w-]+)\.([\w-]*)$/;
const headerLimits = { maxBytes: 4096, maxDepth: 4 };
const keyMembers = ["jwk", "jku", "x5u", "x5c"];

function findHeaderFault(header: JsonObject, { types, kid }: CompactJwsRules): VerificationCode | undefined {
  if (keyMembers.some((name) => Object.hasOwn(header, name))) return "HEADER_KEY_INJECTION";
  if (Object.hasOwn(header, "crit")) return "HEADER_CRITICAL";
  if (typeof header["kid"] !== "string" && !(kid && header["kid"] === undefined)) return "HEADER_MALFORMED";
  return types.some((type) => type === header["typ"]) ? undefined : "TYP_UNEXPECTED";
}
