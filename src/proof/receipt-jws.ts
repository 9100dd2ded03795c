import { type ClaimsShape, fitsShape, isDigest, isSeconds, isText } from "./claims-shape.ts";
import { maxTokenLength } from "./compact-jws.ts";
import { type ExpectedJws, type OpenedJws, openJws } from "./jws.ts";
import type { Keyring } from "./keyring.ts";
import { signJws } from "./signing/sign-jws.ts";
import type { Signer } from "./signing/signer.ts";
import { isJsonObject } from "./strict-json.ts";

/**
 * A license named in a receipt. `digest`: `payloadDigest` of its JWS. `extract`: what went out of it when that was not
 * the whole license, vouched for by the receipt's signature.
 */
export type ReceiptLicense = Readonly<{
  identifier: string;
  type: string;
  digest: string;
  extract?: Readonly<{
    number: string;
    issuer: string;
    issuedOn: string;
    validFrom: string;
    validUntil: string | null;
    attributes: Readonly<Record<string, unknown>>;
  }>;
}>;

/**
 * What the receipt of a fetch says: who (`aud`, client id) took whose (`sub`, holder id) licenses, after which
 * material check, for which case.
 * Shape: `jti` is the bundle's id; 1 to 100 licenses. Units: seconds since 1970.
 */
export type ReceiptClaims = Readonly<{
  iss: string;
  aud: string;
  sub: string;
  jti: string;
  iat: number;
  check: string;
  purpose: Readonly<{ procedure: string; caseNumber: string; reason: string }>;
  licenses: readonly ReceiptLicense[];
}>;

/** What a receipt is made of; its issuer is the key's. */
export type ReceiptInput = Omit<ReceiptClaims, "iss" | "iat"> & Readonly<{ issuedAt: Date }>;

/**
 * Signs the receipt of a fetch.
 * Shape: compact JWS, `typ` receipt+jwt.
 * Throws: TypeError when the key is not a receipt key; INPUT_INVALID as `signJws`.
 */
export async function signReceipt(input: ReceiptInput, key: Signer): Promise<string> {
  const { procedure, caseNumber, reason } = input.purpose;
  const claims: ReceiptClaims = {
    iss: key.issuer,
    aud: input.aud,
    sub: input.sub,
    jti: input.jti,
    iat: Math.floor(input.issuedAt.getTime() / 1000),
    check: input.check,
    purpose: { procedure, caseNumber, reason },
    licenses: input.licenses.map(({ identifier, type, digest, extract }) => ({
      ...{ identifier, type, digest },
      ...(extract && { extract }),
    })),
  };
  return signJws(claims, receiptJws, key);
}

/**
 * Opens a receipt; `acceptedClaims` of the result are its claims when every step passed.
 * Trust: the token is attacker-chosen.
 */
export async function openReceipt(token: string, keyring: Keyring): Promise<OpenedJws<ReceiptClaims>> {
  return openJws(token, keyring, receiptJws);
}

const receiptJws: ExpectedJws<ReceiptClaims> = {
  types: ["receipt+jwt"],
  purpose: "receipt",
  maxLength: maxTokenLength,
  parseClaims: (payload) => (fitsShape(payload, receiptShape) ? (payload as ReceiptClaims) : undefined),
};

const receiptShape: ClaimsShape = {
  iss: isText,
  aud: isText,
  sub: isText,
  jti: isText,
  iat: isSeconds,
  check: isText,
  "purpose.procedure": isText,
  "purpose.caseNumber": isText,
  "purpose.reason": isText,
  licenses: isLicenseList,
};

const licenseShape: ClaimsShape = { identifier: isText, type: isText, digest: isDigest };

function isLicenseList(value: unknown): boolean {
  if (!Array.isArray(value) || value.length < 1 || value.length > 100) return false;
  return value.every((entry) => isJsonObject(entry) && fitsShape(entry, licenseShape) && isExtract(entry["extract"]));
}

function isExtract(value: unknown): boolean {
  return value === undefined || (isJsonObject(value) && isJsonObject(value["attributes"]) && isText(value["number"]));
}
