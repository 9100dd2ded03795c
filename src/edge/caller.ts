import type { Caller, KnownCaller } from "../domain/access/caller.ts";
import { holderIdTypes } from "../domain/licenses/license-type.ts";
import { HubError } from "../errors.ts";
import type { Hub } from "../hub.ts";
import { type AccessTokenClaims, keyIdOf, openAccessToken } from "../proof/access/access-token.ts";
import { type DpopVerdict, verifyDpopProof } from "../proof/access/dpop-proof.ts";
import type { VerifyingKey } from "../proof/keyring.ts";

/** Whom tokens must come from and be meant for. */
export type TokenRules = Readonly<{
  issuers: readonly string[];
  audience: string;
  /** What the outside knows the hub by: a DPoP proof names this and the path asked for. */
  publicUrl: string;
  /** In a demo a token may disclose without being bound to a key. */
  mayBeUnbound: boolean;
}>;

/** What a request says about who sends it. *Trust*: all of it is attacker-chosen. */
export type SenderHeaders = Readonly<{
  method: string;
  /** Without query. */
  path: string;
  authorization: string | undefined;
  dpop: string | undefined;
}>;

/** Tells who asks. *Throws* HubError TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_UNBOUND, DPOP_*, FORBIDDEN. */
export type FindCaller = (sender: SenderHeaders) => Promise<Caller>;

/** What is asked of the hub about a sender. */
export type SenderTools = Pick<Hub, "tokenKeyring" | "refreshTokenKeys" | "senders" | "now">;

/** Tokens remembered as verified. A signature is checked once a token, not once a request. */
const maxRemembered = 5_000;

/** What a token says, and the thumbprint it is bound to. */
type Verified = Readonly<{
  caller: KnownCaller;
  kid: string;
  /** What was known of the key then. */
  key: VerifyingKey | undefined;
  boundTo: string | undefined;
  expiresAt: number;
}>;

/**
 * Makes the one place where a token becomes a caller. No header: a stranger, who may ask what is open to everyone. A
 * header that is wrong is refused, never taken for a stranger's. A token bound to a key works only with a fresh proof
 * by that key; and a client is looked up at each request, so that suspending it stops its tokens.
 * *Source*: RFC 6750 §2.1; RFC 9449 §7.
 */
export function callerFinder(hub: SenderTools, rules: TokenRules): FindCaller {
  const remembered = new Map<string, Verified>();

  const verify = async (token: string): Promise<Verified> => {
    // Token text is no identity, but equal text has an equal verdict until it expires.
    const known = remembered.get(token);
    const kid = known?.kid ?? keyIdOf(token);
    await hub.refreshTokenKeys(kid);
    // A key that its issuer has withdrawn, or that was compromised, vouches for nothing any more, however often it did.
    const key = hub.tokenKeyring.find(kid);
    if (known !== undefined && known.key === key && known.expiresAt > hub.now().getTime()) return known;
    const claims = await openAccessToken(token, hub.tokenKeyring, { ...rules, now: hub.now() });
    const verified = {
      caller: toCaller(claims),
      kid,
      key,
      boundTo: claims.cnf?.jkt,
      expiresAt: claims.exp * 1000,
    };
    const oldest = remembered.size >= maxRemembered ? remembered.keys().next().value : undefined;
    if (oldest !== undefined) remembered.delete(oldest);
    remembered.set(token, verified);
    return verified;
  };

  return async ({ method, path, authorization, dpop }) => {
    if (authorization === undefined) return { kind: "STRANGER" };
    const [, scheme = "", token = ""] = /^(Bearer|DPoP) +([^ ]+) *$/i.exec(authorization) ?? [];
    const { caller, boundTo } = await verify(token);
    const isProven = scheme.toLowerCase() === "dpop";
    if (boundTo === undefined) {
      if (isProven) throw new HubError("DPOP_PROOF_INVALID", { reason: "TOKEN_UNBOUND" });
      if (!rules.mayBeUnbound) throw new HubError("TOKEN_UNBOUND");
      // A department's client is asked for by every use case, which puts its refusal on record.
      if (caller.kind !== "DEPARTMENT") await checkStanding(hub, caller, undefined);
      return caller;
    }
    if (!isProven || dpop === undefined) throw new HubError("DPOP_PROOF_INVALID", { reason: "MISSING" });
    const url = `${rules.publicUrl}${path}`;
    const request = { method, url, accessToken: token, thumbprint: boundTo, now: hub.now() };
    const proof = await verifyDpopProof(dpop, request);
    if (!proof.ok) throw new HubError("DPOP_PROOF_INVALID", { reason: proof.fault });
    await checkStanding(hub, caller, proof);
    return caller;
  };
}

/** One look at the database: the proof is new, and the client stands and is what its token says. */
async function checkStanding(
  { senders }: SenderTools,
  caller: KnownCaller,
  proof: Extract<DpopVerdict, { ok: true }> | undefined,
): Promise<void> {
  const { kind, isNewProof } = await senders.meet(caller.clientId, proof);
  if (!isNewProof) throw new HubError("DPOP_REPLAYED");
  if (caller.kind === "DEPARTMENT") return;
  if (kind !== (caller.kind === "HOLDER" ? "WALLET" : caller.kind)) throw new HubError("FORBIDDEN");
}

function toCaller({ client_id: clientId, sub, scope, role, holder, member }: AccessTokenClaims): KnownCaller {
  const bearer = { clientId, scopes: new Set(scope.split(" ").filter(Boolean)) };
  if (role === "department") return { ...bearer, kind: "DEPARTMENT" };
  if (role === "auditor") return { ...bearer, kind: "AUDITOR" };
  if (role === "operator") return { ...bearer, kind: "OPERATOR", ...(sub !== clientId && { person: sub }) };
  if (role === "gateway") return { ...bearer, kind: "GATEWAY" };
  const idType = holderIdTypes.find((type) => type === holder?.idType);
  if (!holder || !idType) throw new HubError("TOKEN_INVALID");
  return { ...bearer, kind: "HOLDER", holder: { idType, id: holder.id }, ...(member && { member }) };
}

/** What a 401 says about how to ask again. *Source*: RFC 6750 §3; RFC 9449 §7.1. */
export function challengeOf(error: HubError): string {
  if (error.code === "TOKEN_UNBOUND") return 'DPoP error="invalid_token", algs="ES256 EdDSA"';
  if (error.code.startsWith("DPOP_")) return 'DPoP error="invalid_dpop_proof", algs="ES256 EdDSA"';
  return 'Bearer error="invalid_token"';
}

/** What of a request tells who sends it. A header sent twice is no header anybody made on purpose. */
export function senderHeaders({ method, url, headers }: SentRequest): SenderHeaders {
  const { authorization, dpop } = headers;
  const [path = ""] = url.split("?", 1);
  return { method, path, authorization, dpop: Array.isArray(dpop) ? dpop.join(", ") : dpop };
}

type SentRequest = Readonly<{
  method: string;
  url: string;
  headers: Readonly<Record<string, string | string[] | undefined>> & Readonly<{ authorization?: string | undefined }>;
}>;
