import { sha256 as hashAnywhere } from "@noble/hashes/sha2.js";
import { encodeBase64url } from "./base64url.ts";

/**
 * SHA-256 of bytes, or of a text's UTF-8 bytes.
 * Shape: 32 bytes.
 * Source: FIPS 180-4.
 */
export function sha256(data: Uint8Array | string): Uint8Array {
  if (native) return native.hash("sha256", data, "buffer");
  return hashAnywhere(typeof data === "string" ? encoder.encode(data) : data);
}

/**
 * SHA-256 of bytes, or of a text's UTF-8 bytes.
 * Shape: 43 characters of base64url, no padding.
 * Source: FIPS 180-4; RFC 7515 §2 (base64url).
 */
export function sha256Base64url(data: Uint8Array | string): string {
  return native ? native.hash("sha256", data, "base64url") : encodeBase64url(sha256(data));
}

const encoder = new TextEncoder();

// Asked for and not imported: this very file runs in a browser too, which has no such module, and collecting hashes
// several times a record. Web Crypto has only a hash to wait for.
const native = globalThis.process?.getBuiltinModule?.("node:crypto");
