import type { RawRecord } from "../domain/licenses/license-record.ts";
import { digestOf, sha256Base64url } from "./canonical-json.ts";
import { recordPayload } from "./record-signature.ts";

/**
 * Digest of a record as it came, as in `source.digest` of the license made of it: of what its source signs when it does.
 * Shape: SHA-256 of the canonical text, base64url.
 */
export function receivedDigestOf(raw: RawRecord): string {
  return sha256Base64url(recordPayload(raw));
}

/** Digest of what a record says, whenever, under whichever source id and for whichever identifier it says so. */
export function contentDigestOf(raw: RawRecord): string {
  const { sourceRecordId: _id, sourceUpdatedAt: _at, identifier: _identifier, signature: _signature, ...content } = raw;
  return digestOf(
    Object.fromEntries(Object.entries(content).filter(([, value]) => value !== null && value !== undefined)),
  );
}
