import { sha256 } from "../bytes/sha256.ts";

/** A SHA-256. Shape: 32 bytes. */
export type Digest = Uint8Array;

/** The root of a tree without leaves. Source: RFC 6962 §2.1. */
export const emptyRoot: Digest = sha256(new Uint8Array(0));

/** The hash of a leaf; of a text, that of its UTF-8 bytes. Source: RFC 6962 §2.1. */
export function leafHash(entry: Uint8Array | string): Digest {
  if (typeof entry === "string") return sha256(`\u0000${entry}`);
  const bytes = new Uint8Array(entry.length + 1);
  bytes.set(entry, 1);
  return sha256(bytes);
}

/** Hashed at once and filled anew: a proof has dozens of them. */
const pair = Uint8Array.of(1, ...new Uint8Array(64));

/** The hash over two subtrees. Source: RFC 6962 §2.1. */
export function nodeHash(left: Digest, right: Digest): Digest {
  // For so few bytes that takes half the time of calling `set`.
  for (let at = 0; at < 32; at += 1) {
    pair[at + 1] = left[at] ?? 0;
    pair[at + 33] = right[at] ?? 0;
  }
  return sha256(pair);
}

/** Whether two digests are the same. Nothing here is secret: time may tell. */
export function isSame(one: Digest, other: Digest): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Leaves `start` to `end`, the latter not included. */
export type LeafRange = Readonly<{ start: number; end: number }>;

/** A complete subtree: 2^level leaves, the index-th of its size from the left. */
export type Subtree = Readonly<{ level: number; index: number }>;

/**
 * Whether a leaf stands at its index in the tree of that size and root.
 * Trust: everything but the root and size may be attacker-chosen.
 * Source: RFC 9162 §2.1.3.2.
 */
export function isIncluded(
  leaf: Digest,
  index: number,
  tree: Readonly<{ size: number; root: Digest }>,
  proof: readonly Digest[],
): boolean {
  if (!isPlace(index) || !isPlace(tree.size) || index >= tree.size || leaf.length !== 32) return false;
  let [at, last, reached] = [index, tree.size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      reached = nodeHash(sibling, reached);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, half(last)];
    } else {
      reached = nodeHash(reached, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && isSame(reached, tree.root);
}

/**
 * Whether the larger tree holds the smaller one unchanged at its beginning. A tree without leaves proves nothing: false.
 * Trust: the proof may be attacker-chosen.
 * Source: RFC 9162 §2.1.4.2.
 */
export function isConsistent(
  older: Readonly<{ size: number; root: Digest }>,
  newer: Readonly<{ size: number; root: Digest }>,
  proof: readonly Digest[],
): boolean {
  if (!isPlace(older.size) || !isPlace(newer.size) || older.size > newer.size || older.size === 0) return false;
  if (older.size === newer.size) return proof.length === 0 && isSame(older.root, newer.root);
  let [at, last] = [older.size - 1, newer.size - 1];
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  // A tree of 2^n leaves is itself the first node of the proof.
  const [first, ...rest] = at === 0 ? [older.root, ...proof] : proof;
  if (first === undefined) return false;
  let [small, large] = [first, first];
  for (const node of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      [small, large] = [nodeHash(node, small), nodeHash(node, large)];
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, half(last)];
    } else {
      large = nodeHash(large, node);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && isSame(small, older.root) && isSame(large, newer.root);
}

/**
 * What an inclusion proof is made of, in its order: the hash over each of these ranges.
 * Source: RFC 6962 §2.1.1.
 */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  const ranges: LeafRange[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + largestPowerBelow(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.reverse();
}

/**
 * What a consistency proof is made of, in its order. Empty when there is nothing to prove.
 * Source: RFC 6962 §2.1.2.
 */
export function consistencyRanges(olderSize: number, newerSize: number): readonly LeafRange[] {
  if (olderSize === 0 || olderSize === newerSize) return [];
  const ranges: LeafRange[] = [];
  let [start, end] = [0, newerSize];
  // Down to the subtree that ends where the older tree does.
  while (olderSize !== end) {
    const middle = start + largestPowerBelow(end - start);
    if (olderSize <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  // The older tree as a whole is what its reader knows.
  if (start > 0) ranges.push({ start, end });
  return ranges.reverse();
}

/** A range of a proof, or a whole tree, as complete subtrees from left to right: each half as large as one before it. */
export function subtreesOf({ start, end }: LeafRange): readonly Subtree[] {
  const subtrees: Subtree[] = [];
  let at = start;
  while (at < end) {
    let level = Math.floor(Math.log2(end - at));
    // Above 2^48 a logarithm may round up.
    while (2 ** level > end - at) level -= 1;
    subtrees.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return subtrees;
}

/** The hash over a range, from those over its subtrees. */
export function foldSubtrees(hashes: readonly Digest[]): Digest {
  const [last, ...others] = hashes.toReversed();
  return last === undefined ? emptyRoot : others.reduce((right, left) => nodeHash(left, right), last);
}

/** The hash over so many nodes side by side: a power of two of them. */
export function foldComplete(nodes: readonly Digest[]): Digest {
  let row = nodes;
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, at) =>
      nodeHash(row[2 * at] ?? emptyRoot, row[2 * at + 1] ?? emptyRoot),
    );
  }
  return row[0] ?? emptyRoot;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isPlace(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function largestPowerBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}
