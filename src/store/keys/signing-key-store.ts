import { sql } from "kysely";
import { endsWith, type KeyLife } from "../../domain/keys/key-life.ts";
import type { KeyPurpose, PublicJwk } from "../../proof/keyring.ts";
import type { LogEntry } from "../../proof/log/log-entry.ts";
import { pointOf, publicJwkOf } from "../../proof/signing/public-jwk.ts";
import type { HeldKey, KeySourceKind } from "../../proof/signing/signer.ts";
import { type Row, type Sql, toInstant } from "../database.ts";
import { logEntries } from "../log/entry-store.ts";
import type { KeyEventKind } from "../tables/signature-tables.ts";

/** A key of the hub as stored. *Units*: seconds since 1970. */
export type StoredSigningKey = KeyLife &
  HeldKey &
  Readonly<{
    source: KeySourceKind;
    /** As it is published. */
    publicJwk: PublicJwk;
    createdAt: Date;
    reason: string;
  }>;

/** A key that is new to the database. `publicJwk` says purpose, issuer and period. */
export type NewSigningKey = Readonly<{ publicJwk: PublicJwk; source: KeySourceKind; name: string }>;

/** Who did it, when and why; all of it stays on record. */
export type KeyDeed = Readonly<{ at: Date; operator: string; reason: string }>;

/** The hub's keys. Whatever changes one is on record, and in the public log, in the same transaction. */
export function signingKeyStore(db: Sql) {
  const note = async (keys: readonly NewEvent[], { at, operator, reason }: KeyDeed) => {
    if (keys.length === 0) return;
    const values = keys.map(({ publicJwk, event, moment }) => ({
      ...{ kid: publicJwk.kid, event, at: at.toISOString(), operator, reason },
      moment: moment === undefined ? null : toText(moment),
    }));
    await db.insertInto("key_event").values(values).execute();
    const entries = keys.flatMap(({ publicJwk, event, moment }) => entryOf(publicJwk, event, moment));
    if (entries.length > 0) await logEntries(db, entries);
  };

  const add = async (keys: readonly NewSigningKey[], deed: KeyDeed): Promise<void> => {
    if (keys.length === 0) return;
    const rows = keys.map(({ publicJwk, source, name }) => ({
      ...{ kid: publicJwk.kid, purpose: publicJwk.purpose, issuer: publicJwk.iss, source, name },
      ...{ created_at: deed.at.toISOString(), reason: deed.reason, not_before: toText(publicJwk.nbf) },
      not_after: publicJwk.exp === undefined ? null : toText(publicJwk.exp),
      compromised_at: publicJwk.compromised === undefined ? null : toText(publicJwk.compromised),
      point: sql<object>`${JSON.stringify(pointOf(publicJwk))}::jsonb`,
    }));
    const added = await db
      .insertInto("signing_key")
      .values(rows)
      .onConflict((conflict) => conflict.column("kid").doNothing())
      .returning("kid")
      .execute();
    const kids = new Set(added.map(({ kid }) => kid));
    const fresh = keys.filter(({ publicJwk }) => kids.has(publicJwk.kid));
    await note(
      fresh.map(({ publicJwk }) => ({ publicJwk, event: "ADDED" })),
      deed,
    );
  };

  return {
    /** Which change was the last: as long as this stays, nothing else has changed. */
    version: async (): Promise<number> => {
      const last = db.selectFrom("key_event").select((e) => e.fn.max("id").as("id"));
      return Number((await last.executeTakeFirst())?.id ?? 0);
    },

    /** Every key, oldest first. */
    list: async (): Promise<readonly StoredSigningKey[]> =>
      (await db.selectFrom("signing_key").selectAll().orderBy("id").execute()).map(toStored),

    /** The keys of a purpose and issuer, locked: they are changed by one transaction after another. */
    lock: async (purpose: KeyPurpose, issuer: string): Promise<readonly StoredSigningKey[]> => {
      const rows = db.selectFrom("signing_key").selectAll().where("purpose", "=", purpose).where("issuer", "=", issuer);
      // Read again once it is locked: whoever held the lock before may have added one, and a statement that waited does
      // not see it.
      await rows.orderBy("id").forNoKeyUpdate().execute();
      return (await rows.orderBy("id").execute()).map(toStored);
    },

    find: async (kid: string): Promise<StoredSigningKey | undefined> => {
      const row = await db.selectFrom("signing_key").selectAll().where("kid", "=", kid).executeTakeFirst();
      return row && toStored(row);
    },

    /** Adds keys; those that are there already stay as they are. */
    add,

    /**
     * Adds a key that takes over from others of its purpose: they end when it has begun.
     * @param keys of its purpose and issuer, as locked
     */
    begin: async (keys: readonly StoredSigningKey[], begun: NewSigningKey, deed: KeyDeed): Promise<void> => {
      const { kid, nbf } = begun.publicJwk;
      const ends = endsWith(keys, { kid, notBefore: nbf }, Math.floor(deed.at.getTime() / 1000));
      const own = ends.get(kid);
      const publicJwk = own === undefined ? begun.publicJwk : { ...begun.publicJwk, exp: own };
      await add([{ ...begun, publicJwk }], deed);
      const ended = keys.flatMap((key) => {
        const end = ends.get(key.kid);
        return end === undefined ? [] : [{ key, end }];
      });
      if (ended.length === 0) return;
      await sql`update signing_key k set not_after = to_timestamp(e.at) from unnest(${ended.map(({ key }) => key.kid)}::text[],
        ${ended.map(({ end }) => end)}::bigint[]) e (kid, at) where k.kid = e.kid`.execute(db);
      const events = ended.map(({ key, end }) => ({ publicJwk: { ...key.publicJwk, exp: end }, moment: end }));
      await note(
        events.map((event) => ({ ...event, event: "ENDED" })),
        deed,
      );
    },

    /** Sets since when a key was not the hub's alone. *Units*: seconds since 1970. */
    compromise: async ({ publicJwk }: StoredSigningKey, since: number, deed: KeyDeed): Promise<void> => {
      const change = db.updateTable("signing_key").set({ compromised_at: toText(since) });
      await change.where("kid", "=", publicJwk.kid).execute();
      await note([{ publicJwk, event: "COMPROMISED", moment: since }], deed);
    },

    /** Sets the certificates that keys are published with, by key id. */
    certify: async (
      keys: readonly StoredSigningKey[],
      chains: ReadonlyMap<string, readonly string[]>,
      deed: KeyDeed,
    ) => {
      for (const [kid, x5c] of chains) {
        const value = sql<readonly string[]>`${JSON.stringify(x5c)}::jsonb`;
        await db.updateTable("signing_key").set({ x5c: value }).where("kid", "=", kid).execute();
      }
      const certified = keys.filter(({ kid }) => chains.has(kid));
      await note(
        certified.map(({ publicJwk }) => ({ publicJwk, event: "CERTIFIED" })),
        deed,
      );
    },
  };
}

/** What `signingKeyStore` offers. */
export type SigningKeyStore = ReturnType<typeof signingKeyStore>;

type NewEvent = Readonly<{ publicJwk: PublicJwk; event: KeyEventKind; moment?: number }>;

function entryOf(key: PublicJwk, event: KeyEventKind, moment?: number): readonly LogEntry[] {
  if (event === "CERTIFIED") return [];
  const { kid, purpose, nbf, exp } = key;
  // A key taken up from a folder may have been compromised before.
  const compromised = event === "COMPROMISED" ? moment : key.compromised;
  return [
    {
      ...{ kind: "KEY", event, kid, purpose, from: nbf },
      ...(exp !== undefined && { until: exp }),
      ...(compromised !== undefined && { compromised }),
    },
  ];
}

function toStored(row: Row<"signing_key">): StoredSigningKey {
  const notBefore = toSeconds(row.not_before);
  const notAfter = row.not_after === null ? undefined : toSeconds(row.not_after);
  const compromisedAt = row.compromised_at === null ? undefined : toSeconds(row.compromised_at);
  // Only the point of a key was ever written there.
  const point = pointOf(row.point as PublicJwk);
  const publicJwk = publicJwkOf(point, {
    ...{ purpose: row.purpose, iss: row.issuer, nbf: notBefore },
    ...(notAfter !== undefined && { exp: notAfter }),
    ...(compromisedAt !== undefined && { compromised: compromisedAt }),
    ...(row.x5c && { x5c: [...row.x5c] }),
  });
  return {
    ...{ kid: row.kid, order: Number(row.id), notBefore, notAfter, compromisedAt, publicJwk },
    ...{ purpose: row.purpose, issuer: row.issuer, alg: publicJwk.alg, source: row.source, name: row.name },
    ...{ createdAt: toInstant(row.created_at), reason: row.reason },
  };
}

function toSeconds(text: string): number {
  return Math.floor(toInstant(text).getTime() / 1000);
}

function toText(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
