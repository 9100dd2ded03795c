import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type CompiledAttributesSchema, compileAttributesSchema } from "../../domain/licenses/license-type-schema.ts";
import { isJsonObject } from "../../proof/strict-json.ts";
import { UsageError } from "../program.ts";

/** Finds the schema of a type by its `$id` among the package's files; compiles only those asked for, each once. */
export function schemaReader(): (typeCode: string) => CompiledAttributesSchema | undefined {
  const compiled = new Map<string, CompiledAttributesSchema | undefined>();
  let schemas: readonly Readonly<Record<string, unknown>>[] | undefined;
  return (typeCode) => {
    if (!compiled.has(typeCode)) {
      schemas ??= readSchemas();
      const schema = schemas.find(({ $id }) => $id === `urn:zhengzhao:license-type:${typeCode}`);
      // A type the package does not know comes from a signed license, so there are few of them.
      compiled.set(typeCode, schema && compileAttributesSchema(schema));
    }
    return compiled.get(typeCode);
  };
}

function readSchemas(): readonly Readonly<Record<string, unknown>>[] {
  const folder = join(packageRoot(import.meta.dirname), "schema", "license-types");
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return files.map((name): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"))).filter(isJsonObject);
}

function packageRoot(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  if (dirname(folder) === folder) throw new UsageError("this file must lie inside its package, beside its schemas.");
  return packageRoot(dirname(folder));
}
