import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { checkKnownAt, knownAt, type ReceivedChange, withKnowledge } from "../../../src/domain/licenses/history.ts";
import { type StoredState, stateOn, storedStates } from "../../../src/domain/licenses/license.ts";

const at = (text: string) => new Date(text);
const change = (effectiveOn: string, state: StoredState, receivedAt: string): ReceivedChange => ({
  ...{ effectiveOn, state, receivedAt: at(receivedAt) },
});
const states = (changes: readonly ReceivedChange[]) => changes.map(({ state }) => state);

describe("what was known at an instant", () => {
  const life = withKnowledge([
    change("2026-01-05", "VALID", "2026-01-06T02:00:00Z"),
    change("2026-03-01", "SUSPENDED", "2026-03-01T15:59:59.999Z"),
    change("2026-03-01", "VALID", "2026-03-01T16:00:00Z"),
    change("2026-04-01", "REVOKED", "2026-09-01T00:00:00Z"),
  ]);

  test.each([
    ["before the license came", "2026-01-06T01:59:59.999Z", []],
    ["the instant it came", "2026-01-06T02:00:00Z", ["VALID"]],
    ["the millisecond before midnight in Asia/Shanghai", "2026-03-01T23:59:59.998+08:00", ["VALID"]],
    ["at the last millisecond of that day", "2026-03-01T23:59:59.999+08:00", ["VALID", "SUSPENDED"]],
    ["at midnight", "2026-03-02T00:00:00+08:00", ["VALID", "SUSPENDED", "VALID"]],
    ["months after the day of a change that had not come", "2026-08-31T23:59:59Z", ["VALID", "SUSPENDED", "VALID"]],
    ["once it had come", "2026-09-01T00:00:00Z", ["VALID", "SUSPENDED", "VALID", "REVOKED"]],
  ])("%s", (_when, instant, expected) => {
    expect(states(knownAt(life, at(instant)))).toEqual(expected);
  });

  test("tells a day's state as it was believed then, and as it is known since the past was corrected", () => {
    const believed = (instant: string) => stateOn(knownAt(life, at(instant)), null, "2026-05-01");
    expect([believed("2026-05-01T12:00:00Z"), believed("2026-09-01T00:00:00Z")]).toEqual(["VALID", "REVOKED"]);
  });

  test("holds of changes of one instant all or none", () => {
    const same = withKnowledge([
      change("2026-01-05", "VALID", "2026-01-06T02:00:00Z"),
      change("2026-01-06", "SUSPENDED", "2026-01-06T02:00:00Z"),
      change("2026-01-06", "VALID", "2026-01-06T02:00:00Z"),
    ]);
    expect(knownAt(same, at("2026-01-06T01:59:59.999Z"))).toEqual([]);
    expect(states(knownAt(same, at("2026-01-06T02:00:00Z")))).toEqual(["VALID", "SUSPENDED", "VALID"]);
  });

  test("counts an event that waited from the instant its license came, and keeps when it came itself", () => {
    const waited = withKnowledge([
      change("2026-01-05", "VALID", "2026-02-10T00:00:00Z"),
      change("2026-02-01", "CANCELLED", "2026-02-02T00:00:00Z"),
    ]);
    expect(knownAt(waited, at("2026-02-05T00:00:00Z"))).toEqual([]);
    const [, event] = knownAt(waited, at("2026-02-10T00:00:00Z"));
    expect(event).toMatchObject({ receivedAt: at("2026-02-02T00:00:00Z"), knownSince: at("2026-02-10T00:00:00Z") });
  });

  test("never knows a decision before what it was decided on, whatever the clocks of two copies say", () => {
    const skewed = withKnowledge([
      change("2026-01-05", "VALID", "2026-01-06T00:00:00Z"),
      change("2026-01-07", "SUSPENDED", "2026-01-07T00:00:00.080Z"),
      change("2026-01-07", "VALID", "2026-01-07T00:00:00.050Z"),
    ]);
    expect(states(knownAt(skewed, at("2026-01-07T00:00:00.060Z")))).toEqual(["VALID"]);
    expect(states(knownAt(skewed, at("2026-01-07T00:00:00.080Z")))).toHaveLength(3);
  });

  test("is refused for an instant to come, and allowed for this very one", () => {
    const now = at("2026-11-22T04:00:00Z");
    expect(() => checkKnownAt(at("2026-11-22T04:00:00.001Z"), now)).toThrow(
      expect.objectContaining({ code: "INPUT_INVALID" }),
    );
    expect(() => checkKnownAt(now, now)).not.toThrow();
    expect(() => checkKnownAt(undefined, now)).not.toThrow();
  });
});

describe("replaying", () => {
  const day = fc.integer({ min: 1, max: 28 }).map((n) => `2024-02-${String(n).padStart(2, "0")}`);
  const instant = fc.integer({ min: 0, max: 40 }).map((step) => new Date(Date.UTC(2024, 1, 1) + step * 3_600_000));
  const changes = fc
    .array(fc.record({ effectiveOn: day, state: fc.constantFrom<StoredState>(...storedStates), receivedAt: instant }), {
      maxLength: 10,
    })
    .chain((list) => {
      const days = list.map(({ effectiveOn }) => effectiveOn).toSorted();
      return fc.constant(list.map((each, index) => ({ ...each, effectiveOn: days[index] ?? "" })));
    });

  test("a hub that has taken in a beginning of the list answers what knownAt answers later", () => {
    fc.assert(
      fc.property(changes, instant, day, fc.option(day), (list, asked, onDay, validUntil) => {
        // A hub that lives through it: it takes the next change in when that has come, never out of order.
        const taken: ReceivedChange[] = [];
        for (const each of list) {
          if (each.receivedAt > asked) break;
          taken.push(each);
        }
        const known = knownAt(withKnowledge(list), asked);
        expect(states(known)).toEqual(states(taken));
        expect(stateOn(known, validUntil, onDay)).toBe(stateOn(withKnowledge(taken), validUntil, onDay));
      }),
    );
  });

  test("knowledge only grows: what is known at an instant is a beginning of what is known later", () => {
    fc.assert(
      fc.property(changes, instant, instant, (list, one, other) => {
        const [earlier = one, later = one] = [one, other].toSorted((a, b) => a.getTime() - b.getTime());
        const learned = withKnowledge(list);
        const [before, after] = [knownAt(learned, earlier), knownAt(learned, later)];
        expect(after.slice(0, before.length)).toEqual(before);
      }),
    );
  });

  test("a change is known from its knownSince on and not a millisecond before", () => {
    fc.assert(
      fc.property(changes, (list) => {
        const learned = withKnowledge(list);
        for (const [index, { knownSince, receivedAt }] of learned.entries()) {
          expect(knownSince.getTime()).toBeGreaterThanOrEqual(receivedAt.getTime());
          expect(knownAt(learned, knownSince).length).toBeGreaterThan(index);
          expect(knownAt(learned, new Date(knownSince.getTime() - 1)).length).toBeLessThanOrEqual(index);
        }
      }),
    );
  });

  test("without an instant everything counts", () => {
    fc.assert(
      fc.property(changes, (list) => expect(knownAt(withKnowledge(list), undefined)).toHaveLength(list.length)),
    );
  });
});
