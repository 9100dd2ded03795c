import type { RawRecord } from "../../domain/licenses/license-record.ts";
import { sha256Base64url } from "../bytes/sha256.ts";
import { canonicalMembers } from "./record-signature.ts";

/**
 * `received`: digest of a record as it came, as in `source.digest` of the license made of it: of what its source signs
 * when it does. `content`: of what it says, whenever, under whichever source id and for whichever identifier it says so.
 * Shape: SHA-256 of the canonical text, base64url.
 */
export type RecordDigests = Readonly<{ received: string; content: string }>;

/** Both digests of a record; its canonical text is made once. */
export function recordDigests(raw: RawRecord): RecordDigests {
  const members = canonicalMembers(raw);
  const digestOf = (chosen: typeof members) => sha256Base64url(`{${chosen.map(([, text]) => text).join()}}`);
  return { received: digestOf(members), content: digestOf(members.filter(([name]) => !notContent.has(name))) };
}

const notContent: ReadonlySet<string> = new Set(["sourceRecordId", "sourceUpdatedAt", "identifier"]);
