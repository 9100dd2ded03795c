import { sql } from "kysely";
import type { UnsignedPolicy } from "../../domain/access/client.ts";
import type { ClientJwk } from "../../proof/access/client-key.ts";
import type { Sql } from "../database.ts";
import { logEntries } from "../log/entry-store.ts";
import { keyRows } from "./key-rows.ts";

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
  const rows = keyRows(db, "record_key");
  const log = (event: "ADDED" | "RETIRED", client: string, kids: readonly string[]) =>
    logEntries(
      db,
      kids.map((kid) => ({ kind: "RECORD_KEY", event, client, kid })),
    );
  return {
    ...rows,

    // Whoever checks a record's signature later must be able to trust that its key was there: the public log says so.
    addKeys: async (clientId: string, keys: readonly ClientJwk[], addedAt: Date): Promise<void> => {
      await rows.addKeys(clientId, keys, addedAt);
      if (keys.length > 0)
        await log(
          "ADDED",
          clientId,
          keys.map(({ kid }) => kid),
        );
    },

    retireKey: async (clientId: string, kid: string, retiredAt: Date): Promise<void> => {
      await rows.retireKey(clientId, kid, retiredAt);
      await log("RETIRED", clientId, [kid]);
    },

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
