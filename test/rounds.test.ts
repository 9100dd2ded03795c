import { expect, test } from "@jest/globals";
import { restAfter } from "../src/rounds.ts";

test("a round that fails rests a second, then twice as long each time, half a minute at most", () => {
  const rests = [1, 2, 3, 4, 5, 6, 7, 60].map((failures) => restAfter(failures, 1_000, 0.5));
  expect(rests).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test("one that comes rarely by itself rests as long at most", () => {
  expect(restAfter(1, 600_000, 0.5)).toBe(1_000);
  expect(restAfter(60, 600_000, 0.5)).toBe(600_000);
});

test("copies that fail together come back a quarter sooner or later", () => {
  expect([restAfter(3, 1_000, 0), restAfter(3, 1_000, 1)]).toEqual([3_000, 5_000]);
});
