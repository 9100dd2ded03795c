import { sql } from "kysely";
import type { Scope } from "../../domain/access/caller.ts";
import type { ClientFacts, ClientKind, OperatorAction, UnsignedPolicy } from "../../domain/access/client.ts";
import type { Page } from "../catalogue/catalogue-store.ts";
import type { Row, Sql } from "../database.ts";
import { keyRows, type StoredKey, toKey } from "../keys/key-rows.ts";

/** A client as stored, with the keys that stand, oldest first. */
export type StoredClient = ClientFacts &
  Readonly<{
    active: boolean;
    registeredAt: string;
    keys: readonly Omit<StoredKey, "retiredAt">[];
    unsignedRecords: UnsignedPolicy;
  }>;

/** A client's row locked for a decision about it. */
export type LockedClient = Readonly<{ kind: ClientKind; department: string | null; active: boolean }>;

/** Which clients are asked for; every set field narrows. */
export type ClientFilter = Readonly<{
  kind?: ClientKind | undefined;
  department?: string | undefined;
  active?: boolean | undefined;
}>;

/** What an operator decided. `details` hold no secrets. */
export type OperatorDecision = Readonly<{
  at: Date;
  operator: string;
  action: OperatorAction;
  clientId: string;
  details: Readonly<Record<string, unknown>>;
}>;

/** A decision as read back. */
export type OperatorRecord = Omit<OperatorDecision, "at"> & Readonly<{ id: number; at: string }>;

/** Clients, their keys, and what operators decided about them. */
export function clientStore(db: Sql) {
  const keys = keyRows(db, "client_key");
  return {
    /**
     * Locks a client for the rest of the transaction: decisions about it, its keys and its grants come one after
     * another. Undefined: there is no such client.
     */
    lock: async (id: string): Promise<LockedClient | undefined> =>
      db
        .selectFrom("client")
        .select(["kind", "department", "active"])
        .where("id", "=", id)
        .forNoKeyUpdate()
        .executeTakeFirst(),

    /** Whether it was added; false: the id is taken. */
    add: async (client: ClientFacts, registeredAt: Date): Promise<boolean> => {
      const { id, kind, department, name } = client;
      const added = await db
        .insertInto("client")
        .values({
          ...{ id, kind, department, name, active: true, registered_at: registeredAt.toISOString() },
          ...{ scopes: [...client.scopes], redirect_uris: [...client.redirectUris] },
        })
        .onConflict((conflict) => conflict.column("id").doNothing())
        .returning("id")
        .executeTakeFirst();
      return added !== undefined;
    },

    setActive: async (id: string, active: boolean): Promise<void> => {
      await db.updateTable("client").set({ active }).where("id", "=", id).execute();
    },

    hasDepartment: async (code: string): Promise<boolean> =>
      (await db.selectFrom("department").select("code").where("code", "=", code).executeTakeFirst()) !== undefined,

    find: async (id: string): Promise<StoredClient | undefined> => {
      const rows = await db.selectFrom("client").selectAll().where("id", "=", id).execute();
      return (await withKeys(db, rows))[0];
    },

    /** By id. @param after id of the last client seen */
    list: async (filter: ClientFilter, first: number, after: string | undefined): Promise<Page<StoredClient>> => {
      let query = db
        .selectFrom("client")
        .selectAll()
        .orderBy("id")
        .limit(first + 1);
      if (filter.kind !== undefined) query = query.where("kind", "=", filter.kind);
      if (filter.department !== undefined) query = query.where("department", "=", filter.department);
      if (filter.active !== undefined) query = query.where("active", "=", filter.active);
      if (after !== undefined) query = query.where("id", ">", after);
      const rows = await query.execute();
      return { rows: await withKeys(db, rows.slice(0, first)), hasNextPage: rows.length > first };
    },

    addKeys: keys.addKeys,
    retireKey: keys.retireKey,

    /** Every key the client ever had, oldest first. */
    keysOf: async (clientId: string): Promise<readonly StoredKey[]> =>
      (await keys.keysOf([clientId])).get(clientId) ?? [],

    /** Writes down a decision; call it in the transaction that carries it out. */
    record: async ({ at, operator, action, clientId, details }: OperatorDecision): Promise<void> => {
      await db
        .insertInto("operator_record")
        .values({
          ...{ at: at.toISOString(), operator, action, client_id: clientId },
          details: sql<Record<string, unknown>>`${JSON.stringify(details)}::jsonb`,
        })
        .execute();
    },

    /** Newest first. @param after number of the last record seen */
    listRecords: async (
      clientId: string | undefined,
      first: number,
      after: number | undefined,
    ): Promise<Page<OperatorRecord>> => {
      let query = db
        .selectFrom("operator_record")
        .selectAll()
        .orderBy("id", "desc")
        .limit(first + 1);
      if (clientId !== undefined) query = query.where("client_id", "=", clientId);
      if (after !== undefined) query = query.where("id", "<", after);
      const rows = await query.execute();
      const records = rows.map(({ id, client_id, ...row }) => ({ ...row, id: Number(id), clientId: client_id }));
      return { rows: records.slice(0, first), hasNextPage: rows.length > first };
    },
  };
}

/** What `clientStore` offers. */
export type ClientStore = ReturnType<typeof clientStore>;

/** One statement for the keys of all of them. */
async function withKeys(db: Sql, clients: readonly Row<"client">[]): Promise<readonly StoredClient[]> {
  if (clients.length === 0) return [];
  const ids = clients.map(({ id }) => id);
  const keys = await db
    .selectFrom("client_key")
    .selectAll()
    .where("client_id", "in", ids)
    .where("retired_at", "is", null)
    .orderBy("added_at")
    .orderBy("kid")
    .execute();
  const keysOf = Map.groupBy(keys, (key) => key.client_id);
  return clients.map(({ redirect_uris, registered_at, scopes, unsigned_records: unsignedRecords, ...client }) => ({
    ...client,
    ...{ scopes: scopes as readonly Scope[], redirectUris: redirect_uris, registeredAt: registered_at },
    unsignedRecords,
    keys: (keysOf.get(client.id) ?? []).map(toKey),
  }));
}
