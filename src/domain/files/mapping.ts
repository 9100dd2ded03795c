import { type Field, type FieldKind, findField, recordFields, requiredFields } from "./record-field.ts";

/** Where a field's value comes from in a row. `values` translates a cell's text, null: the field is left out. */
export type ColumnRule = Readonly<{
  column: string;
  field: Field;
  kind: FieldKind;
  values: ReadonlyMap<string, string | null> | undefined;
  /** Between the parts of a LIST. */
  separator: string;
}>;

/** How the columns of a department's file become fields of records. */
export type Mapping = Readonly<{
  /** In which row the headings stand, from 1. */
  headerRow: number;
  rules: readonly ColumnRule[];
  /** Fields that are the same in every record. */
  constants: readonly Readonly<{ field: Field; value: string }>[];
}>;

/** A value, or one line for a person that says why there is none. */
export type Checked<T> = Readonly<{ value: T } | { fault: string }>;

/** What a mapping and a heading may be at most. */
export const mappingLimits = { maxColumns: 1_000, maxHeaderRow: 20, maxNameCharacters: 200 } as const;

/**
 * Checks a mapping file: `columns` (their heading → our field), `constants`, `headerRow`.
 * *Trust*: anything a person may have written.
 */
export function checkMapping(json: unknown): Checked<Mapping> {
  try {
    return { value: readMapping(json) };
  } catch (error) {
    if (error instanceof MappingFault) return { fault: error.message };
    throw error;
  }
}

/** The mapping of a file whose headings are our own field names. */
export function ownNames(header: readonly string[]): Checked<Mapping> {
  try {
    const named = header.filter((column) => column !== "");
    const unknown = named.find((column) => !findField(column));
    if (unknown !== undefined) {
      throw new MappingFault(`column ${show(unknown)} is no field of ours: name it with --mapping FILE.json`);
    }
    const rules = named.map((column) => readColumn(column, column));
    return { value: checkWhole({ headerRow: 1, rules, constants: [] }, "the file") };
  } catch (error) {
    if (error instanceof MappingFault) return { fault: error.message };
    throw error;
  }
}

class MappingFault extends Error {}

function readMapping(json: unknown): Mapping {
  const { columns, constants = {}, headerRow = 1, ...rest } = membersOf(json, "a mapping");
  rejectRest(rest, "a mapping", "columns, constants, headerRow");
  if (typeof headerRow !== "number" || !Number.isInteger(headerRow) || headerRow < 1) {
    throw new MappingFault("headerRow is a whole number from 1");
  }
  if (headerRow > mappingLimits.maxHeaderRow) {
    throw new MappingFault(`headerRow is ${headerRow}; at most ${mappingLimits.maxHeaderRow}`);
  }
  const entries = Object.entries(membersOf(columns, "columns"));
  if (entries.length > mappingLimits.maxColumns) {
    throw new MappingFault(`${entries.length} columns are mapped; at most ${mappingLimits.maxColumns}`);
  }
  const rules = entries.flatMap(([column, targets]) =>
    (Array.isArray(targets) ? targets : [targets]).map((target) => readColumn(column, target)),
  );
  const fixed = Object.entries(membersOf(constants, "constants")).map(([path, value]) => readConstant(path, value));
  return checkWhole({ headerRow, rules, constants: fixed }, "the mapping");
}

function readColumn(column: string, target: unknown): ColumnRule {
  const place = `column ${show(column)}`;
  if (typeof target === "string")
    return { ...ruleOf(column, fieldOf(target, place)), values: undefined, separator: "、" };
  const { field, as, values, separator = "、", ...rest } = membersOf(target, place);
  rejectRest(rest, place, "field, as, values, separator");
  if (typeof field !== "string") throw new MappingFault(`${place} names no field: add "field"`);
  const rule = ruleOf(column, fieldOf(field, place), as);
  if (typeof separator !== "string" || separator === "" || separator.length > 5) {
    throw new MappingFault(`${place} has a separator that is not 1 to 5 characters`);
  }
  return { ...rule, separator, values: values === undefined ? undefined : readValues(values, rule, place) };
}

type Bare = Pick<ColumnRule, "column" | "field" | "kind">;

/** Words for `as`, in a mapping file; only an attribute can be several kinds of thing. */
const kinds: Readonly<Record<string, FieldKind>> = {
  text: "TEXT",
  code: "CODE",
  date: "DAY",
  number: "NUMBER",
  boolean: "BOOLEAN",
  list: "LIST",
};

function ruleOf(column: string, field: Field, as?: unknown): Bare {
  if (as === undefined) return { column, field, kind: field.kind };
  const kind = typeof as === "string" && Object.hasOwn(kinds, as) ? kinds[as] : undefined;
  if (!kind)
    throw new MappingFault(
      `column ${show(column)} is read as ${show(as)}: it is one of ${Object.keys(kinds).join(", ")}`,
    );
  if (!field.path.startsWith("attributes.")) {
    throw new MappingFault(
      `column ${show(column)} has "as", but ${field.path} is always read the same way: leave it out`,
    );
  }
  return { column, field, kind };
}

function readValues(values: unknown, { field, kind }: Bare, place: string): ColumnRule["values"] {
  const entries = Object.entries(membersOf(values, `values of ${place}`)).map(([from, to]): [string, string | null] => {
    if (to !== null && typeof to !== "string")
      throw new MappingFault(`${place} makes ${show(from)} something that is no text`);
    if (to !== null && field.choices?.includes(to) === false && kind === "CHOICE") {
      throw new MappingFault(
        `${place} makes ${show(from)} ${show(to)}, but ${field.path} is one of ${field.choices.join(", ")}`,
      );
    }
    return [from.trim(), to];
  });
  return new Map(entries);
}

function readConstant(path: string, value: unknown): Mapping["constants"][number] {
  const place = `constant ${show(path)}`;
  const field = fieldOf(path, place);
  if (typeof value !== "string" || value.trim() === "") throw new MappingFault(`${place} is no text`);
  if (field.choices?.includes(value) === false) {
    throw new MappingFault(`${place} is ${show(value)}: it is one of ${field.choices.join(", ")}`);
  }
  return { field, value };
}

function checkWhole(mapping: Mapping, whose: string): Mapping {
  const places = [
    ...mapping.rules.map(({ column, field }) => [field.path, `column ${show(column)}`] as const),
    ...mapping.constants.map(({ field }) => [field.path, "a constant"] as const),
  ];
  const filled = new Map<string, string>();
  for (const [path, place] of places) {
    const before = filled.get(path);
    if (before !== undefined)
      throw new MappingFault(`${path} comes from ${before} and from ${place}: it can come from one`);
    filled.set(path, place);
  }
  const missing = requiredFields.filter((path) => !filled.has(path));
  if (missing.length > 0)
    throw new MappingFault(`${whose} has nothing for ${missing.join(", ")}: no record goes without`);
  const holder = ["holder.idType", "holder.id", "holder.name"].filter((path) => !filled.has(path));
  if (holder.length > 0 && holder.length < 3) {
    throw new MappingFault(`${whose} has something of a holder but nothing for ${holder.join(", ")}`);
  }
  return mapping;
}

function fieldOf(path: string, place: string): Field {
  const field = findField(path);
  if (field) return field;
  const known = recordFields.map((one) => one.path).join(", ");
  throw new MappingFault(`${place} names the field ${show(path)}, which is none of ${known}, attributes.NAME`);
}

function membersOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MappingFault(`${what} is no JSON object`);
  }
  // A copy, so that `__proto__` stays the name it is in JSON.
  return Object.fromEntries(Object.entries(value));
}

function rejectRest(rest: object, what: string, known: string): void {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new MappingFault(`${what} has no ${show(unknown)}: it has ${known}`);
}

function show(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return `“${text.length > 60 ? `${text.slice(0, 60)}…` : text}”`;
}
