import { HubError } from "../../errors.ts";
import { parseCheckpoint } from "../../proof/log/checkpoint.ts";
import {
  cosignedAt,
  type NoteKey,
  noteKeyName,
  parseNote,
  signatureLine,
  verifyNote,
} from "../../proof/log/signed-note.ts";
import type { Cosignature, WitnessStore } from "../../store/log/witness-store.ts";

/** What taking cosignatures needs. `witnesses`: whose count. */
export type Tools = Readonly<{ now: () => Date; store: WitnessStore; witnesses: readonly NoteKey[] }>;

/** Lines of one witness that are looked at: the one that is published already, and a new one. */
const maxLinesOfOne = 2;

/** How far a witness's clock may be ahead of ours. *Units*: seconds. */
const maxAheadSeconds = 300;

/**
 * Takes the signatures of witnesses under a checkpoint of ours. Open to everyone: a signature of a witness that the operator
 * has named is its own credential.
 * *Throws* COSIGNATURE_INVALID (`reason`: NOTE, WITNESS, SIGNATURE, TIME), CHECKPOINT_UNKNOWN.
 * *Trust*: the note is whatever somebody sent.
 * @returns the names of the witnesses whose signatures are kept now
 * *Source*: C2SP tlog-cosignature.
 */
export async function addCosignatures({ now, store, witnesses }: Tools, text: string): Promise<readonly string[]> {
  const note = parseNote(text);
  const checkpoint = note && parseCheckpoint(note.text);
  if (!note || !checkpoint) throw invalid("NOTE");
  const lines = Map.groupBy(note.signatures, noteKeyName);
  if ([...lines.values()].some(({ length }) => length > maxLinesOfOne)) throw invalid("NOTE");
  const ours = await store.findCosigned(checkpoint.size);
  if (!ours?.note.startsWith(`${note.text}\n`)) throw new HubError("CHECKPOINT_UNKNOWN");
  const good = await verifyNote(note, witnesses);
  if (good === undefined) throw invalid("SIGNATURE");
  if (good.length === 0) throw invalid("WITNESS");
  const at = now().getTime() / 1000;
  const kept = good.flatMap((key): Cosignature[] => {
    const signature = note.signatures.find(({ name, id }) => noteKeyName({ name, id }) === noteKeyName(key));
    const seconds = signature && cosignedAt(signature);
    // One that signs for a time to come could not be told from one that has gone on watching.
    if (!signature || (seconds !== undefined && seconds > at + maxAheadSeconds)) throw invalid("TIME");
    return [{ size: ours.size, witness: noteKeyName(key), line: signatureLine(signature), seenAt: now() }];
  });
  await store.saveCosignatures(kept);
  return good.map(({ name }) => name);
}

function invalid(reason: string): HubError {
  return new HubError("COSIGNATURE_INVALID", { reason });
}
