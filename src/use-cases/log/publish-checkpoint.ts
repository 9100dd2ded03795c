import { base64 } from "../../proof/bytes/base64.ts";
import { formatCheckpoint } from "../../proof/log/checkpoint.ts";
import { rootOf } from "../../proof/log/growing-tree.ts";
import { type Digest, isSame } from "../../proof/log/merkle.ts";
import { formatNote, type NoteKey } from "../../proof/log/signed-note.ts";
import { tilesOf } from "../../proof/log/tile.ts";
import type { LogHead, LogStore } from "../../store/log/log-store.ts";

/** The newest head of the log this machine has seen signed, kept outside of the database. Undefined: none yet. */
export type SeenHead = Readonly<{
  read: () => Promise<LogHead | undefined>;
  write: (head: LogHead, note: string) => Promise<void>;
}>;

/** What publishing needs. `signer`: the log's key of now, and its Ed25519 signature over bytes. */
export type Tools = Readonly<{
  now: () => Date;
  log: LogStore;
  seen: SeenHead;
  signer: () => Readonly<{ key: NoteKey; sign: (text: Uint8Array) => Promise<Uint8Array> }>;
}>;

/**
 * Why no checkpoint is signed: the database holds less than was signed before, or something else. Both come of a backup
 * that was put back, or of hands in the tables. Or the memory of what was signed can not be read or written. LOG_BEHIND:
 * the last round failed of something else, and nothing was signed since.
 */
export type LogTrouble = (typeof logTroubles)[number];
export const logTroubles = ["LOG_ROLLED_BACK", "LOG_FORKED", "LOG_MEMORY", "LOG_BEHIND"] as const;

/**
 * Signs the head of the log and publishes it, when it has grown: a round that any copy may run. Before it signs, it looks
 * whether everything this machine has ever seen signed is still in the log, and refuses otherwise.
 * @returns the trouble, if there is one
 */
export async function publishCheckpoint({ now, log, seen, signer }: Tools): Promise<LogTrouble | undefined> {
  // In this order: another copy may be signing, and what it has signed is in the head that is read after.
  const before = await seen.read();
  const newest = await log.newestCheckpoint();
  const head = await log.head();
  for (const known of [before, newest]) {
    const trouble = known && (await findTrouble(log, head, known));
    if (trouble) return trouble;
  }
  // What another copy has signed is remembered here too: each machine holds the others to it.
  if (newest && newest.size > (before?.size ?? -1)) await seen.write(newest, newest.note);
  if (newest && newest.size >= head.size) return undefined;
  const { key, sign } = signer();
  const text = formatCheckpoint({ origin: key.name, ...head });
  const signature = await sign(new TextEncoder().encode(text));
  const note = formatNote({ text, signatures: [{ name: key.name, id: key.id, signature }] });
  // First remembered, then published: what a stranger can have seen is never forgotten.
  await seen.write(head, note);
  await log.saveCheckpoint({ ...head, note, signedAt: now() });
  return undefined;
}

async function findTrouble(log: LogStore, head: LogHead, known: LogHead): Promise<LogTrouble | undefined> {
  if (known.size > head.size) return "LOG_ROLLED_BACK";
  return isSame(await rootAt(log, head, known.size), known.root) ? undefined : "LOG_FORKED";
}

/** The root of the log when it was smaller, from its tiles as they are now. */
async function rootAt(log: LogStore, head: LogHead, size: number): Promise<Digest> {
  if (size === head.size) return head.root;
  const read = await log.findTiles(tilesOf([{ start: 0, end: size }]));
  const root = rootOf(size, read);
  if (!root) throw new Error(`the log lacks a tile below ${size} (${base64.encode(head.root)})`);
  return root;
}
