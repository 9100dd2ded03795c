import { createHash } from "node:crypto";
import type { Caller } from "../domain/access/caller.ts";
import { holderIdTypes } from "../domain/licenses/license-type.ts";
import { HubError } from "../errors.ts";
import { type AccessTokenClaims, openAccessToken } from "../proof/access/access-token.ts";
import type { Keyring } from "../proof/keyring.ts";

/** Whom tokens must come from and be meant for. */
export type TokenRules = Readonly<{ keyring: Keyring; issuer: string; audience: string; now: () => Date }>;

/** Tells who asks from the Authorization header. *Throws* HubError TOKEN_INVALID, TOKEN_EXPIRED. */
export type FindCaller = (authorization: string | undefined) => Promise<Caller>;

/** Tokens remembered as verified. A signature is checked once a token, not once a request. */
const maxRemembered = 5_000;

/**
 * Makes the one place where a token becomes a caller. No header: a stranger, who may ask what is open to everyone. A
 * header that is wrong is refused, never taken for a stranger's.
 */
export function callerFinder({ keyring, issuer, audience, now }: TokenRules): FindCaller {
  const remembered = new Map<string, { caller: Caller; expiresAt: number }>();
  return async (authorization) => {
    if (authorization === undefined) return { kind: "STRANGER" };
    const token = /^Bearer +([^ ]+) *$/i.exec(authorization)?.[1] ?? "";
    // Token text is no identity, but equal text has an equal verdict until it expires.
    const key = createHash("sha256").update(token).digest("base64url");
    const known = remembered.get(key);
    if (known && known.expiresAt > now().getTime()) return known.caller;
    const claims = await openAccessToken(token, keyring, { issuer, audience, now: now() });
    const caller = toCaller(claims);
    const oldest = remembered.size >= maxRemembered ? remembered.keys().next().value : undefined;
    if (oldest !== undefined) remembered.delete(oldest);
    remembered.set(key, { caller, expiresAt: claims.exp * 1000 });
    return caller;
  };
}

function toCaller(claims: AccessTokenClaims): Caller {
  const bearer = { clientId: claims.client_id, scopes: new Set(claims.scope.split(" ").filter(Boolean)) };
  if (claims.role === "department") return { ...bearer, kind: "DEPARTMENT" };
  if (claims.role === "auditor") return { ...bearer, kind: "AUDITOR" };
  if (claims.role === "operator") return { ...bearer, kind: "OPERATOR" };
  if (claims.role === "gateway") return { ...bearer, kind: "GATEWAY" };
  const idType = holderIdTypes.find((type) => type === claims.holder?.idType);
  if (!claims.holder || !idType) throw new HubError("TOKEN_INVALID");
  return { ...bearer, kind: "HOLDER", holder: { idType, id: claims.holder.id } };
}
