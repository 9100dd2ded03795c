import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  abolishedTypes,
  entryInForce,
  type LicenseEntry,
  type PermitItemEntry,
  type ReformMode,
  reformModes,
  reformScopes,
} from "../../../src/domain/materials/permit-item.ts";

const day = "2026-11-22";
const entry = (changes: Partial<PermitItemEntry> = {}): PermitItemEntry => ({
  ...{ code: "ITEM-1", department: "市场监管总局", name: "食品经营许可", licenseName: null, legalBasis: null },
  ...{ approvalLevel: null, reformMode: "COMMITMENT", scope: "NATIONAL", effectiveFrom: "2021-07-01" },
  ...{ effectiveTo: null, source: "清单", sourceScope: "NATIONAL", verified: true, note: null },
  ...changes,
});
const national = entry({ code: "national" });
const city = (changes: Partial<PermitItemEntry> = {}) => entry({ code: "city", scope: "CITY", ...changes });
const codeIn = (entries: readonly PermitItemEntry[], scope: PermitItemEntry["scope"] = "CITY", on = day) =>
  entryInForce(entries, scope, on)?.code;

describe("the entry in force", () => {
  test("of an item nobody listed does not exist", () => {
    expect(codeIn([])).toBeUndefined();
  });

  test.each(reformScopes)("is the national one where it stands alone, in %s", (scope) => {
    expect(codeIn([national], scope)).toBe("national");
  });

  test("is the local one where it stands alone, and only there", () => {
    expect(codeIn([city()])).toBe("city");
    for (const scope of ["NATIONAL", "FREE_TRADE_ZONE", "OTHER_PROVINCE"] as const)
      expect(codeIn([city()], scope)).toBeUndefined();
  });

  const pairs = reformModes.flatMap((mine, at) =>
    reformModes.map((theirs, other) => [mine, theirs, at < other] as const),
  );
  test.each(pairs)("with a local %s beside a national %s is the local one: %s", (mine, theirs, isLocal) => {
    const entries = [entry({ code: "national", reformMode: theirs }), city({ reformMode: mine })];
    for (const order of [entries, entries.toReversed()]) {
      expect(codeIn(order)).toBe(isLocal ? "city" : "national");
      expect(codeIn(order, "NATIONAL")).toBe("national");
      expect(codeIn(order, "FREE_TRADE_ZONE")).toBe("national");
    }
  });

  test("of three tiers is the widest, unless a narrower one is more liberal", () => {
    const tiers = (nationwide: ReformMode, province: ReformMode, own: ReformMode) => [
      entry({ code: "national", reformMode: nationwide }),
      entry({ code: "province", scope: "PROVINCIAL", reformMode: province }),
      city({ reformMode: own }),
    ];
    const found = (entries: readonly PermitItemEntry[]) => [
      ...(["CITY", "PROVINCIAL", "FREE_TRADE_ZONE", "OTHER_PROVINCE", "NATIONAL"] as const).map((scope) =>
        codeIn(entries, scope),
      ),
    ];
    expect(found(tiers("OPTIMISED", "COMMITMENT", "FILING"))).toEqual([
      ...["city", "province", "province", "national", "national"],
    ]);
    expect(found(tiers("OPTIMISED", "FILING", "COMMITMENT"))).toEqual([
      ...["province", "province", "province", "national", "national"],
    ]);
    expect(found(tiers("FILING", "COMMITMENT", "OPTIMISED"))).toEqual(Array(5).fill("national"));
    expect(codeIn(tiers("FILING", "COMMITMENT", "OPTIMISED").slice(1))).toBe("province");
  });

  test("is never another province's here, however liberal it is", () => {
    const foreign = entry({ code: "foreign", scope: "OTHER_PROVINCE", reformMode: "CANCELLED" });
    for (const scope of ["CITY", "PROVINCIAL", "FREE_TRADE_ZONE", "NATIONAL"] as const) {
      expect(codeIn([foreign, national], scope)).toBe("national");
      expect(codeIn([foreign], scope)).toBeUndefined();
    }
  });

  test("is the national one again when the local adjustment has ended or not begun", () => {
    const local = city({ reformMode: "CANCELLED", effectiveFrom: "2026-01-01", effectiveTo: "2026-12-31" });
    const on = (date: string) => codeIn([national, local], "CITY", date);
    expect(["2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01"].map(on)).toEqual([
      ...["national", "city", "city", "national"],
    ]);
  });

  test("begins and ends with its day", () => {
    const short = [entry({ effectiveFrom: "2026-11-22", effectiveTo: "2026-11-22" })];
    expect(["2026-11-21", "2026-11-22", "2026-11-23"].map((on) => codeIn(short, "CITY", on))).toEqual([
      ...[undefined, "ITEM-1", undefined],
    ]);
  });

  test("of two periods is the one of the day, and of two that overlap the later", () => {
    const old = entry({ code: "old", effectiveTo: "2024-06-30" });
    const next = entry({ code: "new", effectiveFrom: "2024-07-01" });
    for (const entries of [
      [old, next],
      [next, old],
    ]) {
      expect(codeIn(entries, "CITY", "2024-06-30")).toBe("old");
      expect(codeIn(entries, "CITY", "2024-07-01")).toBe("new");
    }
    const open = entry({ code: "old", effectiveTo: null });
    for (const entries of [
      [open, next],
      [next, open],
    ])
      expect(codeIn(entries)).toBe("new");
  });

  test("compares the local entry with the national one of the same day", () => {
    const entries = [
      entry({ code: "strict", reformMode: "OPTIMISED", effectiveTo: "2024-06-30" }),
      entry({ code: "filing", reformMode: "FILING", effectiveFrom: "2024-07-01" }),
      city(),
    ];
    expect(codeIn(entries, "CITY", "2024-06-30")).toBe("city");
    expect(codeIn(entries, "CITY", "2024-07-01")).toBe("filing");
  });

  test("is never less liberal than the national one", () => {
    const liberality = (found: PermitItemEntry | undefined) => (found ? reformModes.indexOf(found.reformMode) : -1);
    const any = fc.record({ reformMode: fc.constantFrom(...reformModes), scope: fc.constantFrom(...reformScopes) });
    fc.assert(
      fc.property(fc.array(any.map(entry), { maxLength: 6 }), fc.constantFrom(...reformScopes), (entries, scope) => {
        const found = entryInForce(entries, scope, day);
        const standard = entryInForce(entries, "NATIONAL", day);
        if (standard) expect(liberality(found)).toBeLessThanOrEqual(liberality(standard));
        if (found && scope !== "OTHER_PROVINCE") expect(found.scope).not.toBe("OTHER_PROVINCE");
      }),
    );
  });
});

describe("an abolished license type", () => {
  const of = (licenseType: string, changes: Partial<PermitItemEntry> = {}): LicenseEntry => ({
    ...entry({ reformMode: "CANCELLED", ...changes }),
    licenseType,
  });
  const abolished = (entries: readonly LicenseEntry[], on = day) => [...abolishedTypes(entries, "CITY", on)];

  test("is one whose permit item is cancelled, from its day on", () => {
    expect(abolished([of("A"), of("B", { reformMode: "FILING" })])).toEqual(["A"]);
    expect(abolished([of("A", { effectiveFrom: "2026-11-23" })])).toEqual([]);
    expect(abolished([of("A", { effectiveTo: "2026-11-21" })])).toEqual([]);
    expect(abolished([])).toEqual([]);
  });

  test("is not one that another item, still asked for, leads to", () => {
    const kept = of("A", { name: "食品经营许可（餐饮）", reformMode: "COMMITMENT" });
    expect(abolished([of("A"), kept])).toEqual([]);
    expect(abolished([of("A"), { ...kept, reformMode: "CANCELLED" }])).toEqual(["A"]);
    expect(abolished([of("A"), { ...kept, name: "食品经营许可", department: "卫生健康委" }])).toEqual([]);
  });

  test("may be abolished by the city alone, whatever code the entry carries", () => {
    const entries = [of("A", { reformMode: "OPTIMISED" }), of("A", { code: "ITEM-2", scope: "CITY" })];
    expect(abolished(entries)).toEqual(["A"]);
    expect([...abolishedTypes(entries, "NATIONAL", day)]).toEqual([]);
    expect([...abolishedTypes(entries, "FREE_TRADE_ZONE", day)]).toEqual([]);
  });

  test("is not abolished by another scope's entry", () => {
    expect(abolished([of("A", { scope: "FREE_TRADE_ZONE" })])).toEqual([]);
  });
});
