import { describe, expect, test } from "@jest/globals";
import { licenseStates } from "../../../src/domain/licenses/license.ts";
import type { CaseFacts } from "../../../src/domain/materials/material.ts";
import * as sample from "./cases.ts";

const { answerFor, boss, business, card, caseOf, clerk, daysAgo, enterprise, held, heldBy, health, procedureOf } =
  sample;

/** The legal representative's identity card in a real case. */
const representative = (facts: Partial<CaseFacts>) =>
  answerFor(caseOf(procedureOf("food-operation-new"), facts), "legal-representative-id");
const naming = (...people: readonly { residentId: string }[]) => ({
  persons: people.map(({ residentId }) => ({ role: "LEGAL_REPRESENTATIVE", residentId }) as const),
});
const notNamed = { decision: "SUBMIT", reasons: ["SUBJECT_NOT_NAMED"], sources: [] };
const bossCard = heldBy(boss, card);
const clerkCard = heldBy(clerk, card);

describe("the legal representative", () => {
  test("named as on the business license has the identity card fetched", () => {
    const answer = representative({ ...naming(boss), candidates: [held(business), bossCard] });
    expect(answer).toMatchObject({ decision: "FETCH", sources: [{ identifier: bossCard.identifier }] });
  });

  test("is nobody where two of that name are named: which of them is a stranger can not be told", () => {
    const namesake = { residentId: clerk.residentId, name: boss.name };
    const candidates = [held(business), bossCard, heldBy(namesake, card)];
    expect(representative({ ...naming(boss, namesake), candidates })).toMatchObject(notNamed);
    expect(representative({ ...naming(boss, boss), candidates })).toMatchObject({ decision: "FETCH" });
  });

  test("must be named", () => {
    expect(representative({ candidates: [held(business), bossCard] })).toMatchObject(notNamed);
    const persons = [{ role: "STAFF", residentId: boss.residentId }] as const;
    expect(representative({ persons, candidates: [held(business), bossCard] })).toMatchObject(notNamed);
  });

  test("is not anybody else: a person of another name is not, whoever names them", () => {
    expect(representative({ ...naming(clerk), candidates: [held(business), clerkCard] })).toMatchObject(notNamed);
  });

  test("named beside somebody else is the only one whose card is fetched", () => {
    const answer = representative({ ...naming(clerk, boss), candidates: [held(business), bossCard, clerkCard] });
    expect(answer.sources.map(({ identifier }) => identifier)).toEqual([bossCard.identifier]);
  });

  test("of whom nothing is held is answered like somebody else: naming a person does not tell what is held of them", () => {
    const answer = representative({ ...naming(boss), candidates: [held(business)] });
    expect(answer).toMatchObject({ decision: "SUBMIT", reasons: ["SUBJECT_NOT_NAMED"] });
  });

  test("cannot be told without a business license: nobody's card is fetched by naming them", () => {
    for (const person of [bossCard, clerkCard]) {
      const named = naming({ residentId: person.holderId });
      expect(representative({ ...named, candidates: [person] })).toMatchObject(notNamed);
      const another = held(business, { holderId: "92371082XXXX00035W", attributes: { legalRepresentative: "丛秀" } });
      expect(representative({ ...named, candidates: [person, another] })).toMatchObject(notNamed);
    }
  });

  test.each(licenseStates.filter((state) => state !== "SUPERSEDED" && state !== "TRANSFERRED"))(
    "is the one on a business license that is %s, and nobody else",
    (state) => {
      const candidates = [held(business, { state }), bossCard, clerkCard];
      expect(representative({ ...naming(boss), candidates })).toMatchObject({ decision: "FETCH" });
      expect(representative({ ...naming(clerk), candidates })).toMatchObject(notNamed);
    },
  );

  test("of a former version of the business license is no longer that person", () => {
    const before = held(business, { identifier: "a", state: "SUPERSEDED", issuedOn: daysAgo(900) });
    const now = held(business, { identifier: "b", attributes: { legalRepresentative: clerk.name } });
    const candidates = [before, now, bossCard, clerkCard];
    expect(representative({ ...naming(boss), candidates })).toMatchObject(notNamed);
    expect(representative({ ...naming(clerk), candidates })).toMatchObject({ decision: "FETCH" });
    expect(representative({ ...naming(boss), candidates: [before, bossCard] })).toMatchObject(notNamed);
  });

  test("is not told by a business license that was transferred away, also when none came after it", () => {
    const gone = held(business, { identifier: "z", state: "TRANSFERRED" });
    expect(representative({ ...naming(boss), candidates: [gone, bossCard] })).toMatchObject(notNamed);
    const now = held(business, {
      identifier: "a",
      issuedOn: daysAgo(900),
      attributes: { legalRepresentative: clerk.name },
    });
    const candidates = [gone, now, bossCard, clerkCard];
    expect(representative({ ...naming(boss), candidates })).toMatchObject(notNamed);
    expect(representative({ ...naming(clerk), candidates })).toMatchObject({ decision: "FETCH" });
  });

  test("of an older business license, since cancelled, is no longer that person either", () => {
    const before = held(business, { identifier: "z", state: "CANCELLED", issuedOn: daysAgo(900) });
    const now = held(business, { identifier: "a", attributes: { legalRepresentative: clerk.name } });
    expect(representative({ ...naming(boss), candidates: [before, now, bossCard] })).toMatchObject(notNamed);
  });

  test.each([undefined, null, "", 1, ["郭怡"]])(
    "is not told by a business license that says %j",
    (legalRepresentative) => {
      const nameless = { residentId: boss.residentId, name: String(legalRepresentative) };
      const candidates = [held(business, { attributes: { legalRepresentative } }), heldBy(nameless, card)];
      expect(representative({ ...naming(boss), candidates })).toMatchObject(notNamed);
    },
  );

  test("is told by the business license although the client may not fetch that license itself", () => {
    const facts = { ...naming(boss), candidates: [held(business), bossCard], grantedTypes: new Set([card]) };
    expect(representative(facts)).toMatchObject({ decision: "FETCH" });
  });

  test("is named for a card of a type the client is not granted: nothing at all is said", () => {
    for (const candidates of [[], [held(business), bossCard], [held(business), clerkCard]])
      for (const people of [naming(), naming(boss), naming(clerk)])
        expect(representative({ ...people, candidates, grantedTypes: new Set([business]) }).reasons).toEqual([
          "NOT_GRANTED",
        ]);
  });
});

describe("staff", () => {
  const staff = (people: readonly { residentId: string }[], candidates: CaseFacts["candidates"]) =>
    answerFor(
      caseOf(procedureOf("public-place-hygiene-new"), {
        candidates,
        persons: people.map(({ residentId }) => ({ role: "STAFF", residentId })),
      }),
      "staff-health",
    );
  const [bossHealth, clerkHealth] = [heldBy(boss, health), heldBy(clerk, health)];

  test("need one license each", () => {
    const answer = staff([boss, clerk], [clerkHealth, bossHealth]);
    expect(answer.decision).toBe("FETCH");
    expect(answer.sources.map(({ identifier }) => identifier)).toEqual([bossHealth.identifier, clerkHealth.identifier]);
  });

  test("of whom one has none have the material asked for, and none is fetched", () => {
    expect(staff([boss, clerk], [bossHealth])).toMatchObject({
      decision: "SUBMIT",
      reasons: ["NO_LICENSE"],
      sources: [],
    });
  });

  test("have all their faults named, nearest first", () => {
    const suspended = heldBy(boss, health, { state: "SUSPENDED" });
    expect(staff([clerk, boss], [suspended]).reasons).toEqual(["LICENSE_SUSPENDED", "NO_LICENSE"]);
  });

  test("named twice count once", () => {
    expect(staff([clerk, clerk], [clerkHealth]).sources).toHaveLength(1);
  });

  test("need not be on the business license, but must be named", () => {
    expect(staff([clerk], [held(business), clerkHealth])).toMatchObject({ decision: "FETCH" });
    expect(staff([], [clerkHealth])).toMatchObject(notNamed);
  });

  test("are not the enterprise: its own license does not stand in for theirs", () => {
    expect(staff([clerk], [held(health)])).toMatchObject({ reasons: ["NO_LICENSE"] });
    expect(staff([{ residentId: enterprise }], [held(health)])).toMatchObject({ decision: "FETCH" });
  });
});
