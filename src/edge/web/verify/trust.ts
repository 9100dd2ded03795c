import { keyTimes } from "../../../domain/keys/key-life.ts";
import { fetchHubKeys, type KeysFault, readOwnKeys, type TrustedKeys } from "./trusted-keys.ts";

/** Which keys count now, and how a reader changes that. */
export type Trust = Readonly<{
  /** Undefined while they are on their way. */
  current(): TrustedKeys | KeysFault | undefined;
  /** The keys to verify with: the hub's are fetched anew when they are older than a verifier may keep them. */
  settled(): Promise<TrustedKeys | undefined>;
  /** The hub's keys fetched anew; undefined when they do not count, or the hub was asked since that moment anyway. */
  renewed(since: Date): Promise<TrustedKeys | undefined>;
  fetchAgain(): Promise<void>;
  useHub(): Promise<void>;
  /** Takes a key set of the reader's own; one that cannot be used changes nothing. */
  takeOwn(file: Blob): Promise<KeysFault | undefined>;
}>;

/** Starts with the hub's keys. `onChange`: what `current` says is another now. */
export function openTrust(now: () => Date, onChange: () => void): Trust {
  let hubKeys: TrustedKeys | KeysFault | undefined;
  let keys: TrustedKeys | KeysFault | undefined;
  let asking: Promise<void> | undefined;
  let askedAt: Date | undefined;
  // While the reader trusts others, the hub's keys must not take their place, however late they come.
  let isOwn = false;

  const change = (to: typeof keys) => {
    if (keys === to) return;
    keys = to;
    onChange();
  };
  const fetchHub = async () => {
    hubKeys = await fetchHubKeys(now, usable(hubKeys));
    askedAt = now();
    if (!isOwn) change(hubKeys);
  };
  const askHub = () => {
    asking ??= fetchHub().finally(() => {
      asking = undefined;
    });
    return asking;
  };
  void askHub();
  return {
    current: () => keys,
    settled: async () => {
      if (!isOwn && (asking || !isFresh(hubKeys, now()))) await askHub();
      return usable(keys);
    },
    renewed: async (since) => {
      if (isOwn || (askedAt && askedAt >= since)) return undefined;
      await askHub();
      return usable(keys);
    },
    fetchAgain: async () => {
      change(undefined);
      await askHub();
    },
    useHub: async () => {
      isOwn = false;
      change(hubKeys);
      await asking;
    },
    takeOwn: async (file) => {
      const own = await readOwnKeys(file, now());
      if ("fault" in own) return own;
      isOwn = true;
      change(own);
      return undefined;
    },
  };
}

function usable(keys: TrustedKeys | KeysFault | undefined): TrustedKeys | undefined {
  return keys && !("fault" in keys) ? keys : undefined;
}

/** Keys of the future are not fresh: the clock was set back since, and their age is unknown. */
function isFresh(keys: TrustedKeys | KeysFault | undefined, now: Date): boolean {
  const age = now.getTime() - (usable(keys)?.at.getTime() ?? Number.NEGATIVE_INFINITY);
  return age >= 0 && age <= keyTimes.keySetFreshSeconds * 1000;
}
