import { type Adapter, type AdapterPayload, errors } from "oidc-provider";
import type { OauthArtifact, OauthStore } from "../../store/access/oauth-store.ts";
import { sqlState } from "../../store/outage.ts";
import { type ClientRules, clientMetadata } from "./client-metadata.ts";

/** Makes the storage of each kind of thing the authorization server remembers: rows of PostgreSQL, and clients as registered. */
export function artifactAdapter(store: OauthStore, rules: ClientRules): (model: string) => Adapter {
  return (model) => (model === "Client" ? clientsOnly(store, rules) : artifacts(store, model));
}

function artifacts(store: OauthStore, model: string): Adapter {
  return {
    upsert: async (id, payload, expiresIn) => {
      const keys = { grantId: payload.grantId, uid: payload.uid };
      await store.saveArtifact(model, id, { ...payload }, expiresIn, keys).catch(refuseCharacters);
    },
    find: async (id) => (isId(id) ? toPayload(await store.findArtifact(model, id)) : undefined),
    findByUid: async (uid) => (isId(uid) ? toPayload(await store.findArtifactByUid(model, uid)) : undefined),
    findByUserCode: async () => undefined,
    consume: async (id) => {
      // Found unused by two at the same moment, it is used by one.
      if (!(await store.consumeArtifact(model, id))) throw new errors.InvalidGrant("already used");
    },
    destroy: (id) => store.removeArtifact(model, id),
    revokeByGrantId: (grantId) => store.removeArtifactsOfGrant(model, grantId),
  };
}

function clientsOnly(store: OauthStore, rules: ClientRules): Adapter {
  const refuse = async () => {
    throw new TypeError("clients are registered by operators, not here");
  };
  const find = async (id: string): Promise<AdapterPayload | undefined> => {
    const client = isClientId(id) ? await store.findClient(id) : undefined;
    return client && clientMetadata(client, rules);
  };
  const none = async () => undefined;
  return {
    ...{ find, findByUid: none, findByUserCode: none },
    ...{ upsert: refuse, consume: refuse, destroy: refuse, revokeByGrantId: refuse },
  };
}

/** What this server makes itself: anything else is not looked for. *Trust*: attacker-chosen. */
function isId(text: string): boolean {
  return /^[\w-]{1,200}$/.test(text);
}

/** Printable ASCII, as RFC 6749 §A.1 has it. *Trust*: attacker-chosen. */
function isClientId(text: string): boolean {
  return /^[ -~]{1,200}$/.test(text);
}

/** No text in the database may hold U+0000. */
function refuseCharacters(error: unknown): never {
  const state = sqlState(error);
  if (state === "22P05" || state === "22021")
    throw new errors.InvalidRequest("a parameter holds a character that is not accepted");
  throw error;
}

function toPayload(artifact: OauthArtifact | undefined): AdapterPayload | undefined {
  if (!artifact) return undefined;
  const { payload, consumedAt } = artifact;
  return consumedAt === null ? payload : { ...payload, consumed: true };
}
