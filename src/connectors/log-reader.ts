import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { codeOf } from "../errors.ts";
import { unpackEntries } from "../proof/log/entry-bundle.ts";
import { consistencyRanges, type Digest, isConsistent, isSame } from "../proof/log/merkle.ts";
import { noteLimits } from "../proof/log/signed-note.ts";
import {
  hashOfRange,
  levelsOf,
  proofOf,
  type ReadTile,
  readNodes,
  tileIn,
  tilePath,
  tilesOf,
  tileWidth,
} from "../proof/log/tile.ts";
import { type TreeEdge, treeEdge } from "../proof/log/tree-edge.ts";
import { readBody } from "./bounded-body.ts";

/** Reads a file below the log's address. Undefined: there is none. *Throws* LogUnreachable. */
export type ReadFile = (path: string, maxBytes: number) => Promise<Uint8Array | undefined>;

/** A log that does not answer, or not in time: nothing can be said about it. */
export class LogUnreachable extends Error {}

/** What a file was, instead of what it should be. */
export type Unfit = "MISSING" | "DAMAGED";

/** 256 entries of a log, or the last ones: as their bundle has them, and the hashes as the tile above has them. */
export type EntryRange = Readonly<{
  index: number;
  width: number;
  entries: readonly Uint8Array[] | Unfit;
  nodes: readonly Digest[] | Unfit | undefined;
}>;

/** How a log is read. *Units*: milliseconds, bytes. */
export const readingLimits = {
  timeoutMs: 30_000,
  attempts: 4,
  /** Before the second attempt; each one later waits twice as long. */
  pauseMs: 500,
  /** A bundle of 256 entries, each as long as one may be. */
  maxBundleBytes: 256 * (2 + 65_535),
  /** Ranges that are asked for at a time. */
  atOnce: 8,
} as const;

/** A log as anybody can read it. */
export type LogReader = ReturnType<typeof logReader>;

/**
 * Reads a log from wherever its files are.
 * *Trust*: everything it answers is whatever the server sends.
 * *Source*: C2SP tlog-tiles.
 */
export function logReader(read: ReadFile) {
  /** A tile that has become full may be served in its full form only. */
  const readWide = async (level: number | "entries", index: number, width: number, maxBytes: number) => {
    const exact = await read(tilePath({ level, index, width }), maxBytes);
    if (exact || width === tileWidth) return exact && { bytes: exact, width };
    const full = await read(tilePath({ level, index, width: tileWidth }), maxBytes);
    return full && { bytes: full, width: tileWidth };
  };
  const readTile = async (level: number, index: number, width: number): Promise<readonly Digest[] | Unfit> => {
    const tile = await readWide(level, index, width, tileWidth * 32);
    if (!tile) return "MISSING";
    return readNodes(tile.bytes, tile.width)?.slice(0, width) ?? "DAMAGED";
  };
  const readEntries = async (index: number, width: number): Promise<readonly Uint8Array[] | Unfit> => {
    const bundle = await readWide("entries", index, width, readingLimits.maxBundleBytes);
    if (!bundle) return "MISSING";
    return unpackEntries(bundle.bytes, bundle.width)?.slice(0, width) ?? "DAMAGED";
  };
  return {
    /** The signed note served as the newest. Undefined: there is none. */
    readCheckpoint: () => readText(read, "checkpoint"),
    /** The newest that a witness has signed. Undefined: there is none. */
    readCosigned: () => readText(read, "checkpoint/cosigned"),
    /** The key served beside the log, as `NAME+ID+KEY`. */
    readKey: async () => (await readText(read, "vkey"))?.trim(),
    readTile,

    /** Entries from one on up to a size, in order; some bundles are asked for ahead. @param withTiles and the tiles above */
    readRanges: async function* (from: number, size: number, withTiles: boolean): AsyncGenerator<EntryRange> {
      const readRange = async (index: number): Promise<EntryRange> => {
        const width = Math.min(tileWidth, size - index * tileWidth);
        const [entries, nodes] = await Promise.all([
          readEntries(index, width),
          withTiles ? readTile(0, index, width) : undefined,
        ]);
        return { index, width, entries, nodes };
      };
      const end = Math.ceil(size / tileWidth);
      const ahead: Promise<EntryRange>[] = [];
      let next = Math.floor(from / tileWidth);
      for (;;) {
        for (; next < end && ahead.length < readingLimits.atOnce; next += 1) {
          const range = readRange(next);
          // One that fails is thrown when it is its turn; until then nobody listens.
          range.catch(() => undefined);
          ahead.push(range);
        }
        const range = await ahead.shift();
        if (!range) return;
        yield range;
      }
    },

    /**
     * The right edge of the tree as it was when it had so many leaves, from the tiles of now; or the tile that is unfit.
     * What it leads to is for the caller to compare.
     */
    readEdge: async (leaves: number, size: number): Promise<TreeEdge | Readonly<{ unfit: Unfit; path: string }>> => {
      const edge = new Map<number, readonly Digest[]>();
      for (const { level, full, partial } of levelsOf(leaves)) {
        if (partial === 0) continue;
        const width = tileIn(size, level, full)?.width ?? 0;
        const nodes = await readTile(level, full, width);
        if (typeof nodes === "string") return { unfit: nodes, path: tilePath({ level, index: full, width }) };
        edge.set(level, nodes.slice(0, partial));
      }
      return treeEdge(leaves, (level) => edge.get(level));
    },

    /**
     * Whether the larger tree begins with the smaller one. False is proof of a fork: the tiles lead to the larger root, and
     * to another root at the smaller size. Undefined: a tile lacks or is damaged, which proves nothing.
     */
    isConsistentWith: async (older: Tree, newer: Tree): Promise<boolean | undefined> => {
      if (older.size === newer.size) return isSame(older.root, newer.root);
      if (older.size === 0) return true;
      const ranges = consistencyRanges(older.size, newer.size);
      const whole = { start: 0, end: older.size };
      const tiles = new Map<string, readonly Digest[] | Unfit>();
      for (const { level, index } of tilesOf([...ranges, whole])) {
        const width = tileIn(newer.size, level, index)?.width ?? 0;
        tiles.set(`${level}/${index}`, await readTile(level, index, width));
      }
      const nodesOf: ReadTile = (level, index) => {
        const nodes = tiles.get(`${level}/${index}`);
        return typeof nodes === "string" ? undefined : nodes;
      };
      const proof = proofOf(ranges, nodesOf);
      const root = hashOfRange(whole, nodesOf);
      if (!proof || !root || !isConsistent({ size: older.size, root }, newer, proof)) return undefined;
      return isSame(root, older.root);
    },
  };
}

type Tree = Readonly<{ size: number; root: Digest }>;

/**
 * Finds out where a log is: a folder, or an address that its files lie below, or below `/log` of it.
 * *Throws* LogUnreachable.
 */
export async function openLog(place: string): Promise<LogReader> {
  const isThere = (read: ReadFile) => read("checkpoint", noteLimits.maxBytes);
  if (!/^https?:\/\//.test(place)) {
    const folder = folderReader(place);
    if (await isThere(folder)) return logReader(folder);
    throw new LogUnreachable(`${place} is neither an address (https://…) nor a folder with a log's checkpoint`);
  }
  if (!URL.canParse(place)) throw new LogUnreachable(`${place} is no address`);
  const base = place.replace(/\/+$/, "");
  const here = urlReader(base);
  if (await isThere(here)) return logReader(here);
  const below = urlReader(`${base}/log`);
  if (await isThere(below)) return logReader(below);
  throw new LogUnreachable(
    `${base} serves no checkpoint, and ${base}/log neither: a log's is signed when it has entries`,
  );
}

async function readText(read: ReadFile, path: string): Promise<string | undefined> {
  const bytes = await read(path, noteLimits.maxBytes);
  return bytes && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

function folderReader(folder: string): ReadFile {
  return async (path, maxBytes) => {
    try {
      const bytes = await readFile(join(folder, path));
      // Longer than it can be: damaged, which its reader says.
      return bytes.length > maxBytes ? new Uint8Array() : bytes;
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      throw new LogUnreachable(`cannot read ${join(folder, path)}: ${reasonOf(error)}`);
    }
  };
}

function urlReader(base: string): ReadFile {
  return async (path, maxBytes) => {
    for (let attempt = 1; ; attempt += 1) {
      const got = await getOnce(`${base}/${path}`, maxBytes);
      if (!("failure" in got)) return got.bytes;
      if (attempt === readingLimits.attempts) throw new LogUnreachable(`${base}/${path}: ${got.failure}`);
      await setTimeout(readingLimits.pauseMs * 2 ** (attempt - 1));
    }
  };
}

type Got = Readonly<{ bytes: Uint8Array | undefined }> | Readonly<{ failure: string }>;

async function getOnce(url: string, maxBytes: number): Promise<Got> {
  try {
    const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(readingLimits.timeoutMs) });
    if (response.status === 404 || response.status === 410) {
      await response.body?.cancel();
      return { bytes: undefined };
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      return { failure: `answered ${response.status}` };
    }
    // Longer than it can be: damaged, which its reader says.
    return { bytes: (await readBody(response, maxBytes)) ?? new Uint8Array() };
  } catch (error) {
    return { failure: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
