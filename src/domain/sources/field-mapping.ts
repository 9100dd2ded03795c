import { isIssuing, type LicenseOperation } from "../licenses/license.ts";
import { foreignDate, foreignInstant } from "./foreign-values.ts";

/**
 * Which of their fields, or which fixed text, stands for a field of our record. *Shape*: keys are paths of our record
 * (`holder.id`, `attributes.premises`, or `attributes` for an object); a value is the name of their field.
 */
export type FieldMapping = Readonly<Record<string, string | Readonly<{ value: string }>>>;

/** A row of theirs: a flat object. *Trust*: whatever the source sent. */
export type ForeignRow = Readonly<Record<string, unknown>>;

const textFields = [
  ...(["sourceRecordId", "operation", "identifier", "licenseType", "number", "holder.idType", "holder.id"] as const),
  ...(["holder.name", "issuer", "region", "predecessor", "outcome", "reason", "signature"] as const),
] as const;
const dateFields = ["issuedOn", "validFrom", "validUntil", "effectiveOn"] as const;
const instantField = "sourceUpdatedAt";
const ours: ReadonlySet<string> = new Set([...textFields, ...dateFields, instantField, "attributes"]);
const attribute = /^attributes\.[A-Za-z][A-Za-z0-9]{0,99}$/;

/** The fields no record is without. The two that a view's position tells need no mapping. */
const needed = ["operation", "licenseType", "issuer"] as const;
const position = ["sourceRecordId", "sourceUpdatedAt"] as const;

/** Where a view's rows carry their position: names that no column has. */
export const positionFields = { at: "#updatedAt", id: "#id" } as const;

/** The first of our fields that is unknown, or must be mapped and is not. @param hasPosition the source knows both by itself */
export function mappingFault(mapping: FieldMapping, hasPosition: boolean): string | undefined {
  const unknown = Object.keys(mapping).find((path) => !ours.has(path) && !attribute.test(path));
  const missing = [...needed, ...(hasPosition ? [] : position)].find((path) => !Object.hasOwn(mapping, path));
  const field = unknown ?? missing;
  return field === undefined ? undefined : `mapping.${field}`;
}

/** Their fields that are read, each once. */
export function mappedFields(mapping: FieldMapping): readonly string[] {
  return [...new Set(Object.values(mapping).filter((from) => typeof from === "string"))];
}

/**
 * A row of theirs in the form of our record, with dates and instants of the usual forms written as ours. What can not be
 * read stays as it is: it is judged with the record. Text that is empty is a field that is not there.
 */
export function mapRow(row: ForeignRow, given: FieldMapping): object {
  const mapping: FieldMapping = { sourceRecordId: positionFields.id, sourceUpdatedAt: positionFields.at, ...given };
  const fieldOf = (path: string): unknown => {
    const from = Object.hasOwn(mapping, path) ? mapping[path] : undefined;
    if (typeof from === "object") return from.value;
    const value = from !== undefined && Object.hasOwn(row, from) ? row[from] : undefined;
    return value === undefined || value === "" ? null : value;
  };
  const text = (path: string) => asText(fieldOf(path));
  const day = (path: string) => foreignDate(asText(fieldOf(path)));
  const holder = { idType: text("holder.idType"), id: text("holder.id"), name: text("holder.name") };
  return {
    ...{ sourceRecordId: text("sourceRecordId"), operation: text("operation") },
    ...{ sourceUpdatedAt: foreignInstant(text(instantField)), identifier: text("identifier") },
    ...{ licenseType: text("licenseType"), number: text("number") },
    holder: Object.values(holder).every((value) => value === null) ? null : holder,
    ...{ issuer: text("issuer"), region: text("region"), issuedOn: day("issuedOn"), validFrom: day("validFrom") },
    ...{ validUntil: day("validUntil"), attributes: attributesOf(mapping, fieldOf), predecessor: text("predecessor") },
    ...{ effectiveOn: day("effectiveOn"), outcome: text("outcome"), reason: text("reason") },
    signature: text("signature"),
  };
}

function attributesOf(mapping: FieldMapping, fieldOf: (path: string) => unknown): unknown {
  const whole = asObject(fieldOf("attributes"));
  const single = Object.keys(mapping)
    .filter((path) => attribute.test(path))
    .map((path) => [path.slice("attributes.".length), fieldOf(path)] as const)
    .filter(([, value]) => value !== null);
  if (single.length > 0 && (whole === null || (typeof whole === "object" && !Array.isArray(whole))))
    return { ...whole, ...Object.fromEntries(single) };
  // An event has none; a new license without any is one all the same.
  return (
    whole ?? (isIssuing(fieldOf("operation") as LicenseOperation /* any other value is none of them */) ? {} : null)
  );
}

/** JSON that came as text, as from a column of text. */
function asObject(value: unknown): unknown {
  if (typeof value !== "string" || !value.trimStart().startsWith("{")) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Codes and numbers come as numbers from some. */
function asText(value: unknown): unknown {
  return typeof value === "number" || typeof value === "bigint" ? String(value) : value;
}
