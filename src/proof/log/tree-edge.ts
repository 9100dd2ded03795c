import { type Digest, foldComplete, foldSubtrees } from "./merkle.ts";
import { levelsOf, type ReadTile, tileWidth } from "./tile.ts";

/** A tile of a tree. */
export type GrownTile = Readonly<{ level: number; index: number; nodes: readonly Digest[] }>;

/**
 * The right edge of a tree that grows: of each level the tile that is not full. That is all a root needs, and never more
 * than one tile a level.
 */
export type TreeEdge = Readonly<{
  /** Leaves so far. */
  size: () => number;
  root: () => Digest;
  /** Adds a leaf. @returns the tiles it filled, from below */
  add: (leaf: Digest) => readonly GrownTile[];
  /**
   * Adds 256 leaves of which only the hash over them is known; the tree must end with a full tile.
   * @returns the tiles it filled, from the first level on
   */
  addFull: (hash: Digest) => readonly GrownTile[];
  /** The tiles at the edge; a level whose last tile is full has none. */
  tiles: () => readonly GrownTile[];
}>;

/**
 * The edge of a tree of that size.
 * Throws: RangeError when the tiles are not those of a tree of that size.
 * Source: RFC 6962 §2.1; C2SP tlog-tiles.
 */
export function treeEdge(size = 0, readEdge: ReadTile = () => undefined): TreeEdge {
  const edge: Digest[][] = [];
  let leaves = size;
  for (const { level, full, partial } of levelsOf(size)) {
    const nodes = partial === 0 ? [] : readEdge(level, full);
    if (nodes?.length !== partial)
      throw new RangeError(`The tile at the edge of level ${level} is not ${partial} wide.`);
    edge[level] = [...nodes];
  }
  const push = (level: number, node: Digest): readonly GrownTile[] => {
    const nodes = edge[level] ?? [];
    edge[level] = nodes;
    nodes.push(node);
    if (nodes.length < tileWidth) return [];
    edge[level] = [];
    return [{ level, index: leaves / tileWidth ** (level + 1) - 1, nodes }, ...push(level + 1, foldComplete(nodes))];
  };
  return {
    size: () => leaves,
    root: () => rootOfEdge(edge),
    add: (leaf) => {
      leaves += 1;
      return push(0, leaf);
    },
    addFull: (hash) => {
      if (leaves % tileWidth !== 0) throw new RangeError("The tree does not end with a full tile.");
      leaves += tileWidth;
      return push(1, hash);
    },
    tiles: () =>
      edge.flatMap((nodes, level) =>
        nodes.length > 0 ? [{ level, index: Math.floor(leaves / tileWidth ** (level + 1)), nodes: [...nodes] }] : [],
      ),
  };
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
