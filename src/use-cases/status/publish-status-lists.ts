import {
  entriesOfOwn,
  keyOfOwn,
  newEntries,
  type SignedStatusList,
  setEntry,
  statusListTerms,
} from "../../proof/status/sign-status-list.ts";
import { statusValueOf } from "../../proof/status/status-value.ts";
import type { StatusStore } from "../../store/status/status-store.ts";

/** What publishing needs. */
export type Tools = Readonly<{
  now: () => Date;
  dueLists: (signedBefore: Date) => Promise<readonly number[]>;
  transaction: <T>(run: (store: StatusStore) => Promise<T>) => Promise<T>;
  /** Whether what a key has signed is believed: it is not compromised. */
  isSound: (kid: string) => boolean;
  /** Looks at every list, and not only at those whose time has come: keys have changed. */
  isEach: boolean;
  /** Signs with the hub's present key for lists, in its name. */
  sign: (list: number, entries: Uint8Array, issuedAt: Date) => Promise<SignedStatusList>;
}>;

/** Changes of a list taken at once. */
const batchSize = 50_000;

/**
 * Signs every status list anew that has changed, is new, has lived half its time, or was signed with a key that is
 * compromised now: nobody would believe it. A round that any number of copies may run as often as they like, one at a time
 * signs a list. A list is never made from the licenses again, only from itself and its changes.
 * @returns how many were signed; *throws* what failed first, when all others are done
 */
export async function publishStatusLists(tools: Tools): Promise<number> {
  const { life, renewal } = statusListTerms;
  const signedBefore = new Date(tools.now().getTime() - (life - renewal) * 1000);
  const later = new Date(tools.now().getTime() + life * 1000);
  let signed = 0;
  let failure: { error: unknown } | undefined;
  for (const list of await tools.dueLists(tools.isEach ? later : signedBefore)) {
    try {
      const isSigned = await tools.transaction((store) => publishList(tools, store, list, signedBefore));
      signed += isSigned ? 1 : 0;
    } catch (error) {
      failure ??= { error }; // the other lists are signed all the same
    }
  }
  if (failure) throw failure.error;
  return signed;
}

async function publishList(tools: Tools, store: StatusStore, list: number, signedBefore: Date): Promise<boolean> {
  if (!(await store.lock(list))) return false; // another copy is at it
  const changes = await store.takeChanges(list, batchSize);
  const issuedAt = tools.now();
  const newest = await store.findNewest(list);
  const isYoung = newest !== undefined && newest.issuedAt >= signedBefore && tools.isSound(keyOfOwn(newest.token));
  if (isYoung && changes.length === 0) return false; // another copy was faster
  const entries = newest ? entriesOfOwn(newest.token) : newEntries();
  const last = new Map(changes.map(({ index, state }) => [index, statusValueOf(state)]));
  const isChanged = [...last].map(([index, value]) => setEntry(entries, index, value)).includes(true);
  if (isYoung && !isChanged) return false;
  await store.save(list, await tools.sign(list, entries, issuedAt));
  return true;
}
