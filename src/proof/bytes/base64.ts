import { decodeBase64url, decodeNatively, encodeBase64url } from "./base64url.ts";
import { native } from "./native.ts";

/** Base64 with padding, as signed notes are written. Source: RFC 4648 §4. */
export const base64 = {
  encode: (bytes: Uint8Array): string => {
    const text = encodeBase64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
    return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
  },

  /** Undefined: it is not the one canonical spelling of any bytes. Trust: attacker-chosen. */
  decode: (text: string): Uint8Array | undefined => {
    if (native) return decodeNatively(text, "base64");
    if (text.length % 4 !== 0) return undefined;
    const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
    const signs = text.slice(0, text.length - padding);
    // What base64url calls them is no sign of base64.
    if (signs.includes("-") || signs.includes("_")) return undefined;
    return decodeBase64url(signs.replaceAll("+", "-").replaceAll("/", "_"));
  },

  /** The 32 bytes of a digest; undefined as above, or when it is none. Trust: attacker-chosen. */
  decodeDigest: (text: string): Uint8Array | undefined => {
    if (!digestText.test(text)) return undefined;
    return native ? native.buffer.from(text, "base64") : base64.decode(text);
  },
};

/** The one canonical spelling of 32 bytes: two bits of the last sign are unused. */
const digestText = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
