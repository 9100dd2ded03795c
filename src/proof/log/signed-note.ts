import { base64 } from "../bytes/base64.ts";
import { joined } from "../bytes/joined.ts";
import { sha256 } from "../bytes/sha256.ts";
import { isSame } from "./merkle.ts";

/** What a key of a note signs: the note itself (0x01), or a checkpoint as seen by a witness at a time (0x04). */
export type NoteAlgorithm = "ED25519" | "COSIGNATURE_V1";

/** A key that signs notes: its name and public point are what anybody may know. */
export type NoteKey = Readonly<{
  name: string;
  /** Four bytes. */
  id: Uint8Array;
  algorithm: NoteAlgorithm;
  /** 32 bytes, RFC 8032. */
  point: Uint8Array;
}>;

/** A line of signature. Trust: attacker-chosen until `verifyNote` has found it good. */
export type NoteSignature = Readonly<{ name: string; id: Uint8Array; signature: Uint8Array }>;

/** A note taken apart; `text` ends with a newline and is what is signed. */
export type SignedNote = Readonly<{ text: string; signatures: readonly NoteSignature[] }>;

/** Longest note read, and most signatures on one. Units: bytes. */
export const noteLimits = { maxBytes: 16_384, maxSignatures: 100 } as const;

/**
 * Takes a signed note apart. Undefined: it is none.
 * Trust: attacker-chosen.
 * Source: C2SP signed-note, "Format".
 */
export function parseNote(note: string): SignedNote | undefined {
  // A control character other than newline could show one text and mean another.
  if (note.length > noteLimits.maxBytes || /[\u0000-\u0009\u000b-\u001f\u007f]/.test(note) || !note.isWellFormed())
    return undefined;
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) return undefined;
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > noteLimits.maxSignatures) return undefined;
  const signatures = lines.map(parseSignature);
  const isWhole = signatures.every((signature) => signature !== undefined);
  return isWhole ? { text: note.slice(0, split + 1), signatures } : undefined;
}

/** A note with its lines of signature, as it is published. */
export function formatNote({ text, signatures }: SignedNote): string {
  return `${text}\n${signatures.map(signatureLine).join("")}`;
}

/** One line of signature, with its newline. */
export function signatureLine({ name, id, signature }: NoteSignature): string {
  return `— ${name} ${base64.encode(joined(id, signature))}\n`;
}

/**
 * The keys, of those given, that have signed the note. Undefined: a line says it is of one of them, and does not hold.
 * Lines of other keys are passed over.
 * Source: C2SP signed-note, "Verifying"; tlog-cosignature.
 */
export async function verifyNote(
  { text, signatures }: SignedNote,
  keys: readonly NoteKey[],
): Promise<readonly NoteKey[] | undefined> {
  const good: NoteKey[] = [];
  for (const key of keys) {
    const own = signatures.filter(({ name, id }) => name === key.name && isSame(id, key.id));
    const held = await Promise.all(own.map(({ signature }) => isSignature(text, signature, key)));
    if (held.includes(false)) return undefined;
    if (held.length > 0) good.push(key);
  }
  return good;
}

/** When a witness saw a checkpoint, by its signature. Undefined: it is none of a witness. Units: seconds since 1970. */
export function cosignedAt({ signature }: NoteSignature): number | undefined {
  if (signature.length !== 72) return undefined;
  return Number(new DataView(signature.buffer, signature.byteOffset).getBigUint64(0));
}

/** The text a witness signs. Source: C2SP tlog-cosignature, "Format". */
export function cosignedText(checkpoint: string, seconds: number): string {
  return `cosignature/v1\ntime ${seconds}\n${checkpoint}`;
}

/** Makes the key of a name and a public point. Throws: RangeError for a name or point that can be none. */
export function noteKey(name: string, point: Uint8Array, algorithm: NoteAlgorithm = "ED25519"): NoteKey {
  if (!isName(name) || point.length !== 32) throw new RangeError("A name without space or +, and 32 bytes.");
  const id = sha256(joined(encoder.encode(`${name}\n`), Uint8Array.of(typeBytes[algorithm]), point)).subarray(0, 4);
  return { name, id, algorithm, point };
}

/** A key's name and id, which its lines of signature carry. Shape: `NAME+ID`. */
export function noteKeyName({ name, id }: Pick<NoteKey, "name" | "id">): string {
  return `${name}+${hex(id)}`;
}

/** A key as it is handed around: `NAME+ID+KEY`. Source: C2SP signed-note, "Verifier keys". */
export function formatNoteKey({ algorithm, point, ...key }: NoteKey): string {
  return `${noteKeyName(key)}+${base64.encode(joined(Uint8Array.of(typeBytes[algorithm]), point))}`;
}

/** Reads such a text. Undefined: it is none, its id is not its own, or its kind is not known here. */
export function parseNoteKey(text: string): NoteKey | undefined {
  const parts = /^([^+\s]{1,500})\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text);
  const bytes = parts && base64.decode(parts[3] ?? "");
  if (!parts || bytes?.length !== 33) return undefined;
  const algorithm = algorithms.find((name) => typeBytes[name] === bytes[0]);
  if (algorithm === undefined || !isName(parts[1] ?? "")) return undefined;
  const key = noteKey(parts[1] ?? "", bytes.subarray(1), algorithm);
  return hex(key.id) === parts[2] ? key : undefined;
}

const algorithms = ["ED25519", "COSIGNATURE_V1"] as const satisfies readonly NoteAlgorithm[];
const typeBytes = { ED25519: 1, COSIGNATURE_V1: 4 } as const;
const encoder = new TextEncoder();

function isName(name: string): boolean {
  return name !== "" && !/[+\s]/u.test(name);
}

function parseSignature(line: string): NoteSignature | undefined {
  const parts = /^— ([^+\s]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line);
  const bytes = parts && base64.decode(parts[2] ?? "");
  if (!parts || !bytes || bytes.length < 5) return undefined;
  return { name: parts[1] ?? "", id: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

async function isSignature(text: string, signature: Uint8Array, { algorithm, point }: NoteKey): Promise<boolean> {
  if (algorithm === "ED25519") return signature.length === 64 && isSigned(text, signature, point);
  if (signature.length !== 72) return false;
  const seconds = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  if (seconds > BigInt(Number.MAX_SAFE_INTEGER)) return false;
  return isSigned(cosignedText(text, Number(seconds)), signature.subarray(8), point);
}

async function isSigned(text: string, signature: Uint8Array, point: Uint8Array): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("raw", Uint8Array.from(point), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, Uint8Array.from(signature), encoder.encode(text));
  } catch (error) {
    // Bytes that are no point of the curve.
    if (error instanceof DOMException) return false;
    throw error;
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
