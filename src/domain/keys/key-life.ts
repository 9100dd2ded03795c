/**
 * When a key may sign: from `notBefore` to `notAfter`, both inclusive, unless it was compromised.
 * Units: seconds since 1970.
 */
export type KeyLife = Readonly<{
  kid: string;
  /** Which of two keys that begin together is the newer one. */
  order: number;
  notBefore: number;
  notAfter?: number | undefined;
  compromisedAt?: number | undefined;
}>;

/** The times that keys are changed by. *Units*: seconds. */
export const keyTimes = {
  /**
   * How long the old key may go on after the new one began: requests under way, and copies of the hub whose clocks differ.
   * A key that is used at once begins as long ago, so that a request under way finds one too.
   */
  overlapSeconds: 60,
  /** How long verifiers may keep the published key set: a new key is published longer before it signs. */
  keySetFreshSeconds: 300,
} as const;

/** When the keys of a purpose are changed. `afterSeconds` undefined: by nobody but an operator. */
export type KeySchedule = Readonly<{ afterSeconds: number | undefined; aheadSeconds: number }>;

/** Whether a key may sign something dated `at`. A compromised key signs nothing, whatever the date. */
export function mayKeySign(key: KeyLife, at: number): boolean {
  if (key.compromisedAt !== undefined) return false;
  return key.notBefore <= at && at <= (key.notAfter ?? Number.POSITIVE_INFINITY);
}

/** The keys that may sign something dated `at`, the one to sign with first: the newest. */
export function keysToSign<Key extends KeyLife>(keys: readonly Key[], at: number): readonly Key[] {
  return keys.filter((key) => mayKeySign(key, at)).toSorted((a, b) => b.notBefore - a.notBefore || b.order - a.order);
}

/** The key that waits for its time; undefined: none does. */
export function nextKey<Key extends KeyLife>(keys: readonly Key[], now: number): Key | undefined {
  const waiting = keys.filter((key) => key.notBefore > now && key.compromisedAt === undefined);
  return waiting.toSorted((a, b) => a.notBefore - b.notBefore)[0];
}

/** When a new key begins: at once, and then not after the one it follows did; or when it has been published long enough. */
export function beginOfKey(keys: readonly KeyLife[], now: number, isAtOnce: boolean, aheadSeconds: number): number {
  if (!isAtOnce) return now + aheadSeconds;
  const newest = Math.max(...keys.map(({ notBefore }) => notBefore).filter((begin) => begin <= now), 0);
  return Math.max(now - keyTimes.overlapSeconds, newest);
}

/**
 * What becomes of the keys of a purpose when one more begins: those before it end, and it ends when another waits already.
 * @returns the ends that change, the new key's among them
 */
export function endsWith(
  keys: readonly KeyLife[],
  begun: Pick<KeyLife, "kid" | "notBefore">,
  now: number,
): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const { kid, notBefore, compromisedAt, notAfter = Number.POSITIVE_INFINITY } of keys) {
    if (kid === begun.kid || compromisedAt !== undefined || notBefore > begun.notBefore) continue;
    const end = Math.max(begun.notBefore, now) + keyTimes.overlapSeconds;
    if (end < notAfter) ends.set(kid, end);
  }
  const next = nextKey(keys, Math.max(begun.notBefore, now));
  if (next) ends.set(begun.kid, next.notBefore + keyTimes.overlapSeconds);
  return ends;
}

/** Whether it is time to make the next key: the one in use has served its time, but for the time of publishing ahead. */
export function isRotationDue(keys: readonly KeyLife[], now: number, schedule: KeySchedule): boolean {
  const { afterSeconds, aheadSeconds } = schedule;
  const [current] = keysToSign(keys, now);
  if (afterSeconds === undefined || !current || nextKey(keys, now)) return false;
  return now >= current.notBefore + afterSeconds - aheadSeconds;
}
