import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { standardLimits as limits } from "../../src/limits.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";

let house: TestHub;
beforeAll(async () => {
  house = await openTestHub({ demo: false });
});
afterAll(() => house.close());

const post = (payload: string | Buffer, headers: Record<string, string> = { "content-type": "application/json" }) =>
  house.server.inject({ method: "POST", url: "/graphql", headers, payload });
const codeOf = (response: { json: () => { errors: { extensions: { code: string } }[] } }) =>
  response.json().errors[0]?.extensions.code;

describe("POST /graphql", () => {
  test("answers a query, and tells caches to keep nothing", async () => {
    const response = await post(JSON.stringify({ query: "{ departments { code } }" }));
    expect(response.statusCode).toBe(200);
    expect(response.headers["cache-control"]).toBe("no-store");
    expect(response.headers["x-content-type-options"]).toBe("nosniff");
  });

  test.each([
    ["a syntax error", '{"query":"{"}', 400, "GRAPHQL_PARSE_FAILED"],
    ["a field that is not there", '{"query":"{ nothing }"}', 400, "GRAPHQL_VALIDATION_FAILED"],
    ["a body that is no JSON", "{", 400, "BAD_REQUEST"],
    ["an empty body", "", 400, "BAD_REQUEST"],
    ["a batch", '[{"query":"{ departments { code } }"}]', 400, "BAD_REQUEST"],
    [
      "two operations",
      '{"query":"query A { departments { code } } query B { departments { code } }"}',
      400,
      "QUERY_MANY_OPERATIONS",
    ],
    ["a page too large", '{"query":"{ procedures(first: 101) { nodes { code } } }"}', 400, "PAGE_TOO_LARGE"],
    [
      "thousands of aliases",
      JSON.stringify({
        query: `{ ${Array.from({ length: 6_000 }, (_, n) => `a${n}: departments { code }`).join(" ")} }`,
      }),
      400,
      "QUERY_TOO_LONG",
    ],
  ])("refuses %s with its code", async (_name, payload, status, code) => {
    const response = await post(payload);
    expect([response.statusCode, codeOf(response)]).toEqual([status, code]);
    expect(response.json().errors[0].extensions.messageZh).toMatch(/[\u4e00-\u9fff]/);
  });

  test("tells a client that sends a hash alone to send the query, as clients of persisted queries expect to hear it", async () => {
    const hash = createHash("sha256").update("{ departments { code } }").digest("hex");
    const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
    const first = await post(JSON.stringify({ operationName: "Q", variables: {}, extensions }));
    expect([first.statusCode, first.headers["cache-control"]]).toEqual([200, "no-store"]);
    expect(first.json()).toEqual({
      errors: [
        {
          message: "PersistedQueryNotSupported",
          extensions: { code: "PERSISTED_QUERY_NOT_SUPPORTED", messageZh: expect.any(String) },
        },
      ],
    });
    const second = await post(JSON.stringify({ query: "{ departments { code } }", extensions }));
    expect([second.statusCode, second.json().errors]).toEqual([200, undefined]);
  });

  test("refuses a cursor of its own making by the caller", async () => {
    const response = await post(JSON.stringify({ query: '{ procedures(after: "abc") { nodes { code } } }' }));
    expect(codeOf(response)).toBe("CURSOR_INVALID");
  });

  test("refuses another media type, before and instead of running anything", async () => {
    const response = await post("query={ departments { code } }", {
      "content-type": "application/x-www-form-urlencoded",
    });
    expect([response.statusCode, codeOf(response)]).toEqual([415, "MEDIA_TYPE"]);
    const plain = await post('{"query":"{ departments { code } }"}', { "content-type": "text/plain" });
    expect(plain.statusCode).toBeGreaterThanOrEqual(400);
  });

  test("reads no more of a stranger than a stranger needs, and of nobody more than 8 MiB", async () => {
    const large = JSON.stringify({
      query: "{ departments { code } }",
      variables: { x: "x".repeat(limits.maxAnonymousBodyBytes) },
    });
    const stranger = await post(large);
    expect([stranger.statusCode, codeOf(stranger)]).toEqual([413, "BODY_TOO_LARGE"]);
    const authorization = `Bearer ${await house.token("education")}`;
    const known = await post(large, { "content-type": "application/json", authorization });
    expect(known.statusCode).toBe(200);
    const huge = await post(Buffer.alloc(limits.maxBodyBytes + 1, 0x20), {
      "content-type": "application/json",
      authorization,
    });
    expect([huge.statusCode, codeOf(huge)]).toEqual([413, "BODY_TOO_LARGE"]);
  });

  test("counts a body that does not tell its length, and takes it when it is small", async () => {
    const chunked = (text: string) =>
      house.server.inject({
        method: "POST",
        url: "/graphql",
        headers: { "content-type": "application/json" },
        payload: Readable.from([text]),
      });
    expect((await chunked(JSON.stringify({ query: "{ departments { code } }" }))).statusCode).toBe(200);
    const large = await chunked(" ".repeat(limits.maxAnonymousBodyBytes + 1));
    expect([large.statusCode, codeOf(large)]).toEqual([413, "BODY_TOO_LARGE"]);
  });

  test("takes a bad date in a record for that record's problem, not the request's", async () => {
    const query = `mutation ($input: SubmitLicensesInput!) { submitLicenses(input: $input) { rejected results { problems { code path severity message messageZh } } } }`;
    const record = {
      sourceRecordId: "1",
      operation: "ISSUE",
      sourceUpdatedAt: "yesterday",
      licenseType: "x",
      issuer: "y",
    };
    const answer = await house.graphql(query, {
      as: "education",
      variables: { input: { batchId: "b", records: [record] } },
    });
    expect(answer.errors).toEqual([]);
    const { problems } = answer.data.submitLicenses.results[0];
    expect(problems).toContainEqual(
      expect.objectContaining({ code: "DATE_INVALID", path: "sourceUpdatedAt", severity: "ERROR" }),
    );
  });

  test("answers an error nobody foresaw with INTERNAL and an id, and nothing else", async () => {
    await house.sql("alter table region rename to region_gone");
    await house.sql("alter table permit_item rename to permit_item_gone");
    const answer = await house.graphql("{ permitItems { nodes { code } } }");
    await house.sql("alter table permit_item_gone rename to permit_item");
    await house.sql("alter table region_gone rename to region");
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors[0].extensions).toMatchObject({
      code: "INTERNAL",
      details: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    expect(JSON.stringify(answer.errors)).not.toMatch(/permit_item|select|stack|\.ts/);
  });
});

describe("the other addresses", () => {
  test("say alive and ready, and publish every public key and no secret", async () => {
    expect((await house.server.inject("/healthz")).json()).toEqual({ status: "alive" });
    expect((await house.server.inject("/readyz")).statusCode).toBe(200);
    const keys = (await house.server.inject("/.well-known/jwks.json")).json().keys;
    expect(keys.map((key: { purpose: string }) => key.purpose).sort()).toEqual([
      ...["license", "log", "receipt", "status", "token", "token"],
    ]);
    for (const key of keys) expect(Object.keys(key)).not.toContain("d");
  });

  test("answer 404 with a code where nothing is", async () => {
    for (const url of ["/nothing", "/graphql/", "/reconciliations/1", "/oauth"]) {
      const response = await house.server.inject(url);
      expect([response.statusCode, codeOf(response)]).toEqual([404, "NOT_FOUND"]);
      expect(response.headers.allow).toBeUndefined();
    }
  });

  test.each([
    ["GET", "/graphql?query={departments{code}}", "POST"],
    ["GET", "/ingest", "POST"],
    ["POST", "/healthz", "GET, HEAD"],
    ["DELETE", "/.well-known/jwks.json", "GET, HEAD"],
    ["PUT", "/log/tile/0/000", "GET, HEAD"],
    ["GET", "/reconciliations/1/records", "POST"],
    ["PATCH", "/access-records.csv", "GET, HEAD"],
  ] as const)("answer 405 to %s at %s, and name what is taken there", async (method, url, allow) => {
    const response = await house.server.inject({ method, url });
    expect([response.statusCode, codeOf(response), response.headers.allow]).toEqual([405, "METHOD_NOT_ALLOWED", allow]);
    expect(response.headers["cache-control"]).toBe("no-store");
  });

  test("say not ready while the database lacks a migration", async () => {
    await house.sql("alter table mikro_orm_migrations rename to gone");
    const response = await house.server.inject("/readyz");
    await house.sql("drop table if exists mikro_orm_migrations");
    await house.sql("alter table gone rename to mikro_orm_migrations");
    expect(response.statusCode).toBe(503);
  });
});
