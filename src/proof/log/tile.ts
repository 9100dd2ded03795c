import { type Digest, foldComplete, foldSubtrees, type LeafRange, type Subtree, subtreesOf } from "./merkle.ts";

/** Nodes of a full tile, side by side. */
export const tileWidth = 256;

/** A tile: nodes of one level, side by side; its width is below 256 at the right edge of the tree only. */
export type Tile = Readonly<{ level: number | "entries"; index: number; width: number }>;

/**
 * The path of a tile or of a bundle of entries, below the log's address.
 * Shape: `tile/0/x001/x234/067`, `tile/entries/273.p/112`.
 * Source: C2SP tlog-tiles, "Merkle tree", "Log entries".
 */
export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, "0");
  const groups = digits.match(/\d{3}/g) ?? [];
  const path = groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join("/");
  return `tile/${level}/${path}${width === tileWidth ? "" : `.p/${width}`}`;
}

/** The tile of a path behind `tile/`. Undefined: it is not written as a tile's path is. Trust: attacker-chosen. */
export function parseTilePath(path: string): Tile | undefined {
  const parts = tileShape.exec(path);
  if (parts === null || path.length > 60) return undefined;
  const [, first, groups = "", partial] = parts;
  const tile = {
    level: first === "entries" ? ("entries" as const) : Number(first),
    index: Number(groups.replaceAll(/[x/]/g, "")),
    width: partial === undefined ? tileWidth : Number(partial),
  };
  const isKnown = Number.isSafeInteger(tile.index) && tile.width >= 1 && tile.width <= tileWidth;
  return isKnown && tilePath(tile) === `tile/${path}` ? tile : undefined;
}

const tileShape = /^(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/;

/** Tiles of a level of a tree: how many are full, and how wide the last one is. 0: there is none. */
export type LevelWidth = Readonly<{ level: number; full: number; partial: number }>;

/** Every level of a tree that has a tile. Source: C2SP tlog-tiles, "Partial tiles". */
export function levelsOf(size: number): readonly LevelWidth[] {
  const levels: LevelWidth[] = [];
  for (let [level, nodes] = [0, size]; nodes > 0; [level, nodes] = [level + 1, Math.floor(nodes / tileWidth)]) {
    levels.push({ level, full: Math.floor(nodes / tileWidth), partial: nodes % tileWidth });
  }
  return levels;
}

/** The widest form of a tile in a tree of that size. Undefined: the tree has none there. */
export function tileIn(size: number, level: number, index: number): Tile | undefined {
  const nodes = Math.floor(size / tileWidth ** level) - index * tileWidth;
  return nodes > 0 ? { level, index, width: Math.min(nodes, tileWidth) } : undefined;
}

/** Nodes of a tile, as they stand in its file. Undefined: not so many as its width says. */
export type ReadTile = (level: number, index: number) => readonly Digest[] | undefined;

/** Tiles as they were in a tree of that size: those at its edge may have grown since. */
export function tilesAt(size: number, read: ReadTile): ReadTile {
  return (level, index) => read(level, index)?.slice(0, tileIn(size, level, index)?.width ?? 0);
}

/** Where the hash of a complete subtree is: that many nodes of a tile, side by side. */
function placeOf({ level, index }: Subtree): Readonly<{ level: number; index: number; from: number; count: number }> {
  const tileLevel = Math.floor(level / 8);
  const count = 2 ** (level % 8);
  const first = index * count;
  return { level: tileLevel, index: Math.floor(first / tileWidth), from: first % tileWidth, count };
}

/** The tiles that hold what ranges are made of, each once. */
export function tilesOf(ranges: readonly LeafRange[]): readonly Readonly<{ level: number; index: number }>[] {
  const places = ranges.flatMap(subtreesOf).map(placeOf);
  return [...new Map(places.map(({ level, index }) => [`${level}/${index}`, { level, index }])).values()];
}

/** The hash over a range of leaves. Undefined: a tile lacks, or is too short. */
export function hashOfRange(range: LeafRange, read: ReadTile): Digest | undefined {
  const hashes: Digest[] = [];
  for (const subtree of subtreesOf(range)) {
    const { level, index, from, count } = placeOf(subtree);
    const nodes = read(level, index)?.slice(from, from + count);
    if (nodes?.length !== count) return undefined;
    hashes.push(foldComplete(nodes));
  }
  return foldSubtrees(hashes);
}

/** The hash over each range. Undefined: a tile lacks. */
export function proofOf(ranges: readonly LeafRange[], read: ReadTile): readonly Digest[] | undefined {
  const hashes = ranges.map((range) => hashOfRange(range, read));
  return hashes.some((found) => found === undefined) ? undefined : hashes.filter((found) => found !== undefined);
}

/** Takes the bytes of a tile apart. Undefined: not so many nodes as its width says. Trust: attacker-chosen. */
export function readNodes(bytes: Uint8Array, width: number): readonly Digest[] | undefined {
  if (bytes.length !== width * 32) return undefined;
  return Array.from({ length: width }, (_, at) => bytes.subarray(at * 32, at * 32 + 32));
}

/** Puts the nodes of a tile together. */
export function writeNodes(nodes: readonly Digest[]): Uint8Array {
  const bytes = new Uint8Array(nodes.length * 32);
  for (const [at, node] of nodes.entries()) bytes.set(node, at * 32);
  return bytes;
}
