import { describe, expect, test } from "@jest/globals";
import {
  endsWith,
  isRotationDue,
  type KeyLife,
  keysToSign,
  keyTimes,
  nextKey,
} from "../../../src/domain/keys/key-life.ts";

const now = 1_000_000;
const current: KeyLife = { kid: "current", order: 1, notBefore: now - 1_000 };
const waiting: KeyLife = { kid: "waiting", order: 2, notBefore: now + 500 };
const later: KeyLife = { kid: "later", order: 3, notBefore: now + 900 };
const leaked = (key: KeyLife): KeyLife => ({ ...key, compromisedAt: now - 10 });
const kids = (keys: readonly KeyLife[]) => keys.map(({ kid }) => kid);

describe("a key that waits for its time", () => {
  test("is the next one, the earliest of several", () => {
    expect(nextKey([later, current, waiting], now)?.kid).toBe("waiting");
  });

  test("is no longer the next one once it was compromised: the one after it is, or none", () => {
    expect(nextKey([current, leaked(waiting), later], now)?.kid).toBe("later");
    expect(nextKey([current, leaked(waiting)], now)).toBeUndefined();
  });

  test("that was compromised does not hold up the next rotation, and ends nobody's time", () => {
    const schedule = { afterSeconds: 900, aheadSeconds: 400 };
    expect(isRotationDue([current, waiting], now, schedule)).toBe(false);
    expect(isRotationDue([current, leaked(waiting)], now, schedule)).toBe(true);
    const begun = { kid: "fresh", notBefore: now };
    expect(endsWith([current, waiting], begun, now).get("fresh")).toBe(waiting.notBefore + keyTimes.overlapSeconds);
    expect(endsWith([current, leaked(waiting)], begun, now).has("fresh")).toBe(false);
  });
});

describe("the keys that may sign", () => {
  test("are those whose period holds the moment, first and last second included, the newest first", () => {
    const old: KeyLife = { kid: "old", order: 0, notBefore: now - 5_000, notAfter: now };
    expect(kids(keysToSign([old, current], now))).toEqual(["current", "old"]);
    expect(kids(keysToSign([old, current], now + 1))).toEqual(["current"]);
    expect(kids(keysToSign([waiting], waiting.notBefore - 1))).toEqual([]);
    expect(kids(keysToSign([waiting], waiting.notBefore))).toEqual(["waiting"]);
  });

  test("hold no compromised one, whatever moment is asked about", () => {
    expect(keysToSign([leaked(current)], now - 500)).toEqual([]);
  });

  test("of two that begin together are led by the one made later", () => {
    const twin: KeyLife = { ...current, kid: "twin", order: 2 };
    expect(kids(keysToSign([current, twin], now))).toEqual(["twin", "current"]);
  });
});
