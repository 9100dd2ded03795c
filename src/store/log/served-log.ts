import { HubError } from "../../errors.ts";
import type { Digest } from "../../proof/log/merkle.ts";
import { type ReadTile, tileWidth } from "../../proof/log/tile.ts";
import { runForAll } from "../statement-deadline.ts";
import type { LogStore } from "./log-store.ts";
import type { WitnessStore } from "./witness-store.ts";

/** Full tiles and full bundles held in memory: some 30 kB and 60 kB each. */
const [maxTiles, maxBundles] = [512, 256];

/** Reads of tiles that strangers may have at the database at once; whoever comes later waits, and nobody else with them. */
const maxReads = 4;

/** How many may wait for that: a second's worth or two. */
const maxWaiting = 1_000;

/**
 * The public log for whoever asks, as often as they like: what never changes is held in memory, what may have changed is
 * read once for all who wait, and only so much of the database is theirs at a time.
 *
 * A checkpoint is never remembered: copies of the hub share the one in the database, so whoever has seen a checkpoint of
 * one copy never gets an older one from another.
 */
export function servedLog(
  log: Pick<LogStore, "findTiles" | "findBundle">,
  witnesses: Pick<WitnessStore, "newest" | "newestCosigned">,
) {
  /** At least so much is published: a log only grows. */
  let published = 0;
  const newest = sharedRead(async () => {
    const found = await witnesses.newest();
    published = Math.max(published, found?.size ?? 0);
    return found;
  });
  /** Whether so many leaves are published, as far as this copy knows. What is not may still be lost with its database. */
  const isFixed = (leaves: number): boolean => leaves <= published;
  const inTurn = lane(maxReads);
  const tiles = held<readonly Digest[]>(maxTiles);
  const bundles = held<Uint8Array>(maxBundles);
  return {
    /** The newest checkpoint. */
    newest,
    /** The newest that a witness has signed. */
    newestCosigned: sharedRead(witnesses.newestCosigned),
    /** Whether a tree of that size is published. */
    isPublished: async (size: number): Promise<boolean> => isFixed(size) || size <= ((await newest())?.size ?? 0),
    /** As the log's own; full tiles that are published are held. */
    findTiles: async (places: readonly Readonly<{ level: number; index: number }>[]): Promise<ReadTile> => {
      const known = new Map(places.map(({ level, index }) => [`${level}/${index}`, tiles.get(`${level}/${index}`)]));
      const missing = places.filter(({ level, index }) => !known.get(`${level}/${index}`));
      if (missing.length > 0) {
        const read = await inTurn(() => log.findTiles(missing));
        for (const { level, index } of missing) {
          const nodes = read(level, index);
          known.set(`${level}/${index}`, nodes);
          if (nodes?.length === tileWidth && isFixed((index + 1) * tileWidth ** (level + 1)))
            tiles.hold(`${level}/${index}`, nodes);
        }
      }
      return (level, index) => known.get(`${level}/${index}`);
    },
    /** The entries behind one another, as many as there are there by now; full bundles that are published are held. */
    findEntries: async (index: number): Promise<Uint8Array | undefined> => {
      const known = bundles.get(String(index));
      if (known) return known;
      const bundle = await inTurn(() => log.findBundle(index));
      if (bundle?.count === tileWidth && isFixed((index + 1) * tileWidth)) bundles.hold(String(index), bundle.entries);
      return bundle?.entries;
    },
  };
}

/** What `servedLog` offers. */
export type ServedLog = ReturnType<typeof servedLog>;

/**
 * One read for all who ask at once. Whoever comes while one is under way shares the next: what it was begun with may be
 * older than what this asker has seen elsewhere.
 */
function sharedRead<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<void> | undefined;
  let next: Promise<T> | undefined;
  const start = (): Promise<T> => {
    next = undefined;
    const reading = runForAll(read);
    const done: Promise<void> = reading
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        if (running === done) running = undefined;
      });
    running = done;
    return reading;
  };
  return () => {
    if (!running) return start();
    next ??= running.then(start);
    return next;
  };
}

/** Runs so many works at once, the others in the order they came. *Throws* BUSY when too many wait already. */
function lane(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (waiting.length >= maxWaiting) throw new HubError("BUSY", { reason: "LOG_READS" });
    if (running >= most) await new Promise<void>((go) => waiting.push(go));
    else running += 1;
    try {
      return await work();
    } finally {
      const go = waiting.shift();
      if (go) go();
      else running -= 1;
    }
  };
}

/** Keeps what was asked for last. */
function held<T>(most: number) {
  const all = new Map<string, T>();
  const hold = (name: string, value: T): void => {
    all.delete(name);
    all.set(name, value);
    const [oldest] = all.keys();
    if (all.size > most && oldest !== undefined) all.delete(oldest);
  };
  const get = (name: string): T | undefined => {
    const value = all.get(name);
    if (value !== undefined) hold(name, value);
    return value;
  };
  return { get, hold };
}
