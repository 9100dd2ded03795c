import { isPlainText } from "../plain-text.ts";
import { type Scope, scopesOfKind } from "./caller.ts";

/** What kind of system a client is. WALLET: a holder signs in with it. */
export const clientKinds = ["DEPARTMENT", "AUDITOR", "OPERATOR", "GATEWAY", "WALLET"] as const;
export type ClientKind = (typeof clientKinds)[number];

/** 业务系统: a system that is known to the hub by its id and proves itself with its keys. */
export type ClientFacts = Readonly<{
  id: string;
  kind: ClientKind;
  /** Code of the department it speaks for: exactly when its kind is DEPARTMENT. */
  department: string | null;
  name: string;
  /** What its tokens may be good for at most. */
  scopes: readonly Scope[];
  /** Where a holder is sent back to after signing in: exactly when its kind is WALLET. */
  redirectUris: readonly string[];
}>;

/** What an operator decided; every decision is on record under one of these. */
export const operatorActions = [
  ...(["REGISTER_CLIENT", "SUSPEND_CLIENT", "RESUME_CLIENT", "ADD_KEY", "RETIRE_KEY"] as const),
  ...(["GRANT_ACCESS", "REVOKE_GRANT"] as const),
  ...(["ADD_RECORD_KEY", "RETIRE_RECORD_KEY", "SET_UNSIGNED_RECORDS"] as const),
  ...(["ADD_SOURCE", "SUSPEND_SOURCE", "RESUME_SOURCE", "PULL_SOURCE", "RECONCILE_SOURCE", "REMOVE_SOURCE"] as const),
  ...(["SET_WEBHOOK", "ROTATE_WEBHOOK_SECRET", "REMOVE_WEBHOOK", "REPLAY_NOTICES"] as const),
  ...(["ROTATE_KEY", "DECLARE_KEY_COMPROMISED"] as const),
] as const;
export type OperatorAction = (typeof operatorActions)[number];

/** What becomes of records a client sends without its signature. */
export const unsignedPolicies = ["ACCEPTED", "REFUSED"] as const;
export type UnsignedPolicy = (typeof unsignedPolicies)[number];

/** Limits of a client. *Units*: characters, or pieces. */
export const clientLimits = {
  id: { least: 3, most: 60 },
  name: { least: 2, most: 100 },
  redirectUri: { most: 500 },
  redirectUris: { least: 1, most: 10 },
  /** Two, so that a key can be rotated: add the new one, sign with it, retire the old one. */
  standingKeys: 2,
  /** Keys records are signed with: a department may have several systems that sign. */
  standingRecordKeys: 8,
} as const;

/** The scopes a client of this kind may be given. A wallet acts for its holders. */
export function scopesOfClient(kind: ClientKind): readonly Scope[] {
  return scopesOfKind[kind === "WALLET" ? "HOLDER" : kind];
}

/**
 * The first fact about a new client that is not acceptable, or undefined. Whether the department exists is not asked
 * here. *Trust*: typed by an operator.
 */
export function clientFault(client: ClientFacts): keyof ClientFacts | undefined {
  if (!isClientId(client.id)) return "id";
  if (!isPlainText(client.name, clientLimits.name)) return "name";
  if ((client.department !== null) !== (client.kind === "DEPARTMENT")) return "department";
  if (!areScopes(client)) return "scopes";
  return areRedirectUris(client) ? undefined : "redirectUris";
}

/** Whether a text can be a client's id: 3 to 60 lower-case letters, digits and hyphens, none at an end or doubled. */
export function isClientId(text: string): boolean {
  const { least, most } = clientLimits.id;
  return text.length >= least && text.length <= most && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text);
}

/**
 * Whether a redirect URI can be registered; it is compared as text later, so only its normal form is accepted. https, or
 * http to a loopback address (never a name, which could be made to point elsewhere). No wildcard, user or fragment.
 * *Source*: RFC 6749 §3.1.2; RFC 8252 §7.3, §8.3; RFC 9700 §4.1.
 */
export function isRedirectUri(text: string): boolean {
  if (text.length > clientLimits.redirectUri.most || !/^[!-~]+$/.test(text) || /[#*\\]/.test(text)) return false;
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, href } = new URL(text);
  if (href !== text || username + password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "[::1]"].includes(hostname));
}

function areScopes({ kind, scopes }: ClientFacts): boolean {
  const allowed = scopesOfClient(kind);
  return scopes.length > 0 && isSet(scopes) && scopes.every((scope) => allowed.includes(scope));
}

function areRedirectUris({ kind, redirectUris }: ClientFacts): boolean {
  if (kind !== "WALLET") return redirectUris.length === 0;
  const { least, most } = clientLimits.redirectUris;
  const isCount = redirectUris.length >= least && redirectUris.length <= most;
  return isCount && isSet(redirectUris) && redirectUris.every(isRedirectUri);
}

function isSet(items: readonly string[]): boolean {
  return new Set(items).size === items.length;
}
