import { parseDate } from "../domain/calendar.ts";
import { isJsonObject, type JsonObject } from "./strict-json.ts";

/** Dotted member names, each with what its value must be; a missing member is judged as undefined. */
export type ClaimsShape = Readonly<Record<string, (value: unknown) => boolean>>;

/** Whether every member named in the shape has a value that fits. Trust: the payload is attacker-chosen. */
export function fitsShape(payload: JsonObject, shape: ClaimsShape): boolean {
  return membersOf(shape).every(([path, fits]) => fits(memberAt(payload, path)));
}

type Members = readonly (readonly [readonly string[], (value: unknown) => boolean])[];

const known = new WeakMap<ClaimsShape, Members>();

/** A shape is a constant of its file, and every token is held against it: its paths are taken apart once. */
function membersOf(shape: ClaimsShape): Members {
  const members = known.get(shape) ?? Object.entries(shape).map(([path, fits]) => [path.split("."), fits] as const);
  known.set(shape, members);
  return members;
}

/** A text of 1 to 2,000 characters. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value.length >= 1 && value.length <= 2000;
}

/** Null, or a text of 1 to 2,000 characters. */
export function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value);
}

/** Whole seconds since 1970 that a Date can hold, years before 1970 included: licenses are older than that. */
export function isSeconds(value: unknown): value is number {
  return isWhole(value) && Math.abs(value) <= 8_640_000_000_000;
}

/** Absent, or whole seconds. */
export function isSecondsOrAbsent(value: unknown): boolean {
  return value === undefined || isSeconds(value);
}

/** A whole number from 0 on. */
export function isCount(value: unknown): boolean {
  return isWhole(value) && value >= 0;
}

/** A whole number that every reader of JSON reads alike: not rounded, and not −0. */
function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** A calendar date in Asia/Shanghai. */
export function isDate(value: unknown): boolean {
  return typeof value === "string" && parseDate(value) !== undefined;
}

/** Null, or a calendar date in Asia/Shanghai. */
export function isDateOrNull(value: unknown): boolean {
  return value === null || isDate(value);
}

/** A SHA-256 in base64url. */
export function isDigest(value: unknown): boolean {
  return typeof value === "string" && /^[\w-]{43}$/.test(value);
}

/** Absent, or 128 bits in base64url. */
export function isSaltOrAbsent(value: unknown): boolean {
  return value === undefined || (typeof value === "string" && /^[\w-]{22}$/.test(value));
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const name of path) at = isJsonObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  return at;
}

/** Absent, or a SHA-256 in base64url. */
export function isDigestOrAbsent(value: unknown): boolean {
  return value === undefined || isDigest(value);
}
