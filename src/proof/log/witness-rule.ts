import { base64 } from "../bytes/base64.ts";
import { type NoteKey, noteKeyName, parseNoteKey, type SignedNote, verifyNote } from "./signed-note.ts";

/** Whose signatures under a checkpoint a reader asks for besides the log's own, and how many of them at least. */
export type WitnessRule = Readonly<{ keys: readonly NoteKey[]; atLeast: number }>;

/** What a checkpoint has of them; or that a line said to be of one of them does not hold. */
export type Witnessed = Readonly<{ count: number; isEnough: boolean }> | "SIGNATURE";

/**
 * The rule of witnesses by their keys as they hand them around; one named twice counts once. Undefined: a text is no
 * witness's key.
 * Source: C2SP signed-note, "Verifier keys"; tlog-cosignature.
 */
export function witnessRuleOf(texts: readonly string[], atLeast: number): WitnessRule | undefined {
  const keys = new Map<string, NoteKey>();
  for (const text of texts) {
    const key = parseNoteKey(text.trim());
    if (key?.algorithm !== "COSIGNATURE_V1") return undefined;
    keys.set(noteKeyName(key), key);
  }
  return { keys: [...keys.values()], atLeast };
}

/**
 * Counts the witnesses who have signed a checkpoint.
 * Trust: the note is attacker-chosen, the witnesses are trusted.
 * Source: C2SP signed-note, "Verifying": a known key's line that does not hold spoils the note.
 */
export async function countWitnesses(note: SignedNote, { keys, atLeast }: WitnessRule): Promise<Witnessed> {
  const good = await verifyNote(note, keys);
  if (good === undefined) return "SIGNATURE";
  // Whoever goes by two names is one witness still.
  const count = new Set(good.map(({ point }) => base64.encode(point))).size;
  return { count, isEnough: count >= atLeast };
}
