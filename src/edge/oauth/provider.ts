import { createHash } from "node:crypto";
import { errors, interactionPolicy, type KoaContextWithOIDC, Provider } from "oidc-provider";
import { scopes } from "../../domain/access/caller.ts";
import { dateOf } from "../../domain/calendar.ts";
import type { HubKeys } from "../../hub/keys/open-keys.ts";
import type { Hub } from "../../hub.ts";
import type { OauthStore } from "../../store/access/oauth-store.ts";
import { findAccount, type HolderAccount } from "./account.ts";
import { artifactAdapter } from "./artifacts.ts";
import { clientFault, signatures, toleranceSeconds } from "./client-fault.ts";
import { kindMember } from "./client-metadata.ts";
import { HubTokenKey } from "./token-key.ts";

/** What the authorization server is made of. */
export type AuthorizationParts = Readonly<{
  hub: Pick<Hub, "senders" | "publicUrl" | "now" | "charge">;
  keys: Pick<HubKeys, "signer" | "standing" | "secrets">;
  store: OauthStore;
  /** Whom tokens are for; asked for or not. */
  audience: string;
  demo: boolean;
  logUnexpected: (error: unknown) => string;
  /** A client did not prove itself; what was found, without the assertion. */
  logClientFault: (facts: object) => void;
}>;

/** How long things live. *Units*: seconds. */
const ttl = {
  ...{ AccessToken: 10 * 60, ClientCredentials: 10 * 60, AuthorizationCode: 60, IdToken: 10 * 60 },
  ...{ Interaction: 15 * 60, Session: 8 * 60 * 60, Grant: 14 * 24 * 60 * 60, RefreshToken: 14 * 24 * 60 * 60 },
};

/** Where the endpoints are, below the public address. */
const routes = {
  ...{ authorization: "/oauth/authorize", pushed_authorization_request: "/oauth/par", token: "/oauth/token" },
  ...{ jwks: "/oauth/jwks", revocation: "/oauth/revoke" },
};

/**
 * The authorization server as it is now: made anew when the token keys have changed. It keeps nothing in memory, so who was in
 * the middle of something goes on with the new one; what is under way ends with the old one and its key.
 */
export function authorizationServer(parts: AuthorizationParts): () => AuthorizationServer {
  let made: (AuthorizationServer & Readonly<{ mark: string }>) | undefined;
  return () => {
    const { hub, keys } = parts;
    const mark = [keys.signer("token", hub.now()), ...keys.standing("token")].map(({ kid }) => kid).join(" ");
    if (made?.mark !== mark) {
      const provider = makeProvider(parts);
      made = { mark, provider, handle: provider.callback() };
    }
    return made;
  };
}

/** The server, and what answers requests. */
type AuthorizationServer = Readonly<{ provider: Provider; handle: ReturnType<Provider["callback"]> }>;

/**
 * The authorization server after the FAPI 2.0 security profile: pushed requests, PKCE, one-time codes of a minute, keys
 * instead of secrets, tokens bound to keys, exact redirect addresses, no implicit flow.
 * *Source*: FAPI 2.0 Security Profile; RFC 9068; RFC 9126; RFC 9207; RFC 9449; RFC 8707.
 */
function makeProvider(parts: AuthorizationParts): Provider {
  const { hub, keys, store, audience, demo } = parts;
  const today = () => dateOf(hub.now());
  const key = keys.signer("token", hub.now());
  const published = keys.standing("token");
  const tokenKeys = published.map(
    ({ publicJwk, kid }) => new HubTokenKey(publicJwk, kid === key.kid ? key : undefined),
  );
  const provider = new Provider(hub.publicUrl, {
    adapter: artifactAdapter(store, { mustBind: !demo }),
    jwks: { keys: tokenKeys },
    ...{ routes, ttl, scopes, responseTypes: ["code"], clientAuthMethods: ["private_key_jwt", "none"] },
    enabledJWA: {
      clientAuthSigningAlgValues: signatures,
      dPoPSigningAlgValues: signatures,
      idTokenSigningAlgValues: [key.alg],
    },
    clockTolerance: toleranceSeconds,
    clientDefaults: { id_token_signed_response_alg: key.alg },
    extraClientMetadata: { properties: [kindMember] },
    cookies: { keys: [...keys.secrets()] },
    features: {
      ...{ devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false }, userinfo: { enabled: false } },
      ...{ clientCredentials: { enabled: true }, dPoP: { enabled: true } },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      externalSigningSupport: { enabled: true, ack: "experimental-01" },
      fapi: { enabled: true, profile: "2.0" },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, resource, client) => {
          if (resource !== audience) throw new errors.InvalidTarget();
          checkScopes(ctx);
          const jwt = { sign: { alg: key.alg, kid: key.kid } };
          return { scope: client.scope ?? "", audience, accessTokenFormat: "jwt", jwt };
        },
      },
    },
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    clientBasedCORS: (_ctx, origin, client) =>
      (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
    assertJwtClientAuthClaimsAndHeader: (ctx) => {
      const { part } = clientFault(ctx.oidc.params?.["client_assertion"], ctx.oidc.issuer, hub.now());
      // The library has found the key by now.
      if (part !== "KEY") throw new errors.InvalidClientAuth(part);
    },
    findAccount: async (_ctx, name) => {
      const account = await findAccount(hub.senders, name, today());
      return account && { accountId: name, account, claims: () => ({ sub: name }) };
    },
    extraTokenClaims: (ctx) => tokenClaims(ctx),
    expiresWithSession: () => false,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: () => true,
    interactions: {
      policy: signInEachTime(),
      url: (_ctx, interaction) => `${pathOf(hub.publicUrl)}/oauth/interaction/${interaction.uid}`,
    },
    renderError: (ctx, out) => {
      // Pages are written by our own routes; what fails before one is short and plain.
      ctx.type = "text/plain; charset=utf-8";
      ctx.body = `无法完成登录 · The sign-in can not go on\n${out.error}: ${out.error_description ?? ""}\n`;
    },
    fetch: () => Promise.reject(new TypeError("clients are registered with their keys; nothing is fetched")),
  });
  provider.proxy = true; // the routes put the public address where Koa looks for it
  provider.use(async (ctx, next) => {
    await next();
    // The library lists `openid`, which no client here may ask for.
    if (ctx.oidc?.route === "discovery") ctx.body = { ...(ctx.body as object), scopes_supported: scopes };
  });
  detectReplays(provider, store);
  explainRefusals(provider, parts);
  provider.on("server_error", (_ctx, error) => parts.logUnexpected(error));
  return provider;
}

/**
 * Everybody signs in anew and says for whom, whatever session a browser still has: it may stand in a service hall. It
 * also asks again where the account of a session is gone, because the membership it stood for has ended.
 */
function signInEachTime(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const isOver = ({ oidc }: KoaContextWithOIDC) => oidc.account === undefined || oidc.result?.["login"] === undefined;
  policy.get("login")?.checks.add(new interactionPolicy.Check("each_time", "everybody signs in anew", isOver));
  return policy;
}

/** The path below which the outside finds the hub: "" when PUBLIC_URL has none. */
export function pathOf(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/$/, "");
}

/** The library looks, then writes; of two copies of one proof at the same moment both would pass. One statement does both. */
function detectReplays(provider: Provider, store: OauthStore): void {
  const detection: { unique: (issuer: string, id: string, expires: number) => Promise<boolean> } =
    provider.ReplayDetection;
  detection.unique = (issuer, id, expires) =>
    store.rememberOnce(
      createHash("sha256")
        .update(JSON.stringify([issuer, id]))
        .digest("base64url"),
      new Date(expires * 1000),
    );
}

/** Says, to whoever sent it and in the log, why a client was not taken for the one it says it is. */
function explainRefusals(provider: Provider, { hub, logClientFault }: AuthorizationParts): void {
  const explain = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) => {
    if (error.error !== "invalid_client") return;
    const detail = error.error_detail ?? "";
    const { part, description, facts } = clientFault(ctx.oidc.params?.["client_assertion"], hub.publicUrl, hub.now());
    const isUsed = part === "KEY" && detail === "client assertion tokens must only be used once";
    logClientFault({ ...facts, part: isUsed ? "jti" : part, detail });
    const shown = isUsed ? "jti: this assertion was used before, make a new one for each request" : description;
    ctx.body = { error: error.error, error_description: shown };
  };
  provider.on("grant.error", explain);
  provider.on("pushed_authorization_request.error", explain);
  provider.on("revocation.error", explain);
}

/**
 * Whoever asks for a scope it can not have is told so, and gets no token that opens less than it expects: the library
 * leaves out what it does not know. *Throws* InvalidScope.
 */
function checkScopes({ oidc: { params, client } }: KoaContextWithOIDC): void {
  const mayHold = client?.scope?.split(" ") ?? [];
  const asked = typeof params?.["scope"] === "string" ? params["scope"].split(" ") : [];
  const isNamed = asked.length > 0 || params?.["grant_type"] !== "client_credentials";
  const wrong = asked.find((scope) => !mayHold.includes(scope));
  if (isNamed && wrong === undefined) return;
  const choice = mayHold.length > 0 ? `this client may ask for: ${mayHold.join(" ")}` : "this client may ask for none";
  throw new errors.InvalidScope(
    `${isNamed ? "a scope is not among those" : "no scope is named"}; ${choice}`,
    wrong ?? "",
  );
}

/** Our own claims: what kind of caller, and for a holder whose token it is. */
function tokenClaims({ oidc }: KoaContextWithOIDC): Record<string, unknown> {
  const kind = oidc.client?.[kindMember];
  if (kind !== "WALLET") return { role: String(kind).toLowerCase() };
  const account = oidc.account?.["account"] as HolderAccount | undefined; // put there by findAccount above
  if (!account) throw new errors.InvalidGrant("nobody is signed in");
  return { role: "holder", holder: account.holder, ...(account.member && { member: account.member }) };
}
