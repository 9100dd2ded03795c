import { type Digest, foldComplete, foldSubtrees } from "./merkle.ts";
import { hashOfRange, levelsOf, type ReadTile, tileWidth } from "./tile.ts";

/** A tile that is new or has become wider. */
export type GrownTile = Readonly<{ level: number; index: number; nodes: readonly Digest[] }>;

/** What became of a tree: its tiles that differ, its size and root. */
export type GrownTree = Readonly<{ size: number; root: Digest; tiles: readonly GrownTile[] }>;

/**
 * Adds leaves to a tree of which only the right edge is known: the tiles that are not full.
 * Memory: one tile a level, and what is new; never the tree.
 * Throws: RangeError when the edge is not the one of a tree of that size.
 * Source: RFC 6962 §2.1; C2SP tlog-tiles.
 */
export function growTree(size: number, readEdge: ReadTile, leaves: readonly Digest[]): GrownTree {
  const edge: Digest[][] = [];
  const indexes: number[] = [];
  for (const { level, full, partial } of levelsOf(size)) {
    const nodes = partial === 0 ? [] : readEdge(level, full);
    if (nodes?.length !== partial)
      throw new RangeError(`The tile at the edge of level ${level} is not ${partial} wide.`);
    edge[level] = [...nodes];
    indexes[level] = full;
  }
  const full: GrownTile[] = [];
  const touched = new Set<number>();
  const push = (level: number, node: Digest): void => {
    const nodes = edge[level] ?? [];
    edge[level] = nodes;
    nodes.push(node);
    touched.add(level);
    if (nodes.length < tileWidth) return;
    const index = indexes[level] ?? 0;
    full.push({ level, index, nodes });
    edge[level] = [];
    indexes[level] = index + 1;
    push(level + 1, foldComplete(nodes));
  };
  for (const leaf of leaves) push(0, leaf);
  const partial = edge.flatMap((nodes, level) =>
    nodes.length > 0 && touched.has(level) ? [{ level, index: indexes[level] ?? 0, nodes }] : [],
  );
  return { size: size + leaves.length, root: rootOfEdge(edge), tiles: [...full, ...partial] };
}

/** The root of the tree of that size, from its tiles. Undefined: one lacks. */
export function rootOf(size: number, read: ReadTile): Digest | undefined {
  return hashOfRange({ start: 0, end: size }, read);
}

/** Each level's nodes lie to the right of everything above. */
function rootOfEdge(edge: readonly (readonly Digest[])[]): Digest {
  const subtrees = edge.map((nodes) => {
    const complete: Digest[] = [];
    let at = 0;
    for (let width = tileWidth / 2; width >= 1; width /= 2) {
      if (nodes.length - at < width) continue;
      complete.push(foldComplete(nodes.slice(at, at + width)));
      at += width;
    }
    return complete;
  });
  return foldSubtrees(subtrees.toReversed().flat());
}
