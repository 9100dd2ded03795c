import { native } from "./native.ts";

/**
 * The bytes of a base64url text; undefined when it is not spelled in the one canonical way: no padding, no white space,
 * no sign of plain base64, unused bits zero.
 * Trust: the text may be attacker-chosen.
 * Source: RFC 4648 §3.5, §5; RFC 7515 §2.
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  return native ? decodeNatively(text, "base64url") : decodeAnywhere(text);
}

/**
 * As `decodeBase64url`, for both alphabets, where there is a Node: it skips what it does not know, so that only what it would
 * write itself is taken.
 */
export function decodeNatively(text: string, encoding: "base64" | "base64url"): Uint8Array<ArrayBuffer> | undefined {
  const bytes = native?.buffer.from(text, encoding);
  if (bytes?.toString(encoding) !== text) return undefined;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** As `decodeBase64url`, in script alone. */
export function decodeAnywhere(text: string): Uint8Array<ArrayBuffer> | undefined {
  // Signs beyond ASCII become several bytes, none of which is a sign of the alphabet.
  const signs = encoder.encode(text);
  const rest = signs.length % 4;
  if (rest === 1) return undefined;
  const whole = signs.length - rest;
  const bytes = new Uint8Array((whole / 4) * 3 + Math.max(0, rest - 1));
  let at = 0;
  // A sign that is none has the value −1, and −1 makes the bits of everything it is joined with negative.
  for (let from = 0; from < whole; from += 4) {
    const bits =
      (valueAt(signs, from) << 18) |
      (valueAt(signs, from + 1) << 12) |
      (valueAt(signs, from + 2) << 6) |
      valueAt(signs, from + 3);
    if (bits < 0) return undefined;
    bytes[at] = bits >> 16;
    bytes[at + 1] = bits >> 8;
    bytes[at + 2] = bits;
    at += 3;
  }
  if (rest === 0) return bytes;
  const third = rest === 3 ? valueAt(signs, whole + 2) : 0;
  const bits = (valueAt(signs, whole) << 12) | (valueAt(signs, whole + 1) << 6) | third;
  const unused = rest === 3 ? 0b11 : 0b1111_111111;
  if (bits < 0 || (bits & unused) !== 0) return undefined;
  bytes[at] = bits >> 10;
  if (rest === 3) bytes[at + 1] = bits >> 2;
  return bytes;
}

/**
 * Bytes as base64url, without padding.
 * Source: RFC 4648 §5; RFC 7515 §2.
 */
export function encodeBase64url(bytes: Uint8Array): string {
  if (native) return native.buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
  return encodeAnywhere(bytes);
}

/** As `encodeBase64url`, in script alone. */
export function encodeAnywhere(bytes: Uint8Array): string {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let at = 0;
  for (let from = 0; from < bytes.length; from += 3) {
    const bits = (byteAt(bytes, from) << 16) | (byteAt(bytes, from + 1) << 8) | byteAt(bytes, from + 2);
    text[at] = signAt(bits >> 18);
    text[at + 1] = signAt(bits >> 12);
    text[at + 2] = signAt(bits >> 6);
    text[at + 3] = signAt(bits);
    at += 4;
  }
  return ascii.decode(text.subarray(0, Math.ceil((bytes.length * 4) / 3)));
}

const ascii = new TextDecoder();
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const encoder = new TextEncoder();
const alphabetSigns = encoder.encode(alphabet);
const values = new Int8Array(256).fill(-1);
for (const [value, sign] of alphabetSigns.entries()) values[sign] = value;

function valueAt(signs: Uint8Array, at: number): number {
  return values[signs[at] ?? 0] ?? -1;
}

/** Zero behind the end: those bits are unused, or cut off. */
function byteAt(bytes: Uint8Array, at: number): number {
  return at < bytes.length ? (bytes[at] ?? 0) : 0;
}

function signAt(bits: number): number {
  return alphabetSigns[bits & 63] ?? 0;
}
