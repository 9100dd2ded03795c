import { type LicenseClaims, licenseJws } from "../license-jws.ts";
import { signJws } from "./sign-jws.ts";
import type { Signer } from "./signer.ts";

/**
 * Signs a license once, when it is accepted.
 * Shape: compact JWS, `typ` license+jwt.
 * Throws: TypeError when the key is not a license key of the claims' issuer; INPUT_INVALID as `signJws`, with reason
 * TOKEN_TOO_LARGE for a license whose token would exceed 128 KiB.
 */
export async function signLicense(claims: LicenseClaims, key: Signer): Promise<string> {
  return signJws(claims, licenseJws, key);
}

/** What is new of a license that is signed again. `statusUri`: of its list, as the hub is addressed now. */
export type FreshClaims = Readonly<{ issuedAt: Date; salt: string; statusUri: string }>;

/**
 * Signs the same words again, in the name of another key's issuer: what the license says, whose it is and where it came from stay.
 * Throws: as `signLicense`.
 */
export async function signLicenseAgain(claims: LicenseClaims, fresh: FreshClaims, key: Signer): Promise<string> {
  const { idx } = claims.status.status_list;
  const again = {
    ...{ ...claims, iss: key.issuer, iat: Math.floor(fresh.issuedAt.getTime() / 1000) },
    ...{ status: { status_list: { uri: fresh.statusUri, idx } }, salt: fresh.salt },
  };
  return signLicense(again, key);
}
