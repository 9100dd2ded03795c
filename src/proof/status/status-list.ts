import { base64url } from "jose";
import type { LocalizedText } from "../../errors.ts";
import { openJws } from "../jws.ts";
import type { Keyring } from "../keyring.ts";
import type { LicenseClaims } from "../license-jws.ts";
import { openedOnce } from "../opened-once.ts";
import { type Finding, found, passed, type VerificationCode } from "../verification.ts";
import { inflate } from "./inflate.ts";
import { maxListBytes, type StatusListBits, type StatusListClaims, statusListJws } from "./status-claims.ts";
import { statusValues } from "./status-value.ts";

/** A status list, opened and unpacked: ready for any number of licenses. Units: seconds since 1970. */
export type StatusList = Readonly<{
  issuer: string;
  uri: string;
  issuedAt: number;
  expiresAt: number;
  bits: StatusListBits;
  entries: Uint8Array;
  /** When it was signed, in words. */
  signed: LocalizedText;
}>;

/** The list, or why it is none that can be relied on; `detail`: the code of the step of its own that failed. */
export type StatusListOpening = Readonly<{ list: StatusList } | { code: VerificationCode; detail?: VerificationCode }>;

/** Opens a list and unpacks it. Trust: the token is attacker-chosen. */
export type OpenStatusList = (token: string) => Promise<StatusListOpening>;

/**
 * Opens a status list: signed by a key of the keyring whose purpose is `status`, in the name of that key's issuer, and
 * at most 1 MiB when unpacked. Whether it is the list of a certain license, and of a certain time, is `judgeStatus`'s.
 * Trust: the token is attacker-chosen, the keyring is trusted.
 * Source: Token Status List §8.3.
 */
export async function openStatusList(token: string, keyring: Keyring): Promise<StatusListOpening> {
  const { findings, claims } = await openJws(token, keyring, statusListJws);
  const fault = findings.find(({ outcome }) => outcome !== "PASS");
  if (fault?.code !== undefined) return { code: listCodeOf(fault), detail: fault.code };
  if (claims === undefined) return { code: "STATUS_LIST_SIGNATURE" };
  const { iss: issuer, sub: uri, iat: issuedAt, exp: expiresAt, status_list } = claims;
  const entries = await unpackEntries(status_list);
  if ("code" in entries) return entries;
  const signed = signedDetail(issuedAt);
  return { list: { issuer, uri, issuedAt, expiresAt, bits: status_list.bits, entries, signed } };
}

/**
 * Opens lists and remembers the last few, so that a list is unpacked once for all the licenses that stand on it. Known
 * again by every character of its token.
 */
export function statusListReader(keyring: Keyring, maxLists = 8): OpenStatusList {
  const once = openedOnce<StatusListOpening>(keyring, "status", maxLists);
  return (token) => once(token, () => openStatusList(token, keyring));
}

/**
 * Judges the step STATUS: what a status list says of a license at the instant asked about.
 * Trust: the list's token is attacker-chosen; the license's claims are verified by now.
 */
export async function judgeStatus(
  listToken: string,
  claims: StatusReference,
  keyring: Keyring,
  asked: Date,
): Promise<Finding> {
  return judgeListed(await openStatusList(listToken, keyring), claims, asked);
}

/** The same of a list that is open: one list, any number of licenses. */
export function judgeListed(opening: StatusListOpening, { iss, status }: StatusReference, asked: Date): Finding {
  if (!("list" in opening)) {
    const { code, detail } = opening;
    return found("STATUS", code, detail && { en: detail, zh: detail });
  }
  const { list } = opening;
  const { uri, idx } = status.status_list;
  if (list.issuer !== iss || list.uri !== uri) return found("STATUS", "STATUS_LIST_FOREIGN");
  const second = Math.floor(asked.getTime() / 1000);
  const { signed } = list;
  if (second + clockSkewSeconds < list.issuedAt) return found("STATUS", "STATUS_LIST_LATER", signed);
  if (second >= list.expiresAt) return found("STATUS", "STATUS_LIST_EXPIRED", signed);
  const value = entryOf(list, idx);
  if (value === undefined) return found("STATUS", "STATUS_INDEX");
  if (value === statusValues.VALID) return passed("STATUS", signed);
  return found("STATUS", codesOfValues.get(value) ?? "STATUS_UNKNOWN", signed);
}

/** What a license says of its place on a list. */
export type StatusReference = Pick<LicenseClaims, "iss" | "status">;

/**
 * An entry of a list; undefined: the list does not reach that far. Entries fill a byte from its lowest bit on.
 * Source: Token Status List §4.1.
 */
export function entryOf({ bits, entries }: Pick<StatusList, "bits" | "entries">, index: number): number | undefined {
  const perByte = 8 / bits;
  const byte = entries[Math.floor(index / perByte)];
  return byte === undefined ? undefined : (byte >>> ((index % perByte) * bits)) & (2 ** bits - 1);
}

/** Unpacks the entries of a list. Trust: attacker-chosen until the token's signature holds. */
export async function unpackEntries({
  lst,
}: Pick<StatusListClaims["status_list"], "lst">): Promise<Uint8Array | { code: VerificationCode }> {
  const packed = base64url.decode(lst);
  if (base64url.encode(packed) !== lst) return { code: "STATUS_LIST_MALFORMED" };
  const entries = await inflate(packed, maxListBytes);
  if (!("fault" in entries)) return entries;
  return { code: entries.fault === "TOO_LARGE" ? "STATUS_LIST_TOO_LARGE" : "STATUS_LIST_MALFORMED" };
}

/** How far the clock of whoever verifies may be behind the hub's. */
export const clockSkewSeconds = 60;

const codesOfValues: ReadonlyMap<number, VerificationCode> = new Map([
  [statusValues.INVALID, "STATUS_INVALID"],
  [statusValues.SUSPENDED, "STATUS_SUSPENDED"],
  [statusValues.SUPERSEDED, "STATUS_SUPERSEDED"],
]);

function listCodeOf({ name, code }: Finding): VerificationCode {
  if (code === "TOKEN_TOO_LARGE") return "STATUS_LIST_TOO_LARGE";
  return name === "FORMAT" ? "STATUS_LIST_MALFORMED" : "STATUS_LIST_SIGNATURE";
}

function signedDetail(issuedAt: number): LocalizedText {
  const instant = `${new Date(issuedAt * 1000).toISOString().slice(0, 19)}Z`;
  return { en: `list signed at ${instant}`, zh: `列表签署于 ${instant}` };
}
