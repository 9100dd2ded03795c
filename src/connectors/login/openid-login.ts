import { readFile } from "node:fs/promises";
import * as openid from "openid-client";
import { ConfigError, type LoginConfig } from "../../config.ts";
import type { HolderIdType } from "../../domain/licenses/license-type.ts";
import { checkResidentId } from "../../domain/resident-id.ts";
import { checkUscc } from "../../domain/uscc.ts";
import { codeOf } from "../../errors.ts";
import { readBody } from "../bounded-body.ts";

/** How the provider is asked. *Units*: milliseconds, bytes. */
export const loginLimits = { timeoutMs: 8_000, maxBytes: 256 * 1024, freshMs: 60 * 60_000 } as const;

/** What has to be remembered from the way there until the way back. */
export type PendingLogin = Readonly<{ verifier: string; nonce: string; state: string; redirectUri: string }>;

/**
 * Why nobody was signed in. DENIED: the person, or the provider, said no. UNAVAILABLE: the provider does not answer. FAILED: its answer
 * does not hold (signature, nonce, issuer, time …). NO_IDENTITY: it holds, but names no resident ID and no credit code.
 */
export const loginProblems = ["DENIED", "UNAVAILABLE", "FAILED", "NO_IDENTITY"] as const;
export type LoginProblem = (typeof loginProblems)[number];

/** Who signed in. *Trust*: the provider vouches for it. */
export type ProvenIdentity = Readonly<{ idType: HolderIdType; id: string; name: string }>;

/** A login by an OpenID Provider; `onTrouble` is told in words without anybody's data why a sign-in came to nothing. */
export type OpenIdLogin = ReturnType<typeof openIdLogin>;

/** Reads what the hub proves itself with. *Throws* ConfigError, in one line that does not repeat it. */
export async function readCredential({ credential: { kind, file } }: LoginConfig): Promise<openid.ClientAuth> {
  const name = kind === "SECRET" ? "LOGIN_CLIENT_SECRET_FILE" : "LOGIN_CLIENT_KEY_FILE";
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new ConfigError(`${name} ${file} can not be read: ${codeOf(error)}`);
  });
  if (kind === "KEY") return openid.PrivateKeyJwt(await importKey(text, `${name} ${file}`));
  const secret = text.trim();
  if (secret === "") throw new ConfigError(`${name} ${file} is empty`);
  const [basic, post] = [openid.ClientSecretBasic(secret), openid.ClientSecretPost(secret)];
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    return (methods.includes("client_secret_basic") ? basic : post)(server, ...rest);
  };
}

async function importKey(text: string, what: string): Promise<openid.PrivateKey> {
  try {
    const { kid, ...jwk }: JsonWebKey & { kid?: string } = JSON.parse(text);
    const algorithm =
      jwk.kty === "EC"
        ? { name: "ECDSA", namedCurve: "P-256" }
        : jwk.kty === "OKP"
          ? { name: "Ed25519" }
          : { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("jwk", { ...jwk, key_ops: ["sign"] }, algorithm, false, ["sign"]);
    return kid === undefined ? { key } : { key, kid };
  } catch {
    throw new ConfigError(`${what} is no private key as a JWK (EC P-256, Ed25519 or RSA)`);
  }
}

/**
 * Signs people in with an OpenID Provider: authorization code, PKCE, state, nonce, the ID token's signature by the provider's keys.
 * The provider is first asked when somebody signs in; a hub starts without it.
 * *Source*: OpenID Connect Core §3.1; RFC 7636; RFC 9207.
 */
export function openIdLogin(
  place: LoginConfig,
  credential: openid.ClientAuth,
  now: () => Date,
  onTrouble: (problem: LoginProblem, reason: string) => void,
) {
  let known: Promise<openid.Configuration> | undefined;
  let knownSince = 0;
  const provider = () => {
    if (known && now().getTime() - knownSince < loginLimits.freshMs) return known;
    knownSince = now().getTime();
    const asked = discover(place, credential);
    known = asked;
    asked.catch(() => {
      if (known === asked) known = undefined;
    });
    return asked;
  };
  const trouble = (error: unknown): Readonly<{ problem: LoginProblem }> => {
    const problem = problemOf(error);
    onTrouble(problem, reasonOf(error));
    return { problem };
  };

  return {
    /** Where the browser goes, and what to remember meanwhile. */
    start: async (
      back: Pick<PendingLogin, "redirectUri" | "state">,
    ): Promise<Readonly<{ address: string; pending: PendingLogin } | { problem: LoginProblem }>> => {
      try {
        const configuration = await provider();
        const pending = { ...back, verifier: openid.randomPKCECodeVerifier(), nonce: openid.randomNonce() };
        const address = openid.buildAuthorizationUrl(configuration, {
          redirect_uri: pending.redirectUri,
          scope: place.scope,
          state: pending.state,
          nonce: pending.nonce,
          code_challenge: await openid.calculatePKCECodeChallenge(pending.verifier),
          code_challenge_method: "S256",
          // The browser may stand in a service hall: whoever comes next proves who they are.
          prompt: "login",
        });
        return { address: address.href, pending };
      } catch (error) {
        return trouble(error);
      }
    },

    /** Who the provider's answer proves to be there. *Trust*: the answer is attacker-chosen until it has been checked here. */
    finish: async (
      answer: ReadonlyMap<string, string>,
      pending: PendingLogin,
    ): Promise<ProvenIdentity | Readonly<{ problem: LoginProblem }>> => {
      try {
        const configuration = await provider();
        const url = new URL(pending.redirectUri);
        url.search = new URLSearchParams([...answer]).toString();
        const tokens = await openid.authorizationCodeGrant(configuration, url, {
          pkceCodeVerifier: pending.verifier,
          expectedNonce: pending.nonce,
          expectedState: pending.state,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (!claims) throw new TypeError("no ID token");
        const found = identityOf(claims, place.claims);
        if (found) return found;
        const more = configuration.serverMetadata().userinfo_endpoint
          ? await openid.fetchUserInfo(configuration, tokens.access_token, claims.sub)
          : undefined;
        const identity = more && identityOf(more, place.claims);
        if (identity) return identity;
        onTrouble("NO_IDENTITY", "neither claim holds a valid code");
        return { problem: "NO_IDENTITY" };
      } catch (error) {
        return trouble(error);
      }
    },
  };
}

async function discover(place: LoginConfig, credential: openid.ClientAuth): Promise<openid.Configuration> {
  const isPlain = place.issuer.startsWith("http:");
  return openid.discovery(new URL(place.issuer), place.clientId, undefined, credential, {
    [openid.customFetch]: boundedFetch,
    timeout: loginLimits.timeoutMs / 1000,
    // Plain HTTP is for this machine alone (readConfig).
    execute: [openid.enableNonRepudiationChecks, ...(isPlain ? [openid.allowInsecureRequests] : [])],
  });
}

/** The provider did not answer, or not as one that works. */
class Unreachable extends TypeError {}

const boundedFetch: openid.CustomFetch = async (url, options) => {
  const response = await fetch(url, options as RequestInit).catch((cause: unknown) => {
    throw new Unreachable("no answer", { cause });
  });
  if (response.status >= 500) throw new Unreachable(`answered ${response.status}`);
  const body = await readBody(response, loginLimits.maxBytes);
  if (body === undefined) throw new Unreachable("the answer is too large");
  const { status, headers } = response;
  return new Response(body.length > 0 ? new Uint8Array(body) : null, { status, headers });
};

/** A person's own number counts before that of an enterprise, for an enterprise is acted for as one of its members. */
function identityOf(claims: object, names: LoginConfig["claims"]): ProvenIdentity | undefined {
  const name = textAt(claims, names.name)?.slice(0, 200) ?? "";
  const residentId = textAt(claims, names.residentId)?.toUpperCase();
  if (residentId !== undefined)
    return checkResidentId(residentId).ok ? { idType: "RESIDENT_ID", id: residentId, name } : undefined;
  const uscc = textAt(claims, names.uscc)?.toUpperCase();
  return uscc !== undefined && checkUscc(uscc).ok ? { idType: "USCC", id: uscc, name } : undefined;
}

function textAt(claims: object, path: string): string | undefined {
  let value: unknown = claims;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

function problemOf(error: unknown): LoginProblem {
  if (error instanceof openid.AuthorizationResponseError)
    return /^(temporarily_unavailable|server_error)$/.test(error.error) ? "UNAVAILABLE" : "DENIED";
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Unreachable || codeOf(cause) === "OAUTH_TIMEOUT") return "UNAVAILABLE";
  }
  return "FAILED";
}

/** Codes only: what a provider writes may name people. */
function reasonOf(error: unknown): string {
  if (error instanceof openid.AuthorizationResponseError || error instanceof openid.ResponseBodyError)
    return /^[\w-]{1,60}$/.test(error.error) ? error.error : "an error of its own";
  return codeOf(error) ?? (error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 200) : "unknown");
}
