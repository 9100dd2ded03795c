import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mintAccessToken } from "../../src/proof/access/access-token.ts";
import { importSigningKey, makeKeyPair } from "../../src/proof/keyring.ts";
import { sampleClaims } from "../proof/samples.ts";
import { issueSdJwt, licensePaths, signIssued, walletClaims } from "../proof/sd-jwt/issue-sd-jwt.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";

const holder = "91371002XXXX0030XC";
const other = "93371003XXXX00262H";
const why = `purpose: { procedure: "food-operation-new", caseNumber: "C-1", reason: "核验" }`;

let house: TestHub;
let businessLicense: string;
beforeAll(async () => {
  house = await openTestHub();
  const [row] = await house.sql(
    "select identifier from license where holder_code = $1 and type_code = '11100000MB0143028R001'",
    [holder],
  );
  businessLicense = String(row?.["identifier"]);
});
afterAll(() => house.close());

const code = (answer: { errors: { extensions: { code: string } }[] }) => answer.errors[0]?.extensions.code;
const licensesOf = (uscc: string) =>
  `{ enterprise(uscc: "${uscc}") { name licenses(${why}) { nodes { identifier } withheldCount } } }`;
const licenseQuery = (identifier: string, purpose = why) =>
  `{ license(identifier: "${identifier}", ${purpose}) { identifier number } }`;
const lastRecord = async () => (await house.sql("select * from access_record order by id desc limit 1"))[0];
const records = async () => Number((await house.sql("select count(*)::int as n from access_record"))[0]?.["n"]);

describe("a stranger", () => {
  test.each([
    ["enterprise", licensesOf(holder)],
    ["license", licenseQuery("x")],
    ["confirmLicense", `{ confirmLicense(identifier: "x", claims: { number: "1" }) { confirmed } }`],
    [
      "checkMaterials",
      `{ checkMaterials(input: { procedure: "food-operation-new", holder: "${holder}", ${why} }) { id } }`,
    ],
    ["fetchMaterials", `mutation { fetchMaterials(input: { check: "x" }) { id } }`],
    ["submission", `{ submission(id: "x") { id } }`],
    ["submitLicenses", `mutation { submitLicenses(input: { batchId: "x", records: [] }) { id } }`],
    ["accessRecords", "{ accessRecords { nodes { id } } }"],
    [
      "_entities",
      `{ _entities(representations: [{ __typename: "Enterprise", uscc: "${holder}" }]) { ... on Enterprise { name } } }`,
    ],
  ])("is refused %s", async (_name, query) => {
    const answer = await house.graphql(query);
    expect(code(answer)).toBe("UNAUTHENTICATED");
  });

  test("may read the catalogue and verify what it holds", async () => {
    const answer = await house.graphql(
      `{ licenseTypes { code } departments { code } procedures { nodes { code } } permitItems { nodes { code } } verifyLicense(token: "x") { outcome } }`,
    );
    expect(answer.errors).toEqual([]);
    expect(answer.data.licenseTypes).toHaveLength(20);
    expect(answer.data.departments).toHaveLength(32);
    expect(answer.data.verifyLicense.outcome).toBe("INVALID");
  });
});

describe("verifyLicense", () => {
  const verify = (token: string, more = "", fields = "outcome") =>
    house.graphql(`query ($token: String!) { verifyLicense(token: $token${more}) { ${fields} } }`, {
      variables: { token },
    });

  test("says what an SD-JWT shows, and nothing of what its holder kept back", async () => {
    const { kid } = house.hub.publicKeys().find(({ purpose }) => purpose === "license") ?? { kid: "" };
    const file = (await readdir(house.place.keysDir)).find((name) => name.includes(kid.slice(0, 12)));
    const key = await importSigningKey(JSON.parse(await readFile(join(house.place.keysDir, file ?? ""), "utf8")));
    const iat = Math.floor(house.clock.now.getTime() / 1000);
    const issued = issueSdJwt({ ...walletClaims(), iss: house.hub.publicUrl, iat }, licensePaths);
    const shown = [await signIssued(issued.payload, key), issued.disclosures.get('["license","number"]'), ""].join("~");
    const { data } = await verify(shown, "", "license presented");
    const { number, holder: kept } = sampleClaims().license;
    expect(data.verifyLicense).toMatchObject({ license: null, presented: { isWhole: false, license: { number } } });
    expect(JSON.stringify(data)).not.toContain(kept.name);
    const forged = await verify(`${shown.slice(0, 40)}${shown.slice(50)}`, "", "presented checks { name }");
    expect(forged.data.verifyLicense.presented).toBeNull();
  });

  test("takes a day or an instant with offset, and says so to whoever writes something else", async () => {
    for (const at of ["2026-11-22", "2026-11-22T09:00:00+08:00", "2026-11-22T01:00:00.5Z"])
      expect((await verify("x", `, at: "${at}"`)).errors).toEqual([]);
    for (const at of ["", "22.11.2026", "2026-02-30", "2026-11-22T09:00:00", "1763800000", "now"]) {
      const { errors } = await verify("x", `, at: "${at}"`);
      expect(errors[0].extensions).toMatchObject({
        code: "INPUT_INVALID",
        details: { argument: "at", expected: "2026-11-22 or 2026-11-22T09:00:00+08:00" },
      });
    }
  });
});

describe("a token", () => {
  const ask = (token: string) => house.graphql(licensesOf(holder), { token });

  test("of another issuer's key, of another audience, of another type, or changed, is refused with 401", async () => {
    const { tokenIssuer, tokenAudience } = house.config;
    const { privateJwk } = await makeKeyPair("token", tokenIssuer, house.clock.now);
    const foreign = await importSigningKey(privateJwk);
    const claims = {
      sub: "approval-bureau",
      client_id: "approval-bureau",
      role: "department",
      scope: "license:read",
      jti: "1",
      ttlSeconds: 60,
    } as const;
    const tokens = [
      await mintAccessToken({ ...claims, aud: tokenAudience }, foreign, house.clock.now),
      await house.token("approval-bureau", { aud: "https://elsewhere.example" }),
      `${(await house.token("approval-bureau")).slice(0, -6)}AAAAAA`,
      "none.of.this",
    ];
    for (const token of tokens) {
      const answer = await ask(token);
      expect([answer.status, code(answer)]).toEqual([401, "TOKEN_INVALID"]);
      expect(answer.headers["www-authenticate"]).toContain("Bearer");
    }
  });

  test("is refused once it has expired, also when it was good before", async () => {
    const token = await house.token("approval-bureau", { ttlSeconds: 60 });
    expect((await ask(token)).errors).toEqual([]);
    const { now } = house.clock;
    house.clock.now = new Date(now.getTime() + 120_000);
    const answer = await ask(token);
    house.clock.now = now;
    expect([answer.status, code(answer)]).toEqual([401, "TOKEN_EXPIRED"]);
  });

  test("without the scope is refused, and the refusal is on record", async () => {
    const token = await house.token("approval-bureau", { scope: "material:check" });
    const answer = await house.graphql(licenseQuery(businessLicense), { token });
    expect(code(answer)).toBe("SCOPE_MISSING");
    expect(await lastRecord()).toMatchObject({
      client_id: "approval-bureau",
      outcome: "REFUSED",
      refusal: "SCOPE_MISSING",
      action: "READ",
    });
  });

  test("of an auditor or a holder can not submit, check or fetch", async () => {
    const submit = `mutation { submitLicenses(input: { batchId: "x", records: [] }) { id } }`;
    for (const as of ["auditor", `holder:${holder}`]) {
      const all = await house.token(as, {
        scope: "license:submit license:read material:check material:fetch audit:read",
      });
      expect(code(await house.graphql(submit, { token: all }))).toBe("FORBIDDEN");
      expect(
        code(await house.graphql(`mutation { fetchMaterials(input: { check: "x" }) { id } }`, { token: all })),
      ).toBe("FORBIDDEN");
    }
  });
});

describe("a department", () => {
  test("reads the licenses it is granted for its procedure; the others are counted, and it is on record", async () => {
    const answer = await house.graphql(licensesOf(holder), { as: "approval-bureau" });
    expect(answer.data.enterprise.licenses.nodes).toHaveLength(2);
    expect(answer.data.enterprise.licenses.withheldCount).toBe(2);
    const identifiers = answer.data.enterprise.licenses.nodes.map((node: { identifier: string }) => node.identifier);
    expect(await lastRecord()).toMatchObject({
      ...{
        holder_code: holder,
        client_id: "approval-bureau",
        action: "READ",
        outcome: "DISCLOSED",
        withheld: 2,
        identifiers,
      },
      ...{ procedure: "food-operation-new", case_number: "C-1", reason: "核验" },
    });
  });

  test("may not name another department's procedure, and that it tried is on record", async () => {
    const answer = await house.graphql(licensesOf(holder), { as: "public-security" });
    expect(code(answer)).toBe("PURPOSE_NOT_ALLOWED");
    expect(await lastRecord()).toMatchObject({
      holder_code: holder,
      outcome: "REFUSED",
      refusal: "PURPOSE_NOT_ALLOWED",
    });
  });

  test("gets the same answer for a license it is not granted and for one that does not exist", async () => {
    const [row] = await house.sql(
      "select identifier, holder_code from license where type_code = '11100000XXXX003181X01' limit 1",
    );
    const notGranted = await house.graphql(licenseQuery(String(row?.["identifier"])), { as: "approval-bureau" });
    expect(await lastRecord()).toMatchObject({
      holder_code: row?.["holder_code"],
      outcome: "REFUSED",
      identifiers: [],
    });
    const none = await house.graphql(licenseQuery("1.2.3"), { as: "approval-bureau" });
    expect([notGranted.data, notGranted.errors]).toEqual([none.data, none.errors]);
    expect(none.data).toEqual({ license: null });
  });

  test("finds an enterprise by its code in small letters, too", async () => {
    const small = holder.toLowerCase();
    const query = `{ enterprise(uscc: "${small}") { uscc } enterprises(usccs: ["${small}"]) { uscc } }`;
    expect((await house.graphql(query, { as: "approval-bureau" })).data).toEqual({
      enterprise: { uscc: holder },
      enterprises: [{ uscc: holder }],
    });
  });

  test("loses a license with the revoked grant at the next request, and everything with its client", async () => {
    const ask = () => house.graphql(licenseQuery(businessLicense), { as: "approval-bureau" });
    expect((await ask()).data.license).not.toBeNull();
    await house.sql("update access_grant set revoked_at = now() where client_id = 'approval-bureau'");
    expect((await ask()).data.license).toBeNull();
    await house.sql("update access_grant set revoked_at = null where client_id = 'approval-bureau'");
    await house.sql("update client set active = false where id = 'approval-bureau'");
    expect(code(await ask())).toBe("FORBIDDEN");
    expect(code(await house.graphql(`{ enterprise(uscc: "${holder}") { name } }`, { as: "approval-bureau" }))).toBe(
      "FORBIDDEN",
    );
    await house.sql("update client set active = true where id = 'approval-bureau'");
  });

  test("sees its own access records and nobody else's", async () => {
    await house.graphql(licensesOf(holder), { as: "public-security" });
    const answer = await house.graphql("{ accessRecords(first: 100) { nodes { client } } }", { as: "public-security" });
    expect(new Set(answer.data.accessRecords.nodes.map((node: { client: string }) => node.client))).toEqual(
      new Set(["public-security"]),
    );
  });

  test("discloses nothing when the access record can not be written", async () => {
    await house.sql("alter table access_record add constraint broken check (action <> 'READ') not valid");
    const list = await house.graphql(licensesOf(holder), { as: "approval-bureau" });
    const one = await house.graphql(licenseQuery(businessLicense), { as: "approval-bureau" });
    await house.sql("alter table access_record drop constraint broken");
    expect([code(list), code(one)]).toEqual(["INTERNAL", "INTERNAL"]);
    expect([list.data, one.data]).toEqual([{ enterprise: null }, { license: null }]);
    expect(JSON.stringify([list, one])).not.toContain("constraint");
  });
});

describe("a holder", () => {
  test("reads all of its own without a grant, and nothing of another: that looks as if it did not exist", async () => {
    const own = await house.graphql(licensesOf(holder), { as: `holder:${holder}` });
    expect(own.data.enterprise.licenses.nodes).toHaveLength(4);
    expect(own.data.enterprise.licenses.withheldCount).toBe(0);
    const foreign = await house.graphql(licensesOf(other), { as: `holder:${holder}` });
    expect([foreign.data, foreign.errors]).toEqual([{ enterprise: null }, []]);
    const [row] = await house.sql("select identifier from license where holder_code = $1 limit 1", [other]);
    expect((await house.graphql(licenseQuery(String(row?.["identifier"])), { as: `holder:${holder}` })).data).toEqual({
      license: null,
    });
  });

  test("that asks about another is on record, but not its words: nobody writes into another's records", async () => {
    const other = "92371082XXXX00035W";
    const words = "给你留言";
    const answer = await house.graphql(
      "query ($input: CheckMaterialsInput!) { checkMaterials(input: $input) { id } }",
      {
        as: `holder:${holder}`,
        variables: {
          input: {
            procedure: "food-operation-new",
            holder: other,
            purpose: { procedure: "food-operation-new", caseNumber: words, reason: words },
          },
        },
      },
    );
    expect(code(answer)).toBe("FORBIDDEN");
    expect(await lastRecord()).toMatchObject({
      ...{ holder_code: "", outcome: "REFUSED", refusal: "FORBIDDEN" },
      ...{ procedure: null, case_number: null, reason: null },
    });
  });

  test("sees who read its licenses and why, and only that", async () => {
    await house.graphql(licensesOf(holder), { as: "approval-bureau" });
    await house.graphql(licensesOf(other), { as: "approval-bureau" });
    const answer = await house.graphql("{ accessRecords(first: 100) { nodes { holder client purpose { reason } } } }", {
      as: `holder:${holder}`,
    });
    expect(new Set(answer.data.accessRecords.nodes.map((node: { holder: string }) => node.holder))).toEqual(
      new Set([holder]),
    );
    const probe = await house.graphql(`{ accessRecords(filter: { holder: "${other}" }) { nodes { id } } }`, {
      as: `holder:${holder}`,
    });
    expect(probe.data.accessRecords.nodes).toEqual([]);
  });
});

describe("an auditor", () => {
  test("reads every access record, page by page without gap or repeat, persons masked", async () => {
    const seen: string[] = [];
    let after = "null";
    for (let page = 0; page < 50 && after !== ""; page++) {
      const { data } = await house.graphql(
        `{ accessRecords(first: 7, after: ${after}) { nodes { id holder } pageInfo { endCursor hasNextPage } } }`,
        { as: "auditor" },
      );
      seen.push(...data.accessRecords.nodes.map((node: { id: string }) => node.id));
      after = data.accessRecords.pageInfo.hasNextPage ? `"${data.accessRecords.pageInfo.endCursor}"` : "";
    }
    expect(seen).toHaveLength(await records());
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.map(Number)).toEqual(seen.map(Number).toSorted((a, b) => b - a));
  });

  test("reads no license", async () => {
    expect(code(await house.graphql(licenseQuery(businessLicense), { as: "auditor" }))).toBe("FORBIDDEN");
  });
});

describe("a confirmation", () => {
  const confirm = (claims: string, as = "approval-bureau", identifier = businessLicense) =>
    house.graphql(`{ confirmLicense(identifier: "${identifier}", claims: ${claims}) { confirmed } }`, { as });

  test("says yes to what stands in the license, no to anything else, and is on record", async () => {
    expect((await confirm(`{ number: "${holder}", state: "VALID" }`)).data.confirmLicense.confirmed).toBe(true);
    expect(await lastRecord()).toMatchObject({ action: "CONFIRM", outcome: "ANSWERED", holder_code: holder });
    expect((await confirm(`{ number: "${holder}", state: "SUSPENDED" }`)).data.confirmLicense.confirmed).toBe(false);
    expect((await confirm(`{ number: "${holder}" }`, "approval-bureau", "1.2.3")).data.confirmLicense.confirmed).toBe(
      false,
    );
  });

  test("is no for a client without any grant of the type", async () => {
    expect((await confirm(`{ number: "${holder}" }`, "education")).data.confirmLicense.confirmed).toBe(false);
  });

  test("of nothing, of an unknown field or of no object is refused", async () => {
    for (const claims of ["{}", `{ shoeSize: "43" }`, `"x"`, "[1]"])
      expect(code(await confirm(claims))).toBe("INPUT_INVALID");
  });
});
