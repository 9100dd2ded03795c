import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { licenseStates } from "../../../src/domain/licenses/license.ts";
import { type Candidate, type CaseFacts, decide } from "../../../src/domain/materials/material.ts";
import { reasonDistance } from "../../../src/domain/materials/material-reason.ts";
import { reformModes } from "../../../src/domain/materials/permit-item.ts";
import {
  deferralPhases,
  excludedFields,
  type Material,
  materialSubjects,
  personRoles,
  type SourceExpression,
  sourcesOf,
} from "../../../src/domain/materials/procedure.ts";
import { chinaCalendar } from "../../../src/domain/working-days.ts";
import {
  anyOf,
  boss,
  business,
  card,
  catalogue,
  clerk,
  daysAgo,
  enterprise,
  held,
  license,
  procedure,
  safety,
  today,
} from "./cases.ts";

const types = [business, card, safety];
const subjects = [enterprise, boss.residentId, clerk.residentId];
const day = fc.integer({ min: -40, max: 800 }).map(daysAgo);
const days = fc.option(fc.nat(400));

const source = fc
  .record({
    ...{ subject: fc.constantFrom(...materialSubjects), attributes: fc.subarray(["premises", "legalRepresentative"]) },
    ...{ states: fc.subarray([...licenseStates]), expiredWithinDays: days, minimumAgeDays: days, maximumAgeDays: days },
  })
  .chain((changes) => fc.constantFrom(...types).map((type) => license(type, changes)));
const { expression } = fc.letrec<{ expression: SourceExpression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    source,
    fc.record({ kind: fc.constantFrom("ANY_OF", "ALL_OF"), of: fc.array(tie("expression"), { maxLength: 3 }) }),
  ),
}));
const material: fc.Arbitrary<Material> = fc.record({
  code: fc.constant("m"),
  name: fc.constant("材料"),
  required: fc.boolean(),
  form: fc.boolean(),
  promise: fc.boolean(),
  source: fc.option(expression),
  commitmentWaivable: fc.boolean(),
  excludedField: fc.option(fc.constantFrom(...excludedFields)),
  deferral: fc.option(
    fc.record({
      phase: fc.constantFrom(...deferralPhases),
      ...{ workingDays: fc.integer({ min: 1, max: 300 }), calendarDays: fc.constant(null) },
      ...{ legalBasis: fc.constant(null), verified: fc.constant(false) },
    }),
  ),
  renewalWindow: fc.option(
    fc.record({
      ...{ opensWorkingDays: fc.integer({ min: 50, max: 100 }), closesWorkingDays: fc.integer({ min: 1, max: 50 }) },
      ...{ legalBasis: fc.constant(null), verified: fc.constant(false) },
    }),
  ),
  ...{ alternativeDocument: fc.constant(null), legalBasis: fc.constant(null), verified: fc.constant(false) },
  note: fc.constant(null),
});
const candidate: fc.Arbitrary<Candidate> = fc.record({
  ...{ identifier: fc.string({ maxLength: 3 }), licenseType: fc.constantFrom(...types), issuedOn: day, validFrom: day },
  ...{ holderId: fc.constantFrom(...subjects), holderName: fc.constantFrom(boss.name, clerk.name, "企业") },
  ...{ state: fc.constantFrom(...licenseStates), validUntil: fc.option(day) },
  attributes: fc.dictionary(
    fc.constantFrom("premises", "legalRepresentative"),
    fc.oneof(fc.anything(), fc.constant(boss.name)),
  ),
});
const facts: fc.Arbitrary<CaseFacts> = fc.record({
  ...{ procedure: fc.array(material, { maxLength: 4 }).map((list) => procedure(...list)), asOf: fc.constant(today) },
  calendar: fc.constant(chinaCalendar()),
  ...{
    reformMode: fc.option(fc.constantFrom(...reformModes)),
    commitment: fc.boolean(),
    holderId: fc.constant(enterprise),
  },
  abolishedTypes: fc.subarray(types).map((list) => new Set(list)),
  grantedTypes: fc.subarray(types, { minLength: 1 }).map((list) => new Set(list)),
  persons: fc.array(fc.record({ role: fc.constantFrom(...personRoles), residentId: fc.constantFrom(...subjects) }), {
    maxLength: 4,
  }),
  candidates: fc.array(candidate, { maxLength: 8 }),
});

describe("whatever the case", () => {
  test("every material has one answer, in order, with at least one reason and only what its decision needs", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const answers = decide(given);
        expect(answers.map((answer) => answer.material)).toEqual(given.procedure.materials);
        for (const { decision, reasons, warnings, sources, dueOn, phase, ground } of answers) {
          expect(reasons.length).toBeGreaterThan(0);
          expect(new Set(reasons).size).toBe(reasons.length);
          const distances = reasons.map(reasonDistance);
          expect(distances).toEqual(distances.toSorted((a, b) => a - b));
          expect(sources.length > 0).toBe(decision === "FETCH");
          expect(dueOn !== null).toBe(decision === "DEFERRED");
          expect(phase !== null).toBe(decision === "DEFERRED");
          if (dueOn !== null) expect(dueOn > given.asOf).toBe(true);
          if (warnings.length > 0) expect(decision).toBe("FETCH");
          expect(ground === null).toBe(decision === "SUBMIT");
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("a promise takes nothing away that can be fetched, and replaces nothing in an excluded field", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const withPromise = decide({ ...given, commitment: true });
        const without = decide({ ...given, commitment: false });
        for (const [place, answer] of withPromise.entries()) {
          if (without[place]?.decision === "FETCH") expect(answer).toEqual(without[place]);
          if (answer.material.excludedField !== null) expect(answer.decision).not.toBe("WAIVED");
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("what is fetched is granted, of a named subject, and in a state and with attributes the material accepts", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const named = new Set([given.holderId, ...given.persons.map((person) => person.residentId)]);
        for (const answer of decide(given)) {
          for (const used of answer.sources) {
            expect(given.grantedTypes.has(used.licenseType)).toBe(true);
            const found = given.candidates.filter(({ identifier }) => identifier === used.identifier);
            const accepted = found.some(
              (license) =>
                license.licenseType === used.licenseType &&
                named.has(license.holderId) &&
                license.validFrom <= given.asOf &&
                used.attributes.every((name) => license.attributes[name] !== undefined) &&
                sourcesOf(answer.material.source).some((source) => source.states.includes(license.state)),
            );
            expect(accepted).toBe(true);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("the order of licenses and of persons does not change the decisions", () => {
    // Two reasons equally near stand in the order of the persons they are about.
    const sorted = (given: CaseFacts) =>
      decide(given).map(({ sources, reasons, ...rest }) => ({
        ...rest,
        reasons: reasons.toSorted(),
        sources: sources.map((used) => used.identifier).toSorted(),
      }));
    const distinct = facts.filter(
      ({ candidates }) => new Set(candidates.map(({ identifier }) => identifier)).size === candidates.length,
    );
    fc.assert(
      fc.property(distinct, (given) => {
        const { candidates, persons } = given;
        const turned = { ...given, candidates: candidates.toReversed(), persons: persons.toReversed() };
        expect(sorted(turned)).toEqual(sorted(given));
      }),
    );
  });

  test("what is not granted is answered the same whether the holder has it or not", () => {
    fc.assert(
      fc.property(facts, (given) => {
        // The business license tells who represents the enterprise, to a client that may fetch that person's license.
        const asked = given.procedure.materials.filter(({ source }) =>
          sourcesOf(source).every(({ subject }) => subject !== "LEGAL_REPRESENTATIVE"),
        );
        const own = { ...given, procedure: procedure(...asked) };
        const without = given.candidates.filter(({ licenseType }) => given.grantedTypes.has(licenseType));
        expect(decide({ ...own, candidates: without })).toEqual(decide(own));
      }),
    );
  });

  test("one alternative more never takes a license away that could be fetched", () => {
    fc.assert(
      fc.property(facts, material, source, fc.constantFrom(...types), (given, asked, more, type) => {
        // The enterprise has one license that fits: a made-up case has it once in a hundred times.
        const candidates = [...given.candidates, held(type)];
        const own = { ...given, candidates, grantedTypes: new Set(types), abolishedTypes: new Set<string>() };
        const answer = (...of: readonly SourceExpression[]) =>
          decide({ ...own, procedure: procedure({ ...asked, source: anyOf(...of) }) })[0];
        const fitting = [asked.source ?? anyOf(), license(type)];
        const before = answer(...fitting);
        const after = answer(...fitting, more);
        fc.pre(before?.decision === "FETCH");
        expect(after).toMatchObject({ decision: "FETCH", sources: before.sources });
      }),
    );
  });
});

describe("the real procedures", () => {
  const codes = catalogue.procedures.map((each) => each.code);

  test.each(codes)("%s is answered for every case", (code) => {
    const own = catalogue.procedures.filter((each) => each.code === code);
    const real = fc.tuple(facts, fc.constantFrom(...own)).map(([given, asked]) => ({ ...given, procedure: asked }));
    fc.assert(
      fc.property(real, (given) => {
        for (const { reasons, decision, material } of decide(given)) {
          expect(reasons.length).toBeGreaterThan(0);
          if (material.form) expect(["SUBMIT", "NOT_NEEDED", "DEFERRED"]).toContain(decision);
        }
      }),
    );
  });
});
