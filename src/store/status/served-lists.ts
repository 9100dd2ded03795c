import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { sha256Base64url } from "../../proof/bytes/sha256.ts";
import { runForAll } from "../statement-deadline.ts";
import type { KeptStatusList, StatusStore } from "./status-store.ts";

/** A status list ready to be sent, made once however often it is asked for. `tag`: for `ETag`. */
export type ServedStatusList = Readonly<{ token: string; gzipped: Uint8Array; tag: string }>;

/** How long a copy of the hub may go on without looking whether another one has signed. *Units*: milliseconds. */
export const servedMaxAgeMs = 1_000;

/** Lists of the past held in memory. Each takes some 60 kB. */
const maxPastLists = 32;

type ServedTools = Pick<StatusStore, "newestIds" | "findNewest" | "findAt">;

/**
 * Status lists held ready in memory: however many ask, the database is asked once a second whether there is a newer one,
 * and for a list only when there is. Askers that come at once share one read; a failed one is not kept.
 */
export function servedLists(store: ServedTools, now: () => Date) {
  let looked: { at: number; ids: Promise<ReadonlyMap<number, number>> } | undefined;
  const newest = new Map<number, { id: number; list: Promise<ServedStatusList | undefined> }>();
  const past = new Map<number, Promise<ServedStatusList>>();

  const newestIds = (): Promise<ReadonlyMap<number, number>> => {
    const at = now().getTime();
    if (looked && Math.abs(at - looked.at) < servedMaxAgeMs) return looked.ids;
    const ids = runForAll(store.newestIds);
    looked = { at, ids };
    ids.catch(() => {
      if (looked?.ids === ids) looked = undefined;
    });
    return ids;
  };

  const makePast = (kept: KeptStatusList): Promise<ServedStatusList> => {
    const making = past.get(kept.id) ?? makeServed(kept);
    past.delete(kept.id);
    past.set(kept.id, making);
    const [oldest] = past.keys();
    if (past.size > maxPastLists && oldest !== undefined) past.delete(oldest);
    return making;
  };

  return {
    /** The list as it was signed last; undefined: there is no such list. */
    findNewest: async (list: number): Promise<ServedStatusList | undefined> => {
      const id = (await newestIds()).get(list);
      if (id === undefined) return undefined;
      const held = newest.get(list);
      if (held && held.id >= id) return held.list;
      const reading = runForAll(async () => {
        const kept = await store.findNewest(list);
        return kept && makeServed(kept);
      });
      newest.set(list, { id, list: reading });
      reading.catch(() => newest.delete(list));
      return reading;
    },

    /** The list that held at an instant. */
    findAt: async (list: number, at: Date): Promise<ServedStatusList | undefined> => {
      const kept = await store.findAt(list, at);
      return kept && makePast(kept);
    },

    /** Numbers of all lists, in order. */
    numbers: async (): Promise<readonly number[]> => [...(await newestIds()).keys()].toSorted((a, b) => a - b),

    /** Looks again at the next question: this copy has signed. */
    forget: (): void => {
      looked = undefined;
    },
  };
}

/** What `servedLists` offers. */
export type ServedLists = ReturnType<typeof servedLists>;

async function makeServed({ token }: KeptStatusList): Promise<ServedStatusList> {
  return { token, gzipped: await gzipText(token, { level: 9 }), tag: sha256Base64url(token).slice(0, 22) };
}

const gzipText = promisify(gzip);
