import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { decodeJwt } from "jose";
import { openTestHub, type TestHub } from "../setup/hub.ts";

const holder = "91371002XXXX0030XC";
const person = "371002188011080603";
const business = "11100000MB0143028R001";
const card = "111000000000131433001";
const purpose = `purpose: { procedure: "food-operation-new", caseNumber: "M-1", reason: "核验" }`;

let house: TestHub;
beforeAll(async () => {
  house = await openTestHub();
});
afterAll(() => house.close());
beforeEach(() => house.sql("update access_grant set whole_license = false"));

const ask = (query: string) => house.graphql(query, { as: "approval-bureau" });
const newest = async (action: string) =>
  (await house.sql("select * from access_record where action = $1 order by id desc limit 1", [action]))[0];

async function fetched(fields: string, materials?: string) {
  const check = await ask(`{ checkMaterials(input: { procedure: "food-operation-new", holder: "${holder}", ${purpose},
    persons: [{ role: LEGAL_REPRESENTATIVE, residentId: "${person}" }] }) { id answers { material { code } decision } } }`);
  const { id } = check.data.checkMaterials;
  return ask(
    `mutation { fetchMaterials(input: { check: "${id}" ${materials ? `materials: [${materials}]` : ""} }) { receipt licenses { ${fields} } } }`,
  );
}

describe("a grant that does not say whole license", () => {
  test("discloses by a fetch only the attributes the material names", async () => {
    const { data, errors } = await fetched("identifier number isWhole attributes type { code }", '"business-license"');
    expect(errors).toEqual([]);
    const [license] = data.fetchMaterials.licenses;
    expect(Object.keys(license.attributes).toSorted()).toEqual(["address", "businessScope", "legalRepresentative"]);
    expect(license.isWhole).toBe(false);
    const stored = await house.sql("select attributes from license where identifier = $1", [license.identifier]);
    expect(Object.keys(Object(stored[0]?.["attributes"])).length).toBeGreaterThan(3);
  });

  test("puts what went out into the signed receipt, so that the part can be proven", async () => {
    const { data } = await fetched("identifier attributes", '"business-license"');
    const [license] = data.fetchMaterials.licenses;
    const claims = decodeJwt(data.fetchMaterials.receipt);
    expect(claims["licenses"]).toEqual([
      expect.objectContaining({
        identifier: license.identifier,
        extract: expect.objectContaining({ attributes: license.attributes }),
      }),
    ]);
  });

  test("does not give out the signed license, and says so", async () => {
    const byFetch = await fetched("jws", '"business-license"');
    const byRead = await ask(
      `{ enterprise(uscc: "${holder}") { licenses(${purpose}, types: ["${business}"]) { nodes { jws } } } }`,
    );
    for (const answer of [byFetch, byRead]) {
      expect(answer.errors[0].extensions.code).toBe("WHOLE_LICENSE_NOT_GRANTED");
      expect(JSON.stringify(answer.data)).not.toMatch(/eyJ[\w-]+\.eyJ/);
    }
  });

  test("leaves a check good when a fetch asked for the signed form: what was refused went nowhere", async () => {
    const check = await ask(
      `{ checkMaterials(input: { procedure: "food-operation-new", holder: "${holder}", ${purpose} }) { id } }`,
    );
    const { id } = check.data.checkMaterials;
    const fetch = (fields: string) =>
      ask(
        `mutation { fetchMaterials(input: { check: "${id}", materials: ["business-license"] }) { ...F } } fragment F on MaterialBundle { licenses { ${fields} } }`,
      );
    const refused = await fetch("... on License { jws }");
    expect(refused.errors[0].extensions.code).toBe("WHOLE_LICENSE_NOT_GRANTED");
    expect(await newest("FETCH")).toMatchObject({ outcome: "REFUSED", identifiers: [] });
    const fetched = await fetch("identifier isWhole");
    expect([fetched.errors, fetched.data.fetchMaterials.licenses[0].isWhole]).toEqual([[], false]);
  });

  test("discloses by reading only what any material of the procedure names of the type", async () => {
    const query = `{ enterprise(uscc: "${holder}") { licenses(${purpose}) { nodes { type { code } isWhole attributes } } } }`;
    const { data } = await ask(query);
    for (const { type, isWhole, attributes } of data.enterprise.licenses.nodes) {
      const [need] = await house.sql(
        "select attributes from procedure_need where procedure = 'food-operation-new' and license_type = $1",
        [type.code],
      );
      const named: unknown = need?.["attributes"];
      for (const name of Object.keys(attributes)) expect(named).toContain(name);
      expect(isWhole).toBe(false);
    }
  });

  test("masks a person's identifier, also as the number of the license", async () => {
    const { data, errors } = await fetched("number holder { id name } type { code }", '"legal-representative-id"');
    expect(errors).toEqual([]);
    const [license] = data.fetchMaterials.licenses;
    expect(license.type.code).toBe(card);
    expect(JSON.stringify(data)).not.toContain(person);
    expect(license.holder.id).toBe("3710************03");
    expect(license.number).toBe("3710************03");
  });

  test("leaves on record what went out: the names, not the values", async () => {
    await fetched("identifier", '"business-license"');
    expect((await newest("FETCH"))?.["attributes"]).toEqual(["address,businessScope,legalRepresentative"]);
    await ask(
      `{ enterprise(uscc: "${holder}") { licenses(${purpose}, types: ["${business}"], first: 1) { nodes { number } } } }`,
    );
    expect((await newest("READ"))?.["attributes"]).toEqual(["address,businessScope,legalRepresentative"]);
    const seen = await house.graphql(
      "{ accessRecords(first: 1) { nodes { extents { license whole attributes } licenses } } }",
      { as: `holder:${holder}` },
    );
    expect(seen.data.accessRecords.nodes[0].extents).toEqual([
      {
        license: seen.data.accessRecords.nodes[0].licenses[0],
        whole: false,
        attributes: ["address", "businessScope", "legalRepresentative"],
      },
    ]);
  });
});

describe("a grant of the whole license", () => {
  test("discloses the license as it was signed, and says so on record", async () => {
    await house.sql("update access_grant set whole_license = true");
    const { data, errors } = await fetched("jws isWhole attributes", '"business-license"');
    expect(errors).toEqual([]);
    const [license] = data.fetchMaterials.licenses;
    expect(decodeJwt<{ license: { attributes: object } }>(license.jws).license.attributes).toEqual(license.attributes);
    expect(license.isWhole).toBe(true);
    expect((await newest("FETCH"))?.["attributes"]).toEqual(["*"]);
    expect(decodeJwt<{ licenses: object[] }>(data.fetchMaterials.receipt).licenses[0]).not.toHaveProperty("extract");
  });

  test("of one type says nothing about another", async () => {
    await house.sql("update access_grant set whole_license = (license_type = $1)", [card]);
    const { data } = await fetched("isWhole type { code }", '"business-license", "legal-representative-id"');
    expect(
      Object.fromEntries(
        data.fetchMaterials.licenses.map((license: { type: { code: string }; isWhole: boolean }) => [
          license.type.code,
          license.isWhole,
        ]),
      ),
    ).toEqual({ [business]: false, [card]: true });
  });
});

describe("asking for more than the procedure needs", () => {
  const tobacco = "select code from license_type where key = 'tobacco-retail-permit' or name like '%烟草%' limit 1";

  test("is refused by name of the type, with the code saying so, and recorded", async () => {
    const [row] = await house.sql(tobacco);
    const type = String(row?.["code"]);
    const { errors } = await ask(
      `{ enterprise(uscc: "${holder}") { licenses(${purpose}, types: ["${business}", "${type}"]) { nodes { number } } } }`,
    );
    expect(errors[0].extensions).toMatchObject({ code: "PURPOSE_EXCEEDED", details: { types: [type] } });
    expect(await newest("READ")).toMatchObject({
      outcome: "REFUSED",
      refusal: "PURPOSE_EXCEEDED",
      holder_code: holder,
    });
  });

  test("by identifier is answered like a license that does not exist, and recorded under its holder", async () => {
    const [row] = await house.sql(`select identifier, holder_code from license where type_code = (${tobacco}) limit 1`);
    const { data, errors } = await ask(`{ license(identifier: "${row?.["identifier"]}", ${purpose}) { number } }`);
    expect([data, errors]).toEqual([{ license: null }, []]);
    expect(await newest("READ")).toMatchObject({
      outcome: "REFUSED",
      refusal: "NOT_FOUND",
      holder_code: row?.["holder_code"],
    });
  });
});

describe("a confirmation", () => {
  // No material of any procedure names this attribute of a business license; all that do name the address.
  const kept = "establishedOn";
  const needed = "address";
  const confirms = async (name: string) => {
    const [row] = await house.sql(
      "select identifier, attributes -> $3 as value from license where holder_code = $1 and type_code = $2",
      [holder, business, name],
    );
    const { data, errors } = await house.graphql(
      "query ($identifier: ID!, $claims: JSON!) { confirmLicense(identifier: $identifier, claims: $claims) { confirmed } }",
      {
        as: "approval-bureau",
        variables: { identifier: row?.["identifier"], claims: { [`attributes.${name}`]: row?.["value"] } },
      },
    );
    expect(errors).toEqual([]);
    return data.confirmLicense.confirmed;
  };
  const grants = `client_id = 'approval-bureau' and license_type = '${business}' and revoked_at is null`;

  test("says no to a true claim about what the client is not granted of the license, and yes to one about what it is", async () => {
    expect([await confirms(kept), await confirms(needed)]).toEqual([false, true]);
  });

  test("says yes to it for a client with a grant of the whole license, until that grant is revoked or over", async () => {
    const [one] = await house.sql(
      `update access_grant set whole_license = true where id = (select min(id) from access_grant where ${grants} and procedure <> 'food-operation-new') returning id`,
    );
    const id = one?.["id"];
    expect(await confirms(kept)).toBe(true);
    await house.sql("update access_grant set revoked_at = now(), revoked_by = 'operator' where id = $1", [id]);
    expect([await confirms(kept), await confirms(needed)]).toEqual([false, true]);
    await house.sql("update access_grant set revoked_at = null, revoked_by = null where id = $1", [id]);
    // Both of a grant's days belong to it.
    const days = "update access_grant set valid_from = $2, valid_until = $3 where id = $1";
    await house.sql(days, [id, "2026-11-22", "2026-11-22"]);
    expect(await confirms(kept)).toBe(true);
    await house.sql(days, [id, "2026-11-01", "2026-11-21"]);
    expect(await confirms(kept)).toBe(false);
    await house.sql(days, [id, "2026-11-23", null]);
    expect(await confirms(kept)).toBe(false);
    await house.sql(days, [id, "2026-01-01", null]);
  });
});

describe("a revoked grant of the whole license", () => {
  test("beside one of attributes that stands gives no signed license", async () => {
    await house.sql(
      `insert into access_grant (client_id, license_type, procedure, valid_from, legal_basis, whole_license, revoked_by, revoked_at)
       select client_id, license_type, procedure, valid_from, legal_basis, true, 'operator', now() from access_grant
       where client_id = 'approval-bureau' and revoked_at is null`,
    );
    const { data, errors } = await fetched("isWhole", '"business-license"');
    expect([errors, data.fetchMaterials.licenses]).toEqual([[], [{ isWhole: false }]]);
    const read = await ask(
      `{ enterprise(uscc: "${holder}") { licenses(${purpose}, types: ["${business}"]) { nodes { isWhole } } } }`,
    );
    expect(read.data.enterprise.licenses.nodes).toEqual([{ isWhole: false }]);
    await house.sql("delete from access_grant where revoked_by = 'operator'");
  });
});
