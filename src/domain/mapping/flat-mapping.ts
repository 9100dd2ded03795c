import { findField } from "./record-field.ts";

type Members = Readonly<Record<string, unknown>>;

/**
 * A mapping in the spelling of `columns` and `constants`, whichever it came in. The older one of sources names our field
 * first: `"number": "zzhm"`, and `"issuer": { "value": "…" }` where it is always the same. It is known by its keys, which
 * are fields of ours. *Trust*: anything a person may have written; what is no mapping comes back as it is.
 */
export function inColumns(mapping: Members): Members {
  if (!isFlat(mapping)) return mapping;
  const columns = new Map<string, string[]>();
  const constants: [string, string][] = [];
  for (const [path, from] of Object.entries(mapping)) {
    if (typeof from !== "string") constants.push([path, from.value]);
    else columns.set(from, [...(columns.get(from) ?? []), path]);
  }
  return {
    columns: Object.fromEntries(columns),
    // A fixed text that is empty has always meant that there is none.
    constants: Object.fromEntries(constants.filter(([, value]) => value.trim() !== "")),
  };
}

type Flat = Readonly<Record<string, string | Readonly<{ value: string }>>>;

function isFlat(mapping: Members): mapping is Flat {
  const entries = Object.entries(mapping);
  if (entries.length === 0 || Object.hasOwn(mapping, "columns")) return false;
  return entries.some(([path]) => findField(path)) && entries.every(([, from]) => isTheirs(from));
}

function isTheirs(from: unknown): from is string | Readonly<{ value: string }> {
  if (typeof from === "string") return true;
  return typeof from === "object" && from !== null && "value" in from && typeof from.value === "string";
}
