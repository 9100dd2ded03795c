import { sql } from "kysely";
import type { Entry } from "../../domain/licenses/batch.ts";
import { type ColumnTypes, insertRows } from "../bulk.ts";
import type { Row, Sql } from "../database.ts";

/** A source's signature over a record, kept with the license the record changed. */
export type NewRecordSignature = Row<"record_signature">;

/** What a record became: a change of a license, or one that waits. Those of earlier batches have their signature already. */
type Became = Readonly<{ identifier: string; content_digest: string; submission_id: string }>;

/** One row for each license a signed record changed, or is to change. */
export function signatureRows(
  entries: readonly Entry[],
  became: readonly Became[],
  submission: Readonly<{ id: string; clientId: string }>,
): readonly NewRecordSignature[] {
  const signed = new Map(
    entries.flatMap(({ contentDigest, signature }) => (signature ? [[contentDigest, signature]] : [])),
  );
  if (signed.size === 0) return [];
  return became.flatMap(({ identifier, content_digest, submission_id }) => {
    const signature = submission_id === submission.id ? signed.get(content_digest) : undefined;
    if (!signature) return [];
    return [{ identifier, content_digest, submission_id, client_id: submission.clientId, ...signature }];
  });
}

/** One statement for a batch, none for a batch in which nothing is signed. */
export async function saveSignatures(db: Sql, rows: readonly NewRecordSignature[]): Promise<void> {
  if (rows.length > 0) await insertRows("record_signature", columns, rows, sql`on conflict do nothing`).execute(db);
}

const columns: ColumnTypes = {
  ...{ identifier: "text", content_digest: "text", submission_id: "uuid" },
  ...{ client_id: "text", kid: "text", jws: "text" },
};
