import { type CalendarDate, endOfDay, startOfDay } from "../domain/calendar.ts";
import {
  type ClaimsShape,
  fitsShape,
  isCount,
  isDate,
  isDateOrNull,
  isDigest,
  isDigestOrAbsent,
  isSaltOrAbsent,
  isSeconds,
  isSecondsOrAbsent,
  isText,
  isTextOrNull,
} from "./claims-shape.ts";
import { maxTokenLength, readOwnJws } from "./compact-jws.ts";
import { type ExpectedJws, type OpenedJws, openJws } from "./jws.ts";
import type { Keyring } from "./keyring.ts";
import { isJsonObject, type JsonObject } from "./strict-json.ts";
import { found } from "./verification.ts";

/** The license as its holder and any department reads it inside the signed text. */
export type LicenseContent = Readonly<{
  type: string;
  typeName: string;
  number: string;
  holder: Readonly<{ idType: string; id: string; name: string }>;
  issuer: Readonly<{ code: string; name: string }>;
  /** Null when the record names none. */
  region: string | null;
  issuedOn: CalendarDate;
  validFrom: CalendarDate;
  /** The last day, inclusive; null = long term. */
  validUntil: CalendarDate | null;
  /** From 1 on, one more at each re-issue. */
  version: number;
  /** Identifier of the version this one replaces; null when none. */
  predecessor: string | null;
  attributes: JsonObject;
}>;

/**
 * Where the record came from. `digest`: SHA-256 of the canonical record received, base64url; `kid`: of the client's key
 * under whose signature it came, absent when it was not signed.
 */
export type LicenseSource = Readonly<{ client: string; recordId: string; digest: string; kid?: string }>;

/**
 * What a license JWS says.
 * Shape: `sub` holder id, `jti` license identifier, `exp` absent when long term.
 * Units: seconds since 1970, negative for older licenses; `nbf` is the first second of validFrom and `exp` the last
 * second of validUntil, in Asia/Shanghai, both inclusive.
 */
export type LicenseClaims = Readonly<{
  iss: string;
  sub: string;
  jti: string;
  iat: number;
  nbf: number;
  exp?: number;
  status: Readonly<{ status_list: Readonly<{ uri: string; idx: number }> }>;
  license: LicenseContent;
  source: LicenseSource;
  /** 128 random bits: what the license's digest in the public log can not be guessed without. Absent: an older license. */
  salt?: string;
}>;

/**
 * What the claims are made of. Null and undefined mean the same: no region, long term, no predecessor.
 * `issuerUrl` must be the issuer of the key that will sign.
 */
export type LicenseClaimsInput = Omit<LicenseContent, "type" | "typeName" | "region" | "validUntil" | "predecessor"> &
  Readonly<{
    issuerUrl: string;
    issuedAt: Date;
    identifier: string;
    type: Readonly<{ code: string; name: string }>;
    region?: string | null | undefined;
    validUntil?: CalendarDate | null | undefined;
    predecessor?: string | null | undefined;
    /** The license's place on its status list. */
    status: Readonly<{ uri: string; idx: number }>;
    source: LicenseSource;
    /** 22 characters of base64url, fresh. */
    salt?: string | undefined;
  }>;

/**
 * The claims of an accepted license.
 * Throws: RangeError when validFrom or validUntil is no calendar date.
 */
export function buildLicenseClaims(input: LicenseClaimsInput): LicenseClaims {
  const { holder, issuer, source, status } = input;
  const validUntil = input.validUntil ?? null;
  return {
    iss: input.issuerUrl,
    sub: holder.id,
    jti: input.identifier,
    iat: seconds(input.issuedAt),
    nbf: seconds(startOfDay(input.validFrom)),
    ...(validUntil !== null && { exp: seconds(endOfDay(validUntil)) }),
    status: { status_list: { uri: status.uri, idx: status.idx } },
    license: {
      type: input.type.code,
      typeName: input.type.name,
      number: input.number,
      holder: { idType: holder.idType, id: holder.id, name: holder.name },
      issuer: { code: issuer.code, name: issuer.name },
      region: input.region ?? null,
      issuedOn: input.issuedOn,
      validFrom: input.validFrom,
      validUntil,
      version: input.version,
      predecessor: input.predecessor ?? null,
      attributes: input.attributes,
    },
    source: {
      ...{ client: source.client, recordId: source.recordId, digest: source.digest },
      ...(source.kid !== undefined && { kid: source.kid }),
    },
    ...(input.salt !== undefined && { salt: input.salt }),
  };
}

/**
 * Opens a license: the steps FORMAT to KEY_VALIDITY; every other verdict about a license starts here.
 * Shape: an SD-JWT (`~`) or a bundle (`{`) is recognized and left unread.
 * Trust: the token is attacker-chosen; claims are returned only when signature and issuer hold.
 */
export async function openLicense(token: string, keyring: Keyring): Promise<OpenedJws<LicenseClaims>> {
  if (token.startsWith("{") || token.includes("~")) return { findings: [found("FORMAT", "FORMAT_NOT_SUPPORTED")] };
  return openJws(token, keyring, licenseJws);
}

/** Where a license that the hub has signed and kept stands: its list, and the key that signed it. */
export function referencesOf(jws: string): Readonly<{ kid: string; statusList: string }> {
  const { kid, payload } = readOwnJws(jws);
  const claims = payload as LicenseClaims; // signed here, so it has this shape
  return { kid, statusList: claims.status.status_list.uri };
}

/** The kind of token a license is. */
export const licenseJws: ExpectedJws<LicenseClaims> = {
  types: ["license+jwt"],
  purpose: "license",
  maxLength: maxTokenLength,
  parseClaims: (payload) => (fitsShape(payload, licenseShape) ? (payload as LicenseClaims) : undefined),
};

/** The members of a license, as they stand in `license` of its claims. */
export const licenseContentShape: ClaimsShape = {
  type: isText,
  typeName: isText,
  number: isText,
  "holder.idType": isText,
  "holder.id": isText,
  "holder.name": isText,
  "issuer.code": isText,
  "issuer.name": isText,
  region: isTextOrNull,
  issuedOn: isDate,
  validFrom: isDate,
  validUntil: isDateOrNull,
  version: isCount,
  predecessor: isTextOrNull,
  attributes: isJsonObject,
};

const licenseShape: ClaimsShape = {
  iss: isText,
  sub: isText,
  jti: isText,
  iat: isSeconds,
  nbf: isSeconds,
  exp: isSecondsOrAbsent,
  "status.status_list.uri": isText,
  "status.status_list.idx": isCount,
  ...Object.fromEntries(Object.entries(licenseContentShape).map(([path, fits]) => [`license.${path}`, fits])),
  "source.client": isText,
  "source.recordId": isText,
  "source.digest": isDigest,
  "source.kid": isDigestOrAbsent,
  salt: isSaltOrAbsent,
};

function seconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}
