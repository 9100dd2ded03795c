import { packEntries, unpackEntries } from "../../proof/log/entry-bundle.ts";
import { growTree } from "../../proof/log/growing-tree.ts";
import { leafHash } from "../../proof/log/merkle.ts";
import { levelsOf, tileWidth, writeNodes } from "../../proof/log/tile.ts";
import type { LogStore, WaitingBatch } from "../../store/log/log-store.ts";

/** What sequencing needs. */
export type Tools = Readonly<{ transaction: <T>(run: (log: LogStore) => Promise<T>) => Promise<T> }>;

/** Entries that get their places in one transaction: their hashes keep the program busy for some 20 ms. */
const entriesAtOnce = 5_000;

/**
 * Gives the entries that wait their places in the log, in the order in which they were left: a round that any number of
 * copies may run as often as they like, one at a time does something. What is committed later comes later; nothing is
 * left out, nothing has two places.
 * @returns how many entries got their places
 */
export async function sequenceLog(tools: Tools): Promise<number> {
  let sequenced = 0;
  for (;;) {
    const done = await tools.transaction(sequenceSome);
    sequenced += done;
    if (done < entriesAtOnce) return sequenced;
  }
}

async function sequenceSome(log: LogStore): Promise<number> {
  const head = await log.lockHead();
  if (!head) return 0; // another copy is at it
  const waiting = await log.findWaiting(entriesAtOnce);
  if (waiting.length === 0) return 0;
  const entries = waiting.flatMap(entriesOf);
  const edge = levelsOf(head.size).map(({ level, full }) => ({ level, index: full }));
  const grown = growTree(head.size, await log.findTiles(edge), entries.map(leafHash));
  await log.saveSequenced({
    head: grown,
    tiles: grown.tiles.map(({ nodes, ...tile }) => ({ ...tile, nodes: writeNodes(nodes) })),
    bundles: bundlesOf(head.size, await lastBundle(log, head.size), entries),
    places: placesOf(head.size, waiting),
  });
  return entries.length;
}

function entriesOf({ batch, count, entries }: WaitingBatch): readonly Uint8Array[] {
  const unpacked = unpackEntries(entries, count);
  if (!unpacked) throw new Error(`batch ${batch} of the log does not hold ${count} entries`);
  return unpacked;
}

/** The entries at the right edge that do not fill a bundle yet. */
async function lastBundle(log: LogStore, size: number): Promise<readonly Uint8Array[]> {
  const [index, count] = [Math.floor(size / tileWidth), size % tileWidth];
  if (count === 0) return [];
  const bundle = await log.findBundle(index);
  return entriesOf({ batch: -1, count, entries: bundle?.entries ?? new Uint8Array() });
}

function bundlesOf(size: number, before: readonly Uint8Array[], added: readonly Uint8Array[]) {
  const all = [...before, ...added];
  const first = Math.floor(size / tileWidth);
  return Array.from({ length: Math.ceil(all.length / tileWidth) }, (_, at) => {
    const entries = all.slice(at * tileWidth, (at + 1) * tileWidth);
    return { index: first + at, count: entries.length, entries: packEntries(entries) };
  });
}

function placesOf(size: number, waiting: readonly WaitingBatch[]) {
  let next = size;
  return waiting.map(({ batch, count }) => {
    const place = { id: batch, first_index: next };
    next += count;
    return place;
  });
}
