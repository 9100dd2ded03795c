import { parseTilePath } from "../../proof/log/tile.ts";
import type { AuditStore } from "./audit-store.ts";

/**
 * The tables of a log as the files they are served as, so that what reads a log reads them too. A bundle that says it
 * holds more or fewer entries than were asked for is as damaged as one that does.
 */
export function tableFiles(store: AuditStore): (path: string) => Promise<Uint8Array | undefined> {
  return async (path) => {
    const tile = parseTilePath(path.replace(/^tile\//, ""));
    if (!tile) return undefined;
    if (tile.level !== "entries") return (await store.findTile(tile.level, tile.index))?.nodes;
    const bundle = await store.findBundle(tile.index);
    return bundle && (bundle.count === tile.width ? bundle.entries : new Uint8Array());
  };
}
