import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { compactVerify, decodeJwt, importJWK } from "jose";
import { makeLicenseIdentifier } from "../../src/domain/licenses/license-identifier.ts";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { makeClientKey } from "../../src/proof/access/client-key.ts";
import { type PartyKey, parseClientPrivateKey } from "../../src/proof/access/client-proof.ts";
import { canonicalJson } from "../../src/proof/canonical-json.ts";
import { recordPayload, signRecord } from "../../src/proof/records/record-signature.ts";
import { readRecordFile } from "../../src/store/catalogue/catalogue-files.ts";
import { type Answer, department, openTestHub, type TestHub } from "../setup/hub.ts";

// A department may sign its records: the signature is checked, kept, and shown as where a license comes from.

const client = "approval-bureau";
const holder = "91371002XXXX0030XC";
const business = "11100000MB0143028R001";
const parts = { type: business, issuer: "11371000XXXX010118", serial: "20260009", version: 1 };
const identifier = makeLicenseIdentifier(parts);

let house: TestHub;
let sample: RawRecord;
let key: PartyKey;
let jwk: object;
beforeAll(async () => {
  house = await openTestHub({ demo: false });
  const samples = await readRecordFile(join(import.meta.dirname, "../../migrations/data/demo/licenses.ndjson"));
  const found = samples.find(({ licenseType, holder: whose }) => licenseType === business && whose?.id === holder);
  if (!found) throw new Error("no sample");
  sample = { ...found, identifier };
  [key, jwk] = await newKey("EdDSA");
  await house.sql("update access_grant set whole_license = true");
});
afterAll(() => house.close());
beforeEach(async () => {
  await house.sql("truncate license, license_event, submission, pending_event, record_signature, problem_record");
  await house.sql("truncate record_key");
  await house.sql("update client set unsigned_records = 'ACCEPTED'");
});

async function newKey(algorithm: "EdDSA" | "ES256"): Promise<[PartyKey, object]> {
  const { publicJwk, privateJwk } = await makeClientKey(algorithm);
  const parsed = await parseClientPrivateKey(Buffer.from(JSON.stringify(privateJwk)));
  if (!parsed) throw new Error("no key");
  return [parsed, publicJwk];
}

const operator = (query: string, variables: object = {}) => house.graphql(query, { as: "operator", variables });
const register = (keys: readonly object[] = [jwk], of = client) =>
  operator("mutation ($input: AddRecordKeysInput!) { addRecordKeys(input: $input) { recordKeys { kid retiredAt } } }", {
    input: { client: of, keys },
  });
const policy = (value: string) =>
  operator(`mutation { setUnsignedRecords(client: "${client}", policy: ${value}) { unsignedRecords } }`);
const code = ({ errors }: Answer) => errors[0]?.extensions.code;

const signed = async (record: RawRecord, by = key): Promise<RawRecord> => ({
  ...record,
  signature: await signRecord(record, by),
});
const submit = (...records: RawRecord[]) =>
  house.hub.submitLicenses(department(client), { batchId: randomUUID(), records });
/** What is wrong with a record; ["ACCEPTED"] when nothing is. */
const outcomeOf = async (record: RawRecord) => {
  const { results } = await submit(record);
  return results.flatMap(({ outcome, problems }) =>
    problems.length > 0 ? problems.map((problem) => `${problem.code} ${problem.path}`) : [outcome],
  );
};

const provenance = async () => {
  const { data, errors } = await house.graphql(
    `{ enterprise(uscc: "${holder}") { licenses(purpose: { procedure: "food-operation-new", caseNumber: "K-1", reason: "核验" }) {
      nodes { jws history { nodes { operation signature { jws kid jwk client keyRetiredAt } } } } } } }`,
    { as: `holder:${holder}` },
  );
  expect(errors).toEqual([]);
  return data.enterprise.licenses.nodes[0];
};

describe("a signed record", () => {
  test("is accepted; the signature is kept whole and shown with its key, and the license names the key", async () => {
    await register();
    expect(await outcomeOf(await signed(sample))).toEqual(["ACCEPTED"]);
    const { jws, history } = await provenance();
    const { source } = decodeJwt(jws) as { source: { kid: string; digest: string } };
    const [{ signature }] = history.nodes;
    expect(signature).toMatchObject({ kid: key.kid, jwk, client, keyRetiredAt: null });
    expect(source.kid).toBe(key.kid);
    // What an auditor does with no more than that.
    const { payload } = await compactVerify(signature.jws, await importJWK(signature.jwk, "EdDSA"));
    expect(createHash("sha256").update(payload).digest("base64url")).toBe(source.digest);
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({ identifier, number: sample.number });
  });

  test("is verified with ES256, too, and through the stream", async () => {
    const [p256, publicJwk] = await newKey("ES256");
    await register([publicJwk]);
    const line = JSON.stringify(await signed(sample, p256));
    const { statusCode, body } = await house.server.inject({
      ...{ method: "POST", url: "/ingest?batchId=signed", payload: `${line}\n` },
      headers: { authorization: `Bearer ${await house.token(client)}`, "content-type": "application/x-ndjson" },
    });
    expect([statusCode, JSON.parse(body.split("\n")[0] ?? "").outcome]).toEqual([200, "ACCEPTED"]);
    expect((await provenance()).history.nodes[0].signature.kid).toBe(p256.kid);
  });

  test("is the same record whether nulls are sent or left out, and UNCHANGED under another signature", async () => {
    const [p256, publicJwk] = await newKey("ES256");
    await register([jwk, publicJwk]);
    const { signature } = await signed({ ...sample, reason: null, outcome: null });
    expect(await outcomeOf({ ...sample, effectiveOn: null, signature: signature ?? "" })).toEqual(["ACCEPTED"]);
    expect(await outcomeOf(await signed(sample, p256))).toEqual(["UNCHANGED"]);
    expect(await house.sql("select kid from record_signature")).toEqual([{ kid: key.kid }]);
  });

  test("keeps its signature while it waits for its license", async () => {
    await register();
    const suspension: RawRecord = {
      ...{ sourceRecordId: "s-1", operation: "SUSPEND", effectiveOn: "2026-06-01", identifier },
      ...{ sourceUpdatedAt: "2026-06-01T01:00:00Z", licenseType: business, issuer: sample.issuer },
    };
    expect(await outcomeOf(await signed(suspension))).toEqual(["PENDING"]);
    expect(await outcomeOf(await signed(sample))).toEqual(["ACCEPTED"]);
    const nodes = (await provenance()).history.nodes as { operation: string; signature: { kid: string } | null }[];
    expect(nodes.map(({ operation, signature }) => [operation, signature?.kid])).toEqual([
      [sample.operation, key.kid],
      ["SUSPEND", key.kid],
    ]);
  });

  test("says nothing to whoever may not see the whole license", async () => {
    await register();
    await submit(await signed(sample));
    await house.sql("update access_grant set whole_license = false");
    const { data } = await house.graphql(
      `{ license(identifier: "${identifier}", purpose: { procedure: "food-operation-new", caseNumber: "K-1", reason: "核验" }) {
        isWhole history { nodes { operation signature { jws } } } } }`,
      { as: client },
    );
    expect(data.license).toEqual({ isWhole: false, history: { nodes: [{ operation: "ISSUE", signature: null }] } });
    await house.sql("update access_grant set whole_license = true");
  });
});

describe("a signature that does not hold refuses its record, and no other", () => {
  test.each<[string, () => Promise<RawRecord>, string]>([
    ["a changed field", async () => ({ ...(await signed(sample)), number: "1" }), "SIGNATURE_INVALID"],
    [
      "a signature of another record",
      async () => ({ ...sample, signature: await signRecord({ ...sample, sourceRecordId: "x" }, key) }),
      "SIGNATURE_INVALID",
    ],
    ["a key nobody registered", async () => signed(sample, (await newKey("EdDSA"))[0]), "SIGNATURE_KEY_UNKNOWN"],
    ["no JWS", async () => ({ ...sample, signature: "signed" }), "SIGNATURE_INVALID"],
    [
      "the record inside, not detached",
      async () => ({
        ...sample,
        signature: (await signRecord(sample, key)).replace(
          "..",
          `.${Buffer.from(recordPayload(sample)).toString("base64url")}.`,
        ),
      }),
      "RECORD_TOO_LARGE",
    ],
    [
      "another use of the key",
      async () => ({ ...sample, signature: await withHeader({ typ: "JWT" }) }),
      "SIGNATURE_INVALID",
    ],
    ["no algorithm", async () => ({ ...sample, signature: await withHeader({ alg: "none" }) }), "SIGNATURE_INVALID"],
    [
      "the algorithm of another key",
      async () => ({ ...sample, signature: await withHeader({ alg: "ES256" }) }),
      "SIGNATURE_INVALID",
    ],
    ["a key inside the header", async () => ({ ...sample, signature: await withHeader({ jwk }) }), "SIGNATURE_INVALID"],
    [
      "a critical extension",
      async () => ({ ...sample, signature: await withHeader({ b64: false, crit: ["b64"] }) }),
      "SIGNATURE_INVALID",
    ],
  ])("%s", async (_, make, problem) => {
    await register();
    const second = {
      ...sample,
      identifier: makeLicenseIdentifier({ ...parts, serial: "20260010" }),
      sourceRecordId: "second",
    };
    const { results } = await submit(await make(), await signed(second));
    expect(results.map(({ outcome, problems }) => [outcome, problems.map(({ code: found }) => found)])).toEqual([
      ["REJECTED", expect.arrayContaining([problem])],
      ["ACCEPTED", []],
    ]);
    expect(await house.sql("select count(*)::int from record_signature")).toEqual([{ count: 1 }]);
  });

  test("a key of another client is none of this one's", async () => {
    await register([jwk], "sports");
    expect(await outcomeOf(await signed(sample))).toEqual(["SIGNATURE_KEY_UNKNOWN signature"]);
  });

  test("a signature of 1,001 characters is too long to be looked at", async () => {
    await register();
    expect(await outcomeOf({ ...sample, signature: "x".repeat(1_001) })).toEqual(["RECORD_TOO_LARGE signature"]);
  });

  test("nothing signed with a retired key is taken in any more; what was taken in keeps key and signature", async () => {
    await register();
    await submit(await signed(sample));
    const retire = `mutation { retireRecordKey(input: { client: "${client}", kid: "${key.kid}" }) { recordKeys { kid retiredAt } } }`;
    const { data } = await operator(retire);
    expect(data.retireRecordKey.recordKeys).toEqual([{ kid: key.kid, retiredAt: expect.any(String) }]);
    expect((await operator(retire)).errors).toEqual([]);
    expect(await outcomeOf(await signed({ ...sample, sourceRecordId: "later" }))).toEqual([
      "SIGNATURE_KEY_UNKNOWN signature",
    ]);
    expect((await provenance()).history.nodes[0].signature).toMatchObject({ jwk, keyRetiredAt: expect.any(String) });
    // It never comes back.
    expect(code(await register())).toBe("CLIENT_KEY_INVALID");
  });

  async function withHeader(header: object): Promise<string> {
    const [head = "", , signature = ""] = (await signRecord(sample, key)).split(".");
    const changed = { ...JSON.parse(Buffer.from(head, "base64url").toString()), ...header };
    return `${Buffer.from(JSON.stringify(changed)).toString("base64url")}..${signature}`;
  }
});

describe("a record that is not signed", () => {
  test("is taken, with or without keys, until the operator decides otherwise", async () => {
    await register();
    expect(await outcomeOf(sample)).toEqual(["ACCEPTED"]);
    const { jws, history } = await provenance();
    expect([decodeJwt(jws)["source"], history.nodes[0].signature]).toEqual([
      expect.not.objectContaining({ kid: expect.anything() }),
      null,
    ]);
  });

  test("is refused when the policy says so, whatever else is wrong with it, by every door", async () => {
    await register();
    expect((await policy("REFUSED")).data.setUnsignedRecords.unsignedRecords).toBe("REFUSED");
    expect(await outcomeOf({ ...sample, region: "999999" })).toEqual([
      "REGION_UNKNOWN region",
      "SIGNATURE_MISSING signature",
    ]);
    expect(await outcomeOf({ ...sample, signature: "" })).toEqual(["SIGNATURE_MISSING signature"]);
    const { data } = await house.graphql("{ problemRecords { nodes { id outcome problems { code } } } }", {
      as: client,
    });
    expect(data.problemRecords.nodes).toMatchObject([
      { outcome: "REJECTED", problems: [{ code: "SIGNATURE_MISSING" }] },
    ]);
    // Nor does the department's clerk get round it.
    const { signature: _none, ...unsigned } = {
      ...sample,
      holder: { ...sample.holder },
      attributes: sample.attributes,
    };
    const corrected = await house.graphql(
      "mutation ($id: ID!, $record: LicenseRecordInput!) { correctRecord(id: $id, record: $record) { result { problems { code } } } }",
      { as: client, variables: { id: data.problemRecords.nodes[0].id, record: unsigned } },
    );
    expect(JSON.stringify(corrected.data)).toContain("SIGNATURE_MISSING");
    expect(await outcomeOf(await signed(sample))).toEqual(["ACCEPTED"]);
  });

  test("can not be refused before a key stands: nothing would be taken", async () => {
    expect(code(await policy("REFUSED"))).toBe("CLIENT_KEY_NOT_FOUND");
  });
});

describe("the keys of records", () => {
  test("are registered once, eight at most, and every decision is on record", async () => {
    await register();
    await register();
    await policy("REFUSED");
    await policy("REFUSED");
    const more = await Promise.all(Array.from({ length: 8 }, async () => (await newKey("EdDSA"))[1]));
    expect(code(await register(more))).toBe("CLIENT_KEYS_FULL");
    expect((await register(more.slice(1))).data.addRecordKeys.recordKeys).toHaveLength(8);
    const decisions = await house.sql(
      "select action from operator_record where client_id = $1 order by id desc limit 3",
      [client],
    );
    expect(decisions.map(({ action }) => action)).toEqual(["ADD_RECORD_KEY", "SET_UNSIGNED_RECORDS", "ADD_RECORD_KEY"]);
  });

  test("are not the keys a client proves itself with", async () => {
    const [login, publicJwk] = await newKey("ES256");
    await operator("mutation ($input: AddClientKeyInput!) { addClientKey(input: $input) { id } }", {
      input: { client, jwk: publicJwk },
    });
    expect(await outcomeOf(await signed(sample, login))).toEqual(["SIGNATURE_KEY_UNKNOWN signature"]);
  });

  test.each([
    ["a private half", { ...{ kty: "OKP", crv: "Ed25519", x: "x" }, d: "d" }, client, "CLIENT_KEY_INVALID"],
    ["a key of another kind", { kty: "RSA", n: "x", e: "AQAB" }, client, "CLIENT_KEY_INVALID"],
    ["a client that is none", {}, "nobody", "CLIENT_KEY_INVALID"],
  ])("%s is refused", async (_, value, of, expected) => {
    expect(code(await register([value], of))).toBe(expected);
  });

  test("belong to clients that hand records in", async () => {
    expect(code(await register([jwk], "operator"))).toBe("CLIENT_NOT_FOUND");
  });

  test("are listed for many clients in one statement", async () => {
    await register();
    await register([(await newKey("EdDSA"))[1]], "sports");
    house.statements.length = 0;
    const { errors } = await operator("{ clients(first: 50) { nodes { id recordKeys { kid } } } }");
    expect(errors).toEqual([]);
    expect(house.statements.filter((text) => text.includes("record_key"))).toHaveLength(1);
  });
});

describe("the database guards what was signed", () => {
  test("the hub's role changes no key and no signature", async () => {
    const may = (table: string, right: string) =>
      house.sql("select has_table_privilege('zhengzhao_hub', $1, $2) as may", [table, right]);
    for (const table of ["record_key", "record_signature"])
      for (const right of ["UPDATE", "DELETE"]) expect(await may(table, right)).toEqual([{ may: false }]);
  });
});

test("what is signed is the RFC 8785 form of the record: any program can make it", () => {
  const record = { ...sample, signature: "x", reason: null };
  const { signature: _signature, reason: _reason, ...rest } = record;
  const sent = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  expect(recordPayload(record)).toBe(canonicalJson(sent));
  expect(recordPayload({ ...sample, identifier: null })).not.toContain("identifier");
});
