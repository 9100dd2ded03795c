import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Answer, openTestHub, type TestHub } from "../setup/hub.ts";

const holder = "91371002XXXX0030XC";
const other = "93371003XXXX00262H";
let house: TestHub;
beforeAll(async () => {
  house = await openTestHub();
});
afterAll(() => house.close());

const code = ({ errors }: Answer) => errors[0]?.extensions.code;
const scope = "license:read audit:read holder:manage";
const asHolder = async (query: string, variables: object = {}, of = holder) =>
  house.graphql(query, { token: await house.token(`holder:${of}`, { scope }), variables });
const shown = "record holder department { code } text answer answeredBy";
const object = (record: string, text = "本企业并未申请该事项", of = holder) =>
  asHolder(
    `mutation ($record: ID!, $text: String!) { objectToAccess(record: $record, text: $text) { ${shown} } }`,
    { record, text },
    of,
  );
const answer = (record: string, words: string, as = "approval-bureau") =>
  house.graphql(
    `mutation ($record: ID!, $answer: String!) { answerAccessObjection(record: $record, answer: $answer) { ${shown} } }`,
    { as, variables: { record, answer: words } },
  );
const lastRecord = async (): Promise<string> => {
  const [row] = await house.sql("select id from access_record order by id desc limit 1");
  return String(row?.["id"]);
};
const why = `purpose: { procedure: "food-operation-new", caseNumber: "C-1", reason: "核验" }`;

/** Makes an access to the holder's licenses by a department; answers with its record's number. */
async function newAccess(as = "approval-bureau"): Promise<string> {
  await house.graphql(`{ enterprise(uscc: "${holder}") { licenses(${why}) { nodes { number } } } }`, { as });
  return lastRecord();
}

describe("a holder", () => {
  test("objects to an access; the department reads it beside the record and answers, and all see both", async () => {
    const record = await newAccess();
    const made = await object(record);
    expect(made.errors).toEqual([]);
    expect(made.data.objectToAccess).toMatchObject({ record, holder, text: "本企业并未申请该事项", answer: null });
    const answered = await answer(record, "系工作人员误操作，已整改");
    expect(answered.data.answerAccessObjection).toMatchObject({
      ...{ record, answer: "系工作人员误操作，已整改", answeredBy: "approval-bureau" },
    });
    const read = `{ accessRecords(first: 1) { nodes { id objection { ${shown} } } } accessObjections { nodes { ${shown} } } }`;
    for (const seen of [await asHolder(read), await house.graphql(read, { as: "approval-bureau" })]) {
      expect(seen.data.accessRecords.nodes).toEqual([{ id: record, objection: answered.data.answerAccessObjection }]);
      expect(seen.data.accessObjections.nodes).toContainEqual(answered.data.answerAccessObjection);
    }
    expect((await house.graphql(read, { as: "auditor" })).data.accessObjections.nodes).toHaveLength(1);
  });

  test("objects to a refused attempt, too", async () => {
    const record = await newAccess("public-security");
    const { data } = await object(record);
    expect(data.objectToAccess.department.code).toMatch(/^11371000/);
  });

  test("objects once: the same words again are the same objection, other words are OBJECTION_EXISTS", async () => {
    const record = await newAccess();
    const [first, same, changed] = [await object(record), await object(record), await object(record, "另一说法")];
    expect(same.data).toEqual(first.data);
    expect(code(changed)).toBe("OBJECTION_EXISTS");
  });

  test("objects once also when it does so ten times at the same moment", async () => {
    const record = await newAccess();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => object(record, `异议 ${n}`)));
    expect(answers.map(code).toSorted()).toEqual([...Array(9).fill("OBJECTION_EXISTS"), undefined]);
  });

  test("gets the same answer for another's record and for none", async () => {
    const record = await newAccess();
    const answers = await Promise.all([
      object(record, "不是我的", other),
      ...["0", "999999999", "x", "-1", "9".repeat(40)].map((id) => object(id)),
    ]);
    expect(answers.map((one) => [one.data, code(one)])).toEqual(answers.map(() => [null, "RECORD_NOT_FOUND"]));
  });

  test("has 2 to 500 characters, and no control characters", async () => {
    const record = await newAccess();
    for (const text of ["", "一", "  ", "字".repeat(501), "换\n行"])
      expect(code(await object(record, text))).toBe("INPUT_INVALID");
    expect((await object(record, "字".repeat(500))).errors).toEqual([]);
  });

  test("does not object to its own reading, nor to what a department was told does not exist", async () => {
    await asHolder(`{ enterprise(uscc: "${holder}") { licenses(${why}) { nodes { number } } } }`);
    expect(code(await object(await lastRecord()))).toBe("OBJECTION_NOT_ALLOWED");
    const [row] = await house.sql(
      "select identifier, holder_code from license where type_code = '11100000XXXX003181X01' limit 1",
    );
    await house.graphql(`{ license(identifier: "${row?.["identifier"]}", ${why}) { number } }`, {
      as: "approval-bureau",
    });
    expect(code(await object(await lastRecord(), "请说明", String(row?.["holder_code"])))).toBe(
      "OBJECTION_NOT_ALLOWED",
    );
  });

  test("acts through its legal representative and administrators, not through clerks", async () => {
    const record = await newAccess();
    const as = async (role: string) => {
      const [row] = await house.sql(
        `insert into holder_member (id, holder_code, person_code, person_name, role, valid_from, appointed_by, appointed_at)
         values (gen_random_uuid(), $1, '371002188011080603', '张三', $2, '2020-01-01', 'enterprise', now()) returning id`,
        [holder, role],
      );
      const token = await house.token(`holder:${holder}`, { scope, member: String(row?.["id"]) });
      const text = `mutation { objectToAccess(record: "${record}", text: "请说明") { record } }`;
      return code(await house.graphql(text, { token }));
    };
    expect([await as("CLERK"), await as("ADMINISTRATOR"), await as("LEGAL_REPRESENTATIVE")]).toEqual([
      ...["FORBIDDEN", undefined, undefined],
    ]);
  });
});

describe("a department", () => {
  test("answers once, objections to its own accesses only", async () => {
    const record = await newAccess();
    expect(code(await answer(record, "没有异议"))).toBe("RECORD_NOT_FOUND");
    await object(record);
    expect(code(await answer(record, "不是我们", "public-security"))).toBe("RECORD_NOT_FOUND");
    expect(code(await answer(record, " "))).toBe("INPUT_INVALID");
    const first = await answer(record, "已核实");
    expect((await answer(record, "已核实")).data).toEqual(first.data);
    expect(code(await answer(record, "改口"))).toBe("OBJECTION_ANSWERED");
  });

  test("finds those it has not answered yet, and nobody else's", async () => {
    const record = await newAccess();
    await object(record);
    const open = "{ accessObjections(answered: false, first: 100) { nodes { record department { code } } } }";
    const own = (await house.graphql(open, { as: "approval-bureau" })).data.accessObjections.nodes;
    expect(own.map((one: { record: string }) => one.record)).toContain(record);
    expect(new Set(own.map((one: { department: { code: string } }) => one.department.code)).size).toBe(1);
    expect((await house.graphql(open, { as: "education" })).data.accessObjections.nodes).toEqual([]);
    await answer(record, "已核实");
    const left = (await house.graphql(open, { as: "approval-bureau" })).data.accessObjections.nodes;
    expect(left.map((one: { record: string }) => one.record)).not.toContain(record);
  });

  test("whose client is suspended neither reads nor answers", async () => {
    const record = await newAccess();
    await object(record);
    await house.sql("update client set active = false where id = 'approval-bureau'");
    const answers = [
      await answer(record, "已核实"),
      await house.graphql("{ accessObjections { nodes { record } } }", { as: "approval-bureau" }),
    ];
    await house.sql("update client set active = true where id = 'approval-bureau'");
    expect(answers.map(code)).toEqual(["FORBIDDEN", "FORBIDDEN"]);
  });
});

describe("everybody else", () => {
  const objecting = `mutation { objectToAccess(record: "1", text: "不同意") { record } }`;
  const answering = `mutation { answerAccessObjection(record: "1", answer: "已阅") { record } }`;
  const reading = "{ accessObjections { nodes { record } } }";

  test("is refused", async () => {
    for (const query of [objecting, answering, reading])
      expect(code(await house.graphql(query))).toBe("UNAUTHENTICATED");
    for (const as of ["approval-bureau", "auditor", "operator", "gateway"])
      expect(code(await house.graphql(objecting, { as }))).toBe("FORBIDDEN");
    for (const as of [`holder:${holder}`, "auditor", "operator"])
      expect(code(await house.graphql(answering, { as }))).toBe("FORBIDDEN");
    expect(code(await house.graphql(reading, { as: "operator" }))).toBe("FORBIDDEN");
    const weak = await house.token(`holder:${holder}`, { scope: "audit:read" });
    expect(code(await house.graphql(objecting, { token: weak }))).toBe("SCOPE_MISSING");
  });

  test("a page of records with their objections is one statement more, not one a record", async () => {
    house.statements.length = 0;
    await house.graphql("{ accessRecords(first: 20) { nodes { objection { text } } } }", { as: "auditor" });
    expect(house.statements.filter((text) => text.includes("access_objection"))).toHaveLength(1);
  });
});
