import { cancelOutcomes, licenseOperations } from "../licenses/license.ts";
import { holderIdTypes } from "../licenses/license-type.ts";

/**
 * How a cell's text becomes a field's value. CODE: half-width, upper case, without spaces. LAST_DAY: a day, or none.
 * CHOICE: one word of a list.
 */
export type FieldKind = "TEXT" | "CODE" | "DAY" | "LAST_DAY" | "INSTANT" | "CHOICE" | "NUMBER" | "BOOLEAN" | "LIST";

/** A field of a record as a mapping names it: `number`, `holder.id`, `attributes.species`. */
export type Field = Readonly<{ path: string; kind: FieldKind; choices?: readonly string[] }>;

const text = (path: string): Field => ({ path, kind: "TEXT" });
const code = (path: string): Field => ({ path, kind: "CODE" });
const day = (path: string): Field => ({ path, kind: "DAY" });
const choice = (path: string, choices: readonly string[]): Field => ({ path, kind: "CHOICE", choices });

/** Every field but the attributes. */
export const recordFields: readonly Field[] = [
  text("sourceRecordId"),
  choice("operation", licenseOperations),
  { path: "sourceUpdatedAt", kind: "INSTANT" },
  code("identifier"),
  code("licenseType"),
  text("number"),
  choice("holder.idType", holderIdTypes),
  code("holder.id"),
  text("holder.name"),
  code("issuer"),
  code("region"),
  day("issuedOn"),
  day("validFrom"),
  { path: "validUntil", kind: "LAST_DAY" },
  code("predecessor"),
  day("effectiveOn"),
  choice("outcome", cancelOutcomes),
  text("reason"),
  text("signature"),
];

/** Without these no line is a record. */
export const requiredFields = ["sourceRecordId", "operation", "sourceUpdatedAt", "licenseType", "issuer"] as const;

/** Longest name of an attribute. *Units*: characters. */
const maxNameCharacters = 200;

/** The field of that name; undefined when there is none. An attribute may have any name: the hub knows its types. */
export function findField(path: string): Field | undefined {
  const known = recordFields.find((field) => field.path === path);
  if (known) return known;
  const [, name] = /^attributes\.(.+)$/su.exec(path) ?? [];
  return name !== undefined && name.length <= maxNameCharacters && name !== "__proto__" ? text(path) : undefined;
}

/** What a code is when typing and spreadsheets have left their traces on it. */
export function plainCode(cell: string): string {
  return cell.normalize("NFKC").replace(/\s/g, "").toUpperCase();
}
