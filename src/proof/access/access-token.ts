import { HubError } from "../../errors.ts";
import { type ClaimsShape, fitsShape, isDigest, isSeconds, isText } from "../claims-shape.ts";
import { acceptedClaims, type ExpectedJws, openJws } from "../jws.ts";
import type { Keyring } from "../keyring.ts";
import { signJws } from "../signing/sign-jws.ts";
import type { Signer } from "../signing/signer.ts";
import { isJsonObject, type JsonObject, parseStrictJson } from "../strict-json.ts";

/** Who acts with a token. */
export const tokenRoles = ["department", "holder", "auditor", "operator", "gateway"] as const;
export type TokenRole = (typeof tokenRoles)[number];

/**
 * What an access token says.
 * Shape: `scope` is space-separated, possibly empty; `holder` is there exactly when the role is holder, and `member`
 * only then: the membership a person acts under for that holder; `cnf.jkt` is the RFC 7638 thumbprint of the key the
 * sender must prove with every request.
 * Units: seconds since 1970.
 * Source: RFC 9068 §2.2; RFC 9449 §6.1; `role`, `holder` and `member` are our own.
 */
export type AccessTokenClaims = Readonly<{
  iss: string;
  aud: string;
  sub: string;
  client_id: string;
  jti: string;
  iat: number;
  exp: number;
  scope: string;
  role: TokenRole;
  holder?: Readonly<{ idType: string; id: string }>;
  member?: string;
  cnf?: Readonly<{ jkt: string }>;
}>;

/** What a token is made of; its issuer is the key's. */
export type AccessTokenInput = Omit<AccessTokenClaims, "iss" | "iat" | "exp"> & Readonly<{ ttlSeconds: number }>;

/** Whose tokens are accepted, for whom, and the time. */
export type AccessTokenRules = Readonly<{ issuers: readonly string[]; audience: string; now: Date }>;

/** Longest life of a token. Units: seconds. */
export const maxTtlSeconds = 24 * 60 * 60;

/**
 * Mints an access token.
 * Shape: compact JWS, `typ` at+jwt.
 * Throws: RangeError when the life is not 1 second to 24 hours; TypeError when the key is not a token
 * key; INPUT_INVALID as `signJws`.
 */
export async function mintAccessToken(input: AccessTokenInput, key: Signer, now: Date): Promise<string> {
  const { ttlSeconds, holder, member, cnf, ...rest } = input;
  const isLife = Number.isInteger(ttlSeconds) && ttlSeconds >= 1 && ttlSeconds <= maxTtlSeconds;
  if (!isLife) throw new RangeError("A token lives 1 second to 24 hours.");
  const iat = Math.floor(now.getTime() / 1000);
  const optional = { ...(holder && { holder }), ...(member && { member }), ...(cnf && { cnf }) };
  const claims = { iss: key.issuer, ...rest, iat, exp: iat + ttlSeconds, ...optional };
  return signJws(claims, tokenJws, key);
}

/**
 * Opens an access token of one of the trusted issuers for one audience. Clocks may differ by 30 seconds.
 * Throws: TOKEN_EXPIRED when it is genuine but its time is over; TOKEN_INVALID for everything else, without saying why.
 * Trust: the token is attacker-chosen; the claims returned are verified. `aud` of the result is the audience asked for,
 * also when the token names several.
 * Source: RFC 9068 §4.
 */
export async function openAccessToken(
  token: string,
  keyring: Keyring,
  rules: AccessTokenRules,
): Promise<AccessTokenClaims> {
  const claims = acceptedClaims(await openJws(token, keyring, tokenJws));
  if (claims === undefined || !rules.issuers.includes(claims.iss)) throw new HubError("TOKEN_INVALID");
  if (!audiencesOf(claims.aud).includes(rules.audience)) throw new HubError("TOKEN_INVALID");
  const now = rules.now.getTime() / 1000;
  if (claims.iat > now + toleranceSeconds) throw new HubError("TOKEN_INVALID");
  if (claims.exp <= claims.iat || claims.exp - claims.iat > maxTtlSeconds) throw new HubError("TOKEN_INVALID");
  if (claims.exp <= now - toleranceSeconds) throw new HubError("TOKEN_EXPIRED");
  return { ...claims, aud: rules.audience };
}

/**
 * The key id a token names; "" when it names none.
 * Trust: attacker-chosen; good for looking a key up, and for nothing else.
 */
export function keyIdOf(token: string): string {
  if (token.length > tokenJws.maxLength) return "";
  const header = parseStrictJson(Buffer.from(token.split(".", 1)[0] ?? "", "base64url"), {
    maxBytes: 4096,
    maxDepth: 4,
  });
  const kid = "value" in header && isJsonObject(header.value) ? header.value["kid"] : undefined;
  return typeof kid === "string" ? kid : "";
}

const toleranceSeconds = 30;

type WireClaims = Omit<AccessTokenClaims, "aud"> & Readonly<{ aud: string | readonly string[] }>;

const tokenJws: ExpectedJws<WireClaims> = {
  types: ["at+jwt", "application/at+jwt"],
  purpose: "token",
  maxLength: 8 * 1024,
  parseClaims: (payload) =>
    fitsShape(payload, tokenShape) && holderFitsRole(payload) ? (payload as WireClaims) : undefined,
};

const tokenShape: ClaimsShape = {
  iss: isText,
  aud: (value) => audiencesOf(value).length > 0 && audiencesOf(value).every(isText),
  sub: isText,
  client_id: isText,
  jti: isText,
  iat: isSeconds,
  exp: isSeconds,
  scope: (value) => typeof value === "string" && value.length <= 1000,
  role: (value) => tokenRoles.some((role) => role === value),
  member: (value) => value === undefined || (typeof value === "string" && uuidShape.test(value)),
  cnf: (value) => value === undefined || (isJsonObject(value) && isDigest(value["jkt"])),
};

const uuidShape = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

function audiencesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function holderFitsRole({ role, holder, member }: JsonObject): boolean {
  if (role !== "holder") return holder === undefined && member === undefined;
  return isJsonObject(holder) && isText(holder["idType"]) && isText(holder["id"]);
}
