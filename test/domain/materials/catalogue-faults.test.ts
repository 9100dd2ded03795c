import { describe, expect, test } from "@jest/globals";
import { permitItemFaults, procedureFaults } from "../../../src/domain/materials/catalogue-faults.ts";
import { coversScope, type PermitItemEntry, reformScopes } from "../../../src/domain/materials/permit-item.ts";
import { excludedFields, type Material, type Procedure } from "../../../src/domain/materials/procedure.ts";
import * as sample from "./cases.ts";

const { catalogue, deferral, license, material, procedure, safety } = sample;

/** What is said of one material of a procedure that is otherwise right. */
const faultsOf = (changes: Partial<Material>, more: Partial<Procedure> = {}) =>
  procedureFaults([{ ...procedure(material({ source: null, ...changes })), ...more }]);
const only = (text: RegExp) => [expect.stringMatching(text)];

describe("a procedure", () => {
  test.each(excludedFields)("in %s may not have a material that a commitment waives", (excludedField) => {
    expect(faultsOf({ commitmentWaivable: true, excludedField })).toEqual(
      only(new RegExp(`material.*${excludedField}`)),
    );
    expect(faultsOf({ commitmentWaivable: true }, { excludedField })).toEqual(only(new RegExp(excludedField)));
    expect(faultsOf({ excludedField })).toEqual([]);
    expect(faultsOf({}, { excludedField })).toEqual([]);
  });

  test("does not know other fields", () => {
    const excludedField = "FUN" as Material["excludedField"];
    expect(faultsOf({ excludedField })).toEqual(only(/excludedField FUN/));
    expect(faultsOf({}, { excludedField })).toEqual(only(/^procedure procedure has the excludedField FUN/));
  });

  test.each(["form", "promise"] as const)("never defers a %s, waives it, or takes a license for it", (paper) => {
    expect(faultsOf({ [paper]: true })).toEqual([]);
    expect(faultsOf({ [paper]: true, deferral: deferral(180) })).toEqual(only(/may follow, not it itself/));
    expect(faultsOf({ [paper]: true, commitmentWaivable: true })).toEqual(only(/no other promise/));
    expect(faultsOf({ [paper]: true, source: license(safety) })).toEqual(only(/no license can stand in/));
  });

  test.each([
    [{}, []],
    [{ workingDays: null, calendarDays: 180, legalBasis: "某规定" }, []],
    [{ workingDays: null }, [/without a term/]],
    [{ calendarDays: 10, legalBasis: "某规定" }, [/without a term/]],
    [{ workingDays: 0 }, [/without a term/]],
    [{ workingDays: 1.5 }, [/without a term/]],
    [{ workingDays: 1001 }, [/without a term/]],
    [{ workingDays: null, calendarDays: 180 }, [/name the legalBasis/]],
    [{ verified: true }, [/verified deferral/]],
    [{ phase: "LATER" as never }, [/deferred in LATER/]],
  ])("says in which unit and phase a material may follow: %j", (changes, faults) => {
    expect(faultsOf({ deferral: deferral(10, changes) })).toEqual(faults.flatMap(only));
  });

  test.each([
    [{}, []],
    [{ opensWorkingDays: 14 }, [/does not open/]],
    [{ closesWorkingDays: 0 }, [/does not open/]],
    [{ verified: true }, [/verified renewalWindow/]],
  ])("opens the term of a renewal before it closes it: %j", (changes, faults) => {
    const renewalWindow = {
      opensWorkingDays: 90,
      closesWorkingDays: 15,
      legalBasis: null,
      verified: false,
      ...changes,
    };
    expect(faultsOf({ renewalWindow })).toEqual(faults.flatMap(only));
  });

  test("is not verified, nor a material of it, without the text it was read in", () => {
    expect(faultsOf({ verified: true })).toEqual(only(/names no legalBasis/));
    expect(faultsOf({ verified: true, legalBasis: "某办法" })).toEqual([]);
    expect(faultsOf({}, { verified: true })).toEqual(only(/names no source/));
    expect(faultsOf({}, { verified: true, source: "某办法" })).toEqual([]);
  });
});

describe("an entry of the reform list", () => {
  const entry = (changes: Partial<PermitItemEntry>): PermitItemEntry => {
    const [first] = catalogue.permitItems;
    if (!first) throw new Error("no entries");
    return { ...first, source: "清单", sourceScope: "NATIONAL", scope: "NATIONAL", verified: true, ...changes };
  };

  const pairs = reformScopes.flatMap((from) => reformScopes.map((scope) => [from, scope] as const));
  test.each(pairs)("verified by a source for %s is not one for %s unless the source reaches as far", (from, scope) => {
    const reaches =
      from === "NATIONAL" || from === scope || (from === "PROVINCIAL" && ["CITY", "FREE_TRADE_ZONE"].includes(scope));
    expect(coversScope(from, scope)).toBe(reaches);
    expect(permitItemFaults([entry({ sourceScope: from, scope })])).toHaveLength(reaches ? 0 : 1);
    expect(permitItemFaults([entry({ sourceScope: from, scope, verified: false })])).toEqual([]);
  });

  test("is not verified without a source", () => {
    const nowhere = { source: null, sourceScope: null };
    expect(permitItemFaults([entry(nowhere)])).toEqual(only(/verified for NATIONAL by a source for nothing/));
    expect(permitItemFaults([entry({ ...nowhere, verified: false })])).toEqual([]);
    expect(permitItemFaults([entry({ source: null, verified: false })])).toEqual(only(/source and sourceScope/));
  });

  test("has a mode and scopes that exist", () => {
    expect(permitItemFaults([entry({ reformMode: "GONE" as never })])).toEqual(only(/the mode GONE/));
    expect(permitItemFaults([entry({ scope: "MARS" as never })])).toEqual(only(/the scope MARS/));
    expect(permitItemFaults([entry({ sourceScope: "MARS" as never, verified: false })])).toEqual(
      only(/sourceScope MARS/),
    );
  });
});

describe("the package's catalogue", () => {
  const materials = catalogue.procedures.flatMap((each) => each.materials);

  test("names every promise as one", () => {
    const promises = materials.filter(({ name }) => name.endsWith("承诺书"));
    expect(promises.length).toBeGreaterThan(0);
    for (const each of promises) expect(each).toMatchObject({ promise: true, deferral: null });
  });

  test("waives nothing about fire or health by a commitment", () => {
    const about = materials.filter(({ name }) => /消防|健康|卫生许可/.test(name));
    expect(about.length).toBeGreaterThan(2);
    for (const each of about) expect(each.commitmentWaivable).toBe(false);
  });

  test("counts every term in working days", () => {
    const terms = materials.flatMap((each) => each.deferral ?? []);
    expect(terms.length).toBeGreaterThan(0);
    for (const term of terms) expect(term.workingDays).toBeGreaterThan(0);
  });

  test("calls a body by one name: none is another with an ending more", () => {
    const bodies = [...new Set(catalogue.permitItems.map((each) => each.department))];
    const pairsOfOne = bodies.flatMap((body) => bodies.filter((other) => other !== body && other.startsWith(body)));
    expect(pairsOfOne).toEqual([]);
  });

  test("names a department that exists for every procedure, and a permit item that exists", () => {
    const departments = new Set(catalogue.departments.map(({ code }) => code));
    const items = new Set(catalogue.permitItems.map(({ code }) => code));
    for (const { code, department, permitItem } of catalogue.procedures) {
      expect({ code, isKnown: departments.has(department) }).toEqual({ code, isKnown: true });
      if (permitItem !== null) expect({ code, isKnown: items.has(permitItem) }).toEqual({ code, isKnown: true });
    }
  });
});
