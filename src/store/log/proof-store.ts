import { HubError } from "../../errors.ts";
import { payloadDigest } from "../../proof/compact-jws.ts";
import { entryBytes, entrySecret, licenseEntry } from "../../proof/log/log-entry.ts";
import type { Digest } from "../../proof/log/merkle.ts";
import { type Row, type Sql, statement } from "../database.ts";
import { factsOf } from "./entry-store.ts";

/** A license's entry as the log has it. `secret`: what its event's digest is salted with. */
export type LicenseEntry = Readonly<{ identifier: string; jws: string; entry: Uint8Array; index: number }>;

/** A license's entry, and how to get from it to the checkpoint's root. `entry`: its text. */
export type LicenseProof = Readonly<{
  index: number;
  entry: string;
  proof: readonly Digest[];
  checkpoint: Readonly<{ size: number; note: string }>;
}>;

/**
 * The entries that licenses were logged with, made again from what is stored. Left out: those that have no place in the
 * log yet, and those whose text is none any more. The reader must be let in to see them. One statement.
 */
export async function findLicenseEntries(db: Sql, identifiers: readonly string[]): Promise<readonly LicenseEntry[]> {
  const rows = await selectEvents(db, [identifiers]);
  return rows.flatMap((row) => {
    const secret = entrySecret(row.secret, row.log_place ?? 0);
    const digest = digestOf(row.jws);
    if (digest === undefined) return [];
    const entry = licenseEntry({ secret, issuer: row.issuer_code, facts: factsOf(row) }, digest);
    return [{ identifier: row.identifier, jws: row.jws, index: Number(row.index), entry: entryBytes(entry) }];
  });
}

function digestOf(jws: string): string | undefined {
  try {
    return payloadDigest(jws);
  } catch (error) {
    if (error instanceof HubError) return undefined;
    throw error;
  }
}

const selectEvents = statement<
  Row<"license_event"> & { jws: string; issuer_code: string; secret: string; index: string }
>(`
  select e.*, l.jws, l.issuer_code, b.secret, b.first_index + l.log_place as index from license l
    join log_batch b on b.id = l.log_batch
    join license_event e on e.holder_code = l.holder_code and e.identifier = l.identifier and e.log_batch = l.log_batch
      and e.log_place = l.log_place
  where l.identifier = any($1::text[]) and b.first_index is not null`);
