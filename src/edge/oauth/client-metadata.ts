import type { AdapterPayload } from "oidc-provider";
import type { OauthClient } from "../../store/access/oauth-store.ts";

/** What holds for every client here. */
export type ClientRules = Readonly<{
  /** Tokens are bound to a key whoever asks; not so in a demo. */
  mustBind: boolean;
}>;

/** Name of the metadata member that holds what kind of system a client is. */
export const kindMember = "hub_kind";

/**
 * A registered client in the words of RFC 7591; undefined: one that can not prove itself and must.
 * A wallet signs holders in with a code; every other client is a server that asks in its own name. Only a wallet may be
 * without a key, for one on a phone can keep none from its owner: PKCE and DPoP then stand for it.
 */
export function clientMetadata(client: OauthClient, { mustBind }: ClientRules): AdapterPayload | undefined {
  const isWallet = client.kind === "WALLET";
  const hasKeys = client.keys.length > 0;
  if (!hasKeys && !isWallet) return undefined;
  return {
    client_id: client.id,
    client_name: client.name,
    application_type: "web",
    grant_types: isWallet ? ["authorization_code", "refresh_token"] : ["client_credentials"],
    response_types: isWallet ? ["code"] : [],
    redirect_uris: isWallet ? [...client.redirectUris] : [],
    token_endpoint_auth_method: hasKeys ? "private_key_jwt" : "none",
    ...(hasKeys && { jwks: { keys: [...client.keys] } }),
    ...(client.scopes.length > 0 && { scope: client.scopes.join(" ") }),
    dpop_bound_access_tokens: mustBind || isWallet,
    require_pushed_authorization_requests: true,
    [kindMember]: client.kind,
  };
}
