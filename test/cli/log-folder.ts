import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatCheckpoint } from "../../src/proof/log/checkpoint.ts";
import { packEntries } from "../../src/proof/log/entry-bundle.ts";
import { leafHash } from "../../src/proof/log/merkle.ts";
import {
  cosignedText,
  formatNote,
  formatNoteKey,
  type NoteKey,
  noteKey,
  signatureLine,
} from "../../src/proof/log/signed-note.ts";
import { tilePath, tileWidth, writeNodes } from "../../src/proof/log/tile.ts";
import { treeEdge } from "../../src/proof/log/tree-edge.ts";

/** A log's key that a test signs with. */
export type LogKey = Readonly<{ key: NoteKey; vkey: string; sign: (text: string) => Promise<string> }>;

/** Makes a key for a log of that name. `sign`: a note of a text. */
export async function makeLogKey(name = "log.example/log"): Promise<LogKey> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("no pair");
  const key = noteKey(name, new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
  const sign = async (text: string) => {
    const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, Buffer.from(text)));
    return formatNote({ text, signatures: [{ name, id: key.id, signature }] });
  };
  return { key, vkey: formatNoteKey(key), sign };
}

/** A witness's key: what it is known by, and how it signs a checkpoint's text. */
export type Witness = Readonly<{ key: NoteKey; sign: (text: string, seconds?: number) => Promise<string> }>;

/** Makes a witness of that name. */
export async function makeWitness(name: string): Promise<Witness> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("no pair");
  const key = noteKey(name, new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)), "COSIGNATURE_V1");
  return {
    key,
    sign: async (text, seconds = 1_795_320_000) => {
      const signed = await crypto.subtle.sign(
        "Ed25519",
        pair.privateKey,
        new TextEncoder().encode(cosignedText(text, seconds)),
      );
      const signature = new Uint8Array(72);
      new DataView(signature.buffer).setBigUint64(0, BigInt(seconds));
      signature.set(new Uint8Array(signed), 8);
      return signatureLine({ name: key.name, id: key.id, signature });
    },
  };
}

/** Entries that differ, and are no entries of ours. */
export const someEntries = (count: number, prefix = "entry"): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, at) => Buffer.from(`${prefix} ${at}`));

/** Writes a log with these entries as files, its checkpoint last. @returns the checkpoint's note */
export async function writeLog(
  folder: string,
  entries: readonly Uint8Array[],
  { key, sign, vkey }: LogKey,
): Promise<string> {
  const write = (path: string, bytes: Uint8Array | string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  };
  for (let index = 0; index * tileWidth < entries.length; index += 1) {
    const some = entries.slice(index * tileWidth, (index + 1) * tileWidth);
    write(tilePath({ level: "entries", index, width: some.length }), packEntries(some));
  }
  const edge = treeEdge();
  const full = entries.flatMap((entry) => edge.add(leafHash(entry)));
  for (const { level, index, nodes } of [...full, ...edge.tiles()])
    write(tilePath({ level, index, width: nodes.length }), writeNodes(nodes));
  const note = await sign(formatCheckpoint({ origin: key.name, size: entries.length, root: edge.root() }));
  write("checkpoint", note);
  write("vkey", `${vkey}\n`);
  return note;
}
