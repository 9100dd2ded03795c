import { sql } from "kysely";
import { base64 } from "../../proof/bytes/base64.ts";
import { type Digest, emptyRoot } from "../../proof/log/merkle.ts";
import { type ReadTile, readNodes } from "../../proof/log/tile.ts";
import { rowSource } from "../bulk.ts";
import { type Sql, statement, toInstant } from "../database.ts";

/** How far the log is sequenced. */
export type LogHead = Readonly<{ size: number; root: Digest }>;

/** Entries that wait for their places. `entries`: one behind another, each with its length. */
export type WaitingBatch = Readonly<{ batch: number; count: number; entries: Uint8Array }>;

/** A checkpoint as it was signed. `note`: without the lines of witnesses. */
export type StoredCheckpoint = LogHead & Readonly<{ note: string; signedAt: Date }>;

/** Bytes of a tile or of a bundle of entries, at its widest so far. */
type StoredTile = Readonly<{ level: number; index: number; nodes: Uint8Array }>;

/** The public log as it is kept. */
export function logStore(db: Sql) {
  const findTiles = async (places: readonly Readonly<{ level: number; index: number }>[]): Promise<ReadTile> => {
    const rows = await selectTiles(db, [JSON.stringify(places)]);
    const tiles = new Map(
      rows.map(({ level, index, nodes }) => [`${level}/${index}`, readNodes(nodes, nodes.length / 32)]),
    );
    return (level, index) => tiles.get(`${level}/${index}`);
  };
  return {
    /** The head, locked. Undefined: another copy of the hub is sequencing. */
    lockHead: async (): Promise<LogHead | undefined> => {
      await sql`insert into log_head (id, size, root) values (1, 0, ${base64.encode(emptyRoot)})
        on conflict do nothing`.execute(db);
      const [row] = await selectHead(db, []);
      return row && toHead(row);
    },

    head: async (): Promise<LogHead> => {
      const row = await db.selectFrom("log_head").select(["size", "root"]).executeTakeFirst();
      return row ? toHead(row) : { size: 0, root: emptyRoot };
    },

    /** The next that have no place, in the order they were left; together at most `most` entries, or one batch. */
    findWaiting: async (most: number): Promise<readonly WaitingBatch[]> =>
      (await selectWaiting(db, [most])).map(({ batch, count, entries }) => ({ batch: Number(batch), count, entries })),

    /** Tiles at their widest. One statement. */
    findTiles,

    /** The entries behind the last full bundle. */
    findBundle: async (index: number): Promise<Readonly<{ count: number; entries: Uint8Array }> | undefined> =>
      db.selectFrom("log_entries").select(["count", "entries"]).where("index", "=", index).executeTakeFirst(),

    /** Writes what sequencing has made. The head is locked. */
    saveSequenced: async (made: {
      head: LogHead;
      tiles: readonly StoredTile[];
      bundles: readonly Readonly<{ index: number; count: number; entries: Uint8Array }>[];
      places: readonly Readonly<{ id: number; first_index: number }>[];
    }): Promise<void> => {
      const tiles = made.tiles.map(({ nodes, ...tile }) => ({ ...tile, nodes: base64.encode(nodes) }));
      const bundles = made.bundles.map(({ entries, ...bundle }) => ({ ...bundle, entries: base64.encode(entries) }));
      await sql`insert into log_tile (level, index, nodes)
        select level, index, decode(nodes, 'base64') from ${rowSource(tileColumns, tiles)}
        on conflict (level, index) do update set nodes = excluded.nodes`.execute(db);
      await sql`insert into log_entries (index, count, entries)
        select index, count, decode(entries, 'base64') from ${rowSource(bundleColumns, bundles)}
        on conflict (index) do update set count = excluded.count, entries = excluded.entries`.execute(db);
      await sql`with placed as (update log_batch b set first_index = r.first_index from ${rowSource(placeColumns, made.places)}
          where b.id = r.id returning b.id)
        delete from log_waiting w using placed where w.batch = placed.id`.execute(db);
      await db
        .updateTable("log_head")
        .set({ size: made.head.size, root: base64.encode(made.head.root) })
        .execute();
    },

    newestCheckpoint: async (): Promise<StoredCheckpoint | undefined> => {
      const [row] = await selectNewest(db, []);
      return row && toCheckpoint(row);
    },

    saveCheckpoint: async ({ size, root, note, signedAt }: StoredCheckpoint): Promise<void> => {
      const row = { size, root: base64.encode(root), note, signed_at: signedAt.toISOString() };
      await db
        .insertInto("log_checkpoint")
        .values(row)
        .onConflict((conflict) => conflict.column("size").doNothing())
        .execute();
    },
  };
}

/** What `logStore` offers. */
export type LogStore = ReturnType<typeof logStore>;

type HeadRow = Readonly<{ size: string | number; root: string }>;
type CheckpointRow = HeadRow & Readonly<{ note: string; signed_at: string }>;

function toHead({ size, root }: HeadRow): LogHead {
  const digest = base64.decode(root);
  if (digest?.length !== 32) throw new Error("the root of the log is no digest");
  return { size: Number(size), root: digest };
}

/** A row as it is meant. */
export function toCheckpoint(row: CheckpointRow): StoredCheckpoint {
  return { ...toHead(row), note: row.note, signedAt: toInstant(row.signed_at) };
}

const tileColumns = { level: "int", index: "bigint", nodes: "text" };
const bundleColumns = { index: "bigint", count: "int", entries: "text" };
const placeColumns = { id: "bigint", first_index: "bigint" };

const selectHead = statement<HeadRow>("select size, root from log_head where id = 1 for update skip locked");

const selectWaiting = statement<{ batch: string; count: number; entries: Uint8Array }>(`
  select w.batch, b.count, w.entries from (
    select x.batch, sum(x.count) over (order by x.batch) - x.count as before from (
      select w.batch, b.count from log_waiting w join log_batch b on b.id = w.batch order by w.batch limit 1000) x) chosen
    join log_waiting w on w.batch = chosen.batch join log_batch b on b.id = w.batch
  where chosen.before < $1::int order by w.batch`);

const selectTiles = statement<{ level: number; index: string; nodes: Uint8Array }>(`
  select t.level, t.index, t.nodes from jsonb_to_recordset($1::jsonb) as r(level int, index bigint)
    join log_tile t on t.level = r.level and t.index = r.index`);

const selectNewest = statement<CheckpointRow>(
  "select size, root, note, signed_at from log_checkpoint order by size desc limit 1",
);
