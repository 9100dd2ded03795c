import { sql } from "kysely";
import { type ColumnTypes, rowSource } from "../bulk.ts";
import type { Row, Sql } from "../database.ts";

/** What a source told of one of its records. */
export type ToldRecord = Pick<
  Row<"source_record">,
  "client_id" | "source_record_id" | "license_type" | "source_updated_at" | "content_digest"
>;

/**
 * Keeps the newest of each record, in one statement: what a source's own counts are compared with. Whoever takes records
 * in calls it in the same transaction. @param told each record once
 */
export async function saveTold(db: Sql, told: readonly ToldRecord[]): Promise<void> {
  if (told.length === 0) return;
  await sql`insert into source_record as s
      (client_id, source_record_id, license_type, source_updated_at, content_digest, day, line_hash)
    select client_id, source_record_id, license_type, source_updated_at, content_digest,
      hub_source_day(source_updated_at), hub_line_hash(source_record_id, source_updated_at)
    from ${rowSource(columns, told)}
    on conflict (client_id, source_record_id) do update set license_type = excluded.license_type,
      source_updated_at = excluded.source_updated_at, content_digest = excluded.content_digest,
      day = excluded.day, line_hash = excluded.line_hash
    where s.source_updated_at < excluded.source_updated_at`.execute(db);
}

const columns: ColumnTypes = {
  ...{ client_id: "text", source_record_id: "text", license_type: "text", source_updated_at: "timestamptz" },
  content_digest: "text",
};
