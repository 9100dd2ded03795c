import { sql } from "kysely";
import type { ClientJwk } from "../../proof/access/client-key.ts";
import type { Row, Sql } from "../database.ts";

/** A client's key, standing or retired. */
export type StoredKey = Readonly<{ kid: string; jwk: ClientJwk; addedAt: string; retiredAt: string | null }>;

/** Clients' public keys of one use: a row a key, which is retired and never taken away. */
export function keyRows(db: Sql, table: "client_key" | "record_key") {
  return {
    /** Every key these clients ever had, oldest first; clients without one are left out. */
    keysOf: async (clientIds: readonly string[]): Promise<ReadonlyMap<string, readonly StoredKey[]>> => {
      const rows = await db
        .selectFrom(table)
        .selectAll()
        .where("client_id", "in", [...clientIds])
        .orderBy("added_at")
        .orderBy("kid")
        .execute();
      const grouped = Map.groupBy(rows, (row) => row.client_id);
      return new Map([...grouped].map(([client, own]) => [client, own.map(toKey)]));
    },

    addKeys: async (clientId: string, keys: readonly ClientJwk[], addedAt: Date): Promise<void> => {
      if (keys.length === 0) return;
      const added_at = addedAt.toISOString();
      const values = keys.map((jwk) => ({
        ...{ client_id: clientId, kid: jwk.kid, added_at, jwk: sql<object>`${JSON.stringify(jwk)}::jsonb` },
      }));
      await db.insertInto(table).values(values).execute();
    },

    retireKey: async (clientId: string, kid: string, retiredAt: Date): Promise<void> => {
      await db
        .updateTable(table)
        .set({ retired_at: retiredAt.toISOString() })
        .where("client_id", "=", clientId)
        .where("kid", "=", kid)
        .execute();
    },
  };
}

/** A key as stored. */
export function toKey(row: Row<"client_key" | "record_key">): StoredKey {
  // Only what was parsed as a client's key was ever written there.
  return { kid: row.kid, jwk: row.jwk as ClientJwk, addedAt: row.added_at, retiredAt: row.retired_at };
}
