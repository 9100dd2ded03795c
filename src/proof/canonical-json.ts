import canonicalize from "canonicalize";
import { HubError } from "../errors.ts";
import { sha256Base64url } from "./bytes/sha256.ts";

/**
 * The one canonical text of a JSON value; equal values have equal texts whatever the order of their members.
 * Shape: members whose value is undefined are left out. For hashes only: a JWS carries its own bytes.
 * Throws: INPUT_INVALID (reason NOT_JSON) for what JSON cannot carry: NaN, a lone surrogate, a function, a cycle,
 * or nesting deep enough to exhaust the stack.
 * Source: RFC 8785.
 */
export function canonicalJson(value: unknown): string {
  const text = serialize(value);
  if (text === undefined) throw new HubError("INPUT_INVALID", { reason: "NOT_JSON" });
  return text;
}

/**
 * SHA-256 of a JSON value's canonical text, as in `source.digest` of a license.
 * Shape: 43 characters of base64url.
 * Throws: as `canonicalJson`.
 */
export function digestOf(value: unknown): string {
  return sha256Base64url(canonicalJson(value));
}

function serialize(value: unknown): string | undefined {
  try {
    // A function would leave `"key":undefined` in the text of the package, which is no JSON.
    return hasFunction(value) ? undefined : canonicalize(value);
  } catch (cause) {
    throw new HubError("INPUT_INVALID", { reason: "NOT_JSON" }, { cause });
  }
}

function hasFunction(value: unknown): boolean {
  if (typeof value === "function") return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasFunction);
}
