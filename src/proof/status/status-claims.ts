import { type ClaimsShape, fitsShape, isSeconds, isSecondsOrAbsent, isText } from "../claims-shape.ts";
import type { ExpectedJws } from "../jws.ts";

/**
 * What a status list token says. `sub`: its own address, the `uri` of the licenses it speaks of; `lst`: the entries,
 * zlib in base64url.
 * Units: seconds; `iat` and `exp` since 1970.
 * Source: Token Status List §4.2, §5.1.
 */
export type StatusListClaims = Readonly<{
  iss: string;
  sub: string;
  iat: number;
  exp: number;
  /** How long a copy may be kept before a newer one should be asked for. */
  ttl?: number;
  status_list: Readonly<{ bits: StatusListBits; lst: string; aggregation_uri?: string }>;
}>;

/** Sizes an entry may have. */
export type StatusListBits = (typeof allBits)[number];

/** Most bytes of a list, unpacked: 2^20 entries of 8 bits. */
export const maxListBytes = 2 ** 20;

/** The kind of token a status list is. 2 MiB of text hold the largest list there can be, packed badly. */
export const statusListJws: ExpectedJws<StatusListClaims> = {
  types: ["statuslist+jwt"],
  purpose: "status",
  maxLength: 2 * maxListBytes,
  parseClaims: (payload) => (fitsShape(payload, shape) ? (payload as StatusListClaims) : undefined),
};

const allBits = [1, 2, 4, 8] as const;

const shape: ClaimsShape = {
  iss: isText,
  sub: isText,
  iat: isSeconds,
  exp: isSeconds,
  ttl: isSecondsOrAbsent,
  "status_list.bits": (value) => allBits.some((bits) => bits === value),
  "status_list.lst": (value) => typeof value === "string" && /^[\w-]+$/.test(value),
  "status_list.aggregation_uri": (value) => value === undefined || isText(value),
};
