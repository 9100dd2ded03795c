import { decodeBase64url, encodeBase64url } from "./base64url.ts";

/** Base64 with padding, as signed notes are written. Source: RFC 4648 §4. */
export const base64 = {
  encode: (bytes: Uint8Array): string => {
    const text = encodeBase64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
    return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
  },

  /** Undefined: it is not the one canonical spelling of any bytes. Trust: attacker-chosen. */
  decode: (text: string): Uint8Array | undefined => {
    const parts = text.length % 4 === 0 ? /^([A-Za-z0-9+/]*)={0,2}$/.exec(text) : null;
    const signs = parts?.[1]?.replaceAll("+", "-").replaceAll("/", "_");
    return signs === undefined || text.length - signs.length > 2 ? undefined : decodeBase64url(signs);
  },
};
