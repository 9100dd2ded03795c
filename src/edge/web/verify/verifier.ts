import { validators } from "virtual:license-types";
import { faultsBy } from "../../../domain/schemas/attribute-faults.ts";
import type { LocalizedText } from "../../../errors.ts";
import { isBundle, parseBundle } from "../../../proof/bundle/bundle.ts";
import { sha256 } from "../../../proof/bytes/sha256.ts";
import { maxTokenLength, parseCompactJws } from "../../../proof/compact-jws.ts";
import { type Keyring, parseJwks } from "../../../proof/keyring.ts";
import { type VerificationReport, verifyLicense } from "../../../use-cases/licenses/verify-license.ts";

/**
 * What came of a verification.
 * `reports`: the same report, its details once in each language. `digest`: SHA-256 of the text, hex. `claimed`: what the
 * header says of its signature, in nobody's name but the file's.
 */
export type Verified = Readonly<{
  reports: Readonly<Record<keyof LocalizedText, VerificationReport>>;
  at: Date;
  digest: string;
  claimed: Readonly<{ alg: string; kid: string }> | undefined;
}>;

/**
 * Verifies a license with the very code the hub and the command run.
 * Throws: HubError as verifyLicense; TypeError where the browser has no Web Crypto.
 * Trust: the text is attacker-chosen, the keys are not.
 */
export async function verify(text: string, keyring: Keyring | undefined, at: Date): Promise<Verified> {
  const tools = { keyring: keyring ?? parseJwks({ keys: [] }), schemaOf, now: () => at };
  const [zh, en] = await Promise.all([
    verifyLicense(tools, { token: text, at, language: "zh" }),
    verifyLicense(tools, { token: text, at, language: "en" }),
  ]);
  const digest = [...sha256(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { reports: { zh, en }, at, digest, claimed: headerOf(text) };
}

function schemaOf(typeCode: string) {
  const validate = Object.hasOwn(validators, typeCode) ? validators[typeCode] : undefined;
  return validate && faultsBy(validate);
}

function headerOf(text: string): Verified["claimed"] {
  const bundle = isBundle(text) ? parseBundle(text) : { license: text };
  if ("code" in bundle) return undefined;
  const parsed = parseCompactJws(bundle.license, { types: [], maxLength: maxTokenLength });
  return "code" in parsed ? undefined : { alg: parsed.alg.slice(0, 40), kid: parsed.kid.slice(0, 100) };
}
