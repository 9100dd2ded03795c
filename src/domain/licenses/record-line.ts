import type { Entry } from "./batch.ts";
import { licenseOperations } from "./license.ts";
import { type RawRecord, recordLimits } from "./license-record.ts";
import { holderIdTypes } from "./license-type.ts";
import type { Problem } from "./problem.ts";

/** What a line of a stream says: a record, or what keeps it from being one. */
export type LineReading = Readonly<{ raw: RawRecord } | UnreadLine>;

/** A line that is no record. `value`: the object it holds, if it holds one; `line`: otherwise its beginning, to be shown. */
export type UnreadLine = Readonly<{
  problems: readonly Problem[];
  sourceRecordId: string;
  value?: Readonly<Record<string, unknown>>;
  line?: string;
}>;

/** Records of a client after the first two stages, by their place. */
export type ReadBatch = Readonly<{
  department: string;
  lines: readonly LineReading[];
  /** What passed. */
  entries: readonly Entry[];
  problems: ReadonlyMap<number, readonly Problem[]>;
}>;

/** The records as they came; undefined where a line was none. */
export function rawsOf({ lines }: ReadBatch): readonly (RawRecord | undefined)[] {
  return lines.map((line) => ("raw" in line ? line.raw : undefined));
}

const textFields = [
  ...(["sourceRecordId", "sourceUpdatedAt", "identifier", "licenseType", "number", "issuer", "region"] as const),
  ...(["issuedOn", "validFrom", "validUntil", "predecessor", "effectiveOn", "outcome", "reason", "signature"] as const),
] as const;
const requiredFields = ["sourceRecordId", "operation", "sourceUpdatedAt", "licenseType", "issuer"] as const;
/** Every field a record can have. */
export const recordFields: ReadonlySet<string> = new Set([...textFields, "operation", "holder", "attributes"]);
const holderFields: ReadonlySet<string> = new Set(["idType", "id", "name"]);

/**
 * Reads a parsed line as a record: every field of the right kind, none that a record does not have. What the GraphQL
 * input refuses as a whole is here a problem of its line. *Trust*: anything JSON can be.
 */
export function readRecordLine(value: unknown): LineReading {
  if (!isObject(value)) return { problems: [{ code: "RECORD_UNREADABLE", path: "" }], sourceRecordId: "" };
  const problems = [...fieldProblems(value), ...holderProblems(value["holder"])].slice(0, recordLimits.maxProblems);
  const { sourceRecordId } = value;
  if (problems.some(({ code, path }) => code !== "FIELD_MISSING" || isChoice(path)))
    return { problems, sourceRecordId: typeof sourceRecordId === "string" ? sourceRecordId : "", value };
  // What is missing is an empty text, which the check of form reports with whatever else is wrong.
  return { raw: (problems.length > 0 ? withEmptyTexts(value, problems) : value) as RawRecord }; // every field was looked at
}

/** Whether a field has no empty value. */
function isChoice(path: string): boolean {
  return path === "operation" || path === "holder.idType";
}

function withEmptyTexts(value: Readonly<Record<string, unknown>>, missing: readonly Problem[]): object {
  const emptyAt = (prefix: string) =>
    missing
      .filter(({ path }) => path.startsWith(prefix) && !path.slice(prefix.length).includes("."))
      .map(({ path }) => [path.slice(prefix.length), ""]);
  const { holder } = value;
  return {
    ...value,
    ...Object.fromEntries(emptyAt("")),
    ...(isObject(holder) && { holder: { ...holder, ...Object.fromEntries(emptyAt("holder.")) } }),
  };
}

function fieldProblems(value: Readonly<Record<string, unknown>>): Problem[] {
  const problems: Problem[] = [];
  for (const name of requiredFields) {
    if (value[name] === undefined || value[name] === null) problems.push({ code: "FIELD_MISSING", path: name });
  }
  const { operation } = value;
  if (operation !== undefined && operation !== null && !licenseOperations.some((known) => known === operation))
    problems.push({ code: "FIELD_INVALID", path: "operation" });
  for (const name of textFields) {
    const text = value[name];
    if (text !== undefined && text !== null && typeof text !== "string")
      problems.push({ code: "FIELD_INVALID", path: name });
  }
  return [...problems, ...strangers(value, recordFields, "")];
}

function holderProblems(holder: unknown): Problem[] {
  if (holder === undefined || holder === null) return [];
  if (!isObject(holder)) return [{ code: "FIELD_INVALID", path: "holder" }];
  const problems: Problem[] = [];
  for (const name of holderFields) {
    const text = holder[name];
    if (text === undefined || text === null) problems.push({ code: "FIELD_MISSING", path: `holder.${name}` });
    else if (typeof text !== "string" || (name === "idType" && !holderIdTypes.some((known) => known === text)))
      problems.push({ code: "FIELD_INVALID", path: `holder.${name}` });
  }
  return [...problems, ...strangers(holder, holderFields, "holder.")];
}

/** Fields a record does not have; the name is repeated only when it can be shown. */
function strangers(value: object, known: ReadonlySet<string>, prefix: string): Problem[] {
  return Object.keys(value)
    .filter((name) => !known.has(name))
    .slice(0, recordLimits.maxProblems)
    .map((name) => ({
      code: "FIELD_INVALID",
      path: /^[\w.-]{1,64}$/.test(name) ? `${prefix}${name}` : prefix.slice(0, -1),
    }));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
