/** A JSON object as parsed: nothing is known about its members. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** How much JSON a reader is ready to take. Units: bytes of UTF-8; levels of arrays and objects. */
export type JsonLimits = Readonly<{ maxBytes: number; maxDepth: number }>;

/** Why a text is not taken as JSON. */
export type JsonFault = "JSON_TOO_LARGE" | "JSON_TOO_DEEP" | "JSON_DUPLICATE_KEY" | "JSON_INVALID";

/** A parsed value, or the reason there is none. */
export type JsonResult = Readonly<{ value: unknown } | { fault: JsonFault }>;

/**
 * Parses JSON that two readers cannot understand differently: UTF-8 without errors or byte order mark, every object
 * key once (compared after unescaping), bounded in size and depth. Runs without recursion.
 * Trust: every byte is attacker-chosen.
 * Source: RFC 8259; RFC 7515 §4 (header names must be unique); RFC 7493 (I-JSON) §2.3.
 */
export function parseStrictJson(input: Uint8Array | string, limits: JsonLimits): JsonResult {
  // A text has at least as many bytes as UTF-16 units, so a huge one is refused before it is measured.
  if (input.length > limits.maxBytes) return { fault: "JSON_TOO_LARGE" };
  const text = typeof input === "string" ? wellFormed(input) : decodeUtf8(input);
  if (text === undefined) return { fault: "JSON_INVALID" };
  if (typeof input === "string" && isLonger(input, limits.maxBytes)) return { fault: "JSON_TOO_LARGE" };
  const members = countMembers(text, limits.maxDepth);
  if (members === undefined) return { fault: "JSON_TOO_DEEP" };
  try {
    const value: unknown = JSON.parse(text);
    // Of members with one name JSON.parse keeps the last, so a repeated name shows as a member that is missing.
    return countKeys(value) === members ? { value } : { fault: "JSON_DUPLICATE_KEY" };
  } catch {
    return { fault: "JSON_INVALID" };
  }
}

/** Whether a parsed JSON value is an object: neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wellFormed(text: string): string | undefined {
  return text.isWellFormed() ? text : undefined;
}

/** No UTF-16 unit takes more than three bytes, so most texts need no counting. */
function isLonger(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && encoder.encode(text).length > maxBytes;
}

const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * How many members the objects of a JSON text write down, repeated ones too: colons outside strings. Undefined when it
 * is nested too deeply. Whether the text is JSON at all is left to JSON.parse.
 */
function countMembers(text: string, maxDepth: number): number | undefined {
  let [members, depth] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charCodeAt(at);
    if (sign === quote) at = endOfString(text, at);
    else if (sign === colon) members += 1;
    else if (sign === openBrace || sign === openBracket) {
      depth += 1;
      if (depth > maxDepth) return undefined;
    } else if (sign === closeBrace || sign === closeBracket) depth -= 1;
  }
  return members;
}

const [quote, colon, backslash] = [0x22, 0x3a, 0x5c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Index of the closing quote of the string that opens at `start`; the text's end when it never closes. Quotes are looked for
 * instead of walking: a bundle holds a status list in one string.
 */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (text.charCodeAt(before - 1) === backslash) before -= 1;
    if ((at - before) % 2 === 0) return at;
  }
  return text.length;
}

/** How many members the objects of a parsed value have. */
function countKeys(value: unknown): number {
  const left = [value];
  let keys = 0;
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next !== "object" || next === null) continue;
    const held: readonly unknown[] = Array.isArray(next) ? next : Object.values(next);
    if (!Array.isArray(next)) keys += held.length;
    for (const one of held) if (typeof one === "object") left.push(one);
  }
  return keys;
}
