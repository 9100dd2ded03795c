import { promisify } from "node:util";
import { deflate, inflateSync } from "node:zlib";
import { signJws } from "../signing/sign-jws.ts";
import type { Signer } from "../signing/signer.ts";
import { maxListBytes, type StatusListClaims, statusListJws } from "./status-claims.ts";
import { statusIndexBits } from "./status-index.ts";
import { statusBits } from "./status-value.ts";

/**
 * How long a list's word counts. A department that loses its line goes on with the last list until `life` is over; a
 * list is signed anew when `renewal` of it is left, so nobody fetches one that ends soon. `ttl`: who reads states again
 * and again should ask for a newer list that often.
 * Units: seconds.
 */
export const statusListTerms = { life: 24 * 3600, renewal: 12 * 3600, ttl: 60 } as const;

/** The entries of a new list: all VALID. Shape: 2 bits each, 2^20 of them. */
export function newEntries(): Uint8Array {
  return new Uint8Array((2 ** statusIndexBits * statusBits) / 8);
}

/** Writes one entry into the array itself. @returns whether it said something else before */
export function setEntry(entries: Uint8Array, index: number, value: number): boolean {
  const perByte = 8 / statusBits;
  const at = Math.floor(index / perByte);
  const shift = (index % perByte) * statusBits;
  const before = entries[at];
  if (before === undefined) throw new RangeError("The list has no such entry.");
  const after = (before & ~((2 ** statusBits - 1) << shift)) | (value << shift);
  entries[at] = after;
  return after !== before;
}

/** What a list is made of. `uri`: its own address. */
export type StatusListInput = Readonly<{
  uri: string;
  aggregationUri: string;
  entries: Uint8Array;
  issuedAt: Date;
}>;

/** A signed list. */
export type SignedStatusList = Readonly<{ token: string; issuedAt: Date; expiresAt: Date }>;

/**
 * Packs entries (zlib, level 9) and signs them.
 * Shape: compact JWS, `typ` statuslist+jwt.
 * Throws: TypeError when the key is not for status lists.
 */
export async function signStatusList(input: StatusListInput, key: Signer): Promise<SignedStatusList> {
  const iat = Math.floor(input.issuedAt.getTime() / 1000);
  const exp = iat + statusListTerms.life;
  const claims: StatusListClaims = {
    iss: key.issuer,
    sub: input.uri,
    iat,
    exp,
    ttl: statusListTerms.ttl,
    status_list: {
      bits: statusBits,
      lst: await packEntries(input.entries),
      aggregation_uri: input.aggregationUri,
    },
  };
  const token = await signJws(claims, statusListJws, key);
  return { token, issuedAt: new Date(iat * 1000), expiresAt: new Date(exp * 1000) };
}

/** Entries as they stand in a token: zlib, level 9, base64url. The program goes on with other work meanwhile. */
export async function packEntries(entries: Uint8Array): Promise<string> {
  return (await zlibDeflate(entries, { level: 9, memLevel: 9 })).toString("base64url");
}

/** The entries of a list that this hub has signed and kept, in an array of their own. Trust: its own. */
export function entriesOfOwn(token: string): Uint8Array {
  const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
  const { status_list } = JSON.parse(payload) as StatusListClaims; // signed here, so it has this shape
  return new Uint8Array(inflateSync(Buffer.from(status_list.lst, "base64url"), { maxOutputLength: maxListBytes }));
}

/** The key that signed such a list. Trust: the hub's own. */
export function keyOfOwn(token: string): string {
  const { kid }: { kid?: unknown } = JSON.parse(
    Buffer.from(token.split(".", 1)[0] ?? "", "base64url").toString("utf8"),
  );
  return String(kid);
}

const zlibDeflate = promisify(deflate);
