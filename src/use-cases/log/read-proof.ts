import { consistencyRanges, type Digest, inclusionRanges, type LeafRange } from "../../proof/log/merkle.ts";
import { proofOf, tilesAt, tilesOf } from "../../proof/log/tile.ts";
import type { ServedLog } from "../../store/log/served-log.ts";

/** What reading a proof needs. */
export type Tools = Readonly<{ log: Pick<ServedLog, "isPublished" | "findTiles"> }>;

/** Which proof: that a leaf is in the tree of that size, or that a smaller tree is its beginning. *Trust*: attacker-chosen. */
export type ProofQuestion = Readonly<{ index: number; size: number }> | Readonly<{ older: number; size: number }>;

/**
 * A proof of the public log, for everybody. Undefined: nothing so large is published, or there is nothing to prove.
 * *Order*: from the leaf upwards. *Source*: RFC 6962 §2.1.1, §2.1.2.
 */
export async function readProof({ log }: Tools, question: ProofQuestion): Promise<readonly Digest[] | undefined> {
  const { size } = question;
  const ranges = rangesOf(question);
  if (!ranges || !(await log.isPublished(size))) return undefined;
  const tiles = await log.findTiles(tilesOf(ranges));
  return proofOf(ranges, tilesAt(size, tiles));
}

function rangesOf(question: ProofQuestion): readonly LeafRange[] | undefined {
  const { size } = question;
  if ("index" in question) return question.index < size ? inclusionRanges(question.index, size) : undefined;
  return question.older >= 1 && question.older <= size ? consistencyRanges(question.older, size) : undefined;
}
