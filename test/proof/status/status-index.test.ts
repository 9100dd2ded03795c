import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { statusIndexBits, statusIndexOf } from "../../../src/proof/status/status-index.ts";

const listKey = Uint8Array.from({ length: 32 }, (_, index) => index);
const otherKey = Uint8Array.from({ length: 32 }, (_, index) => index + 1);

describe("status index", () => {
  test("every place of a whole list is given exactly once", () => {
    const seen = new Uint8Array(2 ** statusIndexBits);
    for (let sequence = 0; sequence < seen.length; sequence += 1) {
      const index = statusIndexOf(sequence, listKey);
      seen[index] = (seen[index] ?? 0) + 1;
    }
    expect(seen.every((count) => count === 1)).toBe(true);
  });

  test("every place is given once, for any key, in lists of any size", () => {
    const keys = fc.uint8Array({ minLength: 16, maxLength: 64 });
    fc.assert(
      fc.property(keys, fc.constantFrom(2, 4, 6, 8, 10), (key, bits) => {
        const all = Array.from({ length: 2 ** bits }, (_, sequence) => statusIndexOf(sequence, key, bits));
        expect(new Set(all).size).toBe(2 ** bits);
        expect(Math.max(...all)).toBe(2 ** bits - 1);
        expect(Math.min(...all)).toBe(0);
      }),
    );
  });

  test("the same key gives the same places, also from another copy of it: published lists depend on it", () => {
    const first = Array.from({ length: 5 }, (_, sequence) => statusIndexOf(sequence, listKey));
    expect(Array.from({ length: 5 }, (_, sequence) => statusIndexOf(sequence, listKey.slice()))).toEqual(first);
    expect(first).toEqual([288034, 138777, 15689, 174948, 145354]);
  });

  test("another key gives other places", () => {
    const places = (key: Uint8Array) => Array.from({ length: 1000 }, (_, sequence) => statusIndexOf(sequence, key));
    const [first, second] = [places(listKey), places(otherKey)];
    expect(first.filter((place, sequence) => place === second[sequence]).length).toBeLessThan(5);
  });

  test("neighbors land apart: places of consecutive licenses look like chance", () => {
    const places = Array.from({ length: 4096 }, (_, sequence) => statusIndexOf(sequence, listKey));
    const buckets = new Array<number>(16).fill(0);
    for (const place of places) buckets[place >>> 16] = (buckets[place >>> 16] ?? 0) + 1;
    // 256 each on average, standard deviation about 15.5.
    for (const count of buckets) expect(Math.abs(count - 256)).toBeLessThan(80);
    const near = places.filter((place, at) => at > 0 && Math.abs(place - (places[at - 1] ?? 0)) < 1000).length;
    expect(near).toBeLessThan(40);
  });

  test.each([-1, 2 ** 20, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("sequence %p is refused", (sequence) => {
    expect(() => statusIndexOf(sequence, listKey)).toThrow(RangeError);
  });

  test.each([0, 3, 24, -2, 2.5, Number.NaN])("%p bits are refused", (bits) => {
    expect(() => statusIndexOf(0, listKey, bits)).toThrow(RangeError);
  });

  test("a key of 15 bytes is refused", () => {
    expect(() => statusIndexOf(0, listKey.slice(0, 15))).toThrow(RangeError);
  });
});
