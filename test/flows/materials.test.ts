import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openReceipt } from "../../src/proof/receipt-jws.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";

const holder = "91371002XXXX0030XC";
const representative = "371002188011080603";

let house: TestHub;
beforeAll(async () => {
  house = await openTestHub();
});
afterAll(() => house.close());

const purpose = (procedure: string, caseNumber = "2026-0001") => ({ procedure, caseNumber, reason: "办理许可" });

const checkQuery = `query ($input: CheckMaterialsInput!) { checkMaterials(input: $input) {
  id fetchCount submitCount procedure { code }
  answers { decision dueOn phase ground warnings { code message messageZh } material { code } reasons { code message messageZh } sources { identifier attributes type { key } } }
} }`;
const fetchQuery = `mutation ($input: FetchMaterialsInput!) { fetchMaterials(input: $input) {
  id receipt licenses { identifier jws type { key } holder { id } }
} }`;

async function check(input: object, as = "approval-bureau") {
  const { procedure = "food-operation-new" } = input as { procedure?: string };
  const whole = { procedure, holder, purpose: purpose(procedure), ...input };
  return house.graphql(checkQuery, { as, variables: { input: whole } });
}
const fetchWith = (input: object, as = "approval-bureau") => house.graphql(fetchQuery, { as, variables: { input } });
const code = (answer: { errors: { extensions: { code: string } }[] }) => answer.errors[0]?.extensions.code;

describe("a material check", () => {
  test("answers every material with decision, reasons in two languages, ground and licenses", async () => {
    const { data } = await check({ persons: [{ role: "LEGAL_REPRESENTATIVE", residentId: representative }] });
    const decisions = data.checkMaterials.answers.map((answer: { material: { code: string }; decision: string }) => [
      answer.material.code,
      answer.decision,
    ]);
    expect(Object.fromEntries(decisions)).toEqual({
      ...{
        application: "SUBMIT",
        "business-license": "FETCH",
        "legal-representative-id": "FETCH",
        "premises-right": "FETCH",
      },
      ...{ layout: "SUBMIT", rules: "DEFERRED", "staff-health": "NOT_NEEDED" },
    });
    expect(data.checkMaterials).toMatchObject({ fetchCount: 3, submitCount: 2 });
    // Ten working days from Sunday 2026-11-22.
    expect(data.checkMaterials.answers[5]).toMatchObject({
      ...{ dueOn: "2026-12-04", phase: "BEFORE_DECISION", ground: expect.stringContaining("国发〔2022〕5号") },
    });
    expect(data.checkMaterials.answers[1]).toMatchObject({
      ...{ phase: null, warnings: [], ground: expect.stringContaining("“凡是通过电子证照可以获取的信息") },
    });
    for (const answer of data.checkMaterials.answers) {
      expect(answer.reasons.length).toBeGreaterThan(0);
      expect(answer.reasons[0].message).toMatch(/[a-z]/);
      expect(answer.reasons[0].messageZh).toMatch(/[\u4e00-\u9fff]/);
      expect(answer.ground === null).toBe(answer.decision === "SUBMIT");
    }
  });

  test("without the person named says so, and discloses no license of hers", async () => {
    const { data } = await check({});
    const answer = data.checkMaterials.answers.find(
      (each: { material: { code: string } }) => each.material.code === "legal-representative-id",
    );
    expect(answer).toMatchObject({ decision: "SUBMIT", reasons: [{ code: "SUBJECT_NOT_NAMED" }], sources: [] });
  });

  test("does not take anybody's identity card for the legal representative's", async () => {
    const { data } = await check({ persons: [{ role: "LEGAL_REPRESENTATIVE", residentId: "371002188005260851" }] });
    const answer = data.checkMaterials.answers.find(
      (each: { material: { code: string } }) => each.material.code === "legal-representative-id",
    );
    expect(answer).toMatchObject({ decision: "SUBMIT", reasons: [{ code: "SUBJECT_NOT_NAMED" }] });
  });

  test("waives what a commitment replaces, only in commitment mode", async () => {
    const decisionsOf = (answer: Awaited<ReturnType<typeof check>>) =>
      Object.fromEntries(
        answer.data.checkMaterials.answers.map((each: { material: { code: string }; decision: string }) => [
          each.material.code,
          each.decision,
        ]),
      );
    const hygiene = await check({ procedure: "public-place-hygiene-new", commitment: true });
    // The premises are held, and a fact beats a promise; health is not promised.
    expect(decisionsOf(hygiene)).toMatchObject({
      "premises-right": "FETCH",
      "floor-plan": "WAIVED",
      "staff-health": "SUBMIT",
    });
    const hotel = await check({ procedure: "hotel-special-trade", commitment: true }, "public-security");
    expect(Object.values(decisionsOf(hotel))).not.toContain("WAIVED");
    const food = await check({ commitment: true });
    expect(food.data.checkMaterials.answers.some((each: { decision: string }) => each.decision === "WAIVED")).toBe(
      false,
    );
  });

  test("for a past day decides by the state of that day", async () => {
    const [row] = await house.sql(
      `select l.holder_code, l.issued_on::text, e.effective_on::text from license l join license_event e using (identifier)
       where l.type_code = '11100000XXXX000861X01' and e.operation = 'SUSPEND' and l.issued_on < e.effective_on - 1 order by l.identifier limit 1`,
    );
    const ask = async (asOf: string) => {
      const { data } = await check({ holder: row?.["holder_code"], asOf });
      return data.checkMaterials.answers.find(
        (each: { material: { code: string } }) => each.material.code === "premises-right",
      );
    };
    expect((await ask(String(row?.["issued_on"]))).decision).toBe("FETCH");
    expect(await ask(String(row?.["effective_on"]))).toMatchObject({
      decision: "SUBMIT",
      reasons: [{ code: "LICENSE_SUSPENDED" }],
    });
  });

  test.each([
    ["a procedure of another department", { procedure: "hotel-special-trade" }, "PURPOSE_NOT_ALLOWED"],
    ["a procedure that does not exist", { procedure: "no-such" }, "PROCEDURE_NOT_FOUND"],
    ["a purpose for another procedure", { purpose: purpose("food-operation-renewal") }, "INPUT_INVALID"],
    ["a reason of one character", { purpose: { ...purpose("food-operation-new"), reason: "x" } }, "INPUT_INVALID"],
    ["a holder whose code is wrong", { holder: "91371002XXXX0030XD" }, "INPUT_INVALID"],
    ["a day to come", { asOf: "2026-11-23" }, "INPUT_INVALID"],
  ])("is refused for %s", async (_name, input, expected) => {
    const answer = await check(input);
    expect(code(answer)).toBe(expected);
    expect(answer.data).toBeNull();
  });

  test("of an abolished permit is refused with that ground, and the refusal is recorded", async () => {
    await house.sql("update permit_item set reform_mode = 'CANCELLED' where code = 'ITEM-051'");
    const answer = await check({ procedure: "hr-service-new" });
    await house.sql("update permit_item set reform_mode = 'COMMITMENT' where code = 'ITEM-051'");
    expect(code(answer)).toBe("PERMIT_ITEM_CANCELLED");
    expect(
      await house.sql("select outcome, procedure from access_record where refusal = 'PERMIT_ITEM_CANCELLED'"),
    ).toEqual([{ outcome: "REFUSED", procedure: "hr-service-new" }]);
  });

  test("says NOT_GRANTED alone once the grant is revoked, whether the license exists or not", async () => {
    const revoke =
      "update access_grant set revoked_at = now() where client_id = 'approval-bureau' and license_type = '11100000XXXX000861X01'";
    await house.sql(revoke);
    const reasons = async (code: string) => {
      const { data } = await check({ holder: code });
      return data.checkMaterials.answers.find(
        (each: { material: { code: string } }) => each.material.code === "premises-right",
      ).reasons;
    };
    const held = await reasons(holder);
    const notHeld = await reasons("91371000004359010J".replace("91371000004359010J", "91350100M000100Y43"));
    await house.sql(revoke.replace("now()", "null"));
    expect(held).toMatchObject([{ code: "NOT_GRANTED" }]);
    expect(notHeld).toEqual(held);
  });
});

describe("a fetch", () => {
  const persons = [{ role: "LEGAL_REPRESENTATIVE", residentId: representative }];
  const newCheck = async () => (await check({ persons })).data.checkMaterials.id as string;

  test("hands over signed licenses and a receipt naming case, purpose, identifiers and payload digests", async () => {
    const id = await newCheck();
    const { data } = await fetchWith({ check: id });
    const { receipt, licenses, id: bundle } = data.fetchMaterials;
    expect(licenses).toHaveLength(3);
    // In the order of the materials, whatever order the database finds them in.
    expect(licenses.map((license: { type: { key: string } }) => license.type.key)).toEqual([
      ...["business-license", "resident-identity-card", "real-estate-certificate"],
    ]);
    const { claims } = await openReceipt(receipt, house.hub.keyring);
    expect(claims).toMatchObject({
      aud: "approval-bureau",
      sub: holder,
      jti: bundle,
      check: id,
      purpose: purpose("food-operation-new"),
    });
    await house.hub.publishStatusLists();
    for (const license of licenses as { identifier: string; jws: string }[]) {
      const payload = Buffer.from(license.jws.split(".")[1] ?? "", "base64url");
      const digest = createHash("sha256").update(payload).digest("base64url");
      expect(claims?.licenses).toContainEqual(expect.objectContaining({ identifier: license.identifier, digest }));
      expect((await house.hub.verifyLicense({ token: license.jws })).outcome).toBe("VALID");
    }
  });

  test("works once for a check, also when asked ten times at once", async () => {
    const id = await newCheck();
    const answers = await Promise.all(Array.from({ length: 10 }, () => fetchWith({ check: id })));
    expect(answers.filter((answer) => answer.errors.length === 0)).toHaveLength(1);
    expect(new Set(answers.flatMap((answer) => code(answer) ?? []))).toEqual(new Set(["CHECK_USED"]));
    const disclosed = await house.sql("select count(*)::int as n from material_bundle where check_id = $1", [id]);
    expect(disclosed).toEqual([{ n: 1 }]);
  });

  test("of another client's check is answered like one of no check", async () => {
    const id = await newCheck();
    const foreign = await fetchWith({ check: id }, "public-security");
    const none = await fetchWith({ check: "00000000-0000-4000-8000-000000000000" }, "public-security");
    const nonsense = await fetchWith({ check: "' or 1=1 --" }, "public-security");
    expect([code(foreign), code(none), code(nonsense)]).toEqual([
      "CHECK_NOT_FOUND",
      "CHECK_NOT_FOUND",
      "CHECK_NOT_FOUND",
    ]);
    expect((await fetchWith({ check: id })).errors).toEqual([]);
  });

  test("works until ten minutes have passed, to the millisecond, and not after", async () => {
    const [inTime, late] = [await newCheck(), await newCheck()];
    house.clock.now = new Date(house.clock.now.getTime() + 10 * 60_000);
    expect((await fetchWith({ check: inTime })).errors).toEqual([]);
    house.clock.now = new Date(house.clock.now.getTime() + 1);
    expect(code(await fetchWith({ check: late }))).toBe("CHECK_EXPIRED");
  });

  test("of a material that was not answered FETCH is refused and does not use the check up", async () => {
    const id = await newCheck();
    expect(code(await fetchWith({ check: id, materials: ["layout"] }))).toBe("MATERIAL_NOT_FETCHABLE");
    expect(code(await fetchWith({ check: id, materials: [] }))).toBe("MATERIAL_NOT_FETCHABLE");
    expect((await fetchWith({ check: id, materials: ["business-license"] })).data.fetchMaterials.licenses).toHaveLength(
      1,
    );
  });

  test("of a license suspended since the check is refused", async () => {
    const id = await newCheck();
    const where = "holder_code = $1 and type_code = '11100000MB0143028R001'";
    const [row] = await house.sql(`select identifier from license where ${where}`, [holder]);
    await house.sql(
      `insert into license_event (holder_code, identifier, operation, state, effective_on, client_id, source_record_id, source_updated_at, received_at, content_digest, submission_id)
       select holder_code, identifier, 'SUSPEND', 'SUSPENDED', '2026-11-22', client_id, 'x', now(), now(), 'test', submission_id from license where ${where}`,
      [holder],
    );
    expect(code(await fetchWith({ check: id }))).toBe("MATERIAL_NOT_FETCHABLE");
    await house.sql("delete from license_event where identifier = $1 and content_digest = 'test'", [
      row?.["identifier"],
    ]);
  });

  test("whose access record can not be written does not happen, and the check stays good", async () => {
    const id = await newCheck();
    await house.sql("alter table access_record add constraint broken check (action <> 'FETCH') not valid");
    const answer = await fetchWith({ check: id });
    await house.sql("alter table access_record drop constraint broken");
    expect(code(answer)).toBe("INTERNAL");
    expect(answer.data).toBeNull();
    expect((await fetchWith({ check: id })).errors).toEqual([]);
  });
});
