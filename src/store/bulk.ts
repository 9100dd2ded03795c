import { type RawBuilder, sql } from "kysely";

/** PostgreSQL types by column, in the order they are written. */
export type ColumnTypes = Readonly<Record<string, string>>;

/**
 * Rows as a table expression: one JSON parameter whatever the number of rows, so a batch is one statement and never
 * meets the limit of 65,535 parameters.
 * @param types constants of the code, never input: they become SQL
 */
export function rowSource(types: ColumnTypes, rows: readonly object[], alias = "r"): RawBuilder<unknown> {
  const columns = Object.entries(types).map(([name, type]) => sql`${sql.ref(name)} ${sql.raw(type)}`);
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as ${sql.ref(alias)}(${sql.join(columns)})`;
}

/** One INSERT for any number of rows. */
export function insertRows(
  table: string,
  types: ColumnTypes,
  rows: readonly object[],
  suffix = sql``,
): RawBuilder<unknown> {
  const columns = sql.join(Object.keys(types).map((name) => sql.ref(name)));
  return sql`insert into ${sql.table(table)} (${columns}) select ${columns} from ${rowSource(types, rows)} ${suffix}`;
}
