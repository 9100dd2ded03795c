import { Ajv2020 } from "ajv/dist/2020.js";
import { type Caller, scopesOfKind } from "../access/caller.ts";
import { isClientId } from "../access/client.ts";
import { inColumns } from "../mapping/flat-mapping.ts";
import { type Mapping, missingFields, parseMapping } from "../mapping/mapping.ts";
import { type Field, findField } from "../mapping/record-field.ts";
import { isPlainText } from "../plain-text.ts";

/** How a department's system is asked: in GraphQL, by POST with an envelope, or as a view of its database. */
export const sourceKinds = ["GRAPHQL", "REST", "POSTGRESQL", "MYSQL"] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** A subgraph that offers `licenseChanges`. `token`: name of the secret sent as bearer token; absent: none is sent. */
export type GraphqlPlace = Readonly<{ kind: "GRAPHQL"; url: string; token?: string }>;

/** A sharing service. Its token comes from `tokenUrl`, of the same origin, for `account` and the secret of that name. */
export type RestPlace = Readonly<{
  kind: "REST";
  url: string;
  tokenUrl: string;
  account: string;
  secret: string;
  /** What changed less than so long ago is left for the next pull: it may not be visible to everybody yet. */
  settleSeconds?: number;
}>;

/** A view of a department's database, read in the order of `updatedAt`, `id`. `password`: name of a secret. */
export type SqlPlace = Readonly<{
  kind: "POSTGRESQL" | "MYSQL";
  host: string;
  port?: number;
  database: string;
  user: string;
  password?: string;
  /** False: in plain text. */
  tls: boolean;
  /** *Shape*: `NAME` or `SCHEMA.NAME`. */
  view: string;
  updatedAt: string;
  id: string;
  /** As of a sharing service: a transaction that began before and ends after a pull must not be missed. */
  settleSeconds?: number;
}>;

/** Which of their columns is which of our fields, as in a mapping file; `{}` for a source that speaks of our fields. */
export type SourceMapping = Readonly<{ columns?: unknown; constants?: unknown }>;

export type SourcePlace = GraphqlPlace | RestPlace | SqlPlace;

/** How often a source is compared with what the hub holds of it, and how many days, the last of them yesterday. */
export type ReconcileSchedule = Readonly<{ everySeconds: number; days: number }>;

/** 数据源: where the hub fetches a department's records, in whose name, and how often. It holds names of secrets, no secrets. */
export type SourceFacts = Readonly<{
  id: string;
  name: string;
  /** Whose records they are: a client of kind DEPARTMENT. */
  client: string;
  everySeconds: number;
  /** Records of a page, which is a submission. */
  pageSize: number;
  place: SourcePlace;
  mapping: SourceMapping;
  /** Undefined: only when somebody asks. */
  reconcile?: ReconcileSchedule | undefined;
}>;

/** What is meant when a source does not say. */
export const sourceDefaults = { everySeconds: 300, pageSize: 200, settleSeconds: 60 } as const;
export const reconcileDefaults: ReconcileSchedule = { everySeconds: 86_400, days: 366 };

/** What a source brings is handed in by the client it speaks for, as if it had sent it. */
export function clientOf({ client }: SourceFacts): Caller {
  return { kind: "DEPARTMENT", clientId: client, scopes: new Set(scopesOfKind.DEPARTMENT) };
}

/** Reads what an operator wrote; otherwise the path of the first thing that is not acceptable. *Trust*: typed by an operator. */
export function parseSource(value: unknown): { source: SourceFacts } | { fault: string } {
  isForm ??= compileForm();
  if (!isForm(value)) {
    const [error] = isForm.errors ?? [];
    const path = (error?.instancePath ?? "").slice(1).replaceAll("/", ".");
    const name: unknown = error?.params["missingProperty"] ?? error?.params["additionalProperty"];
    return { fault: [path, typeof name === "string" ? name : ""].filter(Boolean).join(".") || "source" };
  }
  const { place, mapping = {}, everySeconds, pageSize, reconcile, ...rest } = value;
  const source = {
    ...rest,
    everySeconds: everySeconds ?? sourceDefaults.everySeconds,
    pageSize: pageSize ?? sourceDefaults.pageSize,
    place,
    mapping: inColumns(mapping),
    reconcile: reconcile && { ...reconcileDefaults, ...reconcile },
  };
  const fault = sourceFault(source);
  return fault === undefined ? { source } : { fault };
}

function sourceFault({ id, client, name, place, mapping }: SourceFacts): string | undefined {
  if (!isClientId(id)) return "id";
  if (!isClientId(client)) return "client";
  if (!isPlainText(name, { least: 2, most: 100 })) return "name";
  if (place.kind === "GRAPHQL") {
    if (Object.keys(mapping).length > 0) return "mapping";
    return isAddress(place.url) ? undefined : "place.url";
  }
  if (place.kind === "REST") {
    if (!isAddress(place.url)) return "place.url";
    // The secret goes there and nowhere else.
    if (!isAddress(place.tokenUrl) || new URL(place.tokenUrl).origin !== new URL(place.url).origin)
      return "place.tokenUrl";
  }
  return mappingFault(mapping, place.kind !== "REST");
}

/** The path of the first thing in a mapping that is not acceptable. @param hasPosition the source knows its rows' names and times by itself */
function mappingFault(given: SourceMapping, hasPosition: boolean): string | undefined {
  const parsed = parseMapping({ columns: {}, ...given });
  if ("fault" in parsed) return under(parsed.path);
  const { rules, constants, headerRow } = parsed.value;
  if (headerRow !== undefined) return under("headerRow");
  if (rules.length + constants.length > maxMappedFields) return "mapping";
  const wrong =
    rules.find((rule) => !isColumn(rule.column)) ?? constants.find(({ value }) => value.length > maxConstantCharacters);
  const missing = missingFields(parsed.value, hasPosition ? needed : [...needed, ...position]);
  const path = wrong?.field.path ?? missing[0];
  return path === undefined ? undefined : under(path);
}

function under(path: string): string {
  return path === "" ? "mapping" : `mapping.${path}`;
}

/** The fields no record is without. The two that a view's position tells need no mapping. */
const needed = ["operation", "licenseType", "issuer"] as const;
const position = ["sourceRecordId", "sourceUpdatedAt"] as const;

const maxMappedFields = 100;
const maxConstantCharacters = 400;

/** Where a view's rows carry their position: names that no column has. */
export const positionFields = { at: "#updatedAt", id: "#id" } as const;

/**
 * How a source's rows become records; of a view, its position names what the mapping does not.
 * *Throws* when the mapping is none: only what `parseSource` let through is ever stored.
 */
export function mappingOf({ place, mapping }: Pick<SourceFacts, "place" | "mapping">): Mapping {
  const parsed = parseMapping(mapping);
  if ("fault" in parsed) throw new Error(`the stored mapping can not be read: ${parsed.path}`);
  if (place.kind === "REST") return parsed.value;
  const missing = missingFields(parsed.value, position);
  const own = position.filter((path) => missing.includes(path)).map((path) => positionRule(path));
  return { ...parsed.value, rules: [...parsed.value.rules, ...own] };
}

function positionRule(path: (typeof position)[number]): Mapping["rules"][number] {
  const column = path === "sourceRecordId" ? positionFields.id : positionFields.at;
  const field = findField(path) as Field; // a path of ours
  return { column, field, kind: field.kind, values: undefined, separator: "、" };
}

/** An address that is called as it stands: no user, no password (it would be shown), no fragment. */
function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + hash === "";
}

type Form = Omit<SourceFacts, "everySeconds" | "pageSize" | "mapping" | "reconcile"> &
  Partial<Pick<SourceFacts, "everySeconds" | "pageSize" | "mapping">> & { reconcile?: Partial<ReconcileSchedule> };

const text = { type: "string", minLength: 1, maxLength: 200 } as const;
const secretName = { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$" } as const;
const settleSeconds = { type: "integer", minimum: 0, maximum: 86_400 } as const;
// A name in a database, as it is put between quotation marks: letters of any script, so that 证照 is one.
const name = "[\\p{L}_][\\p{L}\\p{N}_$]{0,62}";
const columnShape = `^${name}$`;
const column = { type: "string", pattern: columnShape } as const;
const host = { type: "string", pattern: "^[A-Za-z0-9]([A-Za-z0-9.:-]{0,252})$" } as const;

const graphql = { kind: { const: "GRAPHQL" }, url: text, token: secretName };
const rest = { kind: { const: "REST" }, url: text, tokenUrl: text, account: text, secret: secretName, settleSeconds };
const database = {
  ...{ kind: { enum: ["POSTGRESQL", "MYSQL"] }, host, port: { type: "integer", minimum: 1, maximum: 65_535 } },
  ...{ database: text, user: text, password: secretName, tls: { type: "boolean" } },
  ...{ view: { type: "string", pattern: `^${name}(\\.${name})?$` }, updatedAt: column, id: column, settleSeconds },
};

const object = (properties: object, required: readonly string[]) => ({
  ...{ type: "object", properties, required, additionalProperties: false },
});

function isColumn(text: string): boolean {
  return new RegExp(columnShape, "u").test(text);
}

let isForm: ReturnType<typeof compileForm> | undefined;

/** Takes a sixth of a second, which a program that reads no source does not spend. */
const compileForm = () =>
  new Ajv2020({ strict: false, discriminator: true }).compile<Form>(
    object(
      {
        ...{ id: text, name: text, client: text },
        everySeconds: { type: "integer", minimum: 10, maximum: 7 * 86_400 },
        pageSize: { type: "integer", minimum: 1, maximum: 1_000 },
        reconcile: object(
          {
            everySeconds: { type: "integer", minimum: 3_600, maximum: 31 * 86_400 },
            days: { type: "integer", minimum: 1, maximum: 3_660 },
          },
          [],
        ),
        place: {
          ...{ type: "object", required: ["kind"], discriminator: { propertyName: "kind" } },
          oneOf: [
            object(graphql, ["kind", "url"]),
            object(rest, ["kind", "url", "tokenUrl", "account", "secret"]),
            object(database, ["kind", "host", "database", "user", "tls", "view", "updatedAt", "id"]),
          ],
        },
        // Of its own: `parseMapping`.
        mapping: { type: "object", maxProperties: 100 },
      },
      ["id", "name", "client", "place"],
    ),
  );
