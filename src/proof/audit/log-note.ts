import { type Checkpoint, parseCheckpoint } from "../log/checkpoint.ts";
import { type NoteKey, parseNote, verifyNote } from "../log/signed-note.ts";
import type { AuditCode } from "./audit-codes.ts";

/** A checkpoint whose signature held, with its note. */
export type SignedCheckpoint = Checkpoint & Readonly<{ note: string }>;

/**
 * Opens a log's checkpoint: signed by a key that bears the log's name.
 * Trust: the note is attacker-chosen, the keys are trusted.
 * Source: C2SP tlog-checkpoint.
 */
export async function openLogNote(
  text: string,
  keys: readonly NoteKey[],
): Promise<SignedCheckpoint | Readonly<{ code: AuditCode }>> {
  const note = parseNote(text);
  const checkpoint = note && parseCheckpoint(note.text);
  if (!note || !checkpoint) return { code: "CHECKPOINT_MALFORMED" };
  const own = keys.filter(({ name }) => name === checkpoint.origin);
  if (own.length === 0) return { code: "CHECKPOINT_FOREIGN" };
  const good = await verifyNote(note, own);
  return good && good.length > 0 ? { ...checkpoint, note: text } : { code: "CHECKPOINT_SIGNATURE" };
}
