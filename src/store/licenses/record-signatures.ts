import { sql } from "kysely";
import type { BatchDecision, Entry } from "../../domain/licenses/batch.ts";
import { type ColumnTypes, insertRows } from "../bulk.ts";
import { type Row, type Sql, statement } from "../database.ts";
import { together } from "../together.ts";

/** A source's signature over a record, kept with the license the record changed. */
export type NewRecordSignature = Row<"record_signature">;

/** What a record of the batch became: a change of a license, or one that waits. `index` undefined: of an earlier batch. */
type Became = Readonly<{
  index: number | undefined;
  identifier: string;
  contentDigest: string;
  record: Readonly<{ sourceUpdatedAt: Date }>;
}>;

/** An event that had waited for a license under another identifier than the one it changed. */
export type CarriedSignature = Readonly<{
  given: string;
  brought: string;
  content_digest: string;
  submission_id: string;
}>;

/**
 * One row for each license a signed record of the batch changed, or is to change. By place: records of several licenses
 * may say the same.
 */
export function signatureRows(
  entries: readonly Entry[],
  became: readonly Became[],
  submission: Readonly<{ id: string; clientId: string }>,
): readonly NewRecordSignature[] {
  const signed = new Map(entries.flatMap(({ index, signature }) => (signature ? [[index, signature]] : [])));
  if (signed.size === 0) return [];
  return became.flatMap(({ index, identifier, contentDigest, record }) => {
    const signature = index === undefined ? undefined : signed.get(index);
    if (!signature) return [];
    const { id: submission_id, clientId: client_id } = submission;
    const source_updated_at = record.sourceUpdatedAt.toISOString();
    return [{ identifier, content_digest: contentDigest, submission_id, source_updated_at, client_id, ...signature }];
  });
}

/** The events of a decided batch whose signatures lie under the identifier they had waited for. */
export function carriedSignatures({ changes }: BatchDecision): readonly CarriedSignature[] {
  return changes.flatMap(({ identifier: given, contentDigest: content_digest, waited }) => {
    if (!waited || waited.record.identifier === given) return [];
    return [{ given, brought: waited.record.identifier, content_digest, submission_id: waited.submissionId }];
  });
}

/** One statement for a batch, none for a batch in which nothing is signed; one more where events are carried. */
export async function saveSignatures(
  db: Sql,
  rows: readonly NewRecordSignature[],
  carried: readonly CarriedSignature[],
): Promise<void> {
  await together([
    ...(rows.length > 0
      ? [insertRows("record_signature", columns, rows, sql`on conflict do nothing`).execute(db)]
      : []),
    ...(carried.length > 0 ? [carry(db, [JSON.stringify(carried)])] : []),
  ]);
}

// Written beside the first one: what is signed is never moved.
const carry = statement<object>(`
  insert into record_signature (identifier, content_digest, submission_id, source_updated_at, client_id, kid, jws)
    select c.given, s.content_digest, s.submission_id, s.source_updated_at, s.client_id, s.kid, s.jws
    from json_to_recordset($1::json) as c(given text, brought text, content_digest text, submission_id uuid)
      join record_signature s on s.identifier = c.brought and s.content_digest = c.content_digest
        and s.submission_id = c.submission_id
    on conflict do nothing`);

const columns: ColumnTypes = {
  ...{ identifier: "text", content_digest: "text", submission_id: "uuid", source_updated_at: "timestamptz" },
  ...{ client_id: "text", kid: "text", jws: "text" },
};
