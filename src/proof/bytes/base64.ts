import { decodeBase64url, encodeBase64url } from "./base64url.ts";

/** Base64 with padding, as signed notes are written. Source: RFC 4648 §4. */
export const base64 = {
  encode: (bytes: Uint8Array): string => {
    const text = encodeBase64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
    return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
  },

  /** Undefined: it is not the one canonical spelling of any bytes. Trust: attacker-chosen. */
  decode: (text: string): Uint8Array | undefined => {
    if (text.length % 4 !== 0) return undefined;
    const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
    const signs = text.slice(0, text.length - padding);
    // What base64url calls them is no sign of base64.
    if (signs.includes("-") || signs.includes("_")) return undefined;
    return decodeBase64url(signs.replaceAll("+", "-").replaceAll("/", "_"));
  },
};
