import { firstEntries } from "../../proof/log/entry-bundle.ts";
import { type Tile, tileWidth, writeNodes } from "../../proof/log/tile.ts";
import type { ServedLog } from "../../store/log/served-log.ts";

/** What reading a tile needs. */
export type Tools = Readonly<{ log: Pick<ServedLog, "isPublished" | "findTiles" | "findEntries"> }>;

/**
 * The bytes of a tile or of a bundle of entries, for everybody. Undefined: the published tree has none that wide there.
 * Bytes of a width never change, so they may be kept for ever.
 */
export async function readTile({ log }: Tools, { level, index, width }: Tile): Promise<Uint8Array | undefined> {
  const leaves = (index * tileWidth + width) * tileWidth ** (level === "entries" ? 0 : level);
  if (!(await log.isPublished(leaves))) return undefined;
  if (level === "entries") {
    const entries = await log.findEntries(index);
    return entries && firstEntries(entries, width);
  }
  const tile = (await log.findTiles([{ level, index }]))(level, index);
  return tile && tile.length >= width ? writeNodes(tile.slice(0, width)) : undefined;
}
