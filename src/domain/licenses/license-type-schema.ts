import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";

/**
 * One way in which attributes miss their schema.
 * Shape: `path` is dotted and relative to the attributes (`vehicleCount`, `operationItems.0`), empty for the whole.
 */
export type SchemaFault = Readonly<{ kind: "MISSING" | "INVALID" | "UNKNOWN"; path: string }>;

/**
 * Judges the attributes of one license type: no fault, or the first 20, each place and kind once.
 * Trust: the attributes are attacker-chosen; bound their size before.
 */
export type CompiledAttributesSchema = (attributes: unknown) => readonly SchemaFault[];

/** Most faults reported about one license. */
export const maxFaults = 20;

/**
 * Compiles the attributes schema of a license type. Formats are checked in full (`date` knows leap years).
 * Throws: Error of ajv when the schema is not a strict JSON Schema: an unknown keyword or format, a required property
 * nobody defined.
 * Trust: the schema comes from the catalogue, never from a submitter: it becomes code.
 * Source: JSON Schema draft 2020-12.
 */
export function compileAttributesSchema(schema: object): CompiledAttributesSchema {
  const validate = ajv.compile(schema);
  return (attributes) => (validate(attributes) ? [] : readFaults(validate.errors ?? []));
}

const ajv = new Ajv2020({
  strict: true,
  allowUnionTypes: true,
  allErrors: true,
  ownProperties: true,
  validateFormats: true,
  formats: fullFormats,
  // A type's next schema may carry the same `$id`, and none may refer to another.
  addUsedSchema: false,
  logger: false,
});

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
