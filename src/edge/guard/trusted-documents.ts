import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { type GraphQLSchema, Kind, parse, print, validate } from "graphql";
import { HubError } from "../../errors.ts";

/** Registered operations: SHA-256 of the text, in hex → the text. */
export type TrustedDocuments = ReadonlyMap<string, string>;

/** What a request says about its operation. *Trust*: attacker-chosen. */
type Body = Readonly<Record<string, unknown>>;

/** The name of an operation's text: its SHA-256, as persisted queries write it. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * Reads registered operations: a `.graphql` file of one, a `.json` file of many as client tools write it, or a folder of
 * both. A file's text is known by itself, without white space at its end, and as tools
 * print it (without comments).
 * *Throws* an Error with one clear line when something in it is not an operation that fits the schema.
 */
export async function readTrustedDocuments(path: string, schema: GraphQLSchema): Promise<TrustedDocuments> {
  try {
    const documents = new Map<string, string>();
    for (const [name, text] of await readTexts(path)) {
      const variants = variantsOf(name, text, schema);
      for (const variant of variants) documents.set(hashOf(variant), variant);
    }
    if (documents.size === 0) throw new Error("it holds no operation");
    return documents;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new Error(`the registered operations at ${path} (TRUSTED_DOCUMENTS) can not be used: ${reason}`);
  }
}

/** The hash of each registered file, as clients send it. */
export async function listTrustedDocuments(path: string): Promise<readonly Readonly<{ name: string; hash: string }>[]> {
  return (await readTexts(path)).map(([name, text]) => ({ name, hash: hashOf(text.trimEnd()) }));
}

async function readTexts(path: string): Promise<readonly (readonly [string, string])[]> {
  if ((await stat(path)).isDirectory()) {
    const files = (await readdir(path)).filter((file) => [".graphql", ".json"].includes(extname(file))).sort();
    return (await Promise.all(files.map((file) => readTexts(join(path, file))))).flat();
  }
  const text = await readFile(path, "utf8");
  if (extname(path) !== ".json") return [[basename(path), text]];
  return entriesOf(JSON.parse(text)).map(([id, value]) => {
    const hash = id.replace(/^sha256:/, "");
    if (typeof value === "string" && hashOf(value) === hash) return [id, value];
    const hint = /^([\da-f]{32}|[\da-f]{40})$/.test(hash)
      ? "; it looks like MD5 or SHA-1: let the tool write SHA-256"
      : "";
    throw new Error(`${id} in ${basename(path)} is not the SHA-256 of its text${hint}`);
  });
}

/**
 * What a client tool's file holds: hash and text of each operation. Either one object of them (GraphQL Code Generator's
 * client preset, Relay), or a list in `operations` (Apollo's manifest).
 */
function entriesOf(file: unknown): readonly (readonly [string, unknown])[] {
  if (!isObject(file) || Array.isArray(file)) throw new Error("it is no JSON object of hash and text");
  const { format, operations } = file;
  if (format === undefined) return Object.entries(file);
  if (format !== "apollo-persisted-query-manifest" || !Array.isArray(operations))
    throw new Error("it is a manifest of a kind that is not known here");
  return operations.map((operation: unknown) =>
    isObject(operation) ? [String(operation["id"]), operation["body"]] : ["", undefined],
  );
}

function variantsOf(name: string, text: string, schema: GraphQLSchema): readonly string[] {
  try {
    const document = parse(text);
    const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
    const [fault] = operations.length === 1 ? validate(schema, document) : [new Error("it must hold one operation")];
    if (fault) throw fault;
    return [text, text.trimEnd(), print(document)];
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Whether a request names its operation by a hash alone, as clients of automatic persisted queries do first: they send
 * the text when they are told that the hash means nothing here.
 */
export function isHashOnly({ query, extensions }: Body): boolean {
  return typeof query !== "string" && isObject(extensions) && isObject(extensions["persistedQuery"]);
}

/**
 * The text of the registered operation a request means: by its text, by `documentId`, or by the hash of a persisted
 * query. Nothing is parsed. *Throws* DOCUMENT_NOT_REGISTERED.
 */
export function registeredText(documents: TrustedDocuments, body: Body): string {
  const { query } = body;
  const hash = typeof query === "string" ? hashOf(query) : hashIn(body);
  const text = hash === undefined ? undefined : documents.get(hash);
  if (text === undefined) throw new HubError("DOCUMENT_NOT_REGISTERED");
  return text;
}

function hashIn({ documentId, extensions }: Body): string | undefined {
  if (typeof documentId === "string") return documentId.replace(/^sha256:/, "").toLowerCase();
  const persisted = isObject(extensions) ? extensions["persistedQuery"] : undefined;
  const hash = isObject(persisted) ? persisted["sha256Hash"] : undefined;
  return typeof hash === "string" ? hash.toLowerCase() : undefined;
}

function isObject(value: unknown): value is Body {
  return typeof value === "object" && value !== null;
}
