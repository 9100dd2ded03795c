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
 * key once (compared after unescaping), bounded in size and depth. Runs in one pass, without recursion.
 * Trust: every byte is attacker-chosen.
 * Source: RFC 8259; RFC 7515 §4 (header names must be unique); RFC 7493 (I-JSON) §2.3.
 */
export function parseStrictJson(input: Uint8Array | string, limits: JsonLimits): JsonResult {
  // A text has at least as many bytes as UTF-16 units, so a huge one is refused before it is measured.
  if (input.length > limits.maxBytes) return { fault: "JSON_TOO_LARGE" };
  const text = typeof input === "string" ? input : decodeUtf8(input);
  if (text === undefined || !text.isWellFormed()) return { fault: "JSON_INVALID" };
  if (typeof input === "string" && isLonger(input, limits.maxBytes)) return { fault: "JSON_TOO_LARGE" };
  const fault = findFault(text, limits.maxDepth);
  if (fault !== undefined) return { fault };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { fault: "JSON_INVALID" };
  }
}

/** Whether a parsed JSON value is an object: neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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

/** Looks at brackets and keys only; whether the text is JSON at all is left to JSON.parse, so nonsense may pass. */
function findFault(text: string, maxDepth: number): JsonFault | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === "{" || sign === "[") {
      if (open.push(new Set()) > maxDepth) return "JSON_TOO_DEEP";
    } else if (sign === "}" || sign === "]") {
      open.pop();
    } else if (sign === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keys !== undefined && isFollowedByColon(text, end)) {
        const key = unescapeKey(text.slice(at, end));
        if (key === undefined) return "JSON_INVALID";
        if (keys.has(key)) return "JSON_DUPLICATE_KEY";
        keys.add(key);
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** Index behind the closing quote of the string that opens at `start`; the text's end when it never closes. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from;
  while (text[at] === " " || text[at] === "\t" || text[at] === "\n" || text[at] === "\r") at += 1;
  return text[at] === ":";
}

function unescapeKey(literal: string): string | undefined {
  if (!literal.includes("\\")) return literal.length >= 2 && literal.endsWith('"') ? literal.slice(1, -1) : undefined;
  try {
    const key: unknown = JSON.parse(literal);
    return typeof key === "string" ? key : undefined;
  } catch {
    return undefined;
  }
}
