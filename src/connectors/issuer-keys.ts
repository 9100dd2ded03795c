import { maxIssuerKeysBytes, parseIssuerKeys } from "../proof/access/issuer-keys.ts";
import { type Keyring, keyringOf } from "../proof/keyring.ts";
import { readBody } from "./bounded-body.ts";

/** Whose keys, where they are published. */
export type IssuerPlace = Readonly<{ issuer: string; jwksUrl: string }>;

/** How the key set of an outside issuer is fetched. *Units*: milliseconds. */
export const issuerKeysLimits = {
  /** To answer at all. */
  timeoutMs: 5_000,
  /** After this the set is fetched again when it is next needed. */
  freshMs: 10 * 60_000,
  /** Least time between two fetches: tokens with invented key ids must not become a load on the issuer. */
  retryMs: 15_000,
} as const;

/** The keys of an outside issuer as last fetched. `find` answers from memory; `refresh` is called before it. */
export type IssuerKeys = Readonly<{
  issuer: string;
  keyring: Keyring;
  /** Fetches the set when it is old, or holds no such key. Never throws: stale keys are better than none. */
  refresh: (kid: string) => Promise<void>;
}>;

/**
 * Keeps the key set of an outside OpenID Provider. While the provider is away the keys fetched last go on working;
 * one it withdrew is forgotten with the next fetch.
 * @param onFailure is told why a fetch brought nothing
 */
export function issuerKeys(place: IssuerPlace, now: () => Date, onFailure: (error: unknown) => void): IssuerKeys {
  let current: Keyring = keyringOf(new Map());
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  const load = async () => {
    try {
      current = parseIssuerKeys(await fetchBytes(place.jwksUrl), place.issuer);
      fetchedAt = now().getTime();
    } catch (error) {
      onFailure(error);
    } finally {
      running = undefined;
    }
  };
  return {
    issuer: place.issuer,
    keyring: {
      get size() {
        return current.size;
      },
      find: (kid) => current.find(kid),
      ofPurpose: (purpose) => current.ofPurpose(purpose),
    },
    refresh: async (kid) => {
      const at = now().getTime();
      const isFresh = at - fetchedAt < issuerKeysLimits.freshMs;
      if (isFresh && current.find(kid)) return;
      if (!running && at - triedAt >= issuerKeysLimits.retryMs) {
        triedAt = at;
        running = load();
      }
      // With the key at hand nobody waits for the issuer.
      if (!current.find(kid)) await running;
    },
  };
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const response = await fetch(url, {
    headers: { accept: "application/jwk-set+json, application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(issuerKeysLimits.timeoutMs),
  });
  if (!response.ok || !response.body) throw new Error(`the issuer's key set answered ${response.status}`);
  const bytes = await readBody(response, maxIssuerKeysBytes);
  if (bytes === undefined) throw new Error("the issuer's key set is too large");
  return bytes;
}
