import { Ajv2020 } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { faultsBy } from "../schemas/attribute-faults.ts";

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

/** How a schema is read, wherever it becomes code. Formats are checked in full (`date` knows leap years). */
export const schemaRules = {
  strict: true,
  allowUnionTypes: true,
  allErrors: true,
  ownProperties: true,
  validateFormats: true,
  formats: fullFormats,
  // A type's next schema may carry the same `$id`, and none may refer to another.
  addUsedSchema: false,
  logger: false,
} as const;

/**
 * Compiles the attributes schema of a license type.
 * Throws: Error of ajv when the schema is not a strict JSON Schema: an unknown keyword or format, a required property
 * nobody defined.
 * Trust: the schema comes from the catalogue, never from a submitter: it becomes code.
 * Source: JSON Schema draft 2020-12.
 */
export function compileAttributesSchema(schema: object): CompiledAttributesSchema {
  return faultsBy(ajv.compile(schema));
}

const ajv = new Ajv2020(schemaRules);
