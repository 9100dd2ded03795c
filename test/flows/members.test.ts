import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "pg";
import { residentIdCheckCharacter } from "../../src/domain/resident-id.ts";
import { type Answer, openTestHub, type TestHub, testNow } from "../setup/hub.ts";
import { lockIsWaitedFor } from "../setup/lock-waits.ts";

const businessLicense = "11100000MB0143028R001";
let house: TestHub;
let enterprises = 0;
beforeAll(async () => {
  house = await openTestHub({ demo: false });
});
afterAll(() => house.close());

const code = ({ errors }: Answer) => errors[0]?.extensions.code;
const details = ({ errors }: Answer) => errors[0]?.extensions.details;

/** A person nobody has seen before. */
let persons = 0;
function newPerson(): string {
  const first17 = `37100219800101${String(persons++).padStart(3, "0")}`;
  return first17 + residentIdCheckCharacter(first17);
}

/** One who acts for an enterprise: itself, or under a membership. */
function actor(holder: string, member?: string) {
  const ask = async (query: string, variables: object = {}) => {
    const token = await house.token(`holder:${holder}`, {
      ...{ scope: "license:read audit:read holder:manage", holder: { idType: "USCC", id: holder } },
      ...(member && { member }),
    });
    return house.graphql(query, { token, variables });
  };
  return {
    ask,
    appoint: (role: string, change: object = {}) =>
      ask(
        `mutation ($input: AppointMemberInput!) { appointMember(input: $input) {
          id personCode personName role licenseTypes validFrom validUntil appointedBy endedBy } }`,
        { input: { personCode: newPerson(), personName: "张三", role, ...change } },
      ),
    end: (id: string) => ask("mutation ($id: ID!) { endMember(id: $id) { id endedBy endedAt } }", { id }),
    members: () => ask("{ members { nodes { id personCode role } } }"),
  };
}
const newEnterprise = () => `91371002XXXX${String(enterprises++).padStart(5, "0")}C`;
const idOf = ({ data }: Answer): string => data.appointMember.id;

/** The register's word: nobody appoints a legal representative through the hub. */
async function newLegalRepresentative(holder: string) {
  const [row] = await house.sql(
    `insert into holder_member (id, holder_code, person_code, person_name, role, valid_from, appointed_by, appointed_at)
     values (gen_random_uuid(), $1, $2, '李四', 'LEGAL_REPRESENTATIVE', '2020-01-01', 'register', now()) returning id`,
    [holder, newPerson()],
  );
  return String(row?.["id"]);
}

describe("an enterprise", () => {
  test("appoints an administrator without an end, and a clerk for 30 days; their codes come back masked", async () => {
    const holder = newEnterprise();
    const own = actor(holder);
    const personCode = newPerson();
    const admin = await own.appoint("ADMINISTRATOR", { personCode });
    expect(admin.errors).toEqual([]);
    expect(admin.data.appointMember).toMatchObject({
      ...{ personCode: `3710************${personCode.slice(-2)}`, personName: "张三", role: "ADMINISTRATOR" },
      ...{ licenseTypes: null, validFrom: "2026-11-22", validUntil: null, appointedBy: "enterprise", endedBy: null },
    });
    const clerk = await own.appoint("CLERK", { licenseTypes: [businessLicense] });
    expect(clerk.data.appointMember).toMatchObject({ validUntil: "2026-12-21", licenseTypes: [businessLicense] });
    const { data } = await own.members();
    expect(data.members.nodes.map(({ id }: { id: string }) => id).toSorted()).toEqual(
      [idOf(admin), idOf(clerk)].toSorted(),
    );
    expect(JSON.stringify(data)).not.toContain(personCode);
  });

  test("gets the same membership for the same appointment, and MEMBER_EXISTS for other terms", async () => {
    const own = actor(newEnterprise());
    const personCode = newPerson();
    const first = await own.appoint("CLERK", { personCode });
    expect(idOf(await own.appoint("CLERK", { personCode }))).toBe(idOf(first));
    expect(code(await own.appoint("ADMINISTRATOR", { personCode }))).toBe("MEMBER_EXISTS");
    expect(code(await own.appoint("CLERK", { personCode, validUntil: "2026-12-31" }))).toBe("MEMBER_EXISTS");
    await own.end(idOf(first));
    expect((await own.appoint("ADMINISTRATOR", { personCode })).errors).toEqual([]);
  });

  test("has at most five administrators, and room again when one ends", async () => {
    const own = actor(newEnterprise());
    const answers: Answer[] = [];
    for (let n = 0; n < 6; n++) answers.push(await own.appoint("ADMINISTRATOR"));
    expect(answers.map(code)).toEqual([...Array(5).fill(undefined), "MEMBER_LIMIT"]);
    expect((await own.appoint("CLERK")).errors).toEqual([]);
    const [first] = answers;
    if (first) await own.end(idOf(first));
    expect((await own.appoint("ADMINISTRATOR")).errors).toEqual([]);
  });

  test("never has a sixth, when twenty are appointed at once", async () => {
    const holder = newEnterprise();
    const own = actor(holder);
    const answers = await Promise.all(Array.from({ length: 20 }, () => own.appoint("ADMINISTRATOR")));
    expect(answers.map(code).filter((one) => one === undefined)).toHaveLength(5);
    expect(await house.sql("select id from holder_member where holder_code = $1", [holder])).toHaveLength(5);
  });

  test.each([
    ["a resident ID whose check does not fit", { personCode: "371002198001010000" }, "personCode"],
    ["a blank name", { personName: " " }, "personName"],
    ["a day before today", { validUntil: "2026-11-21" }, "validUntil"],
    ["more than 366 days", { validUntil: "2027-11-23" }, "validUntil"],
    ["a license type that does not exist", { licenseTypes: ["x"] }, "licenseTypes"],
    ["no license type at all", { licenseTypes: [] }, "licenseTypes"],
  ])("appoints no clerk with %s", async (_, change, argument) => {
    const answer = await actor(newEnterprise()).appoint("CLERK", change);
    expect([code(answer), details(answer)]).toEqual(["INPUT_INVALID", { argument }]);
  });

  test("appoints no legal representative, and ends none", async () => {
    const holder = newEnterprise();
    const own = actor(holder);
    expect(code(await own.appoint("LEGAL_REPRESENTATIVE"))).toBe("FORBIDDEN");
    const legal = await newLegalRepresentative(holder);
    for (const one of [own, actor(holder, legal)]) expect(code(await one.end(legal))).toBe("FORBIDDEN");
  });

  test("sees and ends nobody of another: that looks as if there were none", async () => {
    const [own, other] = [actor(newEnterprise()), actor(newEnterprise())];
    const foreign = idOf(await other.appoint("CLERK"));
    const answers = await Promise.all([foreign, crypto.randomUUID(), "x"].map(own.end));
    expect(answers.map((answer) => [answer.data, code(answer), details(answer)])).toEqual(
      Array(3).fill([null, "MEMBER_NOT_FOUND", undefined]),
    );
    expect((await own.members()).data.members.nodes).toEqual([]);
  });
});

describe("a member", () => {
  let holder: string;
  let legal: ReturnType<typeof actor>;
  let admin: ReturnType<typeof actor>;
  let clerk: ReturnType<typeof actor>;
  const ids = { admin: "", clerk: "" };
  beforeAll(async () => {
    holder = newEnterprise();
    legal = actor(holder, await newLegalRepresentative(holder));
    ids.admin = idOf(await legal.appoint("ADMINISTRATOR"));
    admin = actor(holder, ids.admin);
    ids.clerk = idOf(await admin.appoint("CLERK"));
    clerk = actor(holder, ids.clerk);
  });

  test("who is an administrator appoints and ends clerks, under its own membership, but no administrators", async () => {
    expect(code(await admin.appoint("ADMINISTRATOR"))).toBe("FORBIDDEN");
    const { data } = await admin.appoint("CLERK");
    expect(data.appointMember.appointedBy).toBe(ids.admin);
    expect((await admin.end(data.appointMember.id)).data.endMember.endedBy).toBe(ids.admin);
    const other = idOf(await legal.appoint("ADMINISTRATOR"));
    expect(code(await admin.end(other))).toBe("FORBIDDEN");
    expect((await legal.end(other)).errors).toEqual([]);
  });

  test("who is a clerk manages nobody and sees nobody", async () => {
    for (const role of ["CLERK", "ADMINISTRATOR"]) expect(code(await clerk.appoint(role))).toBe("FORBIDDEN");
    expect(code(await clerk.members())).toBe("FORBIDDEN");
    expect(code(await clerk.end(ids.admin))).toBe("MEMBER_NOT_FOUND");
  });

  test("may resign, once; ending it again changes nothing", async () => {
    const id = idOf(await admin.appoint("CLERK"));
    const first = await actor(holder, id).end(id);
    expect(first.data.endMember.endedBy).toBe(id);
    expect((await admin.end(id)).data.endMember).toEqual(first.data.endMember);
  });

  test("whose membership ends while its request waits for another is refused, and what it asked for does not happen", async () => {
    const holder = newEnterprise();
    const own = actor(holder);
    const admin = idOf(await own.appoint("ADMINISTRATOR"));
    const clerk = idOf(await own.appoint("CLERK"));
    const beside = new Client({ connectionString: house.config.databaseUrl });
    await beside.connect();
    await beside.query("begin");
    await beside.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`holder_member ${holder}`]);
    const ending = actor(holder, admin).end(clerk);
    await lockIsWaitedFor(house.sql);
    await beside.query("update holder_member set ended_by = 'enterprise', ended_at = now() where id = $1", [admin]);
    await beside.query("commit");
    await beside.end();
    expect(code(await ending)).toBe("FORBIDDEN");
    expect(await house.sql("select ended_at from holder_member where id = $1", [clerk])).toEqual([{ ended_at: null }]);
  });

  test("whose membership has ended, is over, or is another enterprise's is refused at the next request", async () => {
    const id = idOf(await legal.appoint("ADMINISTRATOR", { validUntil: "2026-11-30" }));
    const temporary = actor(holder, id);
    expect((await temporary.members()).errors).toEqual([]);
    expect(code(await actor(newEnterprise(), id).members())).toBe("FORBIDDEN");
    house.clock.now = new Date("2026-12-01T00:00:00+08:00");
    try {
      expect(code(await temporary.members())).toBe("FORBIDDEN");
    } finally {
      house.clock.now = testNow;
    }
    await legal.end(id);
    expect(code(await temporary.members())).toBe("FORBIDDEN");
    expect(code(await actor(holder, "2f1c1f6e-9c2e-4a64-9d53-d0d6f0a7c001").members())).toBe("FORBIDDEN");
  });
});

describe("members", () => {
  test("come page by page, the last appointed first, without gap or repeat", async () => {
    const holder = newEnterprise();
    const own = actor(holder);
    for (let n = 0; n < 7; n++) {
      if (n % 2 === 0) house.clock.now = new Date(house.clock.now.getTime() + 1);
      await own.appoint("CLERK");
    }
    const seen: string[] = [];
    let after = "null";
    while (after !== "") {
      const { data } = await own.ask(
        `{ members(first: 2, after: ${after}) { nodes { id } pageInfo { endCursor hasNextPage } } }`,
      );
      seen.push(...data.members.nodes.map(({ id }: { id: string }) => id));
      after = data.members.pageInfo.hasNextPage ? `"${data.members.pageInfo.endCursor}"` : "";
    }
    const rows = await house.sql(
      "select id from holder_member where holder_code = $1 order by appointed_at desc, id desc",
      [holder],
    );
    expect(seen).toEqual(rows.map(({ id }) => id));
    house.clock.now = testNow;
  });

  test("are an enterprise's: a person has none, and nobody else may ask", async () => {
    const person = newPerson();
    const token = await house.token("holder:x", {
      ...{ scope: "holder:manage", holder: { idType: "RESIDENT_ID", id: person } },
    });
    const appoint = `mutation { appointMember(input: { personCode: "${newPerson()}", personName: "张三", role: CLERK }) { id } }`;
    expect(code(await house.graphql(appoint, { token }))).toBe("FORBIDDEN");
    for (const query of [appoint, "{ members { nodes { id } } }", `mutation { endMember(id: "x") { id } }`]) {
      expect(code(await house.graphql(query))).toBe("UNAUTHENTICATED");
      for (const as of ["operator", "auditor", "transport"])
        expect(code(await house.graphql(query, { as }))).toBe("FORBIDDEN");
      const weak = await house.token("holder:91371002XXXX0030XC", { scope: "license:read" });
      expect(code(await house.graphql(query, { token: weak }))).toBe("SCOPE_MISSING");
    }
  });
});
