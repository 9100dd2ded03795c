import { birthDateOf, maskHolderId, maskResidentId } from "../resident-id.ts";

/** One side of a conflict, field by field as a record has them. */
export type SideFields = Readonly<{
  licenseType: string;
  number: string | null;
  holder: Readonly<{ idType: string; id: string; name: string }> | null;
  issuer: string;
  region: string | null;
  issuedOn: string | null;
  validFrom: string | null;
  validUntil: string | null;
  predecessor: string | null;
  attributes: Readonly<Record<string, unknown>>;
}>;

/** A field in which two sides differ. *Shape*: `path` is dotted, as in problems. */
export type SideDifference = Readonly<{ path: string; standing: unknown; claim: unknown }>;

/** What two sides say differently, field by field; what both leave out is the same. Compared as it is, shown masked. */
export function differencesOf(standing: SideFields, claim: SideFields): readonly SideDifference[] {
  const [mine, theirs] = [flat(standing), flat(claim)];
  const [shownMine, shownTheirs] = [flat(maskedSide(standing)), flat(maskedSide(claim))];
  return [...new Set([...mine.keys(), ...theirs.keys()])].flatMap((path) => {
    if (same(mine.get(path), theirs.get(path))) return [];
    return [{ path, standing: shownMine.get(path) ?? null, claim: shownTheirs.get(path) ?? null }];
  });
}

/** A side as an operator may see it: whatever identifies a person is masked, wherever it stands. */
export function maskedSide(side: SideFields): SideFields {
  const { holder, number, attributes } = side;
  const isPerson = holder?.idType === "RESIDENT_ID";
  return {
    ...side,
    holder: holder && { ...holder, id: isPerson ? maskResidentId(holder.id) : maskHolderId(holder.id) },
    number: number === null ? null : isPerson && number === holder.id ? maskResidentId(number) : maskedText(number),
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, masked(value)])),
  };
}

function masked(value: unknown): unknown {
  if (typeof value === "string") return maskedText(value);
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, masked(each)]));
}

/**
 * A text as an operator may see it. Also inside of other words, and with a wrong check character: a mistyped resident ID
 * still tells who is meant.
 */
export function maskedText(text: string): string {
  return text.replace(/(?<!\d)\d{17}[\dXx](?!\d)/g, (found) =>
    birthDateOf(found.toUpperCase()) === undefined ? found : maskResidentId(found),
  );
}

function flat({ holder, attributes, ...fields }: SideFields): ReadonlyMap<string, unknown> {
  const named = (prefix: string, value: object | null) =>
    Object.entries(value ?? {}).map(([name, each]): [string, unknown] => [`${prefix}.${name}`, each]);
  return new Map([...Object.entries(fields), ...named("holder", holder), ...named("attributes", attributes)]);
}

function same(one: unknown, other: unknown): boolean {
  return stable(one ?? null) === stable(other ?? null);
}

/** A text that is equal for equal values, whatever the order of their members. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
