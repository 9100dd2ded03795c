import { isUsccShaped } from "../uscc.ts";

/** The root (OID arc) every electronic license identifier begins with. Source: GB/T 36904-2018. */
export const licenseIdentifierRoot = "1.2.156.3005.2";

/** What a new identifier is made of. */
export type LicenseIdentifierParts = Readonly<{
  /** Shape: 21 characters, the USCC of the body that defined the license type and 3 of `0-9 A-Z`. */
  type: string;
  /** Shape: the issuer's USCC, or, seen in practice, a bare 6-digit region. Its check is not asked about. */
  issuer: string;
  /** Shape: 1 or more of `0-9 A-Z`. */
  serial: string;
  /** Shape: whole, 0 to 999; written with 3 digits, one more at each re-issue. */
  version: number;
}>;

/** An electronic license identifier (电子证照标识) taken apart. */
export type LicenseIdentifier = LicenseIdentifierParts &
  Readonly<{
    /** Shape: 1 of `0-9 A-Z`, as written. */
    check: string;
    /** Whether `check` is the character the standard computes. */
    checkValid: boolean;
  }>;

/** What the check character of an identifier says; only a warning: a foreign identifier is never refused for it. */
export type CheckStatus = "VALID" | "INVALID" | "UNPARSABLE";

/**
 * Takes an electronic license identifier apart; undefined when it has not the standard's shape.
 * A wrong check character does not make it undefined: see `checkValid`. Look-ups use the whole text, never the parts.
 * Shape: `1.2.156.3005.2.TYPE.ISSUER.SERIAL.VERSION.CHECK`, upper case, at most 200 characters.
 * Trust: the check character covers no dot, so a dot moved between ISSUER and SERIAL can leave a valid identifier.
 * Source: GB/T 36904-2018.
 */
export function parseLicenseIdentifier(text: string): LicenseIdentifier | undefined {
  if (text.length > maxLength) return undefined;
  const parts = shape.exec(text);
  if (parts === null) return undefined;
  const [, type = "", issuer = "", serial = "", version = "", check = ""] = parts;
  if (!isUsccShaped(type.slice(0, 18)) || !(isRegionShaped(issuer) || isUsccShaped(issuer))) return undefined;
  const checkValid = check === identifierCheckCharacter(type + issuer + serial + version);
  return { type, issuer, serial, version: Number(version), check, checkValid };
}

/**
 * Makes a standard identifier with its check character.
 * Throws: RangeError when `parseLicenseIdentifier` could not read the result.
 * Source: GB/T 36904-2018.
 */
export function makeLicenseIdentifier({ type, issuer, serial, version }: LicenseIdentifierParts): string {
  const versionText = String(version).padStart(3, "0");
  const check = identifierCheckCharacter(type + issuer + serial + versionText);
  const text = [licenseIdentifierRoot, type, issuer, serial, versionText, check].join(".");
  if (parseLicenseIdentifier(text) === undefined) {
    throw new RangeError(
      "Expected a 21-character type, a USCC or region as issuer, a serial of 0-9 A-Z, version 0-999.",
    );
  }
  return text;
}

/**
 * The check character over TYPE, ISSUER, SERIAL and VERSION written together without dots or root.
 * Shape: `0-9 A-Z`. Throws: RangeError on any other character.
 * Source: GB/T 36904-2018; ISO/IEC 7064 hybrid system MOD 37,36.
 */
export function identifierCheckCharacter(body: string): string {
  if (!/^[0-9A-Z]*$/.test(body)) throw new RangeError("Expected characters of 0-9 A-Z.");
  let product = 36;
  for (let place = 0; place < body.length; place += 1) {
    const code = body.charCodeAt(place);
    const sum = (product + (code < 58 ? code - 48 : code - 55)) % 36;
    product = ((sum === 0 ? 36 : sum) * 2) % 37;
  }
  return ((37 - product) % 36).toString(36).toUpperCase();
}

/**
 * What to store and warn about beside an identifier.
 * Trust: any text whatever may come in; UNPARSABLE is an answer, not an error.
 */
export function checkStatusOf(text: string): CheckStatus {
  const identifier = parseLicenseIdentifier(text);
  if (identifier === undefined) return "UNPARSABLE";
  return identifier.checkValid ? "VALID" : "INVALID";
}

const maxLength = 200;
const shape = /^1\.2\.156\.3005\.2\.([0-9A-Z]{21})\.([0-9A-Z]{6}|[0-9A-Z]{18})\.([0-9A-Z]+)\.(\d{3})\.([0-9A-Z])$/;

function isRegionShaped(text: string): boolean {
  return /^\d{6}$/.test(text);
}
