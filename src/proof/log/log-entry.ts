import { checkResidentId } from "../../domain/resident-id.ts";
import { sha256Base64url } from "../bytes/sha256.ts";
import { isJsonObject, parseStrictJson } from "../strict-json.ts";

/**
 * An entry of the public log, as anybody can download it. It holds digests; names of keys, clients and days are public.
 * A license's and an event's digest can not be guessed: a secret salt goes into what they are made of.
 */
export type LogEntry =
  /** A license version was signed. `digest`: of the payload of its JWS; `event`: of the event that brought it. */
  | Readonly<{ kind: "LICENSE"; digest: string; event: string } & EntryTags>
  /** The state of a license changed. `event`: its digest. */
  | Readonly<{ kind: "STATE"; event: string } & EntryTags>
  /** Something happened to a key of the hub. Units: seconds since 1970. */
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

/** Whom an entry concerns, for whoever knows the code already: see `tagOf`. `salt`: public. */
export type EntryTags = Readonly<{ issuer: string; holder: string; salt: string }>;

/** Longest entry of ours. Units: bytes. */
export const maxEntryBytes = 2_000;

/**
 * The bytes of an entry, as they stand in the log.
 * Shape: UTF-8 of the RFC 8785 form: values are texts and numbers, so sorted members are all there is to it.
 */
export function entryBytes(entry: LogEntry): Uint8Array {
  const members = Object.entries(entry).filter(([, value]) => value !== undefined);
  return encoder.encode(JSON.stringify(Object.fromEntries(members.sort(([one], [other]) => (one < other ? -1 : 1)))));
}

/** Reads an entry. Undefined: it is of a kind unknown here, or not written as we write it. Trust: attacker-chosen. */
export function parseEntry(written: Uint8Array | string): LogEntry | undefined {
  const parsed = parseStrictJson(written, { maxBytes: maxEntryBytes, maxDepth: 1 });
  if (!("value" in parsed) || !isJsonObject(parsed.value)) return undefined;
  const entry = parsed.value;
  const kind = entryKinds.find((name) => name === entry["kind"]);
  if (kind === undefined) return undefined;
  const { text, count, optional } = shapes[kind];
  const known = ["kind", ...text, ...count, ...optional];
  const fits =
    text.every((name) => typeof entry[name] === "string") &&
    count.every((name) => Number.isSafeInteger(entry[name])) &&
    optional.every((name) => entry[name] === undefined || Number.isSafeInteger(entry[name])) &&
    Object.keys(entry).every((name) => known.includes(name));
  return fits ? (entry as LogEntry) : undefined; // its members were just looked at
}

/**
 * Marks an entry for a code: who knows the code recognizes it, who does not learns nothing without trying codes.
 * A person's code can be tried, so its mark is made with the entry's secret instead of its public salt.
 * Shape: 22 characters of base64url, the first 128 bits of SHA-256.
 */
export function tagOf(salt: string, role: "issuer" | "holder", code: string): string {
  return sha256Base64url(`${salt} ${role} ${code}`).slice(0, 22);
}

/** Whether a holder's code names a person: what could be either is taken for a person. */
export function isPersonal(holder: string): boolean {
  return checkResidentId(holder).ok;
}

/** What an event of a license says. Order: of its members, as its digest has them. */
export type EventFacts = Readonly<{
  client: string;
  contentDigest: string;
  effectiveOn: string;
  holder: string;
  identifier: string;
  operation: string;
  reason: string | null;
  receivedAt: string;
  sourceRecordId: string;
  sourceUpdatedAt: string;
  state: string;
  submission: string;
}>;

/**
 * The digest of an event, as in its entry.
 * Shape: SHA-256, base64url, over the secret, a space, and the RFC 8785 form of the facts.
 */
export function eventDigest(secret: string, facts: EventFacts): string {
  const { client, contentDigest, effectiveOn, holder, identifier, operation } = facts;
  const { reason, receivedAt, sourceRecordId, sourceUpdatedAt, state, submission } = facts;
  const sorted = {
    ...{ client, contentDigest, effectiveOn, holder, identifier, operation },
    ...{ reason, receivedAt, sourceRecordId, sourceUpdatedAt, state, submission },
  };
  return sha256Base64url(`${secret} ${JSON.stringify(sorted)}`);
}

/** The secret of one entry, from that of the batch it was left with. Shape: 22 characters of base64url. */
export function entrySecret(batchSecret: string, place: number): string {
  return sha256Base64url(`${batchSecret} ${place}`).slice(0, 22);
}

/** What an entry about a license is made of. */
export type EntryParts = Readonly<{ secret: string; issuer: string; facts: EventFacts }>;

/** The entry of an event; with the digest of a JWS, that of the license it brought. The same parts make the same entry. */
export function licenseEntry({ secret, issuer, facts }: EntryParts, digest?: string): LogEntry {
  const { holder } = facts;
  const salt = sha256Base64url(`${secret} salt`).slice(0, 22);
  const tags = {
    issuer: tagOf(salt, "issuer", issuer),
    holder: tagOf(isPersonal(holder) ? secret : salt, "holder", holder),
    salt,
  };
  const event = eventDigest(secret, facts);
  return digest === undefined ? { kind: "STATE", event, ...tags } : { kind: "LICENSE", digest, event, ...tags };
}

const encoder = new TextEncoder();

const tags = ["issuer", "holder", "salt"];
const shapes = {
  LICENSE: { text: ["digest", "event", ...tags], count: [], optional: [] },
  STATE: { text: ["event", ...tags], count: [], optional: [] },
  KEY: { text: ["event", "kid", "purpose"], count: ["from"], optional: ["until", "compromised"] },
  RECORD_KEY: { text: ["event", "client", "kid"], count: [], optional: [] },
  ACCESS_DAY: { text: ["day", "root"], count: ["count"], optional: [] },
} as const satisfies Record<LogEntry["kind"], Readonly<Record<"text" | "count" | "optional", readonly string[]>>>;
/** Every kind of entry. */
export const entryKinds = Object.keys(shapes) as readonly LogEntry["kind"][]; // the keys of a constant are its names
