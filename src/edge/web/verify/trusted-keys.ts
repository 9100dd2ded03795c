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

/** Why there are no keys: nothing reached and nothing kept, or what came is no key set. */
export type KeysFault = Readonly<{ fault: "NO_HUB_KEYS" | "KEYS_REFUSED"; reason: string }>;

/** Of the hub; relative, because a proxy may put hub and page below a path. */
const address = "../.well-known/jwks.json";
const cacheName = "zhengzhao-verify-keys";
const atHeader = "x-fetched-at";
/** Units: milliseconds. */
const patience = 10_000;
const maxKeyFileBytes = 512 * 1024 + 1;

/** The keys of the hub that serves this page: fetched and kept, or, without a network, those kept last. */
export async function fetchHubKeys(now: () => Date): Promise<TrustedKeys | KeysFault> {
  const cache = await globalThis.caches?.open(cacheName).catch(() => undefined);
  const text = await fetchText();
  if (text !== undefined) {
    const at = now();
    const keys = readKeys(text, "HUB", at);
    const headers = { [atHeader]: at.toISOString(), "content-type": "application/jwk-set+json" };
    // What cannot be read must not take the place of keys that could.
    if (!("fault" in keys)) await cache?.put(address, new Response(text, { headers })).catch(() => undefined);
    return keys;
  }
  const kept = await cache?.match(address);
  const at = new Date(kept?.headers.get(atHeader) ?? Number.NaN);
  if (kept && !Number.isNaN(at.getTime())) return readKeys(await kept.text(), "KEPT", at);
  return { fault: "NO_HUB_KEYS", reason: "" };
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
  return readKeys(new Uint8Array(await file.slice(0, maxKeyFileBytes).arrayBuffer()), "OWN", now);
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
