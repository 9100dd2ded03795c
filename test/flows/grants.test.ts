import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Answer, openTestHub, type TestHub, testNow } from "../setup/hub.ts";

const transport = "11371000XXXX01118K";
const businessLicense = "11100000MB0143028R001";
const foodLicense = "11100000MB0143028R003";
const holder = "91371002XXXX0030XC";

let house: TestHub;
beforeAll(async () => {
  house = await openTestHub();
});
afterAll(() => house.close());

const code = ({ errors }: Answer) => errors[0]?.extensions.code;
const details = ({ errors }: Answer) => errors[0]?.extensions.details;
const operate = (query: string, variables: object = {}) => house.graphql(query, { as: "operator", variables });
const newClient = async (id: string) => {
  const { errors } = await operate(
    `mutation { registerClient(input: { id: "${id}", kind: DEPARTMENT, department: "${transport}", name: "运政系统" }) { id } }`,
  );
  expect(errors).toEqual([]);
};
const shown =
  "id client licenseType procedure validFrom validUntil legalBasis wholeLicense grantedBy revokedBy revokedAt";
const grant = (client: string, change: object = {}) =>
  operate(`mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { ${shown} } }`, {
    input: {
      client,
      licenseType: businessLicense,
      procedure: "road-freight-new",
      legalBasis: "方案三（二）",
      ...change,
    },
  });
const revoke = (id: string) => operate(`mutation ($id: ID!) { revokeGrant(id: $id) { ${shown} } }`, { id });
const grantsOf = (client: string, more = "") =>
  operate(`{ grants(filter: { client: "${client}" ${more} }) { nodes { id revokedAt } } }`);
const standingRows = (client: string) =>
  house.sql("select id from access_grant where client_id = $1 and revoked_at is null", [client]);
const recordsOf = async (client: string) =>
  (await house.sql("select action from operator_record where client_id = $1 order by id", [client]))
    .map(({ action }) => action)
    .slice(1);

/** How many licenses of the holder a client reads for the procedure. */
const reads = async (hub: TestHub, client: string) => {
  const why = `purpose: { procedure: "road-freight-new", caseNumber: "1", reason: "核验" }`;
  const { data } = await hub.graphql(`{ enterprise(uscc: "${holder}") { licenses(${why}) { nodes { number } } } }`, {
    as: client,
  });
  return data.enterprise.licenses.nodes.length;
};

describe("a grant", () => {
  test("is given with its terms, recorded, and good at the next request", async () => {
    await newClient("granted");
    expect(await reads(house, "granted")).toBe(0);
    const { data } = await grant("granted");
    expect(data.grantAccess).toEqual({
      ...{ id: expect.stringMatching(/^\d+$/), client: "granted", licenseType: businessLicense },
      ...{ procedure: "road-freight-new", validFrom: "2026-11-22", validUntil: null, legalBasis: "方案三（二）" },
      ...{ wholeLicense: false, grantedBy: "operator", revokedBy: null, revokedAt: null },
    });
    expect(await reads(house, "granted")).toBe(1);
    const [record] = await house.sql(
      "select details from operator_record where action = 'GRANT_ACCESS' and client_id = 'granted'",
    );
    expect(record?.["details"]).toEqual({
      ...{ grant: Number(data.grantAccess.id), licenseType: businessLicense, procedure: "road-freight-new" },
      ...{ validFrom: "2026-11-22", validUntil: null, legalBasis: "方案三（二）", wholeLicense: false },
    });
  });

  test("is the same grant when asked for again, also on a later day; other terms need it revoked first", async () => {
    await newClient("repeated");
    const first = (await grant("repeated")).data.grantAccess;
    house.clock.now = new Date(testNow.getTime() + 86_400_000);
    try {
      expect((await grant("repeated")).data.grantAccess).toEqual(first);
      const other = await grant("repeated", { legalBasis: "另一依据" });
      expect([code(other), details(other)]).toEqual(["GRANT_EXISTS", { grant: first.id }]);
      expect(await recordsOf("repeated")).toEqual(["GRANT_ACCESS"]);
      await revoke(first.id);
      expect((await grant("repeated", { legalBasis: "另一依据" })).data.grantAccess.id).not.toBe(first.id);
    } finally {
      house.clock.now = testNow;
    }
  });

  test("whose days are over makes way for a new one", async () => {
    await newClient("renewed");
    const first = (await grant("renewed", { validUntil: "2026-11-22" })).data.grantAccess;
    house.clock.now = new Date(testNow.getTime() + 86_400_000);
    try {
      expect(await reads(house, "renewed")).toBe(0);
      const second = (await grant("renewed")).data.grantAccess;
      expect([second.id === first.id, second.validFrom]).toEqual([false, "2026-11-23"]);
      expect(await recordsOf("renewed")).toEqual(["GRANT_ACCESS", "REVOKE_GRANT", "GRANT_ACCESS"]);
    } finally {
      house.clock.now = testNow;
    }
  });

  test("revoked stops the next request, on every copy of the hub; revoking it again changes nothing", async () => {
    await newClient("revoked");
    const { id } = (await grant("revoked")).data.grantAccess;
    const other = await openTestHub({ demo: false, database: house.place });
    try {
      expect([await reads(house, "revoked"), await reads(other, "revoked")]).toEqual([1, 1]);
      const { data } = await revoke(id);
      expect(data.revokeGrant).toMatchObject({ revokedBy: "operator", revokedAt: testNow.toISOString() });
      expect([await reads(house, "revoked"), await reads(other, "revoked")]).toEqual([0, 0]);
      expect((await revoke(id)).data.revokeGrant).toEqual(data.revokeGrant);
      expect(await recordsOf("revoked")).toEqual(["GRANT_ACCESS", "REVOKE_GRANT"]);
    } finally {
      await other.close();
    }
  });

  test.each([
    ["for a type the procedure does not need", { licenseType: foodLicense }, "GRANT_NOT_NEEDED", undefined],
    ["for a type that does not exist", { licenseType: "x" }, "GRANT_NOT_NEEDED", undefined],
    ["for a procedure that does not exist", { procedure: "x" }, "PROCEDURE_NOT_FOUND", undefined],
    [
      "for another department's procedure",
      { procedure: "food-operation-new" },
      "GRANT_NOT_ALLOWED",
      { reason: "PROCEDURE_DEPARTMENT" },
    ],
    ["to an operator", { client: "operator" }, "GRANT_NOT_ALLOWED", { reason: "CLIENT_KIND" }],
    ["to nobody", { client: "nobody" }, "CLIENT_NOT_FOUND", undefined],
    ["from yesterday", { validFrom: "2026-11-21" }, "INPUT_INVALID", { argument: "validFrom" }],
    [
      "that ends before it begins",
      { validFrom: "2026-11-24", validUntil: "2026-11-23" },
      "INPUT_INVALID",
      { argument: "validUntil" },
    ],
    ["without a legal basis", { legalBasis: " " }, "INPUT_INVALID", { argument: "legalBasis" }],
  ])("is refused %s", async (_, change, expected, facts) => {
    if (!(await house.sql("select id from client where id = 'refused'")).length) await newClient("refused");
    const answer = await grant("refused", change);
    expect([code(answer), details(answer)]).toEqual([expected, facts]);
    expect(await recordsOf("refused")).toEqual([]);
  });

  test("is refused to a suspended client", async () => {
    await newClient("paused");
    await operate(`mutation { suspendClient(id: "paused") { id } }`);
    const answer = await grant("paused");
    expect([code(answer), details(answer)]).toEqual(["GRANT_NOT_ALLOWED", { reason: "CLIENT_SUSPENDED" }]);
  });

  test.each(["0", "999999", "x", "-1", "1e3", "9".repeat(30)])(
    "number %s that does not exist is not found",
    async (id) => {
      expect(code(await revoke(id))).toBe("GRANT_NOT_FOUND");
    },
  );
});

describe("at the same moment", () => {
  test("twenty who grant the same get one grant", async () => {
    await newClient("raced");
    const answers = await Promise.all(Array.from({ length: 20 }, () => grant("raced")));
    expect(answers.map(code)).toEqual(Array(20).fill(undefined));
    expect(new Set(answers.map(({ data }) => data.grantAccess.id)).size).toBe(1);
    expect(await recordsOf("raced")).toEqual(["GRANT_ACCESS"]);
  });

  test("those who grant and those who revoke leave one standing grant or none, and a record for each change", async () => {
    await newClient("fought");
    const turns = Array.from({ length: 24 }, async (_, turn) => {
      if (turn % 2 === 0) return grant("fought", { legalBasis: `依据 ${turn % 3}` });
      const [row] = await standingRows("fought");
      return row ? revoke(String(row["id"])) : undefined;
    });
    const answers = (await Promise.all(turns)).filter((answer) => answer !== undefined);
    expect(answers.map(code).filter((one) => one !== undefined && one !== "GRANT_EXISTS")).toEqual([]);
    expect((await standingRows("fought")).length).toBeLessThanOrEqual(1);
    const rows = await house.sql("select revoked_at from access_grant where client_id = 'fought'");
    const changes = rows.length + rows.filter((row) => row["revoked_at"] !== null).length;
    expect(await recordsOf("fought")).toHaveLength(changes);
  });

  test("a client is never granted anything after it was suspended", async () => {
    await newClient("shut");
    const [suspension, granted] = await Promise.all([
      operate(`mutation { suspendClient(id: "shut") { active } }`),
      grant("shut"),
    ]);
    expect(suspension.errors).toEqual([]);
    expect(await recordsOf("shut")).toEqual(granted.data ? ["GRANT_ACCESS", "SUSPEND_CLIENT"] : ["SUSPEND_CLIENT"]);
  });
});

describe("grants", () => {
  test("are listed newest first, by what is asked", async () => {
    await newClient("listed");
    const old = (await grant("listed")).data.grantAccess;
    await revoke(old.id);
    const now = (await grant("listed")).data.grantAccess;
    const ids = ({ data }: Answer) => data.grants.nodes.map(({ id }: { id: string }) => id);
    expect(ids(await grantsOf("listed"))).toEqual([now.id, old.id]);
    expect(ids(await grantsOf("listed", "standing: true"))).toEqual([now.id]);
    expect(ids(await grantsOf("listed", "standing: false"))).toEqual([old.id]);
    expect(ids(await grantsOf("listed", `licenseType: "${foodLicense}"`))).toEqual([]);
  });

  test("come page by page without gap or repeat", async () => {
    const seen: string[] = [];
    let after = "null";
    while (after !== "") {
      const { data } = await operate(
        `{ grants(first: 5, after: ${after}) { nodes { id } pageInfo { endCursor hasNextPage } } }`,
      );
      seen.push(...data.grants.nodes.map(({ id }: { id: string }) => id));
      after = data.grants.pageInfo.hasNextPage ? `"${data.grants.pageInfo.endCursor}"` : "";
    }
    expect(seen).toEqual((await house.sql("select id from access_grant order by id desc")).map(({ id }) => id));
  });

  test("are no business of anybody but an operator", async () => {
    for (const query of [
      "{ grants { nodes { id } } }",
      `mutation { revokeGrant(id: "1") { id } }`,
      `mutation { grantAccess(input: { client: "a", licenseType: "b", procedure: "c", legalBasis: "dd" }) { id } }`,
    ]) {
      expect(code(await house.graphql(query))).toBe("UNAUTHENTICATED");
      for (const as of ["approval-bureau", "auditor", `holder:${holder}`])
        expect(code(await house.graphql(query, { as }))).toBe("FORBIDDEN");
    }
  });
});
