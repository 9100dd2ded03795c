import { foreignDate, foreignInstant } from "../sources/foreign-values.ts";
import { recordOf } from "./make-record.ts";
import type { ColumnRule, Mapping } from "./mapping.ts";
import { readCell } from "./read-cell.ts";

/** A row of a source: a flat object. *Trust*: whatever the source sent. */
export type ForeignRow = Readonly<Record<string, unknown>>;

/** The columns that are read, each once. */
export function mappedColumns({ rules }: Mapping): readonly string[] {
  return [...new Set(rules.map(({ column }) => column))];
}

/**
 * A row of a source in the form of our record. What can not be read stays as it came: it is judged with the record, and
 * waits on the problem desk. *Trust*: whatever the source sent.
 */
export function mapForeignRow({ rules, constants }: Mapping, row: ForeignRow): object {
  const values = new Map<string, unknown>();
  for (const rule of rules) {
    const value = readForeign(rule, Object.hasOwn(row, rule.column) ? row[rule.column] : undefined);
    if (value !== undefined) values.set(rule.field.path, value);
  }
  const own = new Set(values.keys());
  for (const { field, value } of constants) values.set(field.path, value);
  return recordOf(values, own);
}

function readForeign(rule: ColumnRule, cell: unknown): unknown {
  const read = readCell(rule, cell, 1900);
  if ("value" in read) return read.value;
  if (rule.kind === "DAY" || rule.kind === "LAST_DAY") return foreignDate(cell);
  return rule.kind === "INSTANT" ? foreignInstant(cell) : cell;
}
