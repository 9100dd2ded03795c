import type { ErrorObject } from "ajv";
import type { CompiledAttributesSchema, SchemaFault } from "../licenses/license-type-schema.ts";

/** A function that ajv made of a schema, now or when a page was built. */
export type AjvValidate = ((value: unknown) => boolean) & { errors?: readonly ErrorObject[] | null };

/** Most faults reported about one license. */
export const maxFaults = 20;

/** Reads what ajv found as faults. Runs wherever its functions run, without ajv. */
export function faultsBy(validate: AjvValidate): CompiledAttributesSchema {
  return (attributes) => (validate(attributes) ? [] : readFaults(validate.errors ?? []));
}

function readFaults(errors: readonly ErrorObject[]): readonly SchemaFault[] {
  const faults = new Map<string, SchemaFault>();
  for (const error of errors) {
    const fault = readFault(error);
    faults.set(`${fault.kind} ${fault.path}`, fault);
    if (faults.size === maxFaults) break;
  }
  return [...faults.values()];
}

function readFault({ keyword, instancePath, params }: ErrorObject): SchemaFault {
  const path = instancePath.split("/").slice(1).map(unescapePointer);
  const missing: unknown = params["missingProperty"];
  if (typeof missing === "string") return { kind: "MISSING", path: [...path, missing].join(".") };
  const unknown: unknown = params["additionalProperty"] ?? params["unevaluatedProperty"];
  if (typeof unknown === "string") return { kind: "UNKNOWN", path: [...path, unknown].join(".") };
  if (keyword === "propertyNames")
    return { kind: "UNKNOWN", path: [...path, String(params["propertyName"])].join(".") };
  return { kind: "INVALID", path: path.join(".") };
}

/** Source: RFC 6901 §4. */
function unescapePointer(segment: string): string {
  return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}
