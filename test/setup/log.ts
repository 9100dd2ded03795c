import type { FastifyInstance } from "fastify";
import { type Checkpoint, parseCheckpoint } from "../../src/proof/log/checkpoint.ts";
import { unpackEntries } from "../../src/proof/log/entry-bundle.ts";
import { growTree } from "../../src/proof/log/growing-tree.ts";
import { isSame, leafHash } from "../../src/proof/log/merkle.ts";
import { parseNote, parseNoteKey, verifyNote } from "../../src/proof/log/signed-note.ts";
import { tilePath } from "../../src/proof/log/tile.ts";

/** A served log as a stranger reads it: the checkpoint, whose signature held and whose root its entries lead to. */
export type ReadLog = Readonly<{ checkpoint: Checkpoint; note: string; entries: readonly Uint8Array[] }>;

/** Reads a whole log over HTTP. *Throws* when it is not in order. */
export async function readLog(server: FastifyInstance): Promise<ReadLog> {
  const get = async (path: string) => {
    const response = await server.inject(`/log/${path}`);
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`);
    return response;
  };
  const note = (await get("checkpoint")).payload;
  const parsed = parseNote(note);
  const key = parseNoteKey((await get("vkey")).payload.trim());
  const checkpoint = parsed && parseCheckpoint(parsed.text);
  if (!parsed || !key || !checkpoint) throw new Error("no checkpoint");
  if ((await verifyNote(parsed, [key]))?.length !== 1) throw new Error("not signed by the log");
  const entries: Uint8Array[] = [];
  for (let index = 0; index * 256 < checkpoint.size; index += 1) {
    const width = Math.min(256, checkpoint.size - index * 256);
    const bundle = (await get(tilePath({ level: "entries", index, width }))).rawPayload;
    entries.push(...(unpackEntries(bundle, width) ?? []));
  }
  const { root } = growTree(0, () => [], entries.map(leafHash));
  if (!isSame(root, checkpoint.root)) throw new Error("the entries lead to another root");
  return { checkpoint, note, entries };
}

/** Entries as they are read. */
export function parsed(entries: readonly Uint8Array[]): readonly Readonly<Record<string, unknown>>[] {
  return entries.map((entry) => JSON.parse(Buffer.from(entry).toString()));
}
