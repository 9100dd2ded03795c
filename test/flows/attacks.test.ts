import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { readRecordFile } from "../../src/store/catalogue/catalogue-files.ts";
import { department, openTestHub, type TestHub } from "../setup/hub.ts";

// Each of these once worked.

const tobacco = "11100000XXXX003181X01";
let house: TestHub;
let sample: RawRecord;
beforeAll(async () => {
  house = await openTestHub();
  const records = await readRecordFile(join(import.meta.dirname, "../../migrations/data/demo/licenses.ndjson"));
  const found = records.find((record) => record.licenseType === tobacco);
  if (!found) throw new Error("no sample");
  const { identifier: _identifier, ...rest } = found;
  sample = rest;
});
afterAll(() => house.close());

const mk = (sourceRecordId: string, changes: Partial<RawRecord> = {}): RawRecord => ({
  ...{ ...sample, attributes: { premises: `甲${sourceRecordId.replace(/[^\w-]/g, "")}`, supplyUnit: "乙" } },
  ...{ sourceRecordId, ...changes },
});
const event = (identifier: string, at: string, changes: Partial<RawRecord> = {}): RawRecord => ({
  ...{ sourceRecordId: `e-${at}`, operation: "SUSPEND", sourceUpdatedAt: at, identifier, licenseType: tobacco },
  ...{ issuer: sample.issuer, effectiveOn: "2026-11-01", ...changes },
});
const submit = (batchId: string, records: readonly RawRecord[]) =>
  house.hub.submitLicenses(department("tobacco"), { batchId, records });
const outcomes = (answer: Awaited<ReturnType<typeof submit>>) =>
  answer.results.map(
    ({ outcome, problems }) => problems.find((problem) => problem.code !== "IDENTIFIER_CHECK")?.code ?? outcome,
  );
const stateOf = async (identifier: string) =>
  (await house.sql("select state from license where identifier = $1", [identifier]))[0]?.["state"];
const code = (answer: { errors: { extensions: { code: string } }[] }) => answer.errors[0]?.extensions.code;
const why = `purpose: { procedure: "food-operation-new", caseNumber: "ORACLE", reason: "试探" }`;

describe("whether a license exists", () => {
  test("does not show in the access record of a refusal that its own asker reads", async () => {
    const [row] = await house.sql("select identifier, holder_code from license where type_code = $1 limit 1", [
      tobacco,
    ]);
    for (const identifier of [row?.["identifier"], "NO.SUCH"])
      await house.graphql(`{ license(identifier: "${identifier}", ${why}) { number } }`, { as: "approval-bureau" });
    const ask = async (filter: string) => {
      const query = `{ accessRecords(filter: { ${filter} }) { nodes { holder refusal outcome } } }`;
      return (await house.graphql(query, { as: "approval-bureau" })).data.accessRecords.nodes;
    };
    const [second, first] = await ask('caseNumber: "ORACLE"');
    expect(first).toEqual(second);
    expect(await ask(`caseNumber: "ORACLE", holder: "${row?.["holder_code"]}"`)).toEqual([]);
    const own = await house.graphql("{ accessRecords { nodes { refusal } } }", {
      as: `holder:${row?.["holder_code"]}`,
    });
    expect(own.data.accessRecords.nodes).toContainEqual({ refusal: "NOT_FOUND" });
  });

  test("is not told by a count that follows the filters, nor by asking for a type the procedure does not need", async () => {
    const [row] = await house.sql("select holder_code from license where type_code = $1 limit 1", [tobacco]);
    const ask = async (filter: string) => {
      const query = `{ enterprise(uscc: "${row?.["holder_code"]}") { licenses(${why}, ${filter}) { withheldCount } } }`;
      return house.graphql(query, { as: "approval-bureau" });
    };
    const counts = [await ask("states: [REVOKED]"), await ask("states: [VALID]"), await ask("types: []")];
    expect(new Set(counts.map((answer) => answer.data.enterprise.licenses.withheldCount)).size).toBe(1);
    const refused = await ask(`types: ["${tobacco}"]`);
    expect(refused.errors[0].extensions).toMatchObject({ code: "PURPOSE_EXCEEDED", details: { types: [tobacco] } });
  });

  test("is not told, unrecorded, by a claim that can not be compared", async () => {
    const [row] = await house.sql(
      "select identifier, holder_name from license where holder_code = '91371002XXXX0030XC' and type_code = '11100000MB0143028R001'",
    );
    const ask = (identifier: unknown, name: unknown) =>
      house.graphql("query ($i: ID!, $c: JSON!) { confirmLicense(identifier: $i, claims: $c) { confirmed } }", {
        as: "approval-bureau",
        variables: { i: identifier, c: { "holder.name": name, number: "\ud800" } },
      });
    const answers = [
      await ask(row?.["identifier"], row?.["holder_name"]),
      await ask(row?.["identifier"], "x"),
      await ask("NO.SUCH", "x"),
    ];
    expect(answers.map(code)).toEqual(["INPUT_INVALID", "INPUT_INVALID", "INPUT_INVALID"]);
  });

  test("is not told by the order in which a record's faults are found", async () => {
    const [row] = await house.sql("select identifier from license where type_code = '11100000MB0143028R001' limit 1");
    const probe = (identifier: string, id: string) =>
      mk(id, { operation: "RENEW", identifier, predecessor: "NO.SUCH" });
    const answer = await submit("oracle", [
      probe(String(row?.["identifier"]), "o1"),
      probe(`${row?.["identifier"]}X`, "o2"),
    ]);
    expect(outcomes(answer)).toEqual(["PREDECESSOR_NOT_FOUND", "PREDECESSOR_NOT_FOUND"]);
  });
});

describe("one record", () => {
  test.each(["a\u0000b", "a\ud800b"])("with a broken source id does not stop the others", async (id) => {
    const answer = await submit(`nul-${id.length}-${id.charCodeAt(1)}`, [mk(`good-${id.charCodeAt(1)}`), mk(id)]);
    expect(outcomes(answer)).toEqual(["ACCEPTED", "TEXT_CONTROL_CHARACTER"]);
  });

  test("that renews into an identifier which stands already gets another one", async () => {
    const first = (await submit("next-1", [mk("next")])).results[0]?.identifier ?? "";
    const renew = (id: string, changes: Partial<RawRecord> = {}) =>
      mk(id, {
        operation: "RENEW",
        predecessor: first,
        issuedOn: "2026-11-02",
        sourceUpdatedAt: "2026-11-02T10:00:00+08:00",
        ...changes,
      });
    const taken = first.replace(/\.001\..$/, ".002.0");
    const parts = taken.split(".");
    await house.sql("update license set identifier = identifier where identifier = $1", [parts.join(".")]);
    const second = (await submit("next-2", [renew("next-b")])).results[0]?.identifier ?? "";
    await house.sql("update license set successor = null, state = 'VALID' where identifier = $1", [first]);
    const third = await submit("next-3", [renew("next-c"), mk("innocent")]);
    expect(outcomes(third)).toEqual(["ACCEPTED", "ACCEPTED"]);
    expect(third.results[0]?.identifier).not.toBe(second);
  });

  test("is not spoiled by another client's source id, nor stored twice under two of its own", async () => {
    const [row] = await house.sql(
      "select identifier, source_record_id from license where type_code = '11100000MB0143028R001' limit 1",
    );
    const foreign = mk(String(row?.["source_record_id"]));
    const answer = await submit("foreign-id", [
      event(String(row?.["identifier"]), "2026-11-01T10:00:00+08:00"),
      foreign,
    ]);
    expect(outcomes(answer)).toEqual(["PENDING", "ACCEPTED"]);
    const again = await submit("twice", [{ ...foreign, sourceRecordId: "another" }]);
    expect(outcomes(again)).toEqual(["UNCHANGED"]);
    expect(again.results[0]?.identifier).toBe(answer.results[1]?.identifier);
  });

  test("without an end is one without validUntil, not one with an empty text", async () => {
    expect(outcomes(await submit("endless", [mk("endless", { validUntil: "" })]))).toEqual(["FIELD_MISSING"]);
  });

  test("with five thousand attributes is too large before anything looks at them", async () => {
    const attributes = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, 0]));
    expect(outcomes(await submit("wide", [mk("wide", { attributes })]))).toEqual(["RECORD_TOO_LARGE"]);
  });
});

describe("events that come early", () => {
  test("are kept when sent again newer, and the newer one counts", async () => {
    const suspend = (at: string) => event("EARLY.1", at, { effectiveOn: "2026-11-01" });
    expect(outcomes(await submit("early-1", [suspend("2010-01-01T10:00:00+08:00")]))).toEqual(["PENDING"]);
    expect(outcomes(await submit("early-2", [suspend("2026-11-01T10:00:00+08:00")]))).toEqual(["PENDING"]);
    await submit("early-3", [mk("early", { identifier: "EARLY.1" })]);
    expect(await stateOf("EARLY.1")).toBe("SUSPENDED");
  });

  test("of the same batch are applied in the order of their source, before what follows them", async () => {
    const identifier = "EARLY.2";
    const answer = await submit("order", [
      event(identifier, "2026-11-01T09:00:00+08:00"),
      mk("order", { identifier }),
      event(identifier, "2026-11-01T10:00:00+08:00", { operation: "REINSTATE" }),
    ]);
    expect(outcomes(answer)).toEqual(["ACCEPTED", "ACCEPTED", "ACCEPTED"]);
    expect(await stateOf(identifier)).toBe("VALID");
  });
});

describe("odd requests", () => {
  test.each([
    ["NUL in an argument", `{ procedure(code: "a\\u0000") { code } }`, "INPUT_INVALID"],
    [
      "an unknown representation",
      `{ _entities(representations: [{ __typename: "timeout" }]) { __typename } }`,
      "BAD_USER_INPUT",
    ],
    ["a representation that is none", `{ _entities(representations: ["x"]) { __typename } }`, "BAD_USER_INPUT"],
    [
      "sixty verifications at once",
      `{ ${Array.from({ length: 10 }, (_, n) => `a${n}: verifyLicense(token: "x") { outcome }`).join(" ")} }`,
      "QUERY_TOO_COSTLY",
    ],
  ])("with %s get a code of their own, never INTERNAL", async (_name, query, expected) => {
    expect(code(await house.graphql(query))).toBe(expected);
  });

  test("with a forged cursor or another operation's name get theirs too", async () => {
    for (const position of ["9999-99-99 x", "2020-01-01 a\u0000"]) {
      const after = Buffer.from(position).toString("base64url");
      const query = `{ enterprise(uscc: "91371002XXXX0030XC") { licenses(${why}, after: "${after}") { nodes { number } } } }`;
      expect(["CURSOR_INVALID", "INPUT_INVALID"]).toContain(
        code(await house.graphql(query, { as: "approval-bureau" })),
      );
    }
    const payload = { query: "query A { __typename }", operationName: "B" };
    const response = await house.server.inject({ method: "POST", url: "/graphql", payload });
    expect([response.statusCode, response.json().errors[0].extensions.code]).toEqual([400, "BAD_REQUEST"]);
    const bad = await house.server.inject("/%zz");
    expect([bad.statusCode, bad.json().errors[0].extensions.code]).toEqual([400, "BAD_REQUEST"]);
  });
});
