import { once } from "node:events";
import { Agent, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openTestHub, type TestHub } from "../setup/hub.ts";

// Everything here is sent without a token and with one. Times are measured by `npm run bench -- limits`.

let house: TestHub;
let token: string;
beforeAll(async () => {
  house = await openTestHub({ demo: false, limits: { maxHeaderMs: 1_000, maxBodyIdleMs: 500, maxBodyMs: 1_500 } });
  token = await house.token("education");
  await house.server.listen({ port: 0, host: "127.0.0.1" });
});
afterAll(() => house.close());

const json = { "content-type": "application/json" };
const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(" ");
const query = (text: string, variables?: object) => JSON.stringify({ query: text, variables });
const nested = (depth: number, open: string, close: string) => `${open.repeat(depth)}1${close.repeat(depth)}`;
const doubling = `{ ...F0 } ${times(30, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)} fragment F30 on Query { __typename }`;
const references = JSON.stringify(Array.from({ length: 10_000 }, () => ({ __typename: "Enterprise", uscc: "1" })));
const entities = "query ($all: [_Any!]!) { _entities(representations: $all) { __typename } }";

type Attack = readonly [name: string, body: string | Buffer, stranger: string, known: string, headers?: object];
const attacks: readonly Attack[] = [
  ["10 MB of white space", Buffer.alloc(10_000_000, 0x20), "413 BODY_TOO_LARGE", "413 BODY_TOO_LARGE"],
  ["100 KB of white space", " ".repeat(100_000), "400 BAD_REQUEST", "400 BAD_REQUEST"],
  ["a body of brackets", nested(90_000, "[", "]"), "400 BAD_REQUEST", "400 BAD_REQUEST"],
  ["a body of objects", nested(10_000, '{"a":', "}"), "400 BAD_REQUEST", "400 BAD_REQUEST"],
  [
    "a million empty objects",
    `{"query":"{ __typename }","variables":{"x":[${"{},".repeat(1_000_000)}0]}}`,
    "413 BODY_TOO_LARGE",
    "400 BAD_REQUEST",
  ],
  [
    "variables too deep",
    `{"query":"{ __typename }","variables":${nested(100, "[", "]")}}`,
    "400 BAD_REQUEST",
    "400 BAD_REQUEST",
  ],
  ["a name of 1 MB", query(`{ ${"a".repeat(1_000_000)} }`), "413 BODY_TOO_LARGE", "400 QUERY_TOO_LONG"],
  ["a name of 20 KB", query(`{ ${"a".repeat(20_000)} }`), "400 QUERY_TOO_LONG", "400 QUERY_TOO_LONG"],
  [
    "a string of 1 MB",
    query(`{ license(identifier: "${"a".repeat(1_000_000)}") { number } }`),
    "413 BODY_TOO_LARGE",
    "400 QUERY_TOO_LONG",
  ],
  [
    "10,000 aliases",
    query(`{ ${times(10_000, (i) => `a${i}: __typename`)} }`),
    "400 QUERY_TOO_LONG",
    "400 QUERY_TOO_LONG",
  ],
  [
    "600 aliases",
    query(`{ ${times(600, (i) => `a${i}: __typename`)} }`),
    "400 QUERY_TOO_MANY_ALIASES",
    "400 QUERY_TOO_MANY_ALIASES",
  ],
  ["10,000 fields", query(`{ ${"a ".repeat(10_000)} }`), "400 QUERY_TOO_LONG", "400 QUERY_TOO_LONG"],
  [
    "10,000 representations",
    `{"query":"${entities}","variables":{"all":${references}}}`,
    "413 BODY_TOO_LARGE",
    "400 PAGE_TOO_LARGE",
  ],
  [
    "100 directives",
    query(`{ __typename ${"@include(if: true) ".repeat(100)} }`),
    "400 QUERY_DIRECTIVES",
    "400 QUERY_DIRECTIVES",
  ],
  ["fragments that double", query(doubling), "400 QUERY_TOO_COSTLY", "400 QUERY_TOO_COSTLY"],
  ["depth 50", query(`${"{a".repeat(50)}${"}".repeat(50)}`), "400 QUERY_TOO_DEEP", "400 QUERY_TOO_DEEP"],
  [
    "a batch",
    JSON.stringify(Array.from({ length: 1_000 }, () => ({ query: "{__typename}" }))),
    "400 BAD_REQUEST",
    "400 BAD_REQUEST",
  ],
  ["an empty batch", "[]", "400 BAD_REQUEST", "400 BAD_REQUEST"],
  ["nothing", "", "400 BAD_REQUEST", "400 BAD_REQUEST"],
  ["a word", '"query"', "400 BAD_REQUEST", "400 BAD_REQUEST"],
  ["a query that is a number", '{"query":1}', "400 BAD_REQUEST", "400 BAD_REQUEST"],
  ["variables that are a list", '{"query":"{__typename}","variables":[]}', "400 BAD_REQUEST", "400 BAD_REQUEST"],
  ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0xfe]), "400 BAD_REQUEST", "400 BAD_REQUEST"],
  [
    "a persisted query",
    '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}',
    "200 PERSISTED_QUERY_NOT_SUPPORTED",
    "200 PERSISTED_QUERY_NOT_SUPPORTED",
  ],
  ["its envelope poisoned", '{"__proto__":{"query":"{__typename}"}}', "400 BAD_REQUEST", "400 BAD_REQUEST"],
  ["plain text", query("{ __typename }"), "415 MEDIA_TYPE", "415 MEDIA_TYPE", { "content-type": "text/plain" }],
  [
    "a form",
    "query={__typename}",
    "415 MEDIA_TYPE",
    "415 MEDIA_TYPE",
    { "content-type": "application/x-www-form-urlencoded" },
  ],
  ["an upload", "--x--", "415 MEDIA_TYPE", "415 MEDIA_TYPE", { "content-type": "multipart/form-data; boundary=x" }],
  ["no media type", query("{ __typename }"), "415 MEDIA_TYPE", "415 MEDIA_TYPE", { "content-type": "" }],
  [
    "a form in disguise",
    query("{ __typename }"),
    "415 MEDIA_TYPE",
    "415 MEDIA_TYPE",
    { "content-type": "text/plain; application/json" },
  ],
  [
    "compressed",
    gzipSync(query("{ __typename }")),
    "400 BAD_REQUEST",
    "400 BAD_REQUEST",
    { "content-encoding": "gzip" },
  ],
];

async function send(payload: string | Buffer, headers: object, authorization?: string): Promise<string> {
  const response = await house.server.inject({
    method: "POST",
    url: "/graphql",
    headers: { ...json, ...headers, ...(authorization && { authorization }) },
    payload,
  });
  const [error] = response.json().errors ?? [];
  expect(JSON.stringify(response.json())).not.toMatch(/Did you mean|introspection: true|node_modules|at .*\.ts/);
  return `${response.statusCode} ${error?.extensions.code}`;
}

describe("what attackers send", () => {
  test.each(attacks)("%s is refused with its status and code", async (_name, body, stranger, known, headers = {}) => {
    expect(await send(body, headers)).toBe(stranger);
    expect(await send(body, headers, `Bearer ${token}`)).toBe(known);
  });

  test.each(["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"] as const)("%s does nothing", async (method) => {
    const response = await house.server.inject({ method, url: "/graphql?query={__typename}" });
    expect([response.statusCode, response.headers.allow]).toEqual([405, "POST"]);
    expect(response.headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("an operation by GET and one by a page of another site are the same nothing", async () => {
    const headers = {
      origin: "https://elsewhere.invalid",
      "content-type": "text/plain",
      "sec-fetch-site": "cross-site",
    };
    expect(await send(query("mutation { __typename }"), headers, `Bearer ${token}`)).toBe("415 MEDIA_TYPE");
  });

  test("a misspelled field is not told what it is near", async () => {
    expect(await send(query("{ departmens { code } }"), {})).toBe("400 GRAPHQL_VALIDATION_FAILED");
  });

  test("a body that tells no length is counted while it comes", async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536, 0x20);
      })(),
    );
    const response = await house.server.inject({ method: "POST", url: "/graphql", headers: json, payload: endless });
    expect(response.json().errors[0].extensions.code).toBe("BODY_TOO_LARGE");
  });
});

describe("a key that means something to JavaScript", () => {
  test.each(["__proto__", "constructor", "prototype"])("%s in one record is that record's problem", async (key) => {
    const text =
      "mutation ($input: SubmitLicensesInput!) { submitLicenses(input: $input) { results { outcome problems { code path } } } }";
    const record = (id: string, attributes: string) =>
      `{"sourceRecordId":"${id}","operation":"ISSUE","sourceUpdatedAt":"2026-01-01T00:00:00Z","licenseType":"11100000MB0143028R001","issuer":"1","attributes":${attributes}}`;
    const records = [record("1", "{}"), record("2", `{"${key}":{"premises":"x"}}`)];
    const body = `{"query":${JSON.stringify(text)},"variables":{"input":{"batchId":"${key}","records":[${records}]}}}`;
    const headers = { ...json, authorization: `Bearer ${token}` };
    const response = await house.server.inject({ method: "POST", url: "/graphql", headers, payload: body });
    const { data, errors } = response.json();
    expect(errors).toBeUndefined();
    const [first, second] = data.submitLicenses.results;
    expect([first.outcome, second.outcome]).toEqual(["REJECTED", "REJECTED"]);
    expect(JSON.stringify(first)).not.toContain("premises");
    expect(Object.keys({})).toEqual([]);
    expect(Reflect.get({}, "premises")).toBeUndefined();
  });

  test("of two equal keys the last one counts", async () => {
    expect(await send('{"query":"{","query":"{ departments { code } }"}', {})).toBe("200 undefined");
  });
});

test("whoever is refused in the middle of a large body sees why, and may ask again", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { port } = house.server.server.address() as AddressInfo;
  const ask = (body: string) =>
    new Promise<string>((resolve, reject) => {
      const headers = { ...json, authorization: `Bearer ${token}`, "content-length": Buffer.byteLength(body) };
      const call = request({ agent, port, host: "127.0.0.1", method: "POST", path: "/graphql", headers }, (answer) => {
        let text = "";
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () => resolve(`${answer.statusCode} ${/"code":"(\w+)"/.exec(text)?.[1]}`));
      });
      call.on("error", reject);
      call.end(body);
    });
  const many = `{"variables":[${"{},".repeat(2_000_000)}0]}`;
  for (const body of [many, many]) expect(await ask(body)).toBe("400 BAD_REQUEST");
  expect(await ask(query("{ departments { code } }"))).toMatch(/^200 /);
  agent.destroy();
});

describe("who sends slowly", () => {
  const head = "POST /graphql HTTP/1.1\r\nhost: hub\r\ncontent-type: application/json\r\n";

  async function open(): Promise<Socket> {
    const socket = connect((house.server.server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    return socket;
  }

  /** Sends pieces with pauses until the hub ends the connection. @returns what it said */
  async function drip(pieces: readonly string[], pauseMs: number): Promise<string> {
    const socket = await open();
    let said = "";
    socket.on("data", (chunk) => {
      said += chunk;
    });
    // Writing into a connection that the hub has just ended is an error, and expected.
    const closed = new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
    });
    for (const piece of pieces) {
      if (socket.destroyed || !socket.writable) break;
      socket.write(piece);
      await pause(pauseMs);
    }
    await closed;
    return said;
  }

  test.each([
    ["a head that never ends", [`${head}x`]],
    ["nothing at all", [""]],
    ["a head letter by letter", [...`${head}${"x".repeat(500)}`]],
    ["a body that stops", [`${head}content-length: 100\r\n\r\n{"query"`]],
    ["a body that stops, in chunks", [`${head}transfer-encoding: chunked\r\n\r\n3\r\n{"q\r\n`]],
    ["a body letter by letter", [`${head}content-length: 5000\r\n\r\n`, ..." ".repeat(500)]],
  ])("%s: the connection is ended, with a code, and others are answered meanwhile", async (_name, pieces) => {
    const slow = drip(pieces, 50);
    expect((await house.graphql("{ departments { code } }")).status).toBe(200);
    const said = await slow;
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
    expect(said).toMatch(/connection: close/i);
    expect(said).toContain('"code":"REQUEST_TIMEOUT"');
  });

  test("what is no HTTP is refused in our own words", async () => {
    const said = await drip(["NONSENSE\r\n\r\n"], 10);
    expect(said).toMatch(/^HTTP\/1\.1 400 /);
    expect(said).toContain('"code":"BAD_REQUEST"');
  });

  test("a slow body that does come in is answered", async () => {
    const body = '{"query":"{ departments { code } }"}';
    const start = `${head}connection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
    expect(await drip([start, ...body.split(/(?=[{}])/)], 60)).toMatch(/^HTTP\/1\.1 200 /);
  });
});
