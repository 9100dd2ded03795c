import type { DeliveryOutcome } from "../../domain/notices/delivery.ts";
import { type Row, type Sql, statement } from "../database.ts";

/** A client's webhook as operators see it: without its secrets. */
export type StoredWebhook = Readonly<{
  clientId: string;
  url: string;
  /** False: it answered 410. */
  active: boolean;
  setAt: string;
  /** Until when the secret before signs, too; null: there is none. */
  oldUntil: string | null;
  failures: number;
  failingSince: string | null;
  restUntil: string | null;
  outcome: DeliveryOutcome | null;
  triedAt: string | null;
  deliveredAt: string | null;
  waiting: number;
  dead: number;
}>;

/** The sealed secrets of a webhook. */
export type SealedSecrets = Readonly<{ secret: string; oldSecret: string | null; oldUntil: string | null }>;

/** Where clients want to be told. Counts need a reader who sees every notice. */
export function webhookStore(db: Sql) {
  return {
    find: async (clientId: string): Promise<StoredWebhook | undefined> => {
      const [row] = await select(db, [clientId]);
      return row && toWebhook(row);
    },

    /** Where it is and what it signs with; for a test. */
    findSecrets: async (clientId: string): Promise<({ url: string } & SealedSecrets) | undefined> => {
      const row = await db.selectFrom("webhook").selectAll().where("client_id", "=", clientId).executeTakeFirst();
      return row && { url: row.url, ...secretsOf(row) };
    },

    /** Sets the address; a webhook that was switched off, or left alone, is tried at once. */
    set: async (clientId: string, url: string, sealed: string, at: Date): Promise<void> => {
      const fresh = { failures: 0, failing_since: null, rest_until: null, active: true, set_at: at.toISOString() };
      await db
        .insertInto("webhook")
        .values({ client_id: clientId, url, secret: sealed, ...fresh })
        .onConflict((conflict) => conflict.column("client_id").doUpdateSet({ url, ...fresh }))
        .execute();
    },

    /** The secret that stands becomes the old one; one that was old before is forgotten. */
    rotate: async (clientId: string, sealed: string, oldUntil: Date): Promise<boolean> => {
      const [rotated] = await rotate(db, [clientId, sealed, oldUntil.toISOString()]);
      return rotated !== undefined;
    },

    /** Forgets the address and its secrets. What waited stays to be read, unsent. */
    remove: async (clientId: string): Promise<void> => {
      await db.deleteFrom("webhook").where("client_id", "=", clientId).execute();
      await db
        .updateTable("notice")
        .set({ status: "UNSENT" })
        .where("client_id", "=", clientId)
        .where("status", "=", "WAITING")
        .execute();
    },
  };
}

/** What `webhookStore` offers. */
export type WebhookStore = ReturnType<typeof webhookStore>;

/** The secrets a row holds. */
export function secretsOf(row: Row<"webhook">): SealedSecrets {
  return { secret: row.secret, oldSecret: row.old_secret, oldUntil: row.old_until };
}

type CountedRow = Row<"webhook"> & { waiting: number; dead: number };

function toWebhook({ client_id: clientId, url, active, failures, outcome, waiting, dead, ...row }: CountedRow) {
  const instants = { setAt: row.set_at, oldUntil: row.old_until, failingSince: row.failing_since };
  const tries = { restUntil: row.rest_until, triedAt: row.tried_at, deliveredAt: row.delivered_at };
  return { clientId, url, active, failures, outcome, waiting, dead, ...instants, ...tries };
}

const select = statement<CountedRow>(`
  select w.*, (select count(*)::int from notice n where n.client_id = w.client_id and n.status = 'WAITING') as waiting,
    (select count(*)::int from notice n where n.client_id = w.client_id and n.status = 'DEAD') as dead
  from webhook w where w.client_id = $1`);

const rotate = statement<{ client_id: string }>(`
  update webhook set old_secret = secret, old_until = $3::timestamptz, secret = $2
  where client_id = $1 returning client_id`);
