import { type LicenseOperation, licenseOperations } from "../licenses/license.ts";
import type { RawRecord } from "../licenses/license-record.ts";
import { holderIdTypes } from "../licenses/license-type.ts";
import type { Problem } from "../licenses/problem.ts";

/** A record as far as it could be read; with problems, it is to be refused. */
export type ShapedRecord = Readonly<{ raw: RawRecord; problems: readonly Problem[] }>;

/** Our record's texts that may be left out. */
const optional = [
  ...(["identifier", "number", "region", "issuedOn", "validFrom", "validUntil"] as const),
  ...(["predecessor", "effectiveOn", "outcome", "reason"] as const),
] as const;

/**
 * Reads anything as a record: only the kinds of its fields are looked at, fields that no record has are left out.
 * *Trust*: whatever the source sent.
 */
export function shapeRecord(value: unknown): ShapedRecord {
  const problems: Problem[] = [];
  const fields = isObject(value) ? value : {};
  if (!isObject(value)) problems.push({ code: "FIELD_INVALID", path: "" });
  const text = (from: Readonly<Record<string, unknown>>, name: string, path = name): string | null => {
    const found = Object.hasOwn(from, name) ? (from[name] ?? null) : null;
    if (found === null || typeof found === "string") return found;
    problems.push({ code: "FIELD_INVALID", path });
    return null;
  };
  const oneOf = <Choice extends string>(choices: readonly Choice[], found: string | null, path: string) => {
    const choice = choices.find((one) => one === found);
    if (choice === undefined && isObject(value))
      problems.push({ code: found === null ? "FIELD_MISSING" : "FIELD_INVALID", path });
    return choice;
  };
  // What is missing is an empty text, which the check of form reports with the rest.
  const required = (name: string) => text(fields, name) ?? "";
  const operation = oneOf<LicenseOperation>(licenseOperations, text(fields, "operation"), "operation");
  const holder = Object.hasOwn(fields, "holder") ? (fields["holder"] ?? null) : null;
  if (holder !== null && !isObject(holder)) problems.push({ code: "FIELD_INVALID", path: "holder" });
  const raw: RawRecord = {
    ...{ sourceRecordId: required("sourceRecordId"), operation: operation ?? "OTHER" },
    ...{ sourceUpdatedAt: required("sourceUpdatedAt"), licenseType: required("licenseType") },
    issuer: required("issuer"),
    ...Object.fromEntries(optional.flatMap((name) => present(name, text(fields, name)))),
    ...(isObject(holder) && {
      holder: {
        idType: oneOf(holderIdTypes, text(holder, "idType", "holder.idType"), "holder.idType") ?? "USCC",
        id: text(holder, "id", "holder.id") ?? "",
        name: text(holder, "name", "holder.name") ?? "",
      },
    }),
    ...Object.fromEntries(present("attributes", Object.hasOwn(fields, "attributes") ? fields["attributes"] : null)),
  };
  return { raw, problems };
}

function present(name: string, value: unknown): readonly (readonly [string, unknown])[] {
  return value === null || value === undefined ? [] : [[name, value]];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
