import type { KnownLicense } from "../../domain/licenses/collecting.ts";
import { type Row, toInstant } from "../database.ts";

/** A license as `findKnown` reads it. `aliases`: what its source may call it besides: brought, client, source record. */
export type KnownRow = Pick<
  Row<"license">,
  | ("identifier" | "type_code" | "issuer_code" | "holder_code" | "version" | "issued_on" | "content_digest" | "state")
  | ("state_since" | "successor" | "source_updated_at" | "source_record_id" | "client_id")
> & { event_digests: string[]; aliases: readonly (readonly [string, string, string])[] | null };

/** The same as rules look at it. */
export function toKnown(row: KnownRow): KnownLicense {
  return {
    ...{ identifier: row.identifier, licenseType: row.type_code, issuer: row.issuer_code, holderId: row.holder_code },
    ...{ version: row.version, issuedOn: row.issued_on, contentDigest: row.content_digest, state: row.state },
    ...{ stateSince: row.state_since, hasSuccessor: row.successor !== null, eventDigests: new Set(row.event_digests) },
    sourceUpdatedAt: toInstant(row.source_updated_at),
  };
}
