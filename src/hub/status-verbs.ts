import type { Caller } from "../domain/access/caller.ts";
import type { Keyring, VerifyingKey } from "../proof/keyring.ts";
import { isSameKeys } from "../proof/opened-once.ts";
import { signStatusList } from "../proof/status/sign-status-list.ts";
import { type StatusReference, statusListReader } from "../proof/status/status-list.ts";
import type { Database } from "../store/database.ts";
import { servedLists } from "../store/status/served-lists.ts";
import { statusStore } from "../store/status/status-store.ts";
import type { Charge } from "../use-cases/access/limit-rate.ts";
import { judgeOwnStatus } from "../use-cases/status/judge-own-status.ts";
import { publishStatusLists } from "../use-cases/status/publish-status-lists.ts";
import { readStatusList, type StatusListQuestion } from "../use-cases/status/read-status-list.ts";
import type { HubKeys } from "./keys/open-keys.ts";

/** What the verbs about status lists are made of. */
export type StatusParts = Readonly<{
  database: Database;
  keys: HubKeys;
  keyring: Keyring;
  publicUrl: string;
  now: () => Date;
  charge: (caller: Caller, charged: Charge) => Promise<void>;
}>;

/** What a list of the past costs its asker: the database looks it up, and it is packed for the way. *Units*: points. */
const pastPoints = 5;

/** The address of a status list, as licenses name it. */
export function statusListUri(publicUrl: string, list: number): string {
  return `${publicUrl}/status-lists/${list}`;
}

/** The verbs about status lists, wired to their tools. */
export function statusVerbs({ database, keys, keyring, publicUrl, now, charge }: StatusParts) {
  const store = statusStore(database.sql());
  const served = servedLists(store, now);
  const aggregationUri = `${publicUrl}/status-lists`;
  const open = statusListReader(keyring);
  /** The keys as they were when this copy looked at every list. */
  let looked: readonly VerifyingKey[] = [];

  const listOf = (uri: string): number | undefined => {
    const list = Number(/\/(\d{1,9})$/.exec(uri)?.[1]);
    return uri === statusListUri(publicUrl, list) ? list : undefined;
  };

  return {
    /** A round, to be run every second on every copy. */
    publishStatusLists: async (): Promise<number> => {
      const present = keyring.ofPurpose("status");
      const signed = await publishStatusLists({
        ...{ now, dueLists: store.dueLists },
        isSound: (kid) => keyring.find(kid)?.compromisedAt === undefined,
        isEach: !isSameKeys(present, looked),
        transaction: (run) => database.transaction((db) => run(statusStore(db))),
        sign: (list, entries, issuedAt) =>
          signStatusList(
            { uri: statusListUri(publicUrl, list), aggregationUri, entries, issuedAt },
            keys.signer("status", issuedAt),
          ),
      });
      looked = present;
      if (signed > 0) served.forget();
      return signed;
    },
    /** Of signed lists that are old, keeps one an hour; any copy may do it at any time. */
    thinStatusLists: () => store.thin(),
    /** @param address whose points a list of the past costs */
    readStatusList: (question: StatusListQuestion, address: string) => {
      const chargePast = () => charge({ kind: "STRANGER" }, { address, points: pastPoints });
      return readStatusList({ now, served, chargePast }, question);
    },
    /** The newest token of the list at an address of ours. Undefined: it is not ours, or not signed yet. */
    findStatusToken: async (uri: string): Promise<string | undefined> => {
      const list = listOf(uri);
      return list === undefined ? undefined : (await served.findNewest(list))?.token;
    },
    /** Addresses of all lists. */
    statusListUris: async (): Promise<readonly string[]> =>
      (await served.numbers()).map((list) => statusListUri(publicUrl, list)),
    /** What the hub's own list says of a license. */
    judgeOwnStatus: (claims: StatusReference, at: Date) => {
      const read = (list: number, past: Date | undefined) =>
        readStatusList({ now, served, chargePast: async () => {} }, { list, at: past });
      return judgeOwnStatus({ now, listOf, read, open }, claims, at);
    },
  };
}
