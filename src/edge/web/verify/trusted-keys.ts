import { HubError } from "../../../errors.ts";
import { type Keyring, parseJwks } from "../../../proof/keyring.ts";

/**
 * Whose signatures count.
 * `origin`: HUB = fetched just now from the hub that serves this page; KEPT = fetched from it earlier, the hub cannot be
 * reached; OWN = a file the reader gave. `at`: when fetched, or loaded.
 */
export type TrustedKeys = Readonly<{
  origin: "HUB" | "KEPT" | "OWN";
  keyring: Keyring;
  issuers: readonly string[];
  /** Keys that may sign licenses. */
  licenseKeys: number;
  at: Date;
}>;

/** Why there are no keys: nothing reached and nothing kept, what came is no key set, or one that can judge no license. */
export type KeysFault = Readonly<{ fault: "NO_HUB_KEYS" | "KEYS_REFUSED" | "NO_LICENSE_KEYS"; reason: string }>;

/** Of the hub; relative, because a proxy may put hub and page below a path. */
const address = "../.well-known/jwks.json";
const cacheName = "zhengzhao-verify-keys";
const atHeader = "x-fetched-at";
/** Units: milliseconds. */
const patience = 10_000;
const maxKeyFileBytes = 512 * 1024 + 1;

/**
 * The keys of the hub that serves this page: fetched and kept, or, without a network, the newest of those kept and those
 * the page has at hand. What cannot be read (a hotel's sign-in page, say) never takes the place of keys that could.
 */
export async function fetchHubKeys(now: () => Date, atHand: TrustedKeys | undefined): Promise<TrustedKeys | KeysFault> {
  const cache = await globalThis.caches?.open(cacheName).catch(() => undefined);
  const text = await fetchText();
  const at = now();
  const fetched = text === undefined ? nothingCame : readKeys(text, "HUB", at);
  if (!("fault" in fetched)) {
    const headers = { [atHeader]: at.toISOString(), "content-type": "application/jwk-set+json" };
    await cache?.put(address, new Response(text, { headers })).catch(() => undefined);
    return fetched;
  }
  const kept = await readKept(cache);
  const isNewer = kept && !(atHand && atHand.at > kept.at);
  return (isNewer ? kept : atHand && { ...atHand, origin: "KEPT" }) ?? fetched;
}

const nothingCame: KeysFault = { fault: "NO_HUB_KEYS", reason: "" };

async function readKept(cache: Cache | undefined): Promise<TrustedKeys | undefined> {
  const kept = await cache?.match(address);
  const at = new Date(kept?.headers.get(atHeader) ?? Number.NaN);
  if (!kept || Number.isNaN(at.getTime())) return undefined;
  const keys = readKeys(await kept.text(), "KEPT", at);
  return "fault" in keys ? undefined : keys;
}

async function fetchText(): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(patience);
    const answer = await fetch(address, { cache: "no-cache", credentials: "omit", signal });
    return answer.ok ? await answer.text() : undefined;
  } catch {
    return undefined;
  }
}

/** A key set somebody gives, as an auditor does who does not trust the hub that serves this page. */
export async function readOwnKeys(file: Blob, now: Date): Promise<TrustedKeys | KeysFault> {
  const keys = readKeys(new Uint8Array(await file.slice(0, maxKeyFileBytes).arrayBuffer()), "OWN", now);
  // Keys of kinds unknown here are passed over, so that many a file is a key set of none.
  return "fault" in keys || keys.licenseKeys > 0 ? keys : { fault: "NO_LICENSE_KEYS", reason: "" };
}

function readKeys(content: string | Uint8Array, origin: TrustedKeys["origin"], at: Date): TrustedKeys | KeysFault {
  try {
    const keyring = parseJwks(content);
    const keys = keyring.ofPurpose("license");
    return { origin, keyring, issuers: [...new Set(keys.map(({ issuer }) => issuer))], licenseKeys: keys.length, at };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const { reason, index } = error.details;
    return { fault: "KEYS_REFUSED", reason: `${reason}${index === undefined ? "" : ` (keys[${index}])`}` };
  }
}
