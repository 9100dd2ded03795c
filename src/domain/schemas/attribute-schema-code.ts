import { Ajv2020 } from "ajv/dist/2020.js";
import { _ } from "ajv/dist/compile/codegen/index.js";
import standaloneCode from "ajv/dist/standalone/index.js";
import { schemaRules } from "../licenses/license-type-schema.ts";

/**
 * What `compileAttributesSchema` would make of a schema, as the text of a module: for a page, whose policy lets no text
 * become code.
 * Shape: an ES module whose default export is an `AjvValidate`; it requires files of ajv and ajv-formats.
 * Throws: Error of ajv as `compileAttributesSchema`.
 * Trust: the schema comes from the catalogue: it becomes code.
 */
export function attributesSchemaCode(schema: object): string {
  const validate = ajv.compile(schema);
  return standaloneCode.default(ajv, validate);
}

const ajv = new Ajv2020({
  ...schemaRules,
  code: { source: true, esm: true, formats: _`require("ajv-formats/dist/formats").fullFormats` },
});
