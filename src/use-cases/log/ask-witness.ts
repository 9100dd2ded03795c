import { formatAddCheckpoint } from "../../proof/log/add-checkpoint.ts";
import { consistencyRanges } from "../../proof/log/merkle.ts";
import { proofOf, tilesAt, tilesOf } from "../../proof/log/tile.ts";
import type { LogStore } from "../../store/log/log-store.ts";

/** What a witness answers: see connectors/witness.ts. */
type WitnessAnswer =
  | Readonly<{ kind: "COSIGNED"; lines: string }>
  | Readonly<{ kind: "KNOWS"; size: number }>
  | Readonly<{ kind: "REFUSED"; status: number }>;

/** What asking a witness needs. `keep`: takes a signed note with a witness's line under it. */
export type Tools = Readonly<{
  log: LogStore;
  ask: (body: string) => Promise<WitnessAnswer>;
  keep: (note: string) => Promise<unknown>;
}>;

/** How it ended. `ROLLED_BACK`: the witness has signed more of this log than there is now. */
export type Asked =
  | Readonly<{ kind: "COSIGNED"; size: number }>
  | Readonly<{ kind: "NOTHING_NEW" }>
  | Readonly<{ kind: "REFUSED"; status: number }>
  | Readonly<{ kind: "ROLLED_BACK"; size: number }>;

/**
 * Asks one witness to sign the newest checkpoint.
 * @param knownSize the size the witness signed last, as far as is known here
 * *Source*: C2SP tlog-witness.
 */
export async function askWitness({ log, ask, keep }: Tools, knownSize: number): Promise<Asked> {
  const first = await log.newestCheckpoint();
  if (!first || first.size <= knownSize) return { kind: "NOTHING_NEW" };
  let newest = first;
  let oldSize = knownSize;
  for (let attempt = 1; ; attempt++) {
    const ranges = consistencyRanges(oldSize, newest.size);
    const tiles = await log.findTiles(tilesOf(ranges));
    const proof = proofOf(ranges, tilesAt(newest.size, tiles));
    if (!proof) throw new Error(`the log lacks a tile below ${newest.size}`);
    const answer = await ask(formatAddCheckpoint({ oldSize, proof, note: newest.note }));
    if (answer.kind === "COSIGNED") {
      await keep(`${newest.note}${answer.lines}`);
      return { kind: "COSIGNED", size: newest.size };
    }
    if (answer.kind === "REFUSED" || attempt === 2) {
      return { kind: "REFUSED", status: answer.kind === "REFUSED" ? answer.status : 409 };
    }
    // Another copy may have published more meanwhile, and asked first.
    if (answer.size > newest.size) newest = (await log.newestCheckpoint()) ?? newest;
    if (answer.size > newest.size) return { kind: "ROLLED_BACK", size: answer.size };
    if (answer.size === newest.size) return { kind: "COSIGNED", size: newest.size };
    oldSize = answer.size;
  }
}
