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
