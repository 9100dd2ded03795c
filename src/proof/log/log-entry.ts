import { canonicalJson, sha256Base64url } from "../canonical-json.ts";

/**
 * An entry of the public log, as anybody can download it. It holds digests; names of keys, clients and days are public.
 * A license's and a state's digest can not be guessed: a secret salt goes into them.
 */
export type LogEntry =
  /** A license version was signed. `digest`: of the payload of its JWS; `event`: of the event that brought it. */
  | Readonly<{ kind: "LICENSE"; digest: string; event: string } & EntryTags>
  /** The state of a license changed. `digest`: of the event. */
  | Readonly<{ kind: "STATE"; digest: string } & EntryTags>
  /** Something happened to a key of the hub. Seconds since 1970. */
  | Readonly<{
      kind: "KEY";
      event: "ADDED" | "ENDED" | "COMPROMISED";
      kid: string;
      purpose: string;
      from: number;
      until?: number;
      compromised?: number;
    }>
  /** A client's key for records was registered or retired. */
  | Readonly<{ kind: "RECORD_KEY"; event: "ADDED" | "RETIRED"; client: string; kid: string }>
  /** A day of the access ledger was closed. */
  | Readonly<{ kind: "ACCESS_DAY"; day: string; count: number; root: string }>;

/** Whom an entry concerns, for whoever knows the code already: see `tagOf`. */
export type EntryTags = Readonly<{ issuer: string; holder: string; salt: string }>;

/**
 * The bytes of an entry, as they stand in the log.
 * Shape: UTF-8 of the RFC 8785 form.
 */
export function entryBytes(entry: LogEntry): Uint8Array {
  return encoder.encode(canonicalJson(entry));
}

/**
 * Marks an entry for a code: who knows the code recognizes it, who does not learns nothing.
 * Shape: 22 characters of base64url, the first 128 bits of SHA-256.
 */
export function tagOf(salt: string, role: "issuer" | "holder", code: string): string {
  return sha256Base64url(`${salt} ${role} ${code}`).slice(0, 22);
}

const encoder = new TextEncoder();
