import { deflateRawSync, inflateRawSync } from "node:zlib";

/**
 * A signed list as it is kept: header, payload and signature in a line each, packed. Base64url in base64url packs badly;
 * this takes little more than the entries alone.
 * @param token a compact JWS in canonical base64url, so that `unpackToken` gives every character back
 */
export function packToken(token: string): Uint8Array {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const lines = [decode(header), decode(payload), signature];
  return deflateRawSync(lines.join("\n"));
}

/** The token, character by character. */
export function unpackToken(packed: Uint8Array): string {
  const [header = "", payload = "", signature = ""] = inflateRawSync(packed).toString("utf8").split("\n");
  return [encode(header), encode(payload), signature].join(".");
}

function decode(part: string): string {
  return Buffer.from(part, "base64url").toString("utf8");
}

function encode(text: string): string {
  return Buffer.from(text, "utf8").toString("base64url");
}
