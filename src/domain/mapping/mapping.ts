import type { LocalizedText } from "../../errors.ts";
import { inColumns } from "./flat-mapping.ts";
import { type Checked, checked, faults, MappingError, places } from "./mapping-faults.ts";
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

/** How the columns of a department's file, view or service become fields of records. */
export type Mapping = Readonly<{
  /** In which row of a file the headings stand, from 1; undefined: it is found by its columns. */
  headerRow: number | undefined;
  rules: readonly ColumnRule[];
  /** Fields that are the same in every record. */
  constants: readonly Readonly<{ field: Field; value: string }>[];
}>;

/** What a mapping and a heading may be at most. */
export const mappingLimits = { maxColumns: 1_000, maxHeaderRow: 20, maxNameCharacters: 200 } as const;

/**
 * Reads a mapping: `columns` (their name → our field), `constants`, `headerRow`; or the older spelling of sources, our field →
 * their name. Whether it is enough for a record is another question: `checkFileMapping`, `parseSource`.
 * *Trust*: anything a person may have written.
 */
export function parseMapping(json: unknown): Checked<Mapping> {
  return checked(() => checkOnce(readMapping(json)));
}

/** Reads the mapping of a file, in which every record has all it needs. *Trust*: anything a person may have written. */
export function checkFileMapping(json: unknown): Checked<Mapping> {
  return checked(() => checkWhole(checkOnce(readMapping(json)), places.mapping));
}

/** The mapping of a file whose headings are our own field names. */
export function ownNames(header: readonly string[]): Checked<Mapping> {
  return checked(() => {
    const named = header.filter((column) => column !== "");
    const unknown = named.find((column) => !findField(column));
    if (unknown !== undefined) throw new MappingError(faults.strangeHeading(unknown), unknown);
    const rules = named.map((column) => readColumn(column, column));
    return checkWhole(checkOnce({ headerRow: undefined, rules, constants: [] }), places.file);
  });
}

/** The required fields a mapping says nothing of. */
export function missingFields({ rules, constants }: Mapping, required: readonly string[]): readonly string[] {
  const filled = new Set([...rules, ...constants].map(({ field }) => field.path));
  return required.filter((path) => !filled.has(path));
}

function readMapping(json: unknown): Mapping {
  const { columns, constants = {}, headerRow, ...rest } = inColumns(membersOf(json, places.mapping));
  rejectRest(rest, places.mapping, "columns, constants, headerRow");
  if (headerRow !== undefined && !isHeaderRow(headerRow)) {
    throw new MappingError(faults.headerRow(mappingLimits.maxHeaderRow), "headerRow");
  }
  const entries = Object.entries(membersOf(columns, places.columns));
  if (entries.length > mappingLimits.maxColumns) {
    throw new MappingError(faults.tooManyColumns(entries.length, mappingLimits.maxColumns), "columns");
  }
  const rules = entries.flatMap(([column, targets]) =>
    (Array.isArray(targets) ? targets : [targets]).map((target) => readColumn(column, target)),
  );
  const fixed = Object.entries(membersOf(constants, places.constants)).map(([path, value]) =>
    readConstant(path, value),
  );
  return { headerRow, rules, constants: fixed };
}

function isHeaderRow(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= mappingLimits.maxHeaderRow;
}

function readColumn(column: string, target: unknown): ColumnRule {
  const place = places.column(column);
  if (typeof target === "string") {
    const field = fieldOf(target, place);
    return { column, field, kind: field.kind, values: undefined, separator: defaultSeparator };
  }
  const { field: path, as, values, separator = defaultSeparator, ...rest } = membersOf(target, place);
  rejectRest(rest, place, "field, as, values, separator");
  if (typeof path !== "string") throw new MappingError(faults.noField(place), column);
  const field = fieldOf(path, place);
  const kind = kindOf(column, field, as);
  if (typeof separator !== "string" || separator === "" || separator.length > 5) {
    throw new MappingError(faults.separator(place), path);
  }
  return {
    column,
    field,
    kind,
    separator,
    values: values === undefined ? undefined : readValues(values, column, field, kind),
  };
}

const defaultSeparator = "、";

/** Words for `as`, in a mapping file; only an attribute can be several kinds of thing. */
const kinds: Readonly<Record<string, FieldKind>> = {
  text: "TEXT",
  code: "CODE",
  date: "DAY",
  number: "NUMBER",
  boolean: "BOOLEAN",
  list: "LIST",
};

function kindOf(column: string, field: Field, as: unknown): FieldKind {
  if (as === undefined) return field.kind;
  const kind = typeof as === "string" && Object.hasOwn(kinds, as) ? kinds[as] : undefined;
  const place = places.column(column);
  if (!kind) throw new MappingError(faults.unknownKind(place, as, Object.keys(kinds).join(", ")), field.path);
  if (!field.path.startsWith("attributes.")) throw new MappingError(faults.fixedKind(place, field.path), field.path);
  return kind;
}

function readValues(values: unknown, column: string, { path, choices }: Field, kind: FieldKind): ColumnRule["values"] {
  const place = places.column(column);
  const entries = Object.entries(membersOf(values, places.valuesOf(column)));
  return new Map(
    entries.map(([from, to]): [string, string | null] => {
      if (to !== null && typeof to !== "string") throw new MappingError(faults.valueNoText(place, from), path);
      if (to !== null && kind === "CHOICE" && choices?.includes(to) === false) {
        throw new MappingError(faults.valueNoChoice(place, from, to, path, choices.join(", ")), path);
      }
      return [from.trim(), to];
    }),
  );
}

function readConstant(path: string, value: unknown): Mapping["constants"][number] {
  const place = places.constant(path);
  const field = fieldOf(path, place);
  if (typeof value !== "string" || value.trim() === "") throw new MappingError(faults.constantNoText(place), path);
  if (field.choices?.includes(value) === false) {
    throw new MappingError(faults.constantNoChoice(place, value, field.choices.join(", ")), path);
  }
  return { field, value };
}

/** Each field comes from one place. */
function checkOnce(mapping: Mapping): Mapping {
  const sources = [
    ...mapping.rules.map(({ column, field }) => [field.path, places.column(column)] as const),
    ...mapping.constants.map(({ field }) => [field.path, places.aConstant] as const),
  ];
  const filled = new Map<string, LocalizedText>();
  for (const [path, place] of sources) {
    const before = filled.get(path);
    if (before !== undefined) throw new MappingError(faults.twoSources(path, before, place), path);
    filled.set(path, place);
  }
  return mapping;
}

function checkWhole(mapping: Mapping, whose: LocalizedText): Mapping {
  const missing = missingFields(mapping, requiredFields);
  if (missing.length > 0) throw new MappingError(faults.nothingFor(whose, missing), missing[0] ?? "");
  const holder = missingFields(mapping, ["holder.idType", "holder.id", "holder.name"]);
  if (holder.length > 0 && holder.length < 3) throw new MappingError(faults.halfHolder(whose, holder), holder[0] ?? "");
  return mapping;
}

function fieldOf(path: string, place: LocalizedText): Field {
  const field = findField(path);
  if (field) return field;
  throw new MappingError(faults.unknownField(place, path, recordFields.map((one) => one.path).join(", ")), path);
}

function membersOf(value: unknown, place: LocalizedText): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MappingError(faults.noObject(place), "");
  }
  // A copy, so that `__proto__` stays the name it is in JSON.
  return Object.fromEntries(Object.entries(value));
}

function rejectRest(rest: object, place: LocalizedText, known: string): void {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new MappingError(faults.strangeMember(place, unknown, known), unknown);
}
