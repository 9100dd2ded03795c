import type { Digest } from "./merkle.ts";
import { hashOfRange, type ReadTile } from "./tile.ts";
import { type GrownTile, treeEdge } from "./tree-edge.ts";

/** What became of a tree: its tiles that differ, its size and root. */
export type GrownTree = Readonly<{ size: number; root: Digest; tiles: readonly GrownTile[] }>;

/**
 * Adds leaves to a tree of which only the right edge is known: the tiles that are not full.
 * Memory: one tile a level, and what is new; never the tree.
 * Throws: RangeError when the edge is not the one of a tree of that size.
 * Source: RFC 6962 §2.1; C2SP tlog-tiles.
 */
export function growTree(size: number, readEdge: ReadTile, leaves: readonly Digest[]): GrownTree {
  const edge = treeEdge(size, readEdge);
  const before = new Map(edge.tiles().map(({ level, index, nodes }) => [`${level}/${index}`, nodes.length]));
  const full = leaves.flatMap((leaf) => edge.add(leaf));
  const partial = edge.tiles().filter(({ level, index, nodes }) => before.get(`${level}/${index}`) !== nodes.length);
  return { size: edge.size(), root: edge.root(), tiles: [...full, ...partial] };
}

/** The root of the tree of that size, from its tiles. Undefined: one lacks. */
export function rootOf(size: number, read: ReadTile): Digest | undefined {
  return hashOfRange({ start: 0, end: size }, read);
}
