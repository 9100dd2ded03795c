import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { decodeJwt } from "jose";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { makeClientKey } from "../../src/proof/access/client-key.ts";
import { type PartyKey, parseClientPrivateKey } from "../../src/proof/access/client-proof.ts";
import { recordPayload, signRecord } from "../../src/proof/records/record-signature.ts";
import { event, holder, openCorrecting, purpose, stranger, typeCode } from "../setup/correcting.ts";
import type { Answer } from "../setup/hub.ts";

// Attacks on what departments sign, object to and claim. Those that say so once worked.

const client = "approval-bureau";

let house: Awaited<ReturnType<typeof openCorrecting>>;
let key: PartyKey;
let jwk: object;
beforeAll(async () => {
  house = await openCorrecting({ limits: { maxRequestMs: 3_000 } });
  const { publicJwk, privateJwk } = await makeClientKey("EdDSA");
  const parsed = await parseClientPrivateKey(Buffer.from(JSON.stringify(privateJwk)));
  if (!parsed) throw new Error("no key");
  [key, jwk] = [parsed, publicJwk];
  const { errors } = await register(client);
  expect(errors).toEqual([]);
});
afterAll(() => house.close());

const register = (of: string) =>
  house.graphql("mutation ($input: AddRecordKeysInput!) { addRecordKeys(input: $input) { id } }", {
    as: "operator",
    variables: { input: { client: of, keys: [jwk] } },
  });
const signed = async (record: RawRecord): Promise<RawRecord> => ({
  ...record,
  signature: await signRecord(record, key),
});
const code = ({ errors }: Answer) => errors[0]?.extensions.code;
const outcomes = ({ results }: Awaited<ReturnType<typeof house.submit>>) =>
  results.map(({ outcome, problems }) => problems.find(({ code: one }) => one !== "IDENTIFIER_CHECK")?.code ?? outcome);
const read = async (identifier: string, what: string, as = `holder:${holder}`) => {
  const query = `query ($purpose: PurposeInput!) { license(identifier: "${identifier}", purpose: $purpose) { ${what} } }`;
  const { data, errors } = await house.graphql(query, { as, variables: { purpose } });
  expect(errors).toEqual([]);
  return data.license;
};
const signaturesOf = async (identifier: string) =>
  (
    (await read(identifier, "history { nodes { operation signature { jws } } }")).history.nodes as {
      operation: string;
      signature: { jws: string } | null;
    }[]
  ).map(({ operation, signature }) => [operation, signature && decodeJwt(signature.jws)["identifier"]]);

describe("a signature", () => {
  test("is shown with its own record, though a batch says the same of another license (once shown with both)", async () => {
    const [one, two, three] = [await house.newLicense(), await house.newLicense(), await house.newLicense()];
    const suspension = { operation: "SUSPEND", effectiveOn: "2026-11-20", reason: "停业" } as const;
    const batch = [
      await signed(event(one.record, one.identifier, suspension)),
      event(two.record, two.identifier, suspension),
      await signed(event(three.record, three.identifier, suspension)),
    ];
    expect(outcomes(await house.submit(batch))).toEqual(["ACCEPTED", "ACCEPTED", "ACCEPTED"]);
    expect(await signaturesOf(one.identifier)).toEqual([
      ["ISSUE", null],
      ["SUSPEND", one.identifier],
    ]);
    expect(await signaturesOf(two.identifier)).toEqual([
      ["ISSUE", null],
      ["SUSPEND", null],
    ]);
    expect(await signaturesOf(three.identifier)).toEqual([
      ["ISSUE", null],
      ["SUSPEND", three.identifier],
    ]);
  });

  test("of each of two events in the same words is kept (once the second was shown with the first one's)", async () => {
    const { record, identifier } = await house.newLicense();
    const at = (hour: number) => ({ sourceUpdatedAt: `2026-11-20T${hour}:00:00+08:00`, effectiveOn: "2026-11-20" });
    const batch = await Promise.all(
      (["SUSPEND", "REINSTATE", "SUSPEND"] as const).map((operation, place) =>
        signed(event(record, identifier, { operation, reason: "整改", ...at(11 + place) })),
      ),
    );
    expect(outcomes(await house.submit(batch))).toEqual(["ACCEPTED", "ACCEPTED", "ACCEPTED"]);
    const { nodes } = (await read(identifier, "history { nodes { sourceRecordId signature { jws } } }")).history;
    const sources = (nodes as { sourceRecordId: string; signature: { jws: string } | null }[]).map(
      ({ sourceRecordId, signature }) => [sourceRecordId, signature && decodeJwt(signature.jws)["sourceRecordId"]],
    );
    expect(sources.slice(1)).toEqual(batch.map(({ sourceRecordId }) => [sourceRecordId, sourceRecordId]));
  });

  test("goes along with an event that had waited for an identifier another source spent (once it was lost)", async () => {
    const [tobacco] = await house.sql("select department from client where id = 'tobacco'");
    await register("tobacco");
    const { record } = await house.newLicense();
    const identifier = `1.2.156.3005.2.${typeCode}.${record.issuer}.SPENTTWICE.001.0`;
    const standing = { ...record, sourceRecordId: "spent", identifier, number: stranger };
    const owner = { idType: "USCC", id: stranger, name: "另一家" } as const;
    const claim: RawRecord = {
      ...{ ...record, sourceRecordId: "claims-it", identifier, licenseType: "11100000XXXX003181X01" },
      ...{ issuer: String(tobacco?.["department"]), number: "371000000001" },
      attributes: { premises: "威海市甲路1号", supplyUnit: "威海市烟草公司" },
    };
    const waiting = await signed(event(claim, identifier, { operation: "SUSPEND", reason: "停业" }));
    expect(outcomes(await house.submit([waiting], "tobacco"))).toEqual(["PENDING"]);
    expect(outcomes(await house.submit([{ ...standing, holder: owner }]))).toEqual(["ACCEPTED"]);
    expect(outcomes(await house.submit([await signed(claim)], "tobacco"))).toEqual(["IDENTIFIER_TAKEN"]);
    const [row] = await house.sql("select id, conflict_id from conflict_claim where source_record_id = 'claims-it'");
    const { data } = await house.graphql(`{ conflictSides(claim: "${row?.["id"]}") { facts } }`, { as: "operator" });
    const input = { conflict: String(row?.["conflict_id"]), claim: String(row?.["id"]), decision: "BOTH_RIGHT" };
    const decided = await house.graphql(
      "mutation ($input: DecideConflictInput!) { decideConflict(input: $input) { given } }",
      { as: "operator", variables: { input: { ...input, reason: "均属实", facts: data.conflictSides.facts } } },
    );
    expect(decided.errors).toEqual([]);
    const { given } = decided.data.decideConflict;
    expect(await signaturesOf(given)).toEqual([
      ["ISSUE", identifier],
      ["SUSPEND", identifier],
    ]);
    // Nor does whoever reads the license that stands see anything of it.
    const others = await read(identifier, "history { nodes { operation signature { jws } } }", `holder:${stranger}`);
    expect(others.history.nodes).toEqual([{ operation: "ISSUE", signature: null }]);
  });

  test("by a key of two clients holds for what each may say itself, and never for the other's record", async () => {
    await register("tobacco");
    const { record } = await house.newLicense();
    const [mine] = await Promise.all(records(record, 1, "two-clients").map(signed));
    if (!mine) throw new Error("no record");
    expect(outcomes(await house.submit([mine], "tobacco"))).toEqual([expect.not.stringMatching(/ACCEPTED|UNCHANGED/)]);
    expect(outcomes(await house.submit([mine]))).toEqual(["ACCEPTED"]);
  });

  test("is the same whichever door the record comes by, and whatever numbers, names and spellings it holds", async () => {
    const { record } = await house.newLicense();
    const [first, second] = records(record, 2, "doors").map((one, place) => ({
      ...one,
      sourceUpdatedAt: "2026-11-20T09:00:00.000+08:00",
      reason: null,
      attributes: { ...(one.attributes as object), address: `é${"e\u0301"}\u2028${place}` },
    }));
    if (!first || !second) throw new Error("no records");
    const line = JSON.stringify(await signed(first));
    const twice = line.replace('"reason":null', '"reason":"x","reason":null');
    const { body } = await house.server.inject({
      ...{ method: "POST", url: `/ingest?batchId=${randomUUID()}`, payload: `${twice}\n${line}\n` },
      headers: { authorization: `Bearer ${await house.token(client)}`, "content-type": "application/x-ndjson" },
    });
    const [refused, taken] = body.split("\n", 2).map((one) => JSON.parse(one) as object);
    expect(refused).toMatchObject({ outcome: "REJECTED", problems: [{ code: "RECORD_UNREADABLE" }] });
    expect(taken).toMatchObject({ outcome: "ACCEPTED", problems: [] });
    const query =
      "mutation ($input: SubmitLicensesInput!) { submitLicenses(input: $input) { results { outcome problems { code } } } }";
    const variables = { input: { batchId: randomUUID(), records: [await signed(second)] } };
    const { data, errors } = await house.graphql(query, { as: client, variables });
    expect(errors).toEqual([]);
    expect(data.submitLicenses.results).toEqual([{ outcome: "ACCEPTED", problems: [] }]);
    for (const value of [1e21, -0, 5e-324, Number.MAX_SAFE_INTEGER + 2, 0.1 + 0.2])
      for (const text of [JSON.stringify(value), value.toExponential()])
        expect(recordPayload({ ...record, attributes: { value: JSON.parse(text) as number } })).toBe(
          recordPayload({ ...record, attributes: { value } }),
        );
    const proto = JSON.parse('{"__proto__":{"a":null},"constructor":1,"a":{"b":null}}') as object;
    expect(recordPayload({ ...record, attributes: proto })).toContain(
      '"attributes":{"__proto__":{"a":null},"a":{"b":null},"constructor":1}',
    );
  });

  test("is read for the changes on a page, however many others the license has (once all of them were)", async () => {
    const { record, identifier } = await house.newLicense();
    const suspension = { operation: "SUSPEND", reason: "整改" } as const;
    expect(outcomes(await house.submit([await signed(event(record, identifier, suspension))]))).toEqual(["ACCEPTED"]);
    await house.sql(
      `insert into record_signature (identifier, content_digest, submission_id, source_updated_at, client_id, kid, jws)
         select identifier, content_digest, gen_random_uuid(), source_updated_at, client_id, kid, repeat('x', 60000)
         from record_signature cross join generate_series(1, 6000) where identifier = $1`,
      [identifier],
    );
    expect(await signaturesOf(identifier)).toEqual([
      ["ISSUE", null],
      ["SUSPEND", identifier],
    ]);
    await house.sql("delete from record_signature where jws like 'xxx%'");
  });

  test("of many licenses costs one statement, however many", async () => {
    const count = async (first: number) => {
      house.statements.length = 0;
      const { errors } = await house.graphql(
        `query ($purpose: PurposeInput!) { enterprise(uscc: "${holder}") { licenses(first: ${first}, purpose: $purpose) {
          nodes { corrections { field } history { nodes { signature { kid } } } } } } }`,
        { as: `holder:${holder}`, variables: { purpose } },
      );
      expect(errors).toEqual([]);
      return house.statements.length;
    };
    expect(await count(10)).toBe(await count(2));
  });
});

describe("a signed record that can not be read as text", () => {
  const deep = (levels: number) => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`) as unknown;
  const nasty: [string, (record: RawRecord) => RawRecord][] = [
    ["half a character in an attribute", (record) => ({ ...record, attributes: { businessScope: "\ud800" } })],
    ["half a character as the name of one", (record) => ({ ...record, attributes: { "\ud800": 1 } })],
    ["half a character in its id", (record) => ({ ...record, sourceRecordId: "\ud800" })],
    ["half a character in its reason", (record) => ({ ...record, reason: "\ud800" })],
    [
      "half a character in its holder",
      (record) => ({ ...record, holder: { idType: "USCC", id: holder, name: "\ud800" } }),
    ],
    ["attributes in attributes", (record) => ({ ...record, attributes: { businessScope: deep(4_000) } })],
    [
      "attributes that are a prototype",
      (record) => ({ ...record, attributes: JSON.parse('{"__proto__":{"toJSON":1}}') as object }),
    ],
  ];
  test.each(nasty)("because of %s is refused alone (once it stopped its batch)", async (_, make) => {
    const { record } = await house.newLicense();
    const [good] = records(record, 1, randomUUID());
    if (!good) throw new Error("no record");
    const bad = { ...make(record), signature: "a..b" };
    expect(outcomes(await house.submit([bad, good]))).toEqual([expect.not.stringMatching(/ACCEPTED/), "ACCEPTED"]);
    const { statusCode, body } = await house.server.inject({
      ...{ method: "POST", url: `/ingest?batchId=${randomUUID()}` },
      payload: `${JSON.stringify(bad)}\n${JSON.stringify({ ...good, sourceRecordId: "again" })}\n`,
      headers: { authorization: `Bearer ${await house.token(client)}`, "content-type": "application/x-ndjson" },
    });
    expect(statusCode).toBe(200);
    expect(JSON.parse(body.split("\n")[1] ?? "")).toMatchObject({ outcome: "UNCHANGED" });
  });
});

describe("an objection", () => {
  test("to a field there is none of tells that the license is there, and so is on record (once it was not)", async () => {
    const { identifier } = await house.newLicense();
    const before = await house.sql("select count(*)::int as n from access_record");
    expect(code(await house.object(identifier, { field: "attributes.none" }))).toBe("INPUT_INVALID");
    const after = await house.sql(
      "select identifiers, attributes, client_id, outcome from access_record order by id desc limit 1",
    );
    expect(await house.sql("select count(*)::int as n from access_record")).toEqual([
      { n: Number(before[0]?.["n"]) + 1 },
    ]);
    expect(after).toEqual([
      { identifiers: [identifier], attributes: [""], client_id: "transport", outcome: "DISCLOSED" },
    ]);
  });
});

const records = (from: RawRecord, count: number, prefix: string): RawRecord[] =>
  Array.from({ length: count }, (_, place) => ({
    ...from,
    sourceRecordId: `${prefix}-${place}`,
    attributes: { ...(from.attributes as object), businessScope: `${prefix}-${place}` },
  }));

describe("a clerk who looks at a conflict", () => {
  test("sees no resident identity in the ids sources give their records either (once it did)", async () => {
    const person = "371002199001011233";
    const { record } = await house.newLicense();
    const identifier = `1.2.156.3005.2.${typeCode}.${record.issuer}.MASKEDTWICE.001.0`;
    await house.submit([
      {
        ...record,
        sourceRecordId: person,
        identifier,
        attributes: { ...(record.attributes as object), address: "一号" },
      },
    ]);
    const claim = {
      ...record,
      sourceRecordId: `档-${person}`,
      identifier,
      attributes: { ...(record.attributes as object), address: "二号" },
    };
    expect(outcomes(await house.submit([claim]))).toEqual(["IDENTIFIER_TAKEN"]);
    const asked = [
      "{ identifierConflicts { nodes { claims { id sourceRecordId } } } }",
      `{ conflictSides(claim: "${(await house.sql("select max(id) as id from conflict_claim"))[0]?.["id"]}") {
        facts conflict claim { id sourceRecordId } standing { sourceRecordId } claimContent standingContent } }`,
    ];
    const [list, sides] = await Promise.all(asked.map((query) => house.graphql(query, { as: "operator" })));
    const { facts, conflict, claim: found, standing } = sides?.data.conflictSides ?? {};
    expect([found.sourceRecordId, standing.sourceRecordId]).toEqual(["档-3710************33", "3710************33"]);
    const decided = await house.graphql(
      "mutation ($input: DecideConflictInput!) { decideConflict(input: $input) { sourceRecordId } }",
      {
        as: "operator",
        variables: { input: { conflict, claim: found.id, decision: "KEEP_STANDING", reason: "不采纳", facts } },
      },
    );
    const audited = await house.graphql("{ conflictDecisions { nodes { sourceRecordId } } }", { as: "auditor" });
    expect(audited.data.conflictDecisions.nodes).not.toEqual([]);
    expect(JSON.stringify([list, sides, decided, audited])).not.toContain(person);
  });
});

describe("batches of two departments about the same holders", () => {
  test("in opposite orders wait for each other, and in no ring", async () => {
    const [tobacco] = await house.sql("select department from client where id = 'tobacco'");
    const holders = await house.sql("select code, name from holder where id_type = 'USCC' order by code limit 40");
    const { record } = await house.newLicense();
    const batch = (isTobacco: boolean, round: number): RawRecord[] => {
      const all = holders.map(
        (one, place): RawRecord => ({
          ...{ ...record, sourceRecordId: `ring-${round}-${place}`, number: String(one["code"]) },
          holder: { idType: "USCC", id: String(one["code"]), name: `${one["name"]}${isTobacco ? "甲" : ""}` },
          ...(isTobacco
            ? {
                ...{ licenseType: "11100000XXXX003181X01", issuer: String(tobacco?.["department"]) },
                ...{ number: String(371_000_000_000 + round * 1_000 + place) },
                attributes: { premises: `甲路${round}-${place}号`, supplyUnit: "威海市烟草公司" },
              }
            : { attributes: { ...(record.attributes as object), businessScope: `${round}-${place}` } }),
        }),
      );
      return isTobacco ? all.toReversed() : all;
    };
    await house.sql("update holder set name_license = null");
    const deadlocks = async () =>
      (await house.sql("select deadlocks from pg_stat_database where datname = current_database()"))[0]?.["deadlocks"];
    const before = await deadlocks();
    const seen = new Set<string>();
    // Slowly, so that both are in the middle of it.
    await house.sql(
      `create function slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(0.01); return new; end $$`,
    );
    await house.sql("create trigger slowly before insert or update on holder for each row execute function slowly()");
    for (const round of [1, 2]) {
      const both = await Promise.all([house.submit(batch(false, round)), house.submit(batch(true, round), "tobacco")]);
      for (const one of both.flatMap(outcomes)) seen.add(one);
    }
    await house.sql("select pg_stat_clear_snapshot()");
    await house.sql("drop trigger slowly on holder");
    expect([...seen].toSorted()).toEqual(["ACCEPTED", "HOLDER_NAME_MISMATCH"]);
    // A connection has told all it counted when it is gone.
    await house.sql(`select pg_terminate_backend(pid, 10000) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    await house.sql("select pg_stat_clear_snapshot()");
    expect(await deadlocks()).toBe(before);
  });
});

describe("a statement that fails in the middle of a batch", () => {
  test.each(["holder", "license_event", "record_signature", "submission", "license", "source_record"])(
    "%s",
    async (table) => {
      const { record } = await house.newLicense();
      const tables = await house.sql("select tablename from pg_tables where schemaname = 'public' order by 1");
      if (!tables.some((row) => row["tablename"] === table))
        throw new Error(JSON.stringify(tables.map((row) => row["tablename"])));
      const before = await house.sql(
        "select (select count(*) from license) as l, (select count(*) from license_event) as e, (select count(*) from submission) as s",
      );
      await house.sql(`alter table "${table}" add constraint never check (false) not valid`);
      const batch = await Promise.all(records(record, 300, `fail-${table}`).map(signed));
      const failed = await Promise.allSettled([1, 2, 3].map(() => house.submit(batch)));
      await house.sql(`alter table "${table}" drop constraint never`);
      expect(failed.map((one) => one.status === "rejected" && one.reason.code)).toEqual(["23514", "23514", "23514"]);
      expect(
        await house.sql(
          "select (select count(*) from license) as l, (select count(*) from license_event) as e, (select count(*) from submission) as s",
        ),
      ).toEqual(before);
      expect(new Set(outcomes(await house.submit(batch)))).toEqual(new Set(["ACCEPTED"]));
      expect(
        await house.sql(
          "select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
        ),
      ).toEqual([]);
    },
  );
});

describe("a request that ends in the middle of a batch", () => {
  test("leaves nothing, and a connection that goes on", async () => {
    const { record } = await house.newLicense();
    const batch = await Promise.all(records(record, 200, "late").map(signed));
    await house.sql("begin");
    await house.sql("lock table license_event in share mode");
    const query = "mutation ($input: SubmitLicensesInput!) { submitLicenses(input: $input) { accepted } }";
    const answer = await house.graphql(query, {
      as: client,
      variables: { input: { batchId: "late", records: batch } },
    });
    await house.sql("commit");
    expect(code(answer)).toBe("DEADLINE_PASSED");
    const busy = `select state, query from pg_stat_activity where datname = current_database()
      and (state like 'idle in transaction%' or state = 'active') and pid <> pg_backend_pid()`;
    for (let tries = 0; (await house.sql(busy)).length > 0 && tries < 500; tries++) await setTimeout(10);
    expect(await house.sql(busy)).toEqual([]);
    expect(await house.sql("select 1 from submission where batch_id = 'late'")).toEqual([]);
    const again = await Promise.all(
      Array.from({ length: 12 }, (_, n) => house.submit(records(record, 3, `after-${n}`))),
    );
    expect(new Set(again.flatMap(outcomes))).toEqual(new Set(["ACCEPTED"]));
  });
});

describe("what an outsider chooses", () => {
  test("is refused as the mistake it is, whatever number or text it may be", async () => {
    const asked: [string, string][] = [
      ["operator", "{ identifierConflicts(filter: { olderThanDays: 2147483647 }) { nodes { id } } }"],
      ["operator", "{ identifierConflicts(filter: { olderThanDays: -1 }) { nodes { id } } }"],
      ["operator", '{ identifierConflicts(filter: { department: "\\u0000" }) { nodes { id } } }'],
      ["operator", '{ conflictSides(claim: "999999999999999") { facts } }'],
      ["operator", '{ conflictSides(claim: "9999999999999999999999") { facts } }'],
      ["operator", '{ conflictSides(claim: "\\u0000") { facts } }'],
      ["operator", '{ conflictDecisions(conflict: "99999999999999999999") { nodes { id } } }'],
      ["operator", "{ conflictDecisions(first: 1000000) { nodes { id } } }"],
      ["operator", "{ identifierConflicts(first: 1000000) { nodes { id } } }"],
      ["operator", "{ identifierConflicts(first: -1) { nodes { id } } }"],
      [client, "{ corrections(first: 1000000) { nodes { id } } }"],
      [client, '{ corrections(after: "OTk5OTk5OTk5OTk5OTk5OTk5OTk5") { nodes { id } } }'],
      [client, '{ corrections(filter: { licenseType: "\\u0000" }) { nodes { id } } }'],
      [client, 'mutation { answerCorrection(id: "\\u0000", answer: ACCEPTED, reason: "属实") { id } }'],
      [client, 'mutation { answerCorrection(id: "99999999999999999999", answer: ACCEPTED, reason: "属实") { id } }'],
      ["operator", 'mutation { addRecordKeys(input: { client: "\\u0000", keys: [] }) { id } }'],
      ["operator", 'mutation { addRecordKeys(input: { client: "approval-bureau", keys: [null, 1, "x", []] }) { id } }'],
      ["operator", 'mutation { retireRecordKey(input: { client: "approval-bureau", kid: "\\u0000" }) { id } }'],
      ["operator", 'mutation { setUnsignedRecords(client: "\\u0000", policy: REFUSED) { id } }'],
      ["operator", 'mutation { setUnsignedRecords(client: "operator", policy: REFUSED) { id } }'],
      [
        "operator",
        'mutation { decideConflict(input: { conflict: "1", claim: "1", decision: BOTH_RIGHT, reason: "\\u202e\\u0000", facts: "x" }) { id } }',
      ],
      [
        "transport",
        `mutation { objectToLicense(input: { license: "\\u0000", field: "number", reason: "不符", purpose: { procedure: "${purpose.procedure}", caseNumber: "C", reason: "核验" } }) { id } }`,
      ],
    ];
    const seen: unknown[] = [];
    for (const [as, query] of asked) {
      const { errors, data } = await house.graphql(query, { as });
      seen.push([query.slice(0, 60), errors[0]?.extensions.code ?? data]);
    }
    expect(JSON.stringify(seen)).not.toMatch(/INTERNAL|BUSY/);
  });
});
