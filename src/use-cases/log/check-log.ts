import type { EntryRange, LogReader } from "../../connectors/log-reader.ts";
import type { AuditFinding } from "../../proof/audit/audit-codes.ts";
import type { AuditMemory } from "../../proof/audit/audit-memory.ts";
import type { SignedCheckpoint } from "../../proof/audit/log-note.ts";
import type { Checkpoint } from "../../proof/log/checkpoint.ts";
import { type Digest, foldComplete, isSame, leafHash } from "../../proof/log/merkle.ts";
import { levelsOf, tileIn, tilePath, tileWidth } from "../../proof/log/tile.ts";
import { type GrownTile, type TreeEdge, treeEdge } from "../../proof/log/tree-edge.ts";

/** What checking a log needs. */
export type Tools = Readonly<{
  log: Pick<LogReader, "readRanges" | "readTile" | "isConsistentWith">;
  report: (finding: AuditFinding) => void;
  progress: (size: number) => void;
  /** Keeps how far the log was read and found in order, for a run that goes on there. */
  remember: (memory: AuditMemory) => Promise<void>;
  /** Whether to stop at the next occasion. */
  isStopped: () => boolean;
}>;

/** What is checked. */
export type LogToCheck = Readonly<{
  /** Whose signature held; or, of the log's own database, its head. */
  checkpoint: Checkpoint & Partial<SignedCheckpoint>;
  /** Checkpoints seen before, whose signatures held. */
  known: readonly SignedCheckpoint[];
  /** Where to go on. Trust: may be forged; what it leads to is compared in the end. */
  from?: TreeEdge | undefined;
  /** Told of every range of entries that is as the tree has it. */
  onEntries?: ((first: number, entries: readonly Uint8Array[]) => void) | undefined;
}>;

/** FROM_THE_START: what was remembered did not hold, so everything was read again. */
export type LogCheck = Readonly<{
  outcome: "IN_ORDER" | "WRONG" | "STOPPED";
  from: number;
  restarted: boolean;
  /** What the entries lead to. */
  root: Digest;
}>;

/** After so many bundles what was read is remembered. */
const rememberEvery = 256;

/**
 * Recomputes a log from its entries: every leaf, every tile, the root; names each file that is damaged, and goes on.
 * Memory: a few bundles, and one tile a level.
 * Open to everyone.
 */
export async function checkLog(tools: Tools, order: LogToCheck): Promise<LogCheck> {
  const { checkpoint, known } = order;
  const told = new Set<string>();
  const report = (finding: AuditFinding) => {
    const name = `${finding.code} ${finding.path ?? ""} ${finding.notes?.join("\n") ?? ""}`;
    if (!told.has(name)) tools.report(finding);
    told.add(name);
  };
  const note = checkpoint.note ?? "";
  for (const one of known)
    if (one.size > checkpoint.size) report({ code: "ROLLED_BACK", notes: [one.note, note] });
    else if (one.size === checkpoint.size && !isSame(one.root, checkpoint.root))
      report({ code: "FORK", notes: [one.note, note] });
  const start = order.from && (await mayGoOn(tools, order, order.from)) ? order.from : undefined;
  const from = start?.size() ?? 0;
  const isClean = told.size === 0;
  let edge = start ?? treeEdge();
  let reached = await makeWalk(tools, order, { report, isClean }, edge)();
  const restart = reached === "OTHER_ROOT" && from > 0;
  // What was remembered may be what is wrong.
  if (restart) {
    edge = treeEdge();
    reached = await makeWalk(tools, order, { report, isClean }, edge)();
  }
  if (reached === "STOPPED") return { outcome: "STOPPED", from, restarted: restart, root: edge.root() };
  if (reached === "OTHER_ROOT") report({ code: "ROOT" });
  const restarted = restart || (order.from !== undefined && start === undefined);
  const outcome = told.size === 0 ? "IN_ORDER" : "WRONG";
  return { outcome, from: restarted ? 0 : from, restarted, root: edge.root() };
}

/** Not when a checkpoint lies behind it of which the tiles do not prove that it fits: then it is looked at on the way. */
async function mayGoOn({ log }: Tools, { checkpoint, known }: LogToCheck, from: TreeEdge): Promise<boolean> {
  if (from.size() > checkpoint.size) return false;
  for (const one of known) if (one.size < from.size() && !(await log.isConsistentWith(one, checkpoint))) return false;
  return true;
}

type Settled = Readonly<{ leaves: readonly Digest[]; isOfEntries: boolean }>;

type Reached = "ROOT" | "OTHER_ROOT" | "STOPPED";

type Told = Readonly<{ report: Tools["report"]; isClean: boolean }>;

function makeWalk(tools: Tools, order: LogToCheck, before: Told, edge: TreeEdge): () => Promise<Reached> {
  const { log, progress, remember, isStopped } = tools;
  const { checkpoint, known, onEntries } = order;
  const { size, note } = checkpoint;
  const first = edge.size();
  let { isClean } = before;
  /** False: leaves are unknown, and with them everything above. */
  let isWhole = true;
  const found = (finding: AuditFinding) => {
    isClean = false;
    before.report(finding);
  };
  // Until the newest checkpoint has held, the one it is held against is not forgotten.
  const seen = known.toSorted((one, other) => other.size - one.size)[0]?.note ?? note;
  const keep = async (checked: string | undefined) => {
    if (isClean && checked !== undefined) await remember({ edge, note: checked });
  };
  const forks: SignedCheckpoint[] = [];
  const stops = known.filter((one) => one.size >= first && one.size < size);
  const meetKnown = () => {
    for (const one of stops) if (one.size === edge.size() && !isSame(one.root, edge.root())) forks.push(one);
  };
  const compare = async ({ level, index, nodes }: GrownTile) => {
    if (level === 0) return; // compared with its entries
    const served = await log.readTile(level, index, nodes.length);
    const path = tilePath({ level, index, width: nodes.length });
    if (typeof served === "string") found({ code: `TILE_${served}`, path });
    else if (!isSameRow(served, nodes)) found({ code: "TILE_DAMAGED", path });
  };
  const parentOf = parentReader(log, size);

  /** The leaves of a range, and whether its entries are theirs; what is damaged is named. Undefined: nobody knows them. */
  const settle = async ({ index, width, entries, nodes }: EntryRange): Promise<Settled | undefined> => {
    const paths = { BUNDLE: tilePath({ level: "entries", index, width }), TILE: tilePath({ level: 0, index, width }) };
    const hashed = typeof entries === "string" ? undefined : entries.map(leafHash);
    const row = typeof nodes === "string" ? undefined : nodes;
    if (typeof entries === "string") found({ code: `BUNDLE_${entries}`, path: paths.BUNDLE });
    if (typeof nodes === "string") found({ code: `TILE_${nodes}`, path: paths.TILE });
    if (!hashed || !row || isSameRow(hashed, row)) {
      const leaves = hashed ?? row;
      return leaves && { leaves, isOfEntries: hashed !== undefined };
    }
    const fits = width === tileWidth ? await parentOf(index) : undefined;
    const isRight = (leaves: readonly Digest[]) =>
      width === tileWidth
        ? fits !== undefined && isSame(foldComplete(leaves), fits)
        : isWhole && isSame(rootWith(edge, leaves), checkpoint.root);
    const [isBundleRight, isTileRight] = [isRight(hashed), isRight(row)];
    if (!isBundleRight) found({ code: "BUNDLE_DAMAGED", path: paths.BUNDLE });
    if (!isTileRight) found({ code: "TILE_DAMAGED", path: paths.TILE });
    return isTileRight ? { leaves: row, isOfEntries: false } : { leaves: hashed, isOfEntries: isBundleRight };
  };

  const addRange = async (range: EntryRange): Promise<void> => {
    const settled = await settle(range);
    const begin = range.index * tileWidth;
    if (settled?.isOfEntries && typeof range.entries !== "string") onEntries?.(begin, range.entries);
    if (!isWhole) return;
    if (settled) {
      for (const leaf of settled.leaves.slice(edge.size() - begin)) {
        meetKnown();
        for (const tile of edge.add(leaf)) await compare(tile);
      }
    } else {
      const hash = range.width === tileWidth && edge.size() === begin ? await parentOf(range.index) : undefined;
      if (hash) for (const tile of edge.addFull(hash)) await compare(tile);
      else isWhole = false;
    }
  };

  return async () => {
    let ranges = 0;
    try {
      if (first < size) {
        for await (const range of log.readRanges(first, size, true)) {
          await addRange(range);
          ranges += 1;
          progress(Math.min(size, (range.index + 1) * tileWidth));
          if (isStopped()) return "STOPPED";
          if (ranges % rememberEvery === 0) await keep(seen);
        }
      }
      meetKnown();
      for (const tile of edge.tiles()) if (first < size && isWhole) await compare(tile);
    } finally {
      // Also when the log has stopped answering.
      if (edge.size() < size) await keep(seen);
    }
    if (!isWhole || !isSame(edge.root(), checkpoint.root)) return isWhole || isClean ? "OTHER_ROOT" : "ROOT";
    for (const one of forks) found({ code: "FORK", notes: [one.note, note ?? ""] });
    await keep(note);
    return "ROOT";
  };
}

/** The hash over a full tile of leaves, as the tile above has it. The last one asked for is kept. */
function parentReader(log: Tools["log"], size: number): (index: number) => Promise<Digest | undefined> {
  let kept: Readonly<{ index: number; nodes: readonly Digest[] }> | undefined;
  return async (child) => {
    const index = Math.floor(child / tileWidth);
    if (kept?.index !== index) {
      const nodes = await log.readTile(1, index, tileIn(size, 1, index)?.width ?? 0);
      kept = { index, nodes: typeof nodes === "string" ? [] : nodes };
    }
    return kept.nodes[child % tileWidth];
  };
}

/** The root with the last leaves of the tree, which are those of one tile. */
function rootWith(edge: TreeEdge, leaves: readonly Digest[]): Digest {
  const tiles = new Map(edge.tiles().map(({ level, index, nodes }) => [`${level}/${index}`, nodes]));
  const copy = treeEdge(edge.size(), (level, index) => tiles.get(`${level}/${index}`));
  const partial = levelsOf(edge.size())[0]?.partial ?? 0;
  for (const leaf of leaves.slice(partial)) copy.add(leaf);
  return copy.root();
}

function isSameRow(one: readonly Digest[], other: readonly Digest[]): boolean {
  return one.length === other.length && one.every((digest, at) => isSame(digest, other[at] ?? new Uint8Array()));
}
