import { packEntries, unpackEntries } from "../../proof/log/entry-bundle.ts";
import { type Tile, tileWidth, writeNodes } from "../../proof/log/tile.ts";
import type { LogStore } from "../../store/log/log-store.ts";

/** What reading a tile needs. */
export type Tools = Readonly<{ log: LogStore }>;

/**
 * The bytes of a tile or of a bundle of entries, for everybody. Undefined: the published tree has none that wide there.
 * Bytes of a width never change, so they may be kept for ever.
 */
export async function readTile({ log }: Tools, { level, index, width }: Tile): Promise<Uint8Array | undefined> {
  const size = (await log.newestCheckpoint())?.size ?? 0;
  const nodes = Math.floor(size / tileWidth ** (level === "entries" ? 0 : level)) - index * tileWidth;
  if (nodes < width) return undefined;
  if (level !== "entries") {
    const tile = (await log.findTiles([{ level, index }]))(level, index);
    return tile && tile.length >= width ? writeNodes(tile.slice(0, width)) : undefined;
  }
  const bundle = await log.findBundle(index);
  const entries = bundle && unpackEntries(bundle.entries, bundle.count);
  return entries && entries.length >= width ? packEntries(entries.slice(0, width)) : undefined;
}
