import type { RawRecord } from "../domain/licenses/license-record.ts";
import { digestOf } from "./canonical-json.ts";

/**
 * Digest of a record as it came, as in `source.digest` of the license made of it; members that were not sent are left out.
 * Shape: SHA-256 of the canonical text, base64url.
 */
export function receivedDigestOf(raw: RawRecord): string {
  return digestOf(Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined)));
}

/** Digest of what a record says, whenever, under whichever source id and for whichever identifier it says so. */
export function contentDigestOf(raw: RawRecord): string {
  const { sourceRecordId: _id, sourceUpdatedAt: _at, identifier: _identifier, ...content } = raw;
  return digestOf(
    Object.fromEntries(Object.entries(content).filter(([, value]) => value !== null && value !== undefined)),
  );
}
