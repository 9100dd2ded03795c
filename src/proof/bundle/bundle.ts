import type { PublicJwk } from "../keyring.ts";
import type { LogEvidence } from "../log/judge-inclusion.ts";
import { isJsonObject, type JsonObject, parseStrictJson } from "../strict-json.ts";
import type { VerificationCode } from "../verification.ts";

/**
 * A license with everything that proves it, in one file: schema/bundle.schema.json.
 * `keys`: those that signed what is in it, so that a reader sees which they are. They are never trusted for being here.
 */
export type Bundle = Readonly<{
  version: typeof bundleVersion;
  /** Compact JWS, `typ` license+jwt. */
  license: string;
  /** Status list token, `typ` statuslist+jwt. */
  statusList?: string;
  log?: LogEvidence;
  keys: readonly BundleKey[];
}>;

/** What of a published key never changes. */
export type BundleKey = Pick<PublicJwk, "kid" | "purpose" | "iss" | "nbf">;

/** The version written now. Every version that was ever written is read for ever. */
export const bundleVersion = 1 as const;

/** Largest bundle. Units: bytes. */
export const maxBundleBytes = 4 * 1024 * 1024;

/** Whether a text is a bundle and not a token. */
export function isBundle(text: string): boolean {
  return text.startsWith("{");
}

/** Writes a bundle: one line of JSON in ASCII, which no editor's encoding spoils and a reader takes in half the time. */
export function formatBundle({ version, license, statusList, log, keys }: Bundle): string {
  const text = JSON.stringify({
    ...{ version, license },
    ...(statusList !== undefined && { statusList }),
    ...(log && { log }),
    keys,
  });
  return text.replace(/[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * Takes a bundle apart. What it holds is verified by nobody yet.
 * Trust: attacker-chosen.
 */
export function parseBundle(text: string): Bundle | { code: VerificationCode } {
  const known = parseAroundKnownList(text);
  if (known) return known;
  const parsed = parseStrictJson(text, limits);
  if ("fault" in parsed) return { code: parsed.fault === "JSON_TOO_LARGE" ? "BUNDLE_TOO_LARGE" : parsed.fault };
  if (!isJsonObject(parsed.value)) return { code: "JSON_INVALID" };
  const bundle = parsed.value;
  if (bundle["version"] !== bundleVersion)
    return { code: Number.isSafeInteger(bundle["version"]) ? "BUNDLE_VERSION" : "BUNDLE_MALFORMED" };
  if (!isBundleOfOne(bundle)) return { code: "BUNDLE_MALFORMED" };
  if (bundle.statusList !== undefined && plainToken.test(bundle.statusList)) knownList = bundle.statusList;
  return bundle;
}

const limits = { maxBytes: maxBundleBytes, maxDepth: 4 };

/** What JSON writes as it is. */
const plainToken = /^[\w.-]+$/;

/** The list of the bundle read before: thousands in a row share one, and it is most of what they say. */
let knownList = "";
const listMember = '"statusList":"';

/**
 * Takes apart a bundle with the known list, without reading that again. Undefined: read it whole, there is no such bundle.
 *
 * It says the same as reading it whole. That member's mark can stand only where JSON names a member, its quotes not being
 * escaped; what is cut out is the member's whole value when an empty one is left. Were it not the bundle's own member, a bundle
 * would hold one it must not have, at any depth, and be none.
 */
function parseAroundKnownList(text: string): Bundle | undefined {
  const start = text.indexOf(listMember) + listMember.length;
  const end = start + knownList.length;
  if (start < listMember.length || knownList === "") return undefined;
  if (text.slice(start, end) !== knownList) return undefined;
  const rest = { ...limits, maxBytes: limits.maxBytes - knownList.length };
  const parsed = parseStrictJson(text.slice(0, start) + text.slice(end), rest);
  if ("fault" in parsed || !isJsonObject(parsed.value)) return undefined;
  const bundle = parsed.value;
  if (bundle["version"] !== bundleVersion || bundle["statusList"] !== "" || !isBundleOfOne(bundle)) return undefined;
  return { ...bundle, statusList: knownList };
}

function isBundleOfOne(bundle: JsonObject): bundle is JsonObject & Bundle {
  const { license, statusList, log, keys } = bundle;
  return (
    holdsOnly(bundle, ["version", "license", "statusList", "log", "keys"]) &&
    typeof license === "string" &&
    (statusList === undefined || typeof statusList === "string") &&
    (log === undefined || isEvidence(log)) &&
    Array.isArray(keys) &&
    keys.length <= 20 &&
    keys.every(isKey)
  );
}

function isEvidence(log: unknown): boolean {
  if (!isJsonObject(log) || !holdsOnly(log, ["index", "entry", "proof", "checkpoint"])) return false;
  const { index, entry, proof, checkpoint } = log;
  const isProof = Array.isArray(proof) && proof.every((node) => typeof node === "string");
  return Number.isSafeInteger(index) && typeof entry === "string" && typeof checkpoint === "string" && isProof;
}

function isKey(key: unknown): boolean {
  if (!isJsonObject(key) || !holdsOnly(key, ["kid", "purpose", "iss", "nbf"])) return false;
  const { kid, purpose, iss, nbf } = key;
  return [kid, purpose, iss].every((value) => typeof value === "string") && Number.isSafeInteger(nbf);
}

function holdsOnly(object: JsonObject, names: readonly string[]): boolean {
  return Object.keys(object).every((name) => names.includes(name));
}
