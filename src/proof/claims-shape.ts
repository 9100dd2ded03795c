import { parseDate } from "../domain/calendar.ts";
import { isJsonObject, type JsonObject } from "./strict-json.ts";

/** Dotted member names, each with what its value must be; a missing member is judged as undefined. */
export type ClaimsShape = Readonly<Record<string, (value: unknown) => boolean>>;

/** Whether every member named in the shape has a value that fits. Trust: the payload is attacker-chosen. */
export function fitsShape(payload: JsonObject, shape: ClaimsShape): boolean {
  return Object.entries(shape).every(([path, fits]) => fits(memberAt(payload, path.split("."))));
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
  return typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= 8_640_000_000_000;
}

/** Absent, or whole seconds. */
export function isSecondsOrAbsent(value: unknown): boolean {
  return value === undefined || isSeconds(value);
}

/** A whole number from 0 on. */
export function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
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
  return path.reduce<unknown>(
    (at, name) => (isJsonObject(at) && Object.hasOwn(at, name) ? at[name] : undefined),
    value,
  );
}

/** Absent, or a SHA-256 in base64url. */
export function isDigestOrAbsent(value: unknown): boolean {
  return value === undefined || isDigest(value);
}
