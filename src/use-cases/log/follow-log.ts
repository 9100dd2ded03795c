import type { LogReader } from "../../connectors/log-reader.ts";
import type { AuditFinding } from "../../proof/audit/audit-codes.ts";
import type { AuditMemory } from "../../proof/audit/audit-memory.ts";
import type { SignedCheckpoint } from "../../proof/audit/log-note.ts";
import { isSame, leafHash } from "../../proof/log/merkle.ts";
import { tilePath, tileWidth } from "../../proof/log/tile.ts";
import { type TreeEdge, treeEdge } from "../../proof/log/tree-edge.ts";

/** What following needs. `entry`: told of every entry that is new, in order; those of a round that fails may come again. */
export type Tools = Readonly<{
  log: Pick<LogReader, "readRanges" | "isConsistentWith">;
  entry: (index: number, bytes: Uint8Array) => void;
  remember: (memory: AuditMemory) => Promise<void>;
  isStopped: () => boolean;
}>;

/** From where to where. */
export type LogToFollow = Readonly<{
  /** The newest checkpoint; its signature held. */
  newest: SignedCheckpoint;
  /** What the follower has seen before; none at the first round. */
  before: Readonly<{ edge: TreeEdge; checkpoint: SignedCheckpoint }> | undefined;
  /** Where to begin when nothing was seen before. Trust: as the log's tiles have it; what it leads to is compared. */
  from?: TreeEdge | undefined;
  /** What others have seen; their signatures held. */
  others: readonly SignedCheckpoint[];
}>;

/** After so many bundles what was read is remembered. */
const rememberEvery = 256;

/**
 * Reads what is new in a log and checks that nothing of it was taken back: one round.
 * Memory: a few bundles, and one tile a level.
 * Open to everyone.
 * @returns what is wrong; the round has come to the newest checkpoint when there is nothing
 */
export async function followLog(tools: Tools, order: LogToFollow): Promise<readonly AuditFinding[]> {
  const { log, entry, remember, isStopped } = tools;
  const { newest, before, from, others } = order;
  const known = [...(before ? [before.checkpoint] : []), ...others];
  const contradictions = known.flatMap((one) => contradictionOf(one, newest));
  if (contradictions.length > 0) return contradictions;
  const isAhead = before !== undefined && before.edge.size() > newest.size;
  const edge = before && !isAhead ? before.edge : (from ?? treeEdge());
  const first = edge.size();
  const behind = known.filter(({ size }) => size < first);
  const forks: SignedCheckpoint[] = [];
  const meetKnown = () => {
    for (const one of known) if (one.size === edge.size() && !isSame(one.root, edge.root())) forks.push(one);
  };
  const keep = (note: string) => remember({ edge, note });
  const seen = before?.checkpoint.note ?? newest.note;
  let ranges = 0;
  if (first < newest.size) {
    for await (const { index, width, entries } of log.readRanges(first, newest.size, false)) {
      if (typeof entries === "string")
        return [{ code: `BUNDLE_${entries}`, path: tilePath({ level: "entries", index, width }) }];
      const begin = index * tileWidth;
      for (const [at, bytes] of entries.entries()) {
        if (begin + at < edge.size()) continue;
        meetKnown();
        entry(begin + at, bytes);
        edge.add(leafHash(bytes));
      }
      ranges += 1;
      if (isStopped()) return [];
      if (ranges % rememberEvery === 0 && edge.size() < newest.size) await keep(seen);
    }
  }
  if (!isSame(edge.root(), newest.root)) return findBreak(log, known, newest);
  // What lies before the entries just read, of others: the tiles must prove it.
  for (const one of behind) {
    const fits = one === before?.checkpoint ? true : await log.isConsistentWith(one, newest);
    if (fits === undefined) return [{ code: "TILE_DAMAGED" }];
    if (!fits) forks.push(one);
  }
  if (forks.length > 0) return forks.map((one) => ({ code: "FORK", notes: [one.note, newest.note] }));
  await keep(newest.note);
  return [];
}

function contradictionOf(known: SignedCheckpoint, newest: SignedCheckpoint): readonly AuditFinding[] {
  const notes = [known.note, newest.note];
  if (known.size > newest.size) return [{ code: "ROLLED_BACK", notes }];
  if (known.size === newest.size && !isSame(known.root, newest.root)) return [{ code: "FORK", notes }];
  return [];
}

/** The entries lead elsewhere: the log was rewritten, or what is served is damaged. */
async function findBreak(
  log: Tools["log"],
  known: readonly SignedCheckpoint[],
  newest: SignedCheckpoint,
): Promise<readonly AuditFinding[]> {
  for (const one of known)
    if ((await log.isConsistentWith(one, newest)) === false) return [{ code: "FORK", notes: [one.note, newest.note] }];
  return [{ code: "ROOT" }];
}
