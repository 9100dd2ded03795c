import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { correctionStore } from "../../src/store/corrections/correction-store.ts";
import { openDatabase } from "../../src/store/database.ts";
import { enter, type Reader } from "../../src/store/reader.ts";
import {
  type CorrectingHouse,
  code,
  holder,
  openCorrecting,
  purpose,
  stranger,
  typeCode,
} from "../setup/correcting.ts";
import { testNow } from "../setup/hub.ts";

// 校核纠错: who may object to what, who answers, and who sees it. What new versions do to it: corrections-settled.test.ts.

let house: CorrectingHouse;
beforeAll(async () => {
  house = await openCorrecting();
});
afterAll(() => house.close());

const asHolder = (license: string, of = holder, member?: string) =>
  house
    .token(`holder:${of}`, member === undefined ? {} : { member })
    .then((token) => house.object(license, { field: "attributes.address" }, "", token));
const readField = async (license: string, as = "transport", field = "attributes.businessScope") =>
  (
    await house.graphql(
      `query ($license: ID!, $purpose: PurposeInput!) { license(identifier: $license, purpose: $purpose) {
        corrections { field status madeAt dueOn overdueLevel } } }`,
      { as, variables: { license, purpose } },
    )
  ).data.license.corrections.filter((one: { field: string }) => one.field === field);

describe("a reader of a license", () => {
  test("objects to a field; the hub says itself what stands there, and by when the source has to answer", async () => {
    const { identifier } = await house.newLicense();
    const { data, errors } = await house.object(identifier, { shouldSay: "海产品加工。" });
    expect(errors).toEqual([]);
    expect(data.objectToLicense).toMatchObject({
      ...{ status: "OPEN", license: identifier, currentVersion: identifier, licenseType: typeCode },
      ...{
        field: "attributes.businessScope",
        says: "海产品销售。",
        shouldSay: "海产品加工。",
        reason: "与现场核查不符",
      },
      ...{ madeBy: "DEPARTMENT", department: { code: "11371000XXXX01118K" }, issuer: { code: "11371000XXXX010118" } },
      ...{ madeAt: testNow.toISOString(), dueOn: "2026-11-27", overdueLevel: 0, answer: null, correctedBy: null },
      history: [
        { role: "DEPARTMENT", client: "transport", step: "OBJECTED", level: null, version: null, ground: null },
      ],
    });
    const [record] = await house.sql("select * from access_record order by id desc limit 1");
    expect(record).toMatchObject({
      ...{ client_id: "transport", outcome: "DISCLOSED", identifiers: [identifier], attributes: ["businessScope"] },
      ...{ procedure: purpose.procedure, case_number: "C-1" },
    });
  });

  test("is its holder as well, without a grant; and whoever speaks for it, but no clerk", async () => {
    const { identifier } = await house.newLicense();
    const { data } = await asHolder(identifier);
    expect(data.objectToLicense).toMatchObject({ madeBy: "HOLDER", department: null, status: "OPEN" });
    expect(JSON.stringify(data)).not.toContain(holder);
    const as = async (role: string) => {
      const [row] = await house.sql(
        `insert into holder_member (id, holder_code, person_code, person_name, role, valid_from, appointed_by, appointed_at)
         values (gen_random_uuid(), $1, '371002188011080603', '张三', $2, '2020-01-01', 'enterprise', now()) returning id`,
        [holder, role],
      );
      return code(await asHolder(identifier, holder, String(row?.["id"])));
    };
    expect([await as("CLERK"), await as("ADMINISTRATOR")]).toEqual(["FORBIDDEN", undefined]);
  });

  test("gets the same answer for a license it may not read as for one that does not exist", async () => {
    const { identifier } = await house.newLicense();
    const [fish] = await house.sql(
      "select identifier from license where type_code = '11100000XXXX000861X01' and holder_code = $1",
      [holder],
    );
    const asked = [String(fish?.["identifier"]), "1.2.156.3005.2.NOTHING", "", "x".repeat(300)];
    for (const license of asked) {
      const answer = await house.object(license);
      expect([answer.data, code(answer)]).toEqual([null, "LICENSE_NOT_FOUND"]);
    }
    expect(code(await asHolder(identifier, stranger))).toBe("LICENSE_NOT_FOUND");
    expect(code(await house.object(identifier, { purpose: { ...purpose, procedure: "food-operation-new" } }))).toBe(
      "PURPOSE_NOT_ALLOWED",
    );
    expect(code(await house.object(identifier, { purpose: { ...purpose, reason: "" } }))).toBe("INPUT_INVALID");
    const misses = await house.sql("select refusal from access_record where refusal = 'NOT_FOUND'");
    expect(misses.length).toBeGreaterThanOrEqual(asked.length);
  });

  test("objects to a field there is, in its own words, within limits", async () => {
    const { identifier } = await house.newLicense();
    for (const field of [
      "",
      "jws",
      "state",
      "attributes",
      "attributes.none",
      "attributes.__proto__",
      "holder",
      "x".repeat(99),
    ])
      expect([field, code(await house.object(identifier, { field }))]).toEqual([field, "INPUT_INVALID"]);
    for (const reason of ["", "一", "字".repeat(501), "换\n行"])
      expect(code(await house.object(identifier, { reason }))).toBe("INPUT_INVALID");
    for (const shouldSay of ["", " ", "字".repeat(501), "\u0000"])
      expect(code(await house.object(identifier, { shouldSay }))).toBe("INPUT_INVALID");
    const plain = await house.object(identifier, { field: "validUntil", reason: "字".repeat(500) });
    expect(plain.data.objectToLicense).toMatchObject({ says: null, shouldSay: null });
    const name = await house.object(identifier, { field: "holder.name" });
    expect(name.data.objectToLicense.says).toBe("威海威高海产品股份有限公司");
  });

  test("of a part sees, and objects to, that part only", async () => {
    const { identifier } = await house.newLicense();
    await house.object(identifier, { field: "attributes.address" });
    await house.sql("update access_grant set whole_license = false where client_id = 'transport'");
    const hidden = [
      code(await house.object(identifier, { field: "attributes.legalRepresentative" })),
      code(await house.object(identifier, { field: "attributes.none" })),
      await readField(identifier, "transport", "attributes.address"),
    ];
    const open = await house.object(identifier, { field: "attributes.businessScope" });
    await house.sql("update access_grant set whole_license = true where client_id = 'transport'");
    expect(hidden).toEqual(["INPUT_INVALID", "INPUT_INVALID", []]);
    expect(open.errors).toEqual([]);
    expect(await readField(identifier, "transport", "attributes.address")).toHaveLength(1);
  });

  test("has one waiting for each field, however often and at whatever moment it objects", async () => {
    const { identifier } = await house.newLicense();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => house.object(identifier, { reason: `第${n}次提出` })),
    );
    expect(new Set(answers.map(({ data }) => data.objectToLicense.id)).size).toBe(1);
    const other = await house.object(identifier, { field: "number" });
    expect(other.data.objectToLicense.id).not.toBe(answers[0]?.data.objectToLicense.id);
    const [first] = answers;
    await house.answer(first?.data.objectToLicense.id, "REFUSED", "经核实无误");
    const again = await house.object(identifier);
    expect(again.data.objectToLicense.id).not.toBe(first?.data.objectToLicense.id);
  });

  test("objects to the version that stands", async () => {
    for (const state of ["SUPERSEDED", "REVOKED", "CANCELLED", "ANNULLED", "TRANSFERRED"]) {
      const { identifier } = await house.newLicense();
      await house.sql("update license set state = $1 where identifier = $2", [state, identifier]);
      expect([state, code(await house.object(identifier))]).toEqual([state, "LICENSE_ENDED"]);
    }
    const { identifier } = await house.newLicense();
    await house.sql("update license set state = 'SUSPENDED' where identifier = $1", [identifier]);
    expect(code(await house.object(identifier))).toBeUndefined();
  });

  test("has a limit of what waits, also when it comes all at once", async () => {
    const small = await openCorrecting({ database: house.place, limits: { maxOpenCorrections: 3 } });
    await house.sql("delete from correction");
    const licenses = await Promise.all(Array.from({ length: 6 }, () => house.newLicense()));
    const answers = await Promise.all(licenses.map(({ identifier }) => small.object(identifier)));
    expect(answers.map(code).toSorted()).toEqual([...Array(3).fill("CORRECTIONS_FULL"), ...Array(3).fill(undefined)]);
    expect((await house.sql("select 1 from correction")).length).toBe(3);
    const made = answers.find(({ data }) => data !== null)?.data.objectToLicense;
    expect((await small.object(made.license)).data.objectToLicense.id).toBe(made.id);
    await house.answer(made.id, "REFUSED");
    const refused = licenses[answers.findIndex((one) => one.data === null)];
    expect(code(await small.object(refused?.identifier ?? ""))).toBeUndefined();
    await small.close();
  });

  test("sees that a field is under objection, and not by whom or why; nobody else sees even that", async () => {
    const { identifier } = await house.newLicense();
    await asHolder(identifier);
    await house.object(identifier, { reason: "某人的理由", shouldSay: "别的" });
    expect(await readField(identifier)).toEqual([
      {
        field: "attributes.businessScope",
        status: "OPEN",
        madeAt: testNow.toISOString(),
        dueOn: "2026-11-27",
        overdueLevel: 0,
      },
    ]);
    expect(await readField(identifier, "transport", "attributes.address")).toHaveLength(1);
    const asStranger = await house.graphql(
      `{ license(identifier: "${identifier}", purpose: { procedure: "road-freight-new", caseNumber: "C", reason: "核验" }) { corrections { field } } }`,
      { as: `holder:${stranger}` },
    );
    expect(asStranger.data).toEqual({ license: null });
  });

  test("of a page of licenses costs one statement more, not one a license", async () => {
    const { identifier } = await house.newLicense();
    await house.object(identifier);
    house.statements.length = 0;
    const { data } = await house.graphql(
      `query ($purpose: PurposeInput!) { enterprise(uscc: "${holder}") { licenses(purpose: $purpose, first: 50) {
        nodes { identifier corrections { field } } } } }`,
      { as: "transport", variables: { purpose } },
    );
    expect(data.enterprise.licenses.nodes.length).toBeGreaterThan(5);
    expect(data.enterprise.licenses.nodes.flatMap((node: { corrections: object[] }) => node.corrections)).not.toEqual(
      [],
    );
    expect(house.statements.filter((text) => text.includes("correction"))).toHaveLength(1);
  });
});

describe("the source", () => {
  test("finds what it has to answer, by status, type and whether it is overdue, a page at a time", async () => {
    await house.sql("delete from correction");
    const { identifier } = await house.newLicense();
    const ids: string[] = [];
    for (const field of ["number", "region", "attributes.address"])
      ids.push((await house.object(identifier, { field })).data.objectToLicense.id);
    await house.answer(ids[0] ?? "", "ACCEPTED");
    const found = async (args = "", as = "approval-bureau") =>
      (await house.list(args, as)).data.corrections.nodes.map((one: { id: string }) => one.id);
    expect(await found()).toEqual(ids.toReversed());
    expect(await found("filter: { status: ACCEPTED }")).toEqual([ids[0]]);
    expect(await found(`filter: { licenseType: "${typeCode}", status: OPEN }`)).toHaveLength(2);
    expect(await found('filter: { licenseType: "other" }')).toEqual([]);
    expect(await found("filter: { overdue: true }")).toEqual([]);
    house.clock.now = new Date("2026-11-28T00:00:00+08:00");
    expect(await found("filter: { overdue: true }")).toEqual([ids[2], ids[1]]);
    expect(await found("filter: { overdue: false }")).toEqual([ids[0]]);
    house.clock.now = testNow;
    const page = (await house.list("first: 2")).data.corrections;
    expect(page.pageInfo.hasNextPage).toBe(true);
    expect(await found(`first: 2, after: "${page.pageInfo.endCursor}"`)).toEqual([ids[0]]);
    expect(await found("", "sports")).toEqual([]);
    expect(await found("side: MADE", "transport")).toEqual(ids.toReversed());
    expect(await found("side: TO_ANSWER", "transport")).toEqual([]);
    expect(await found("side: MADE")).toEqual([]);
    expect(code(await house.list('filter: { licenseType: "\\u0000" }'))).toBe("INPUT_INVALID");
    house.statements.length = 0;
    await house.list("first: 100");
    expect(house.statements.filter((text) => /from "?correction/.test(text))).toHaveLength(2);
  });

  test("answers once, and the objector sees it; the same again changes nothing", async () => {
    const { identifier } = await house.newLicense();
    const { id } = (await house.object(identifier)).data.objectToLicense;
    for (const reason of ["", " ", "字".repeat(501)])
      expect(code(await house.answer(id, "REFUSED", reason))).toBe("INPUT_INVALID");
    const first = await house.answer(id, "REFUSED", "与档案一致");
    expect(first.data.answerCorrection).toMatchObject({
      ...{ status: "REFUSED", answer: "与档案一致", answeredBy: "approval-bureau", answeredAt: testNow.toISOString() },
      closedAt: testNow.toISOString(),
    });
    expect((await house.answer(id, "REFUSED", "与档案一致")).data).toEqual(first.data);
    expect(code(await house.answer(id, "REFUSED", "另一理由"))).toBe("CORRECTION_ANSWERED");
    expect(code(await house.answer(id, "ACCEPTED", "与档案一致"))).toBe("CORRECTION_ANSWERED");
    expect(await house.look(id)).toEqual(first.data.answerCorrection);
    expect(await house.steps(id)).toEqual(["OBJECTED", "REFUSED"]);
    expect(await readField(identifier)).toEqual([]);
  });

  test("answers its own only; another's is like none", async () => {
    const { identifier } = await house.newLicense();
    const { id } = (await house.object(identifier)).data.objectToLicense;
    for (const as of ["transport", "sports"])
      expect(code(await house.answer(id, "ACCEPTED", "情况属实", as))).toBe("CORRECTION_NOT_FOUND");
    for (const none of ["0", "x", "-1", "999999999", "9".repeat(40)])
      expect(code(await house.answer(none, "ACCEPTED"))).toBe("CORRECTION_NOT_FOUND");
    await house.sql("update client set active = false where id = 'approval-bureau'");
    const answers = [await house.answer(id, "ACCEPTED"), await house.list()];
    await house.sql("update client set active = true where id = 'approval-bureau'");
    expect(answers.map(code)).toEqual(["FORBIDDEN", "FORBIDDEN"]);
  });

  test("answers once also when two clerks do at the same moment", async () => {
    const { identifier } = await house.newLicense();
    const { id } = (await house.object(identifier)).data.objectToLicense;
    const answers = await Promise.all([
      ...Array.from({ length: 4 }, (_, n) => house.answer(id, "ACCEPTED", `属实 ${n}`)),
      ...Array.from({ length: 4 }, (_, n) => house.answer(id, "REFUSED", `无误 ${n}`)),
    ]);
    expect(answers.map(code).filter((one) => one === "CORRECTION_ANSWERED")).toHaveLength(7);
    expect(await house.steps(id)).toHaveLength(2);
  });
});

describe("everybody else", () => {
  test("is refused, or told nothing", async () => {
    const { identifier } = await house.newLicense();
    const { id } = (await house.object(identifier)).data.objectToLicense;
    for (const as of ["auditor", "operator", "gateway"]) {
      expect(code(await house.object(identifier, {}, as))).toBe("FORBIDDEN");
      expect(code(await house.answer(id, "ACCEPTED", "情况属实", as))).toBe("FORBIDDEN");
    }
    expect(code(await house.answer(id, "ACCEPTED", "情况属实", `holder:${holder}`))).toBe("FORBIDDEN");
    for (const as of ["auditor", "gateway"]) expect(code(await house.list("", as))).toBe("FORBIDDEN");
    expect(code(await house.list("side: TO_ANSWER", `holder:${holder}`))).toBe("FORBIDDEN");
    expect((await house.list("", `holder:${stranger}`)).data.corrections.nodes).toEqual([]);
  });
});

describe("the database itself", () => {
  const day = "2026-11-22";
  const readers: readonly (readonly [string, Reader, number])[] = [
    ["its source", { mode: "CLIENT", clientId: "approval-bureau", procedure: "", day }, 2],
    ["the department that objects", { mode: "CLIENT", clientId: "transport", procedure: "road-freight-new", day }, 1],
    ["the holder that objects", { mode: "HOLDER", holder, member: undefined, day }, 1],
    ["another department", { mode: "CLIENT", clientId: "sports", procedure: "", day }, 0],
    ["an operator", { mode: "CLIENT", clientId: "operator", procedure: "", day }, 0],
    ["nobody", { mode: "CLIENT", clientId: "nobody", procedure: "", day }, 0],
    ["another holder", { mode: "HOLDER", holder: stranger, member: undefined, day }, 0],
    ["an auditor", { mode: "AUDIT" }, 0],
  ];

  test("shows a correction and its history to its parties only, and lets nobody rewrite them", async () => {
    await house.sql("delete from correction");
    const { identifier } = await house.newLicense();
    await house.object(identifier);
    await asHolder(identifier);
    const database = await openDatabase({ kind: "SERVER", url: house.config.databaseUrl ?? "", poolSize: 1 });
    const counted = (reader: Reader) =>
      database.transaction(async (db) => {
        await enter(db, reader);
        const rows = await db.selectFrom("correction").selectAll().execute();
        const events = await db.selectFrom("correction_event").selectAll().execute();
        return [rows.length, events.length];
      });
    for (const [name, reader, seen] of readers) expect([name, await counted(reader)]).toEqual([name, [seen, seen]]);
    expect(await database.sql().selectFrom("correction").selectAll().execute()).toEqual([]);
    const as = (
      reader: Reader,
      write: (db: Parameters<Parameters<typeof database.transaction>[0]>[0]) => Promise<unknown>,
    ) =>
      database.transaction(async (db) => {
        await enter(db, reader);
        return write(db);
      });
    const source: Reader = { mode: "CLIENT", clientId: "approval-bureau", procedure: "", day };
    await expect(as(source, (db) => db.deleteFrom("correction").execute())).rejects.toThrow("permission denied");
    await expect(as(source, (db) => db.deleteFrom("correction_event").execute())).rejects.toThrow("permission denied");
    await expect(
      as(source, (db) => db.updateTable("correction_event").set({ client_id: "x" }).execute()),
    ).rejects.toThrow("permission denied");
    await expect(as(source, (db) => db.updateTable("correction").set({ reason: "x" }).execute())).rejects.toThrow(
      "permission denied",
    );
    const transport: Reader = { mode: "CLIENT", clientId: "transport", procedure: "road-freight-new", day };
    const answered = await as(transport, (db) => db.updateTable("correction").set({ status: "ACCEPTED" }).execute());
    expect(answered).toMatchObject([{ numUpdatedRows: 0n }]);
    await database.close();
  });

  test("tells what is overdue to an operator only, counts to a department its own, and of a license what its reader reads", async () => {
    await house.sql("delete from correction");
    const { identifier } = await house.newLicense();
    await house.object(identifier);
    const database = await openDatabase({ kind: "SERVER", url: house.config.databaseUrl ?? "", poolSize: 1 });
    const told = (reader: Reader) =>
      database.transaction(async (db) => {
        await enter(db, reader);
        const corrections = correctionStore(db);
        const { rows } = await corrections.listOverdue({}, "2027-01-01", 10, undefined);
        const ofLicense = await corrections.findOfLicenses([identifier]);
        return [rows.length, (await corrections.count("2027-01-01")).length, ofLicense.size];
      });
    const client = (clientId: string, procedure = ""): Reader => ({ mode: "CLIENT", clientId, procedure, day });
    expect(await told(client("operator"))).toEqual([1, 1, 0]);
    expect(await told(client("approval-bureau"))).toEqual([0, 1, 0]);
    expect(await told(client("transport", "road-freight-new"))).toEqual([0, 0, 1]);
    expect(await told(client("transport", "food-operation-new"))).toEqual([0, 0, 0]);
    expect(await told({ mode: "HOLDER", holder, member: undefined, day })).toEqual([0, 0, 1]);
    expect(await told({ mode: "HOLDER", holder: stranger, member: undefined, day })).toEqual([0, 0, 0]);
    expect(await told({ mode: "AUDIT" })).toEqual([0, 0, 0]);
    await database.close();
  });

  test("lets nobody object in another's name, nor to what it may not read", async () => {
    const { identifier } = await house.newLicense();
    const database = await openDatabase({ kind: "SERVER", url: house.config.databaseUrl ?? "", poolSize: 1 });
    const add = (clientId: string, procedure: string, changes: object) =>
      database.transaction(async (db) => {
        await enter(db, { mode: "CLIENT", clientId, procedure, day });
        return correctionStore(db).add({
          ...{ identifier, holder, typeCode, issuerCode: "11371000XXXX010118", field: "number", says: "x" },
          ...{
            reason: "有误",
            shouldSay: undefined,
            role: "DEPARTMENT",
            objector: clientId,
            clientId,
            madeAt: testNow,
          },
          ...{ department: "11371000XXXX01118K", dueOn: day, secondOn: day, ...changes },
        });
      });
    const reads = "road-freight-new";
    for (const [clientId, procedure, changes] of [
      ["transport", reads, { objector: "approval-bureau" }],
      ["transport", reads, { role: "HOLDER", objector: holder }],
      ["transport", reads, { department: "11371000XXXX010118" }],
      ["transport", reads, { issuerCode: "11371000XXXX012062" }],
      ["transport", "", {}],
      ["sports", "", { department: "11371000XXXX012062" }],
    ] as const)
      await expect(add(clientId, procedure, changes)).rejects.toThrow("row-level security");
    expect((await add("transport", reads, {})).status).toBe("OPEN");
    await database.close();
  });
});
