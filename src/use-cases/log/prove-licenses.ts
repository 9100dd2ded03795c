import { inclusionRanges } from "../../proof/log/merkle.ts";
import { proofOf, tileIn, tilesOf } from "../../proof/log/tile.ts";
import type { LogStore } from "../../store/log/log-store.ts";
import type { LicenseEntry, LicenseProof } from "../../store/log/proof-store.ts";

/** What proving needs. */
export type Tools = Readonly<{
  log: LogStore;
  findEntries: (identifiers: readonly string[]) => Promise<readonly LicenseEntry[]>;
}>;

/**
 * Proofs that licenses stand in the public log, each under the newest checkpoint. Left out: those that no checkpoint holds
 * yet, which takes some seconds. For licenses the caller has been shown already; three statements, however many.
 */
export async function proveLicenses(
  { log, findEntries }: Tools,
  identifiers: readonly string[],
): Promise<ReadonlyMap<string, LicenseProof>> {
  const entries = await findEntries(identifiers);
  const checkpoint = await log.newestCheckpoint();
  if (!checkpoint) return new Map();
  const { size, note } = checkpoint;
  const published = entries.filter(({ index }) => index < size);
  const ranges = published.map(({ index }) => inclusionRanges(index, size));
  const tiles = await log.findTiles(tilesOf(ranges.flat()));
  // A tile may have grown since the checkpoint was signed.
  const read = (level: number, index: number) => tiles(level, index)?.slice(0, tileIn(size, level, index)?.width ?? 0);
  return new Map(
    published.flatMap(({ identifier, index, entry }, at) => {
      const proof = proofOf(ranges[at] ?? [], read);
      if (!proof) return [];
      return [[identifier, { index, entry: new TextDecoder().decode(entry), proof, checkpoint: { size, note } }]];
    }),
  );
}
