import { maxTokenLength } from "../compact-jws.ts";
import { type BaseClaims, type OpenedJws, openJws } from "../jws.ts";
import type { Keyring } from "../keyring.ts";
import type { JsonObject } from "../strict-json.ts";
import type { VerificationCode } from "../verification.ts";
import { type DisclosedClaims, discloseClaims } from "./disclosures.ts";

/** An SD-JWT taken apart. Trust: all of it attacker-chosen. */
export type SdJwtParts = Readonly<{
  /** The JWS its issuer signed. */
  issued: string;
  disclosures: readonly string[];
  /** What the holder signs the hash of: everything up to the last `~`, that one included. */
  presented: string;
  /** The holder's proof; absent when the text ends with `~`. */
  keyBinding?: string;
}>;

/** What a reader of SD-JWTs is ready to accept. */
export type ExpectedSdJwt<C extends BaseClaims> = Readonly<{
  types: readonly [string, ...string[]];
  /**
   * The claims, or what is wrong with them. `disclosed` is the payload with every disclosure in place.
   * Trust: attacker-chosen when this runs.
   */
  parseClaims(payload: JsonObject, disclosed: DisclosedClaims): C | VerificationCode;
}>;

/** Whether a text is an SD-JWT rather than a plain JWS; whether a good one, is for `openSdJwt` to say. */
export function isSdJwt(text: string): boolean {
  return text.includes("~");
}

/**
 * Takes the compact form apart: `JWS~disclosure~…~` or the same with a key binding JWT at its end.
 * Source: RFC 9901 §4. The JSON serialization (§8) is no compact form and is refused.
 */
export function splitSdJwt(text: string): SdJwtParts | { code: VerificationCode } {
  if (text.length > maxTokenLength) return { code: "TOKEN_TOO_LARGE" };
  const [issued = "", ...rest] = text.split("~");
  const keyBinding = rest.pop();
  if (keyBinding === undefined || issued === "" || rest.includes("")) return { code: "SD_JWT_MALFORMED" };
  const presented = text.slice(0, text.length - keyBinding.length);
  return { issued, disclosures: rest, presented, ...(keyBinding !== "" && { keyBinding }) };
}

/**
 * Opens an SD-JWT: the steps FORMAT to KEY_VALIDITY, by a license key of the keyring. The holder's proof is not looked
 * at: see `checkKeyBinding`.
 * Trust: every character is attacker-chosen; claims are there only when the signature held and the issuer is trusted.
 * Source: RFC 9901 §7.1.
 */
export async function openSdJwt<C extends BaseClaims>(
  parts: SdJwtParts,
  keyring: Keyring,
  expected: ExpectedSdJwt<C>,
): Promise<OpenedJws<C>> {
  return openJws(parts.issued, keyring, {
    types: expected.types,
    purpose: "license",
    maxLength: maxTokenLength,
    parseClaims: (payload) => {
      const disclosed = discloseClaims(payload, parts.disclosures);
      return "code" in disclosed ? disclosed.code : expected.parseClaims(payload, disclosed);
    },
  });
}
