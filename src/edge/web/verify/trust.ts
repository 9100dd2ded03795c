import { fetchHubKeys, type KeysFault, readOwnKeys, type TrustedKeys } from "./trusted-keys.ts";

/** Which keys count now, and how a reader changes that. */
export type Trust = Readonly<{
  /** Undefined while they are on their way. */
  current(): TrustedKeys | KeysFault | undefined;
  /** The keys to verify with; waits for the hub's when those count. */
  settled(): Promise<TrustedKeys | undefined>;
  fetchAgain(): Promise<void>;
  useHub(): Promise<void>;
  /** Takes a key set of the reader's own; one that cannot be used changes nothing. */
  takeOwn(file: Blob): Promise<KeysFault | undefined>;
}>;

/** Starts with the hub's keys. `onChange`: what `current` says is another now. */
export function openTrust(now: () => Date, onChange: () => void): Trust {
  let hubKeys = fetchHubKeys(now);
  let keys: TrustedKeys | KeysFault | undefined;
  // While the reader trusts others, the hub's keys must not take their place, however late they come.
  let isOwn = false;

  const change = (to: typeof keys) => {
    if (keys === to) return;
    keys = to;
    onChange();
  };
  const showHub = async () => {
    const fetched = await hubKeys;
    if (!isOwn) change(fetched);
  };
  void showHub();
  return {
    current: () => keys,
    settled: async () => {
      if (!isOwn) await showHub();
      return keys && !("fault" in keys) ? keys : undefined;
    },
    fetchAgain: async () => {
      change(undefined);
      hubKeys = fetchHubKeys(now);
      await showHub();
    },
    useHub: async () => {
      isOwn = false;
      await showHub();
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
