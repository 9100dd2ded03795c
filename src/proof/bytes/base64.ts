import { decodeSigns, encodeBase64url } from "./base64url.ts";

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
    return decodeSigns(text, text.length - padding, "base64");
  },
};
