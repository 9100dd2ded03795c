import { type Sql, statement } from "../database.ts";
import { type StoredCheckpoint, toCheckpoint } from "./log-store.ts";

/** A witness's line of signature under a checkpoint. `witness`: its key's name and id. */
export type Cosignature = Readonly<{ size: number; witness: string; line: string; seenAt: Date }>;

/** A checkpoint with the lines of its witnesses. */
export type CosignedCheckpoint = StoredCheckpoint & Readonly<{ lines: readonly string[] }>;

/** What witnesses have signed. */
export function witnessStore(db: Sql) {
  return {
    /** Keeps them; what is there already stays. */
    saveCosignatures: async (cosignatures: readonly Cosignature[]): Promise<void> => {
      if (cosignatures.length === 0) return;
      const rows = cosignatures.map(({ seenAt, ...row }) => ({ ...row, seen_at: seenAt.toISOString() }));
      await db
        .insertInto("log_cosignature")
        .values(rows)
        .onConflict((conflict) => conflict.columns(["size", "witness"]).doNothing())
        .execute();
    },

    /** A checkpoint of exactly that size, with its witnesses' lines. */
    findCosigned: async (size: number): Promise<CosignedCheckpoint | undefined> =>
      first(await selectCosigned(db, [size])),

    /** The newest checkpoint, signed by witnesses or not. */
    newest: async (): Promise<CosignedCheckpoint | undefined> => first(await selectNewest(db, [])),

    /** The newest checkpoint that at least one witness has signed. */
    newestCosigned: async (): Promise<CosignedCheckpoint | undefined> => first(await selectNewestCosigned(db, [])),
  };
}

/** What `witnessStore` offers. */
export type WitnessStore = ReturnType<typeof witnessStore>;

type CosignedRow = Parameters<typeof toCheckpoint>[0] & Readonly<{ lines: readonly string[] }>;

function first([row]: readonly CosignedRow[]): CosignedCheckpoint | undefined {
  return row && { ...toCheckpoint(row), lines: row.lines };
}

const columns = `c.size, c.root, c.note, c.signed_at, coalesce((select jsonb_agg(s.line order by s.witness)
  from log_cosignature s where s.size = c.size), '[]'::jsonb) as lines`;

const selectCosigned = statement<CosignedRow>(`select ${columns} from log_checkpoint c where c.size = $1::bigint`);

const selectNewest = statement<CosignedRow>(`select ${columns} from log_checkpoint c order by c.size desc limit 1`);

const selectNewestCosigned = statement<CosignedRow>(`select ${columns} from log_checkpoint c
  where c.size = (select max(size) from log_cosignature)`);
