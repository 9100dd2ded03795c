import { describe, expect, test } from "@jest/globals";
import {
  beginOfKey,
  endsWith,
  isRotationDue,
  type KeyLife,
  keysToSign,
  keyTimes,
  nextKey,
} from "../../src/domain/keys/key-life.ts";

const now = 1_000_000;
const { overlapSeconds } = keyTimes;
const key = (kid: string, notBefore: number, more: Partial<KeyLife> = {}): KeyLife => ({
  ...{ kid, notBefore, order: notBefore },
  ...more,
});
const kids = (keys: readonly KeyLife[]) => keys.map(({ kid }) => kid);

describe("the key to sign with", () => {
  test("is the newest whose time has come and is not over", () => {
    const keys = [key("old", 1), key("ended", 5, { notAfter: now - 1 }), key("new", 10), key("waiting", now + 1)];
    expect(kids(keysToSign(keys, now))).toEqual(["new", "old"]);
  });

  test("may sign at both ends of its period, and not a second beyond", () => {
    const keys = [key("a", 100, { notAfter: 200 })];
    expect([99, 100, 200, 201].map((at) => keysToSign(keys, at).length)).toEqual([0, 1, 1, 0]);
  });

  test("is the one made later of two that begin together", () => {
    expect(kids(keysToSign([key("first", 1, { order: 1 }), key("second", 1, { order: 2 })], now))[0]).toBe("second");
  });

  test("is never a compromised one, not even for what is dated before", () => {
    expect(keysToSign([key("a", 1, { compromisedAt: now })], now - 100)).toEqual([]);
  });
});

describe("a new key", () => {
  test("begins when it has been published long enough", () => {
    expect(beginOfKey([key("a", 1)], now, false, 900)).toBe(now + 900);
  });

  test("that is needed at once begins in the past, so that requests under way find it, and not before its forerunner", () => {
    expect(beginOfKey([key("a", 1)], now, true, 900)).toBe(now - overlapSeconds);
    expect(beginOfKey([key("a", now - 1)], now, true, 900)).toBe(now - 1);
    expect(beginOfKey([key("waiting", now + 5)], now, true, 900)).toBe(now - overlapSeconds);
  });

  test("ends all before it, with an overlap, and none that ended earlier or waits", () => {
    const keys = [key("a", 1), key("b", 2, { notAfter: now }), key("waiting", now + 2000)];
    const ends = endsWith(keys, { kid: "new", notBefore: now + 900 }, now);
    expect(Object.fromEntries(ends)).toEqual({
      a: now + 900 + overlapSeconds,
      new: now + 2000 + overlapSeconds,
    });
  });

  test("that begins at once leaves its forerunner its overlap from now on", () => {
    const ends = endsWith([key("a", 1)], { kid: "new", notBefore: now - overlapSeconds }, now);
    expect(Object.fromEntries(ends)).toEqual({ a: now + overlapSeconds });
  });

  test("leaves no moment without a key, whatever was before", () => {
    for (const isAtOnce of [true, false]) {
      const before = [key("a", now - 10, { order: 1 })];
      const begin = beginOfKey(before, now, isAtOnce, 900);
      const begun = key("new", begin, { order: 2 });
      const ends = endsWith(before, begun, now);
      const after = [...before, begun].map((one) => ({ ...one, notAfter: ends.get(one.kid) }));
      for (let at = now - 10; at < now + 2_000; at++) expect(keysToSign(after, at).length).toBeGreaterThan(0);
    }
  });
});

describe("a schedule", () => {
  const schedule = { afterSeconds: 1_000, aheadSeconds: 100 };

  test("is due when the key has served its time, but for the time the next one is published before", () => {
    expect([899, 900].map((age) => isRotationDue([key("a", now - age)], now, schedule))).toEqual([false, true]);
  });

  test("is not due while the next key waits already, without a schedule, or without any key", () => {
    const keys = [key("a", 1), key("b", now + 50)];
    expect(nextKey(keys, now)?.kid).toBe("b");
    expect(isRotationDue(keys, now, schedule)).toBe(false);
    expect(isRotationDue([key("a", 1)], now, { ...schedule, afterSeconds: undefined })).toBe(false);
    expect(isRotationDue([], now, schedule)).toBe(false);
  });
});
