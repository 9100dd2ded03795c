import { parseDate } from "../domain/calendar.ts";
import { isJsonObject, type JsonObject } from "./strict-json.ts";

/** Dotted member names, each with what its value must be; a missing member is judged as undefined. */
export type ClaimsShape = Readonly<Record<string, (value: unknown) => boolean>>;

/** Whether every member named in the shape has a value that fits. Trust: the payload is attacker-chosen. */
export function fitsShape(payload: JsonObject, shape: ClaimsShape): boolean {
  const known = trees.get(shape) ?? treeOf(shape);
  trees.set(shape, known);
  return fitsTree(payload, known);
}

/** A shape by its objects: what each member must be, or the members it must have. */
type ShapeTree = { [name: string]: ((value: unknown) => boolean) | ShapeTree };

/** A shape is a constant of its file, and every token is held against it: its paths are taken apart once. */
const trees = new WeakMap<ClaimsShape, ShapeTree>();

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

/** Absent, or a SHA-256 in base64url. */
export function isDigestOrAbsent(value: unknown): boolean {
  return value === undefined || isDigest(value);
}

function treeOf(shape: ClaimsShape): ShapeTree {
  const tree: ShapeTree = {};
  for (const [path, fits] of Object.entries(shape)) {
    const names = path.split(".");
    const last = names.pop() ?? "";
    let at = tree;
    for (const name of names) {
      const known = at[name];
      const below = typeof known === "object" ? known : {};
      at[name] = below;
      at = below;
    }
    at[last] = fits;
  }
  return tree;
}

/** What is no object has no members, so all that it should have are judged as undefined. */
function fitsTree(value: unknown, tree: ShapeTree): boolean {
  const object = isJsonObject(value) ? value : {};
  for (const name in tree) {
    const fits = tree[name];
    const member = Object.hasOwn(object, name) ? object[name] : undefined;
    if (!(typeof fits === "function" ? fits(member) : fits && fitsTree(member, fits))) return false;
  }
  return true;
}
