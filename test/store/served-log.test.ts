import { expect, test } from "@jest/globals";
import type { Digest } from "../../src/proof/log/merkle.ts";
import { servedLog } from "../../src/store/log/served-log.ts";

/** A database whose answers come when a test says so, as of the moment each was asked. */
function slowDatabase(first = 1) {
  let size = first;
  const asked: (() => void)[] = [];
  const tiles: string[] = [];
  const checkpoint = () => ({ size, root: new Uint8Array(32), note: `${size}`, signedAt: new Date(0), lines: [] });
  const read = () => {
    const seen = checkpoint();
    return new Promise<typeof seen>((done) => asked.push(() => done(seen)));
  };
  const findTiles = async (places: readonly Readonly<{ level: number; index: number }>[]) => {
    tiles.push(...places.map(({ level, index }) => `${level}/${index}`));
    return (level: number, index: number): readonly Digest[] =>
      Array.from({ length: level === 0 && index === 9 ? 3 : 256 }, () => new Uint8Array(32));
  };
  const findBundle = async (index: number) => {
    tiles.push(`entries/${index}`);
    return { count: index === 9 ? 3 : 256, entries: new Uint8Array(2) };
  };
  return {
    ...{ asked, tiles },
    grow: () => {
      size += 1;
    },
    served: servedLog({ findTiles, findBundle }, { newest: read, newestCosigned: read }),
  };
}

test("whoever asks while a checkpoint is being read never gets that older one, and all of them share the next read", async () => {
  const { served, asked, grow } = slowDatabase();
  const first = served.newest();
  grow();
  const later = Array.from({ length: 50 }, () => served.newest());
  asked[0]?.();
  expect((await first)?.size).toBe(1);
  await new Promise(setImmediate);
  asked[1]?.();
  expect(new Set((await Promise.all(later)).map((found) => found?.size))).toEqual(new Set([2]));
  expect(asked).toHaveLength(2);
  // Nothing is kept: the next asker's is read anew.
  const last = served.newest();
  asked[2]?.();
  expect((await last)?.size).toBe(2);
});

test("a read that fails fails for those who wait for it, and the next asker begins anew", async () => {
  let isAway = true;
  const newest = async () => {
    if (isAway) throw new Error("away");
    return undefined;
  };
  const { tiles: _, ...log } = { tiles: [], findTiles: async () => () => undefined, findBundle: async () => undefined };
  const served = servedLog(log, { newest, newestCosigned: newest });
  const failed = await Promise.allSettled([served.newest(), served.newest(), served.newest()]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  isAway = false;
  expect(await served.newest()).toBeUndefined();
});

test("what is full is read once, what may still grow each time", async () => {
  const { served, asked, tiles } = slowDatabase(9 * 256 + 3);
  const published = served.isPublished(9 * 256);
  asked[0]?.();
  expect(await published).toBe(true);
  for (let time = 1; time <= 3; time += 1) {
    await served.findTiles([0, 1, 9].map((index) => ({ level: 0, index })));
    await Promise.all([served.findEntries(0), served.findEntries(9)]);
  }
  const counts = Object.fromEntries([...Map.groupBy(tiles, (name) => name)].map(([name, all]) => [name, all.length]));
  expect(counts).toEqual({ "0/0": 1, "0/1": 1, "0/9": 3, "entries/0": 1, "entries/9": 3 });
});

test("a size that is known to be published is asked for no more", async () => {
  const { served, asked } = slowDatabase();
  const first = served.isPublished(1);
  asked[0]?.();
  expect([await first, await served.isPublished(1), asked.length]).toEqual([true, true, 1]);
  const beyond = served.isPublished(2);
  asked[1]?.();
  expect(await beyond).toBe(false);
});

test("what is full but not published may be lost with its database and come otherwise: it is read each time", async () => {
  const { served, asked, tiles } = slowDatabase(2 * 256 - 1);
  const published = served.isPublished(1);
  asked[0]?.();
  expect(await published).toBe(true);
  for (let time = 1; time <= 2; time += 1) {
    await served.findTiles([0, 1].map((index) => ({ level: 0, index })));
    await served.findTiles([{ level: 1, index: 0 }]);
    await Promise.all([served.findEntries(0), served.findEntries(1)]);
  }
  const counts = Object.fromEntries([...Map.groupBy(tiles, (name) => name)].map(([name, all]) => [name, all.length]));
  expect(counts).toEqual({ "0/0": 1, "0/1": 2, "1/0": 2, "entries/0": 1, "entries/1": 2 });
});

test("more than a thousand who wait for tiles are BUSY, and those who wait get theirs", async () => {
  let go = () => {};
  const gate = new Promise<void>((open) => {
    go = open;
  });
  const findBundle = async () => {
    await gate;
    return { count: 256, entries: new Uint8Array(2) };
  };
  const never = async () => undefined;
  const served = servedLog(
    { findBundle, findTiles: async () => () => undefined },
    { newest: never, newestCosigned: never },
  );
  const asked = Array.from({ length: 1_100 }, (_, at) => served.findEntries(at));
  const ended = Promise.allSettled(asked);
  go();
  const refused = (await ended).filter((one) => one.status === "rejected");
  expect(refused.map(({ reason }) => reason.code)).toEqual(Array.from({ length: 96 }, () => "BUSY"));
});
