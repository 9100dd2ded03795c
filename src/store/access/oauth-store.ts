import { type Scope, scopesOfKind } from "../../domain/access/caller.ts";
import type { ClientKind } from "../../domain/access/client.ts";
import { type Sql, statement } from "../database.ts";

/** A client as the authorization server knows it: one that stands. */
export type OauthClient = Readonly<{
  id: string;
  kind: ClientKind;
  name: string;
  /** What it is registered for, out of what its kind may hold. */
  scopes: readonly Scope[];
  redirectUris: readonly string[];
  /** Public keys standing now: none, one, or two while it changes them. */
  keys: readonly object[];
}>;

/** Something the authorization server remembers for a while, as it was stored. */
export type OauthArtifact = Readonly<{ payload: Record<string, unknown>; consumedAt: string | null }>;

/** What is stored of an artifact besides its payload, to find it by. */
export type ArtifactKeys = Readonly<{ grantId?: string | undefined; uid?: string | undefined }>;

/** Most keys of a client that count at once; the newest do. */
const maxStandingKeys = 2;

/**
 * What the authorization server remembers: nothing of it is kept in memory, so any copy of the hub can go on where
 * another one began. An artifact that has expired is as good as gone, removed or not.
 * *Order*: `now` is the clock expiry is judged by.
 */
export function oauthStore(db: Sql, now: () => Date) {
  const at = () => now().toISOString();
  return {
    /** A client that is not suspended, with its keys: one statement, asked anew for each request. */
    findClient: async (id: string): Promise<OauthClient | undefined> => {
      const [row] = await selectClient(db, [id, at(), maxStandingKeys]);
      if (!row) return undefined;
      const { kind, name, scopes, redirect_uris: redirectUris, keys } = row;
      const mayHold = scopesOfKind[kind === "WALLET" ? "HOLDER" : kind];
      return { id, kind, name, scopes: mayHold.filter((scope) => scopes.includes(scope)), redirectUris, keys };
    },

    saveArtifact: async (
      model: string,
      id: string,
      payload: Record<string, unknown>,
      ttlSeconds: number | undefined,
      keys: ArtifactKeys = {},
    ): Promise<void> => {
      const expiresAt = ttlSeconds === undefined ? null : new Date(now().getTime() + ttlSeconds * 1000).toISOString();
      const found = [keys.grantId ?? null, keys.uid ?? null];
      await upsertArtifact(db, [model, id, JSON.stringify(payload), ...found, expiresAt]);
    },

    findArtifact: async (model: string, id: string): Promise<OauthArtifact | undefined> =>
      toArtifact(await selectArtifact(db, [model, id, at()])),

    findArtifactByUid: async (model: string, uid: string): Promise<OauthArtifact | undefined> =>
      toArtifact(await selectArtifactByUid(db, [model, uid, at()])),

    /** @returns false when somebody else used it first: of two at the same moment, one wins */
    consumeArtifact: async (model: string, id: string): Promise<boolean> =>
      (await consume(db, [model, id, at()])).length === 1,

    removeArtifact: async (model: string, id: string): Promise<void> => {
      await remove(db, [model, id]);
    },

    removeArtifactsOfGrant: async (model: string, grantId: string): Promise<void> => {
      await removeOfGrant(db, [model, grantId]);
    },

    /** Remembers an id until then. @returns false when it is remembered already, by whichever copy of the hub */
    rememberOnce: async (id: string, until: Date): Promise<boolean> =>
      (await insertOnce(db, [id, until.toISOString(), at()])).length === 1,
  };
}

/** What `oauthStore` offers. */
export type OauthStore = ReturnType<typeof oauthStore>;

type ArtifactRow = Readonly<{ payload: Record<string, unknown>; consumed_at: string | null }>;

function toArtifact([row]: readonly ArtifactRow[]): OauthArtifact | undefined {
  return row && { payload: row.payload, consumedAt: row.consumed_at };
}

const selectClient = statement<{
  kind: ClientKind;
  name: string;
  scopes: string[];
  redirect_uris: string[];
  keys: object[];
}>(`
  select kind, name, scopes, redirect_uris,
    (select coalesce(jsonb_agg(jwk), '[]') from (select jwk from client_key
      where client_id = $1 and (retired_at is null or retired_at > $2::timestamptz)
      order by added_at desc, kid limit $3::int) standing) as keys
  from client where id = $1 and active`);

const upsertArtifact = statement<never>(`
  insert into oauth_artifact (model, id, payload, grant_id, uid, expires_at)
  values ($1, $2, $3::jsonb, $4, $5, $6::timestamptz)
  on conflict (model, id) do update set payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid,
    expires_at = excluded.expires_at`);

const alive = "(expires_at is null or expires_at > $3::timestamptz)";

const selectArtifact = statement<ArtifactRow>(
  `select payload, consumed_at from oauth_artifact where model = $1 and id = $2 and ${alive}`,
);

const selectArtifactByUid = statement<ArtifactRow>(
  `select payload, consumed_at from oauth_artifact where model = $1 and uid = $2 and ${alive} limit 1`,
);

const consume = statement<{ id: string }>(`
  update oauth_artifact set consumed_at = $3::timestamptz
  where model = $1 and id = $2 and consumed_at is null returning id`);

const remove = statement<never>(`delete from oauth_artifact where model = $1 and id = $2`);

const removeOfGrant = statement<never>(`delete from oauth_artifact where model = $1 and grant_id = $2`);

const insertOnce = statement<{ id: string }>(`
  insert into oauth_artifact as seen (model, id, payload, expires_at)
  values ('ReplayDetection', $1, '{}', $2::timestamptz)
  on conflict (model, id) do update set expires_at = excluded.expires_at
    where seen.expires_at <= $3::timestamptz
  returning id`);
