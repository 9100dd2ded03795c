import { sql } from "kysely";
import type { UnsignedPolicy } from "../../domain/access/client.ts";
import type { ClientJwk } from "../../proof/access/client-key.ts";
import type { Row, Sql } from "../database.ts";

/** A key that records are signed with, standing or retired. */
export type StoredRecordKey = Readonly<{ kid: string; jwk: ClientJwk; addedAt: string; retiredAt: string | null }>;

/** A department's client as whoever reads its records must know it. */
export type RecordSender = Readonly<{
  department: string;
  active: boolean;
  unsignedRecords: UnsignedPolicy;
  /** Those that stand. */
  recordKeys: readonly ClientJwk[];
}>;

/** The keys records are signed with, and what becomes of unsigned ones. */
export function recordKeyStore(db: Sql) {
  return {
    /** In one statement. */
    findSender: async (clientId: string): Promise<RecordSender | undefined> => {
      const { rows } = await sql<{ department: string; active: boolean; unsigned: UnsignedPolicy; keys: ClientJwk[] }>`
        select c.department, c.active, c.unsigned_records as unsigned, coalesce((select jsonb_agg(k.jwk) from record_key k
          where k.client_id = c.id and k.retired_at is null), '[]'::jsonb) as keys
        from client c where c.id = ${clientId} and c.kind = 'DEPARTMENT'`.execute(db);
      const [row] = rows;
      return (
        row && { department: row.department, active: row.active, unsignedRecords: row.unsigned, recordKeys: row.keys }
      );
    },

    /** Every key these clients ever had, oldest first. */
    keysOf: async (clientIds: readonly string[]): Promise<ReadonlyMap<string, readonly StoredRecordKey[]>> => {
      const rows = await db
        .selectFrom("record_key")
        .selectAll()
        .where("client_id", "in", [...clientIds])
        .orderBy("added_at")
        .orderBy("kid")
        .execute();
      const grouped = Map.groupBy(rows, (row) => row.client_id);
      return new Map([...grouped].map(([client, own]) => [client, own.map(toKey)]));
    },

    addKeys: async (clientId: string, keys: readonly ClientJwk[], addedAt: Date): Promise<void> => {
      const added_at = addedAt.toISOString();
      const values = keys.map((jwk) => ({
        ...{ client_id: clientId, kid: jwk.kid, added_at, jwk: sql<object>`${JSON.stringify(jwk)}::jsonb` },
      }));
      await db.insertInto("record_key").values(values).execute();
    },

    retireKey: async (clientId: string, kid: string, retiredAt: Date): Promise<void> => {
      await db
        .updateTable("record_key")
        .set({ retired_at: retiredAt.toISOString() })
        .where("client_id", "=", clientId)
        .where("kid", "=", kid)
        .execute();
    },

    unsignedPolicyOf: async (clientId: string): Promise<UnsignedPolicy | undefined> =>
      (await db.selectFrom("client").select("unsigned_records").where("id", "=", clientId).executeTakeFirst())
        ?.unsigned_records,

    setUnsignedPolicy: async (clientId: string, policy: UnsignedPolicy): Promise<void> => {
      await db.updateTable("client").set({ unsigned_records: policy }).where("id", "=", clientId).execute();
    },
  };
}

/** What `recordKeyStore` offers. */
export type RecordKeyStore = ReturnType<typeof recordKeyStore>;

function toKey(row: Row<"record_key">): StoredRecordKey {
  // Only what was parsed as a client's key was ever written there.
  return { kid: row.kid, jwk: row.jwk as ClientJwk, addedAt: row.added_at, retiredAt: row.retired_at };
}
