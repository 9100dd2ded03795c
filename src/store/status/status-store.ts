import type { StoredState } from "../../domain/licenses/license.ts";
import type { SignedStatusList } from "../../proof/status/sign-status-list.ts";
import { type Sql, statement, toInstant } from "../database.ts";
import { packToken, unpackToken } from "./token-text.ts";

/** A change of state on its way into a list. */
export type StatusChange = Readonly<{ index: number; state: StoredState }>;

/** A list as it was signed, under the number it is kept as: a higher one is newer. */
export type KeptStatusList = Readonly<{ id: number; token: string; issuedAt: Date }>;

/** Status lists: what waits for them, and what was signed. */
export function statusStore(db: Sql) {
  return {
    /** Lists that were never signed, not since `signedBefore`, or that have changed since. */
    dueLists: async (signedBefore: Date): Promise<readonly number[]> =>
      (await selectDue(db, [signedBefore])).map(({ id }) => id),

    /** Takes a list for this transaction. False: another copy of the hub is signing it. */
    lock: async (list: number): Promise<boolean> => (await lockList(db, [list])).length > 0,

    /**
     * Takes changes of a list, in order. Whoever changes a license leaves its change in the same transaction and holds the
     * license meanwhile, so of one license an earlier change is never seen later; of several, order means nothing. A
     * change that is committed late is simply there the next time.
     */
    takeChanges: async (list: number, most: number): Promise<readonly StatusChange[]> =>
      (await deleteChanges(db, [list, most]))
        .toSorted((one, other) => Number(one.id) - Number(other.id))
        .map(({ status_index: index, state }) => ({ index, state })),

    /** The list as it was signed last. */
    findNewest: async (list: number): Promise<KeptStatusList | undefined> => toKept(await selectNewest(db, [list])),

    /** The list that held at an instant: signed by then, not yet expired, and no newer one. */
    findAt: async (list: number, at: Date): Promise<KeptStatusList | undefined> =>
      toKept(await selectAt(db, [list, at])),

    /** The number of the newest token of every list that was ever signed. */
    newestIds: async (): Promise<ReadonlyMap<number, number>> =>
      new Map((await selectNewestIds(db, [])).map(({ list, id }) => [list, Number(id)])),

    save: async (list: number, { token, issuedAt, expiresAt }: SignedStatusList): Promise<void> => {
      await insertToken(db, [list, issuedAt, expiresAt, packToken(token)]);
    },

    /** Of lists older than 90 days, keeps the last of each hour. @returns how many went */
    thin: async (): Promise<number> => (await thinTokens(db, []))[0]?.gone ?? 0,
  };
}

/** What `statusStore` offers. */
export type StatusStore = ReturnType<typeof statusStore>;

type TokenRow = Readonly<{ id: string; token: Uint8Array; issued_at: string }>;

function toKept([row]: readonly TokenRow[]): KeptStatusList | undefined {
  return row && { id: Number(row.id), token: unpackToken(row.token), issuedAt: toInstant(row.issued_at) };
}

const selectDue = statement<{ id: number }>(`
  select s.id from status_list s
  where exists (select from status_change c where c.status_list = s.id)
    or not exists (select from status_token t where t.status_list = s.id and t.issued_at >= $1)
  order by s.id`);

const lockList = statement<object>("select from status_list where id = $1 for update skip locked");

const deleteChanges = statement<{ id: string; status_index: number; state: StoredState }>(`
  delete from status_change where id = any (array(
    select id from status_change where status_list = $1 order by id limit $2::int))
  returning id, status_index, state`);

const selectNewest = statement<TokenRow>(
  "select id, token, issued_at from status_token where status_list = $1 order by id desc limit 1",
);

const selectAt = statement<TokenRow>(`
  select id, token, issued_at from (select id, token, issued_at, expires_at from status_token
    where status_list = $1 and issued_at <= $2 order by issued_at desc, id desc limit 1) t
  where expires_at > $2`);

const selectNewestIds = statement<{ list: number; id: string }>(`
  select s.id as list, t.id from status_list s, lateral (
    select id from status_token where status_list = s.id order by id desc limit 1) t`);

const insertToken = statement<never>(
  "insert into status_token (status_list, issued_at, expires_at, token) values ($1, $2, $3, $4)",
);

const thinTokens = statement<{ gone: number }>("select status_token_thin() as gone");
