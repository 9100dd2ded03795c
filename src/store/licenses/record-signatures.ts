import { sql } from "kysely";
import type { Entry } from "../../domain/licenses/batch.ts";
import { type ColumnTypes, insertRows } from "../bulk.ts";
import type { Row, Sql } from "../database.ts";

/** A source's signature over a record, kept with the license the record changed. */
export type NewRecordSignature = Row<"record_signature">;

/** What a record of the batch became: a change of a license, or one that waits. `index` undefined: of an earlier batch. */
type Became = Readonly<{ index: number | undefined; identifier: string; contentDigest: string }>;

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
  return became.flatMap(({ index, identifier, contentDigest }) => {
    const signature = index === undefined ? undefined : signed.get(index);
    if (!signature) return [];
    const { id: submission_id, clientId: client_id } = submission;
    return [{ identifier, content_digest: contentDigest, submission_id, client_id, ...signature }];
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
