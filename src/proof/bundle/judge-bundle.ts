import type { Keyring } from "../keyring.ts";
import { checkpointReader, judgeInclusion, type OpenCheckpoint, type OpenedLicense } from "../log/judge-inclusion.ts";
import type { WitnessRule } from "../log/witness-rule.ts";
import { judgeListed, type OpenStatusList, statusListReader } from "../status/status-list.ts";
import { type Finding, found } from "../verification.ts";
import type { Bundle } from "./bundle.ts";

/** What the proofs of a bundle say; a step it brings no proof for is left out. `keys`: only when they are named wrongly. */
export type BundleFindings = Readonly<{
  keys?: Finding | undefined;
  status?: Finding | undefined;
  log?: Finding | undefined;
}>;

/**
 * Judges what a bundle brings besides the license: STATUS by its list, LOG_INCLUSION by its proof. Lists and checkpoints
 * are opened once for all the bundles verified with one keyring and one rule of witnesses.
 * Trust: the bundle is attacker-chosen; the license's signature and issuer hold by now; the keyring is trusted.
 */
export async function judgeBundle(
  bundle: Bundle,
  license: OpenedLicense,
  keyring: Keyring,
  asked: Date,
  witnesses?: WitnessRule,
): Promise<BundleFindings> {
  const { openList, openCheckpoint } = readersOf(keyring, witnesses);
  const { statusList, log, keys } = bundle;
  const differs = keys.some((named) => {
    const key = keyring.find(named.kid);
    const nbf = key && Math.floor(key.notBefore.getTime() / 1000);
    return !key || key.purpose !== named.purpose || key.issuer !== named.iss || nbf !== named.nbf;
  });
  return {
    keys: differs ? found("ISSUER_TRUST", "BUNDLE_KEYS") : undefined,
    status: statusList === undefined ? undefined : judgeListed(await openList(statusList), license.claims, asked),
    log: log && (await judgeInclusion(log, license, openCheckpoint)),
  };
}

type Readers = Readonly<{
  openList: OpenStatusList;
  openCheckpoint: OpenCheckpoint;
  witnesses: WitnessRule | undefined;
}>;

const known = new WeakMap<Keyring, Readers>();

function readersOf(keyring: Keyring, witnesses: WitnessRule | undefined): Readers {
  const before = known.get(keyring);
  // Whoever asks with one rule does not trust what was opened under another.
  if (before && before.witnesses === witnesses) return before;
  const openList = before?.openList ?? statusListReader(keyring);
  const readers = { openList, openCheckpoint: checkpointReader(keyring, witnesses), witnesses };
  known.set(keyring, readers);
  return readers;
}
