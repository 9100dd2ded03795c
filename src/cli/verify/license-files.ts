import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type CompiledAttributesSchema, compileAttributesSchema } from "../../domain/licenses/license-type-schema.ts";
import { isJsonObject } from "../../proof/strict-json.ts";

/** A wrong call, or a file that cannot be used: one line for standard error. */
export class UsageError extends Error {}

/** The files a person means, and whether there may be many: a folder stands for every file below it. */
export type Chosen = Readonly<{ files: readonly string[]; areMany: boolean }>;

/**
 * Finds the files that names stand for. *Order*: as named, those of a folder by name. Files and folders whose names begin
 * with a dot are passed over, and links in a folder are not followed.
 * *Throws*: UsageError for a folder without files. A name of nothing is left for the reading to report.
 */
export function chooseFiles(names: readonly string[]): Chosen {
  const folders = names.filter((name) => name !== "-" && statSync(name, { throwIfNoEntry: false })?.isDirectory());
  const files = names.flatMap((name) => (folders.includes(name) ? filesBelow(name) : [name]));
  if (files.length === 0) throw new UsageError(`there is no file in ${names.join(", ")}.`);
  return { files, areMany: names.length > 1 || folders.length > 0 };
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith("."))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return entry.isFile() ? [path] : [];
    });
}

/** Longest file read; a longer one is cut off there, which no license survives. */
const maxFileBytes = 1024 * 1024;

/** Reads a file, or standard input for `-`. *Throws*: UsageError when it cannot be read. */
export async function readBytes(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of path === "-" ? process.stdin : createReadStream(path)) {
      const bytes = Buffer.from(chunk);
      chunks.push(bytes);
      size += bytes.length;
      if (size > maxFileBytes) break;
    }
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${messageOf(error)}.`);
  }
  return Buffer.concat(chunks);
}

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

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
