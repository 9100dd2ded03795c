import { native } from "./native.ts";

/** An alphabet of RFC 4648: §4 with `+` and `/`, or §5 with `-` and `_`. */
type Encoding = "base64" | "base64url";

/**
 * The bytes of a base64url text; undefined when it is not spelled in the one canonical way: no padding, no white space,
 * no sign of plain base64, unused bits zero.
 * Trust: the text may be attacker-chosen.
 * Source: RFC 4648 §3.5, §5; RFC 7515 §2.
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  return native && text.length > shortText ? decodeNatively(text) : decodeSigns(text, text.length, "base64url");
}

/**
 * Bytes as base64url, without padding.
 * Source: RFC 4648 §5; RFC 7515 §2.
 */
export function encodeBase64url(bytes: Uint8Array): string {
  if (native) return native.buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
  return encodeAnywhere(bytes);
}

/** Up to here a script is done before Node is asked. Units: characters. */
const shortText = 64;

/** Node skips what it does not know, so only what it would write itself is taken. */
function decodeNatively(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = native?.buffer.from(text, "base64url");
  if (bytes?.toString("base64url") !== text) return undefined;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** The bytes of a text's first signs, padding not among them, by a script alone. */
export function decodeSigns(text: string, length: number, encoding: Encoding): Uint8Array<ArrayBuffer> | undefined {
  const values = valuesOf[encoding];
  const rest = length % 4;
  if (rest === 1) return undefined;
  const whole = length - rest;
  const bytes = new Uint8Array((whole / 4) * 3 + Math.max(0, rest - 1));
  let at = 0;
  // A sign that is none has the value −1, and −1 makes the bits of everything it is joined with negative.
  for (let from = 0; from < whole; from += 4) {
    const bits =
      (valueAt(values, text, from) << 18) |
      (valueAt(values, text, from + 1) << 12) |
      (valueAt(values, text, from + 2) << 6) |
      valueAt(values, text, from + 3);
    if (bits < 0) return undefined;
    bytes[at] = bits >> 16;
    bytes[at + 1] = bits >> 8;
    bytes[at + 2] = bits;
    at += 3;
  }
  if (rest === 0) return bytes;
  const third = rest === 3 ? valueAt(values, text, whole + 2) : 0;
  const bits = (valueAt(values, text, whole) << 12) | (valueAt(values, text, whole + 1) << 6) | third;
  const unused = rest === 3 ? 0b11 : 0b1111_111111;
  if (bits < 0 || (bits & unused) !== 0) return undefined;
  bytes[at] = bits >> 10;
  if (rest === 3) bytes[at + 1] = bits >> 2;
  return bytes;
}

/** As `encodeBase64url`, by a script alone. */
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
const common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const alphabetSigns = new TextEncoder().encode(`${common}-_`);
const valuesOf = { base64: valuesIn(`${common}+/`), base64url: valuesIn(`${common}-_`) };

function valuesIn(alphabet: string): Int8Array {
  const values = new Int8Array(128).fill(-1);
  for (const [value, sign] of [...alphabet].entries()) values[sign.charCodeAt(0)] = value;
  return values;
}

/** Of a sign beyond ASCII, and behind the end: −1. */
function valueAt(values: Int8Array, text: string, at: number): number {
  const sign = text.charCodeAt(at);
  return sign < 128 ? (values[sign] ?? -1) : -1;
}

/** Zero behind the end: those bits are unused, or cut off. */
function byteAt(bytes: Uint8Array, at: number): number {
  return at < bytes.length ? (bytes[at] ?? 0) : 0;
}

function signAt(bits: number): number {
  return alphabetSigns[bits & 63] ?? 0;
}
