import { validators } from "virtual:license-types";
import { faultsBy } from "../../../domain/schemas/attribute-faults.ts";
import type { LocalizedText } from "../../../errors.ts";
import { isBundle, parseBundle } from "../../../proof/bundle/bundle.ts";
import { sha256 } from "../../../proof/bytes/sha256.ts";
import { maxTokenLength, parseCompactJws } from "../../../proof/compact-jws.ts";
import { type Keyring, parseJwks } from "../../../proof/keyring.ts";
import { type StatusOf, statusByFetching } from "../../../proof/status/lists-at-hand.ts";
import { statusListReader } from "../../../proof/status/status-list.ts";
import type { VerificationCode } from "../../../proof/verification.ts";
import { type VerificationReport, verifyLicense } from "../../../use-cases/licenses/verify-license.ts";
import { fetchOwnStatusList } from "./status-lists.ts";
import type { Trust } from "./trust.ts";
import type { TrustedKeys } from "./trusted-keys.ts";

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
 * Verifies a license with the keys that count, and once more with the hub's as they are now when a key is not among them:
 * it may be younger. `begun`: when somebody asked for this.
 * Throws: HubError as verifyLicense; TypeError where the browser has no Web Crypto.
 * Trust: the text is attacker-chosen, the keys are not.
 */
export async function verifyTrusting(
  trust: Trust,
  text: string,
  { at, begun }: Readonly<{ at: Date; begun: Date }>,
): Promise<Readonly<{ verified: Verified; keys: TrustedKeys | undefined }>> {
  const keys = await trust.settled();
  const verified = await verify(text, keys?.keyring, { at, begun });
  const isLacking = verified.reports.en.checks.some(({ code }) => code && codesOfLackingKeys.has(code));
  const renewed = isLacking ? await trust.renewed(begun) : undefined;
  return renewed ? { verified: await verify(text, renewed.keyring, { at, begun }), keys: renewed } : { verified, keys };
}

/** What a signature by a key that is not known yet comes out as: of the license, of the log, of a status list. */
const codesOfLackingKeys: ReadonlySet<VerificationCode> = new Set<VerificationCode>([
  "KEY_UNKNOWN",
  "LOG_KEY_UNKNOWN",
  "STATUS_LIST_SIGNATURE",
]);

/** With the very code the hub and the command run. */
async function verify(
  text: string,
  keyring: Keyring = parseJwks({ keys: [] }),
  { at, begun }: Readonly<{ at: Date; begun: Date }>,
): Promise<Verified> {
  const statusOf: StatusOf = statusByFetching(fetchOwnStatusList, statusListReader(keyring), () => begun);
  const tools = { keyring, schemaOf, statusOf, now: () => at };
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
