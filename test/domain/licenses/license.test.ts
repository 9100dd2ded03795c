import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type CancelOutcome,
  cancelOutcomes,
  eventOperations,
  isCancelOutcome,
  isIssuing,
  issuingOperations,
  licenseOperations,
  licenseStates,
  needsPredecessor,
  type StateChange,
  type StoredState,
  stateAfterEvent,
  stateAfterSuccession,
  stateOn,
  storedStates,
  visibleState,
} from "../../../src/domain/licenses/license.ts";

/** Where each event leads from each state; `-`: not allowed; CANCEL leads to the outcome it names. */
const events = `
  from         SUSPEND    REINSTATE  CANCEL   LAPSE   CANCEL_TRANSFER  OTHER
  VALID        SUSPENDED  -          outcome  LAPSED  -                OTHER
  SUSPENDED    -          VALID      outcome  -       -                -
  REVOKED      -          -          -        -       -                -
  CANCELLED    -          -          -        -       -                -
  ANNULLED     -          -          -        -       -                -
  LAPSED       -          -          outcome  -       -                OTHER
  TRANSFERRED  -          -          -        -       VALID            -
  SUPERSEDED   -          -          -        -       -                -
  OTHER        -          -          outcome  LAPSED  -                -`;

/** What becomes of the version before, by its state and the operation that brings the next one. */
const successions = `
  from         RENEW       CHANGE      TRANSFER_IN
  VALID        SUPERSEDED  SUPERSEDED  TRANSFERRED
  SUSPENDED    -           -           -
  REVOKED      -           -           -
  CANCELLED    -           -           -
  ANNULLED     -           -           -
  LAPSED       SUPERSEDED  -           -
  TRANSFERRED  -           -           TRANSFERRED
  SUPERSEDED   -           -           -
  OTHER        SUPERSEDED  SUPERSEDED  TRANSFERRED`;

type Cell = readonly [from: string, operation: string, to: string];

function cellsOf(table: string): readonly Cell[] {
  const [head = [], ...rows] = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return rows.flatMap(([from = "", ...cells]) => cells.map((to, at): Cell => [from, head[at + 1] ?? "", to]));
}

const successorOperations = issuingOperations.filter((operation) => operation !== "ISSUE");
const eventCells = cellsOf(events);
const successionCells = cellsOf(successions);

const leadsTo = (from: string, operation: string, outcome?: CancelOutcome, hasSuccessor = false) => {
  const state = storedStates.find((stored) => stored === from);
  const event = eventOperations.find((name) => name === operation);
  const succession = successorOperations.find((name) => name === operation);
  if (!state || (!event && !succession)) throw new Error(`${from} ${operation}`);
  if (event) return stateAfterEvent(state, event, outcome, hasSuccessor) ?? "-";
  return succession ? (stateAfterSuccession(state, succession, hasSuccessor) ?? "-") : "-";
};

describe("the tables of this test", () => {
  test("hold every pair of state and operation once", () => {
    const pairs = [...eventCells, ...successionCells].map(([from, operation]) => `${from} ${operation}`);
    const all = storedStates.flatMap((state) =>
      [...eventOperations, ...successorOperations].map((operation) => `${state} ${operation}`),
    );
    expect(pairs.toSorted()).toEqual(all.toSorted());
  });
});

describe("an operation", () => {
  const plain = [...eventCells, ...successionCells].filter(([, operation]) => operation !== "CANCEL");

  test.each(plain)("on a license that is %s: %s leads to %s", (from, operation, to) => {
    expect(leadsTo(from, operation)).toBe(to);
  });

  test.each(eventCells.filter(([, operation]) => operation === "CANCEL"))(
    "on a license that is %s: %s leads to %s, whichever it is",
    (from, operation, to) => {
      for (const outcome of cancelOutcomes) {
        const isRefused = to === "-" || (from === "SUSPENDED" && outcome === "TRANSFERRED");
        expect(leadsTo(from, operation, outcome)).toBe(isRefused ? "-" : outcome);
      }
    },
  );

  test.each([...eventCells, ...successionCells])("on a version that has a successor is refused: %s, %s", (from, op) => {
    expect(leadsTo(from, op, "REVOKED", true)).toBe("-");
  });

  test("CANCEL without an outcome leads nowhere", () => {
    expect(leadsTo("VALID", "CANCEL")).toBe("-");
  });

  test("other than CANCEL takes no notice of an outcome", () => {
    expect(leadsTo("VALID", "SUSPEND", "REVOKED")).toBe("SUSPENDED");
    expect(leadsTo("SUSPENDED", "REINSTATE", "REVOKED")).toBe("VALID");
  });
});

describe("a final state", () => {
  test.each(["REVOKED", "CANCELLED", "ANNULLED", "SUPERSEDED"])("%s is left by no operation", (state) => {
    for (const operation of [...eventOperations, ...successorOperations])
      for (const outcome of [undefined, ...cancelOutcomes]) expect(leadsTo(state, operation, outcome)).toBe("-");
  });

  test("is reached by CANCEL and by successions alone", () => {
    const final: readonly string[] = ["REVOKED", "CANCELLED", "ANNULLED", "SUPERSEDED"];
    expect(eventCells.filter(([, , to]) => final.includes(to))).toEqual([]);
    expect(new Set(successionCells.map(([, , to]) => to))).toEqual(new Set(["SUPERSEDED", "TRANSFERRED", "-"]));
  });
});

describe("a suspended license", () => {
  test.each(successorOperations)("is not laundered by %s", (operation) => {
    expect(leadsTo("SUSPENDED", operation)).toBe("-");
  });

  test("does not become something that can be revived: no transfer, no lapse, no other state", () => {
    expect(leadsTo("SUSPENDED", "CANCEL", "TRANSFERRED")).toBe("-");
    expect(leadsTo("SUSPENDED", "LAPSE")).toBe("-");
    expect(leadsTo("SUSPENDED", "OTHER")).toBe("-");
  });

  test("becomes VALID by REINSTATE and by nothing else", () => {
    const back = eventOperations.filter((operation) => leadsTo("SUSPENDED", operation, "TRANSFERRED") === "VALID");
    expect(back).toEqual(["REINSTATE"]);
  });
});

describe("operations", () => {
  test("are either issuing or events", () => {
    expect(licenseOperations.filter(isIssuing)).toEqual(["ISSUE", "RENEW", "CHANGE", "TRANSFER_IN"]);
    expect(licenseOperations.filter((operation) => !isIssuing(operation))).toEqual([...eventOperations]);
  });

  test("name a predecessor when they bring the next version, and only then", () => {
    expect(licenseOperations.filter(needsPredecessor)).toEqual(["RENEW", "CHANGE", "TRANSFER_IN"]);
  });

  test.each([["VALID"], ["SUPERSEDED"], ["EXPIRED"], ["cancelled"], [""], [null], [undefined]])(
    "CANCEL does not know the outcome %j",
    (text) => {
      expect(isCancelOutcome(text)).toBe(false);
    },
  );

  test.each(cancelOutcomes)("CANCEL knows the outcome %s", (outcome) => {
    expect(isCancelOutcome(outcome)).toBe(true);
  });
});

describe("EXPIRED", () => {
  test("is shown to readers and stored nowhere", () => {
    expect(licenseStates.filter((state) => !storedStates.some((stored) => stored === state))).toEqual(["EXPIRED"]);
  });

  test.each([
    ["2026-11-21", "VALID"],
    ["2026-11-22", "VALID"],
    ["2026-11-23", "EXPIRED"],
    ["2027-01-01", "EXPIRED"],
  ])("follows from a validity that ends on 2026-11-22: on %s it is %s", (day, state) => {
    expect(visibleState("VALID", "2026-11-22", day)).toBe(state);
  });

  test("never follows without an end of validity", () => {
    expect(visibleState("VALID", null, "9999-12-31")).toBe("VALID");
  });

  test.each(storedStates.filter((state) => state !== "VALID"))("gives way to the stored state %s", (state) => {
    expect(visibleState(state, "2020-01-01", "2026-11-22")).toBe(state);
  });
});

describe("the state on a day", () => {
  const life: readonly StateChange[] = [
    { effectiveOn: "2020-03-01", state: "VALID" },
    { effectiveOn: "2021-06-10", state: "SUSPENDED" },
    { effectiveOn: "2021-09-10", state: "VALID" },
    { effectiveOn: "2026-01-05", state: "CANCELLED" },
  ];

  test.each([
    ["before the issue", "2020-02-29", undefined],
    ["the day of issue", "2020-03-01", "VALID"],
    ["between issue and suspension", "2021-01-01", "VALID"],
    ["the eve of the suspension", "2021-06-09", "VALID"],
    ["the day of the suspension", "2021-06-10", "SUSPENDED"],
    ["during the suspension", "2021-08-01", "SUSPENDED"],
    ["the day it is given back", "2021-09-10", "VALID"],
    ["the last day of validity", "2025-02-28", "VALID"],
    ["the day after it", "2025-03-01", "EXPIRED"],
    ["the eve of the cancellation", "2026-01-04", "EXPIRED"],
    ["the day of the cancellation", "2026-01-05", "CANCELLED"],
    ["long after", "2099-12-31", "CANCELLED"],
  ])("is known for %s, %s: %s", (_when, day, state) => {
    expect(stateOn(life, "2025-02-28", day)).toBe(state);
  });

  test("is that of the last change when several fall on one day", () => {
    const sameDay: readonly StateChange[] = [
      { effectiveOn: "2024-05-01", state: "VALID" },
      { effectiveOn: "2024-05-01", state: "SUSPENDED" },
      { effectiveOn: "2024-05-01", state: "VALID" },
      { effectiveOn: "2024-05-01", state: "LAPSED" },
    ];
    expect(stateOn(sameDay, null, "2024-05-01")).toBe("LAPSED");
    expect(stateOn(sameDay.slice(0, 3), null, "2024-05-02")).toBe("VALID");
    expect(stateOn(sameDay, null, "2024-04-30")).toBeUndefined();
  });

  test("is unknown of a license without a change", () => {
    expect(stateOn([], null, "2024-05-01")).toBeUndefined();
  });

  test("is the same whether later changes are known yet or not", () => {
    const day = fc.integer({ min: 0, max: 27 }).map((n) => `2024-02-${String(n + 1).padStart(2, "0")}`);
    const changes = fc
      .array(fc.record({ effectiveOn: day, state: fc.constantFrom<StoredState>(...storedStates) }), { maxLength: 8 })
      .map((list) => list.toSorted((a, b) => (a.effectiveOn < b.effectiveOn ? -1 : 1)));
    fc.assert(
      fc.property(changes, day, fc.option(day), (list, asked, validUntil) => {
        const known = list.filter((change) => change.effectiveOn <= asked);
        expect(stateOn(list, validUntil, asked)).toBe(stateOn(known, validUntil, asked));
      }),
    );
  });
});
