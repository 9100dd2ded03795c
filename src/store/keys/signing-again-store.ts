import { sql } from "kysely";
import { insertRows, rowSource } from "../bulk.ts";
import { type Row, type Sql, statement } from "../database.ts";
import { eventColumns } from "../licenses/collecting-columns.ts";
import { type LoggedEvent, logEvents, takeLogBatch } from "../log/entry-store.ts";
import { leaveNotices } from "../notices/leave-notices.ts";

/** A license that a compromised key has signed, and when. */
export type UnsoundLicense = Pick<
  Row<"license">,
  | ("holder_code" | "identifier" | "issuer_code" | "state" | "state_since" | "source_record_id" | "source_updated_at")
  | ("submission_id" | "jws")
> & { last_signed_at: string };

/** Where a pass over the licenses of a key has come to. */
export type PassPlace = Pick<UnsoundLicense, "last_signed_at" | "identifier">;

/** A license as it was signed again. `row`: the event that says so; `digest`: of the payload of the new text. */
export type SignedAgain = LoggedEvent & Readonly<{ jws: string; digest: string }>;

/** With what, and when. `secret`: of the entries of the public log. */
export type SigningFacts = Readonly<{ kid: string; at: Date; secret: string }>;

/** Licenses that a compromised key has signed, and that are to be signed again. Entered as COLLECT. */
export function signingAgainStore(db: Sql) {
  return {
    /** How many there are of each key; keys without one are left out. @param issuer the hub's own */
    count: async (issuer: string): Promise<ReadonlyMap<string, number>> => {
      const rows = await countUnsound(db, [issuer]);
      return new Map(rows.map(({ kid, count }) => [kid, Number(count)]));
    },

    /**
     * The next ones of a key behind a place, oldest first, locked: those that somebody else has locked are left out, and so are
     * those whose history waits for its places in the public log. None while `signer`, the key to sign with, is compromised itself.
     */
    lockUnsound: (kid: string, signer: string, issuer: string, after: PassPlace | undefined, most: number) =>
      lockUnsound(db, [kid, signer, issuer, after?.last_signed_at ?? "-infinity", after?.identifier ?? "", most]),

    /**
     * Which of locked licenses have in their row what their history says. What is said of the others must not become history
     * itself. After the lock: what waited for it has been written since.
     */
    findFaithful: async (identifiers: readonly string[]): Promise<readonly string[]> =>
      (await selectFaithful(db, [identifiers])).map(({ identifier }) => identifier),

    /** Writes new texts of locked licenses, and leaves their entries and word to whoever relies on one. */
    save: async (licenses: readonly SignedAgain[], { kid, at, secret }: SigningFacts): Promise<void> => {
      const batch = await takeLogBatch(db);
      const events = licenses.map(({ row }, log_place) => ({ ...row, log_batch: batch, log_place }));
      await insertRows("license_event", eventColumns, events).execute(db);
      const texts = licenses.map(({ row: { holder_code, identifier }, jws }, place) => ({
        ...{ holder_code, identifier, jws, place },
      }));
      await sql`update license l set jws = r.jws, kid = ${kid}, signed_at = ${at.toISOString()}::timestamptz,
          log_batch = ${batch}::bigint, log_place = r.place
        from ${rowSource(textColumns, texts)} where l.holder_code = r.holder_code and l.identifier = r.identifier`.execute(
        db,
      );
      await logEvents(
        db,
        { id: batch, secret },
        licenses,
        licenses.map(({ digest }) => digest),
      );
      const same = licenses.map(({ row: { holder_code, identifier, state, effective_on } }) => ({
        ...{ holder_code, identifier, previous: state, state, state_since: effective_on },
      }));
      await leaveNotices(db, same, at);
    },
  };
}

/** What `signingAgainStore` offers. */
export type SigningAgainStore = ReturnType<typeof signingAgainStore>;

const textColumns = { holder_code: "text", identifier: "text", jws: "text", place: "int" };

/**
 * From when on what a compromised key has signed does not count. What it signed before stands by its entry in the public log; but
 * the log of another issuer, whose key it is since the hub moved, is not here, so nothing stands of that one.
 */
const unsoundSince = (issuer: string) => `case when k.issuer = ${issuer} then k.compromised_at else '-infinity' end`;

const countUnsound = statement<{ kid: string; count: string }>(`
  select l.kid, count(*) as count from signing_key k
    join license l on l.kid = k.kid and coalesce(l.signed_at, l.received_at) >= ${unsoundSince("$1")}
  where k.purpose = 'license' and k.compromised_at is not null group by l.kid`);

const lockUnsound = statement<UnsoundLicense>(`
  select l.holder_code, l.identifier, l.issuer_code, l.state, l.state_since, l.source_record_id, l.source_updated_at,
    l.submission_id, l.jws, coalesce(l.signed_at, l.received_at) as last_signed_at
  from license l
  where l.kid = $1
    and coalesce(l.signed_at, l.received_at) >= (select ${unsoundSince("$3")} from signing_key k
      where k.kid = $1 and k.purpose = 'license' and k.compromised_at is not null)
    and (coalesce(l.signed_at, l.received_at), l.identifier) > ($4::timestamptz, $5)
    and exists (select from signing_key s where s.kid = $2 and s.compromised_at is null)
    and exists (select from log_batch b where b.id = l.log_batch and b.first_index is not null)
    and not exists (select from license_event e
      where e.holder_code = l.holder_code and e.identifier = l.identifier and e.log_batch is null)
  order by coalesce(l.signed_at, l.received_at), l.identifier limit $6 for no key update of l skip locked`);

const selectFaithful = statement<{ identifier: string }>(`
  select l.identifier from license l cross join lateral (
    select e.state, e.effective_on, max(e.source_updated_at) over () as source_updated_at from license_event e
    where e.holder_code = l.holder_code and e.identifier = l.identifier order by e.id desc limit 1) e
  where l.identifier = any($1::text[])
    and (l.state, l.state_since, l.source_updated_at) = (e.state, e.effective_on, e.source_updated_at)`);
