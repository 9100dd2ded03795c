import { inclusionRanges } from "../../proof/log/merkle.ts";
import { proofOf, tilesAt, tilesOf } from "../../proof/log/tile.ts";
import type { LogStore } from "../../store/log/log-store.ts";
import type { LicenseEntry, LicenseProof } from "../../store/log/proof-store.ts";
import type { WitnessStore } from "../../store/log/witness-store.ts";

/** What proving needs. */
export type Tools = Readonly<{
  log: Pick<LogStore, "findTiles">;
  witnesses: Pick<WitnessStore, "newest" | "newestCosigned">;
  /** Whether a checkpoint of ours proves something: it is signed with a key that is not compromised. */
  isSound: (note: string) => boolean;
  findEntries: (identifiers: readonly string[]) => Promise<readonly LicenseEntry[]>;
}>;

/**
 * Proofs that licenses stand in the public log, each under the newest checkpoint that witnesses have signed, or under the
 * newest at all when none of those holds it. Left out: those that no checkpoint holds yet, which takes some seconds. For
 * licenses the caller has been shown already; four statements, however many.
 */
export async function proveLicenses(
  { log, witnesses, isSound, findEntries }: Tools,
  identifiers: readonly string[],
): Promise<ReadonlyMap<string, LicenseProof>> {
  const entries = await findEntries(identifiers);
  const checkpoints = [await witnesses.newestCosigned(), await witnesses.newest()];
  const published = entries.flatMap((entry) => {
    const checkpoint = checkpoints.find((one) => one && entry.index < one.size && isSound(one.note));
    return checkpoint ? [{ ...entry, checkpoint, ranges: inclusionRanges(entry.index, checkpoint.size) }] : [];
  });
  const tiles = await log.findTiles(tilesOf(published.flatMap(({ ranges }) => ranges)));
  return new Map(
    published.flatMap(({ identifier, index, entry, checkpoint: { size, note, lines }, ranges }) => {
      const proof = proofOf(ranges, tilesAt(size, tiles));
      if (!proof) return [];
      const text = new TextDecoder().decode(entry);
      return [[identifier, { index, entry: text, proof, checkpoint: { size, note: `${note}${lines.join("")}` } }]];
    }),
  );
}
