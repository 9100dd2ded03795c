import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { base64 } from "../../../src/proof/bytes/base64.ts";
import { parseCheckpoint } from "../../../src/proof/log/checkpoint.ts";
import { packEntries, unpackEntries } from "../../../src/proof/log/entry-bundle.ts";
import { growTree, rootOf } from "../../../src/proof/log/growing-tree.ts";
import {
  consistencyRanges,
  type Digest,
  emptyRoot,
  inclusionRanges,
  isConsistent,
  isIncluded,
  leafHash,
} from "../../../src/proof/log/merkle.ts";
import { formatNoteKey, parseNote, parseNoteKey, verifyNote } from "../../../src/proof/log/signed-note.ts";
import { levelsOf, parseTilePath, proofOf, readNodes, tileIn, tilePath, tilesOf } from "../../../src/proof/log/tile.ts";

const vectors = join(import.meta.dirname, "../../vectors");
const readJson = (file: string) => JSON.parse(readFileSync(join(vectors, file), "utf8"));
const bytesOf = (text: string | null) => Buffer.from(text ?? "", "base64");
const hexOf = (digest: Digest) => Buffer.from(digest).toString("hex");

type ProofCase = Readonly<{
  desc: string;
  file: string;
  wantErr: boolean;
  proof: string[] | null;
  size1?: number;
  size2?: number;
  root1?: string;
  root2?: string;
  leafIdx?: number;
  treeSize?: number;
  root?: string;
  leafHash?: string;
}>;

const { cases }: { cases: ProofCase[] } = readJson("merkle/merkle-proofs.json");

describe("transparency-dev's proofs", () => {
  const inclusion = cases.filter(({ leafIdx }) => leafIdx !== undefined);
  const consistency = cases.filter(({ size1 }) => size1 !== undefined);

  test("are all here", () => {
    expect([inclusion.length, consistency.length, cases.filter(({ wantErr }) => wantErr).length]).toEqual([
      98, 98, 184,
    ]);
  });

  test.each(inclusion.map((one) => [one.file, one] as const))("%s", (_file, one) => {
    const tree = { size: one.treeSize ?? -1, root: bytesOf(one.root ?? "") };
    const proof = (one.proof ?? []).map(bytesOf);
    expect(isIncluded(bytesOf(one.leafHash ?? ""), one.leafIdx ?? -1, tree, proof)).toBe(!one.wantErr);
  });

  test.each(consistency.map((one) => [one.file, one] as const))("%s", (_file, one) => {
    const older = { size: one.size1 ?? -1, root: bytesOf(one.root1 ?? "") };
    const newer = { size: one.size2 ?? -1, root: bytesOf(one.root2 ?? "") };
    expect(isConsistent(older, newer, (one.proof ?? []).map(bytesOf))).toBe(!one.wantErr);
  });
});

/** A log in memory, kept as its tiles. */
function makeLog() {
  const tiles = new Map<string, readonly Digest[]>();
  const read = (level: number, index: number) => tiles.get(`${level}/${index}`);
  let [size, root] = [0, emptyRoot];
  return {
    read,
    head: () => ({ size, root }),
    add: (leaves: readonly Digest[]) => {
      const grown = growTree(size, read, leaves);
      for (const { level, index, nodes } of grown.tiles) tiles.set(`${level}/${index}`, nodes);
      ({ size, root } = grown);
    },
  };
}

const trees = readJson("merkle/trees.json");

describe("trees", () => {
  test("have RFC 6962's roots at every size", () => {
    const { leafInputsHex, rootsBySize } = trees.rfc6962;
    const log = makeLog();
    expect(hexOf(log.head().root)).toBe(rootsBySize[0]);
    for (const [at, input] of leafInputsHex.entries()) {
      log.add([leafHash(Buffer.from(input, "hex"))]);
      expect(hexOf(log.head().root)).toBe(rootsBySize[at + 1]);
    }
  });

  test("have the same roots however their leaves come, and from their tiles alone", () => {
    const sizes = Object.keys(trees.decimal.rootsBySize).map(Number);
    const log = makeLog();
    for (const size of sizes) {
      const from = log.head().size;
      log.add(Array.from({ length: size - from }, (_, at) => leafHash(Buffer.from(String(from + at)))));
      expect(hexOf(log.head().root)).toBe(trees.decimal.rootsBySize[size]);
    }
    for (const size of sizes) {
      const root = rootOf(size, (level, index) =>
        log.read(level, index)?.slice(0, tileIn(size, level, index)?.width ?? 0),
      );
      expect(root && hexOf(root)).toBe(trees.decimal.rootsBySize[size]);
    }
  });

  test("prove every leaf and every older tree, and no other one", () => {
    const log = makeLog();
    const leaves = Array.from({ length: 1_000 }, (_, at) => leafHash(Buffer.from(String(at))));
    const roots = leaves.map((leaf) => {
      log.add([leaf]);
      return log.head();
    });
    const place = fc.integer({ min: 1, max: 1_000 });
    fc.assert(
      fc.property(place, place, (one, other) => {
        const [small, large] = [Math.min(one, other), Math.max(one, other)];
        const [older, newer] = [roots[small - 1] ?? log.head(), roots[large - 1] ?? log.head()];
        const read = (level: number, index: number) =>
          log.read(level, index)?.slice(0, tileIn(large, level, index)?.width ?? 0);
        const consistency = proofOf(consistencyRanges(small, large), read) ?? [];
        expect(isConsistent(older, newer, consistency)).toBe(true);
        const inclusion = proofOf(inclusionRanges(small - 1, large), read) ?? [];
        const leaf = leaves[small - 1] ?? emptyRoot;
        expect(isIncluded(leaf, small - 1, newer, inclusion)).toBe(true);
        expect(isIncluded(leaf, small, newer, inclusion)).toBe(false);
        expect(isIncluded(leaves[small] ?? emptyRoot, small - 1, newer, inclusion)).toBe(false);
        if (small < large) {
          expect(isConsistent({ ...older, root: newer.root }, newer, consistency)).toBe(false);
          const reordered = inclusion.toReversed();
          if (inclusion.length > 1) expect(isIncluded(leaf, small - 1, newer, reordered)).toBe(false);
        }
      }),
    );
  });

  test("say which tiles a proof needs: at most three of a tree of ten million leaves", () => {
    const ranges = inclusionRanges(1_234_567, 10_000_000);
    expect(tilesOf(ranges).length).toBeLessThanOrEqual(6);
    expect(ranges.length).toBeLessThanOrEqual(24);
  });
});

const c2sp = readJson("tlog/c2sp-vectors.json");

describe("C2SP", () => {
  test.each<[string, { vkey: string; note: string; valid: boolean }]>(
    c2sp.notes.map((one: { id: string }) => [one.id, one]),
  )("note %s", async (_id, { vkey, note, valid }) => {
    const key = parseNoteKey(vkey);
    const parsed = parseNote(note);
    if (!key || !parsed) throw new Error("not parsed");
    expect(formatNoteKey(key)).toBe(vkey);
    expect(await verifyNote(parsed, [key])).toEqual(valid ? [key] : undefined);
    expect(await verifyNote({ ...parsed, text: `${parsed.text}x\n` }, [key])).toBeUndefined();
    expect(await verifyNote({ ...parsed, signatures: [] }, [key])).toEqual([]);
  });

  test.each<[string, { level: number | "entries"; index: number; width: number; path: string }]>(
    c2sp.tile_paths.map((one: { path: string }) => [one.path, one]),
  )("tile %s", (path, { level, index, width }) => {
    expect(tilePath({ level, index, width })).toBe(path);
    expect(parseTilePath(path.slice("tile/".length))).toEqual({ level, index, width });
  });

  test.each<[number, { full: Record<string, number>; partial: Record<string, number> }]>(
    c2sp.tiles_for_size.map((one: { size: number }) => [one.size, one]),
  )("tiles of a tree of %d", (size, { full, partial }) => {
    const levels = levelsOf(size);
    const counts = (name: "full" | "partial") =>
      Object.fromEntries(levels.filter((one) => one[name] > 0).map((one) => [String(one.level), one[name]]));
    expect([counts("full"), counts("partial")]).toEqual([full, partial]);
  });

  test.each<[string, string]>(
    c2sp.bad_checkpoint_texts.map((one: { why: string; text: string }) => [one.why, one.text]),
  )("refuses a checkpoint: %s", (_why, text) => {
    expect(parseCheckpoint(text)).toBeUndefined();
  });

  test.each([
    "0/000.p/0",
    "0/000.p/256",
    "0/x000/001",
    "0/1",
    "0/0001",
    "00/000",
    "0/000/",
    "-1/000",
    "0/000.p/01",
    "a",
  ])("no tile: %s", (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });
});

describe("a complete log made by Tessera", () => {
  const folder = join(vectors, "tlog/tessera-log/log");
  const { vkey, entries }: { vkey: string; entries: string[] } = c2sp.tessera_log;
  const key = parseNoteKey(vkey);
  const leaves = entries.map((entry) => leafHash(Buffer.from(entry)));

  test("has sixteen checkpoints that its key signed, whose roots are those of its entries", async () => {
    const files = readdirSync(folder).filter((name) => name.startsWith("checkpoint"));
    expect(files).toHaveLength(17);
    for (const file of files) {
      const note = parseNote(readFileSync(join(folder, file), "utf8"));
      if (!note || !key) throw new Error("not parsed");
      expect(await verifyNote(note, [key])).toEqual([key]);
      const checkpoint = parseCheckpoint(note.text);
      const log = makeLog();
      log.add(leaves.slice(0, checkpoint?.size));
      expect(checkpoint).toEqual({ origin: key.name, size: log.head().size, root: Uint8Array.from(log.head().root) });
    }
  });

  test("has tiles and bundles as we make them", () => {
    for (let width = 1; width <= entries.length; width += 1) {
      const nodes = readNodes(readFileSync(join(folder, tilePath({ level: 0, index: 0, width }))), width);
      expect(nodes?.map(hexOf)).toEqual(leaves.slice(0, width).map(hexOf));
      const bundle = readFileSync(join(folder, tilePath({ level: "entries", index: 0, width })));
      expect(unpackEntries(bundle, width)?.map((entry) => Buffer.from(entry).toString())).toEqual(
        entries.slice(0, width),
      );
      expect(Buffer.from(packEntries(entries.slice(0, width).map((entry) => Buffer.from(entry))))).toEqual(bundle);
    }
  });
});

describe("a bundle of entries", () => {
  test("that is cut, too long or of another count is none", () => {
    const packed = packEntries([Buffer.from("one"), Buffer.from("two")]);
    for (const count of [0, 1, 3]) expect(unpackEntries(packed, count)).toBeUndefined();
    for (let cut = 1; cut < packed.length; cut += 1) expect(unpackEntries(packed.subarray(0, -cut), 2)).toBeUndefined();
    expect(unpackEntries(Buffer.concat([packed, Uint8Array.of(0)]), 2)).toBeUndefined();
  });
});

test("base64 has one spelling for any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = base64.encode(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64"));
      expect(base64.decode(text)).toEqual(Uint8Array.from(bytes));
    }),
  );
  for (const text of ["A", "AA", "AB==", "AAA", "AA=A", "A-==", " AAAA", "AAAA\n"])
    expect(base64.decode(text)).toBeUndefined();
});
