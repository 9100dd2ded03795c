import { type ClaimsShape, fitsShape, isCount, isSeconds, isSecondsOrAbsent, isText } from "../claims-shape.ts";
import type { OpenedJws } from "../jws.ts";
import type { Keyring } from "../keyring.ts";
import { type LicenseContent, licenseContentShape } from "../license-jws.ts";
import { isJsonObject, type JsonObject } from "../strict-json.ts";
import type { VerificationCode } from "../verification.ts";
import type { DisclosedClaims } from "./disclosures.ts";
import { type ExpectedSdJwt, openSdJwt, type SdJwtParts } from "./sd-jwt.ts";

/**
 * What a license says that its holder shows in part.
 * Shape: as the license JWS, with `vct` `urn:zhengzhao:license-type:CODE`; the holder's code and each member of the
 * license (of its attributes too) is there only when it was disclosed. Everything that decides whether the license
 * holds stands in the signed payload itself, open to every reader. `cnf` names the holder's key.
 * `isWhole`: nothing is hidden.
 */
export type PresentedClaims = Readonly<{
  iss: string;
  jti: string;
  vct: string;
  iat: number;
  nbf: number;
  exp?: number;
  status: Readonly<{ status_list: Readonly<{ uri: string; idx: number }> }>;
  cnf?: JsonObject;
  sub?: string;
  license: Readonly<Partial<LicenseContent>>;
  isWhole: boolean;
}>;

/**
 * Opens a license in the form a wallet shows: the steps FORMAT to KEY_VALIDITY.
 * Trust: every character is attacker-chosen; claims are returned only when signature and issuer hold.
 * Source: RFC 9901 §7.1; SD-JWT VC (draft-ietf-oauth-sd-jwt-vc) §3.2.
 */
export async function openLicenseSdJwt(parts: SdJwtParts, keyring: Keyring): Promise<OpenedJws<PresentedClaims>> {
  return openSdJwt(parts, keyring, licenseSdJwt);
}

/** Code of the license type a `vct` names. */
export function typeCodeOf({ vct }: Pick<PresentedClaims, "vct">): string {
  return vct.slice(typePrefix.length);
}

const typePrefix = "urn:zhengzhao:license-type:";

/** The kind of token a license shown in part is. */
export const licenseSdJwt: ExpectedSdJwt<PresentedClaims> = { types: ["dc+sd-jwt", "vc+sd-jwt"], parseClaims };

function parseClaims(payload: JsonObject, { claims, hidden }: DisclosedClaims): PresentedClaims | VerificationCode {
  // Whoever could leave out `exp` could show a license that has ended.
  if (alwaysOpen.some((name) => Object.hasOwn(claims, name) !== Object.hasOwn(payload, name)))
    return "SD_JWT_CLAIM_NOT_SELECTIVE";
  if (!fitsShape(payload, openShape)) return "CLAIMS_MALFORMED";
  const { license, sub, vct } = claims;
  if (!isJsonObject(license) || !(sub === undefined || isText(sub))) return "CLAIMS_MALFORMED";
  const shown = Object.entries(licenseContentShape).filter(([path]) => isThere(license, path.split(".")));
  if (!fitsShape(license, Object.fromEntries(shown))) return "CLAIMS_MALFORMED";
  if (license["type"] !== undefined && `${typePrefix}${license["type"]}` !== vct) return "CLAIMS_MALFORMED";
  // Both shapes hold, and what is always open is taken from where it was signed open.
  const open = Object.fromEntries(alwaysOpen.filter((name) => name in payload).map((name) => [name, payload[name]]));
  return { ...open, ...(sub !== undefined && { sub }), license, isWhole: hidden === 0 } as unknown as PresentedClaims;
}

const alwaysOpen = ["iss", "jti", "vct", "iat", "nbf", "exp", "status", "cnf"];

const openShape: ClaimsShape = {
  iss: isText,
  jti: isText,
  vct: (value) => isText(value) && /^urn:zhengzhao:license-type:[0-9A-Z]{1,40}$/.test(value),
  iat: isSeconds,
  nbf: isSeconds,
  exp: isSecondsOrAbsent,
  "status.status_list.uri": isText,
  "status.status_list.idx": isCount,
  cnf: (value) => value === undefined || (isJsonObject(value) && isJsonObject(value["jwk"])),
};

/** Whether the first member of a path was shown; one that was is judged whole. */
function isThere(license: JsonObject, path: readonly string[]): boolean {
  let at: unknown = license;
  for (const name of path.slice(0, -1)) at = isJsonObject(at) ? at[name] : undefined;
  const last = path.at(-1);
  return last !== undefined && (isJsonObject(at) ? Object.hasOwn(at, last) : at !== undefined);
}
