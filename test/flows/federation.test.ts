import type { RequestListener } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import * as creditPlatform from "../departments/credit-platform.ts";
import type { Asked, Department } from "../departments/department-server.ts";
import * as marketSupervision from "../departments/market-supervision.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";
import { ask as askAt, failGateway, type Gateway, isGone, startGateway, withServer } from "./federating.ts";

const holder = "91371002XXXX0030XC";
const caseNumber = "CASE-2026-0001";
const purpose = `purpose: { procedure: "food-operation-new", caseNumber: "${caseNumber}", reason: "新办食品经营许可" }`;
const licenses = `licenses(${purpose}) { nodes { number state jws } withheldCount }`;
const joined = `query Joined($uscc: ID!) {
  enterprise(uscc: $uscc) {
    name
    ${licenses}
    registration { registeredOn status registrationAuthority lastAnnualReport { year filedOn } }
    credit { grade summary standingBreach updatedOn breaches { matter decidedOn repairedOn } }
  }
}`;

let house: TestHub;
let hubUrl: string;
let market: Department;
let credit: Department;
let gateway: Gateway;
let token: string;
const asked: { market: Asked[]; credit: Asked[] } = { market: [], credit: [] };

beforeAll(async () => {
  house = await openTestHub();
  hubUrl = `${await house.server.listen({ host: "127.0.0.1", port: 0 })}/graphql`;
  market = await marketSupervision.start(0, (request) => asked.market.push(request));
  credit = await creditPlatform.start(0, (request) => asked.credit.push(request));
  gateway = await startGateway({ ...places(), GATEWAY_PORT: "0" });
  token = await house.token("approval-bureau");
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([market.close(), credit.close()]);
  await house.close();
});
beforeEach(() => {
  asked.market.length = 0;
  asked.credit.length = 0;
});

const places = () => ({ HUB_URL: hubUrl, MARKET_SUPERVISION_URL: market.url, CREDIT_PLATFORM_URL: credit.url });
const ask = (query: string, as?: string) => askAt(gateway.url, query, as, query === joined ? { uscc: holder } : {});
const accessRecords = async () => Number((await house.sql("select count(*)::int as n from access_record"))[0]?.["n"]);

describe("one query over HTTP", () => {
  test("joins licenses of the hub, the registration and the credit record", async () => {
    const { status, data, errors } = await ask(joined, token);
    expect(errors).toEqual([]);
    expect(status).toBe(200);
    const direct = await house.graphql(`{ enterprise(uscc: "${holder}") { name ${licenses} } }`, { token });
    const { registration, credit: record, ...fromHub } = data.enterprise;
    expect(fromHub).toEqual(direct.data.enterprise);
    expect(fromHub.licenses.nodes.length).toBeGreaterThan(1);
    expect(registration).toEqual({
      ...{ registeredOn: "2018-01-05", status: "IN_OPERATION" },
      registrationAuthority: "威海市环翠区市场监督管理局",
      lastAnnualReport: { year: 2025, filedOn: expect.stringMatching(/^2026-0[1-6]-\d\d$/) },
    });
    expect(record).toMatchObject({ grade: "A", standingBreach: false, breaches: [] });
  });

  test("asks each department once for many enterprises; one the hub does not know is null", async () => {
    const rows = await house.sql("select code from holder where id_type = 'USCC' order by code limit 60");
    const usccs = [...rows.map((row) => String(row["code"])), "91371002XXXX00010J"];
    const query =
      "query ($usccs: [ID!]!) { enterprises(usccs: $usccs) { uscc registration { status } credit { grade } } }";
    const { data, errors } = await askAt(gateway.url, query, token, { usccs });
    expect(errors).toEqual([]);
    expect(data.enterprises.slice(0, 60).map(({ uscc }: { uscc: string }) => uscc)).toEqual(usccs.slice(0, 60));
    for (const one of data.enterprises.slice(0, 60)) {
      expect(one).toMatchObject({
        registration: { status: expect.any(String) },
        credit: { grade: expect.any(String) },
      });
    }
    expect(data.enterprises[60]).toBeNull();
    expect([asked.market.length, asked.credit.length]).toEqual([1, 1]);
  });

  test("is recorded by the hub as one access, and two equal ones at the same time as two", async () => {
    const before = await accessRecords();
    await ask(joined, token);
    expect(await accessRecords()).toBe(before + 1);
    await Promise.all([ask(joined, token), ask(joined, token)]);
    expect(await accessRecords()).toBe(before + 3);
  });

  test("is the one the gateway shows when it starts", async () => {
    const shown = /-d '(.+)'/.exec(gateway.welcome)?.[1] ?? "";
    const { data, errors } = await ask(JSON.parse(shown).query, token);
    expect(errors).toEqual([]);
    expect(data.enterprise).toMatchObject({ registration: { status: "IN_OPERATION" }, credit: { grade: "A" } });
  });
});

describe("the caller's token", () => {
  test("goes to the hub and to no department, nor do the purpose and the case", async () => {
    const { errors } = await ask(joined, token);
    expect(errors).toEqual([]);
    const seen = [...asked.market, ...asked.credit];
    expect(seen).toHaveLength(2);
    for (const { headers, body } of seen) {
      expect(Object.keys(headers)).not.toContain("authorization");
      expect(`${JSON.stringify(headers)}${body}`).not.toContain(token.split(".")[2]);
      expect(body).not.toContain(caseNumber);
      expect(JSON.parse(body).variables).toEqual({ representations: [{ __typename: "Enterprise", uscc: holder }] });
    }
    expect(gateway.log()).not.toContain(holder);
  });

  test("when missing, the hub's part is refused as UNAUTHENTICATED and nothing is disclosed", async () => {
    const { data, errors } = await ask(joined);
    expect(data).toEqual({ enterprise: null });
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED", messageZh: expect.any(String) } }]);
    expect([...asked.market, ...asked.credit]).toEqual([]);
  });

  test("when wrong, is refused with the hub's own code and status", async () => {
    const { status, errors } = await ask(joined, "nonsense");
    expect(status).toBe(401);
    expect(errors).toMatchObject([{ extensions: { code: "TOKEN_INVALID" } }]);
  });

  test("of a department asking for another's procedure is refused with the hub's own code", async () => {
    const { data, errors } = await ask(joined, await house.token("public-security"));
    expect(data.enterprise).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: "PURPOSE_NOT_ALLOWED", serviceName: "hub" } }]);
  });
});

const broken: readonly (readonly [string, RequestListener | undefined])[] = [
  ["that is dead", undefined],
  ["that never answers", () => undefined],
  ["that hangs up", (request) => request.socket.destroy()],
  ["that answers with a page", (_, response) => response.end("<h1>internal host db-7</h1>")],
  ["that answers with half of an answer", (_, response) => response.end('{"data":{"_entities":[')],
  ["that sends the caller elsewhere", (_, response) => response.writeHead(307, { location: market.url }).end()],
  ["that answers with nothing", (_, response) => response.end("{}")],
];

describe("a department", () => {
  test.each(broken)("%s leaves the other parts answered", async (_title, listener) => {
    const port = credit.port;
    await credit.close();
    try {
      const run = () => ask(joined, token);
      const { status, data, errors, text } = await (listener ? withServer(port, listener, run) : run());
      expect(status).toBe(200);
      expect(data.enterprise.credit).toBeNull();
      expect(data.enterprise.licenses.nodes.length).toBeGreaterThan(1);
      expect(data.enterprise.registration.status).toBe("IN_OPERATION");
      expect(errors).toMatchObject([
        {
          extensions: {
            code: "DOWNSTREAM_SERVICE_ERROR",
            serviceName: "credit-platform",
            messageZh: expect.any(String),
          },
        },
      ]);
      expect(text).not.toMatch(/db-7|127\.0\.0\.1|_entities|node_modules|\.js:|"stack"/);
      expect(gateway.log()).not.toMatch(/db-7|_entities/);
    } finally {
      credit = await creditPlatform.start(port, (request) => asked.credit.push(request));
    }
    const again = await ask(joined, token);
    expect(again.errors).toEqual([]);
    expect(again.data.enterprise.credit.grade).toBe("A");
  });

  test("tells its own errors in its own words, without its stack", async () => {
    const port = credit.port;
    await credit.close();
    const error = {
      message: "closed on Sundays",
      path: ["_entities"],
      extensions: { code: "CLOSED", stacktrace: ["at x.js:1"] },
    };
    const listener: RequestListener = (_, response) => response.end(JSON.stringify({ data: null, errors: [error] }));
    try {
      const { errors, text } = await withServer(port, listener, () => ask(joined, token));
      expect(errors).toMatchObject([{ message: "closed on Sundays", extensions: { code: "CLOSED" } }]);
      expect(text).not.toContain("x.js");
    } finally {
      credit = await creditPlatform.start(port, (request) => asked.credit.push(request));
    }
  });
});

describe("the gateway", () => {
  test.each([
    ["QUERY_TOO_DEEP", `{ ${"enterprise(uscc: 1) { ".repeat(14)} uscc ${"}".repeat(14)} }`],
    ["QUERY_TOO_MANY_ALIASES", `{ ${Array.from({ length: 61 }, (_, index) => `a${index}: __typename`).join(" ")} }`],
    ["QUERY_MANY_OPERATIONS", "query A { __typename } query B { __typename }"],
    ["QUERY_TOO_LONG", `{ ${"__typename ".repeat(2_000)} }`],
    [
      "PAGE_TOO_LARGE",
      `{ enterprise(uscc: "1") { licenses(${purpose}, first: 1000) { nodes { jws } } credit { grade } } }`,
    ],
    [
      "QUERY_TOO_COSTLY",
      `query ($u: [ID!]!) { enterprises(usccs: $u) { licenses(${purpose}, first: 100) { nodes { jws number holder { id name } } } } }`,
    ],
    ["GRAPHQL_PARSE_FAILED", "{"],
    ["GRAPHQL_VALIDATION_FAILED", "{ nothing }"],
    ["BAD_USER_INPUT", "query ($uscc: ID!) { enterprise(uscc: $uscc) { name } }"],
  ])("refuses a query that breaks a limit or the schema as %s, before any subgraph is asked", async (code, query) => {
    house.statements.length = 0;
    const u = Array.from({ length: 100 }, (_, index) => String(index));
    const { status, errors } = await askAt(gateway.url, query, token, { u });
    expect(errors[0]?.extensions).toMatchObject({ code, messageZh: expect.any(String) });
    expect(errors[0]?.extensions).not.toHaveProperty("serviceName");
    expect(status).toBe(400);
    expect([...house.statements, ...asked.market, ...asked.credit]).toEqual([]);
  });

  test("refuses what is no query: another address, method, media type, size, a batch", async () => {
    const base = new URL("/", gateway.url).href;
    const post = (body: string, headers: Record<string, string> = { "content-type": "application/json" }) =>
      fetch(gateway.url, { method: "POST", headers, body });
    const codeOf = async (reply: Promise<Response>) => {
      const { status, ok } = await reply;
      const { errors, data } = JSON.parse(await (await reply).text());
      return ok ? data : `${status} ${errors[0].extensions.code}`;
    };
    expect(await codeOf(fetch(base))).toBe("404 NOT_FOUND");
    const get = await fetch(`${gateway.url}?query={__typename}`);
    expect(await codeOf(Promise.resolve(get))).toBe("405 METHOD_NOT_ALLOWED");
    expect(get.headers.get("allow")).toBe("POST");
    expect(await codeOf(post("query={__typename}", { "content-type": "text/plain" }))).toBe("415 MEDIA_TYPE");
    expect(await codeOf(post(" ".repeat(200_000)))).toBe("413 BODY_TOO_LARGE");
    expect(await codeOf(post('[{"query":"{__typename}"}]'))).toBe("400 BAD_REQUEST");
    expect(await codeOf(post("{"))).toBe("400 BAD_REQUEST");
    expect(await codeOf(post('{"query":"{__typename}"}'))).toEqual({ __typename: "Query" });
    expect((await fetch(`${base}healthz`)).status).toBe(200);
    expect((await fetch(`${base}readyz`)).status).toBe(200);
  });

  test("without addresses runs the departments itself, says so, and on Ctrl-C ends them and itself with 0", async () => {
    const demo = await startGateway({ GATEWAY_PORT: "0", DEPARTMENTS_PORT: "0", HUB_URL: hubUrl });
    const urls = [...demo.welcome.matchAll(/(http:\S+) \(a demo department, started here\)/g)].map(
      ([, url]) => url ?? "",
    );
    expect(urls).toHaveLength(2);
    const { data, errors } = await askAt(demo.url, joined, token, { uscc: holder });
    expect(errors).toEqual([]);
    expect(data.enterprise).toMatchObject({ registration: { status: "IN_OPERATION" }, credit: { grade: "A" } });
    expect(await demo.stop()).toBe(0);
    for (const url of urls) expect(await isGone(url)).toBe(true);
  });

  test("when killed takes its departments along", async () => {
    const demo = await startGateway({ GATEWAY_PORT: "0", DEPARTMENTS_PORT: "0" });
    demo.child.kill("SIGKILL");
    const urls = [...demo.welcome.matchAll(/(http:\S+) \(a demo/g)].map(([, url]) => url ?? "");
    expect(urls).toHaveLength(2);
    for (const url of urls) expect(await isGone(url)).toBe(true);
  });

  test("on Ctrl-C lets a request under way finish", async () => {
    const arrived = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const slow: RequestListener = async (_, response) => {
      arrived.resolve();
      await go.promise;
      response.end('{"data":{"departments":[]}}');
    };
    await withServer(0, slow, async (url) => {
      const other = await startGateway({ ...places(), GATEWAY_PORT: "0", HUB_URL: url });
      try {
        const answer = askAt(other.url, "{ departments { code } }").catch(() => undefined);
        await arrived.promise;
        const stopped = other.stop();
        expect(await isGone(other.url)).toBe(true);
        go.resolve();
        expect((await answer)?.data).toEqual({ departments: [] });
        expect(await stopped).toBe(0);
      } finally {
        other.child.kill("SIGKILL");
      }
    });
  });

  test("without its hub says which system is missing", async () => {
    const other = await startGateway({ ...places(), GATEWAY_PORT: "0", HUB_URL: "http://127.0.0.1:1/graphql" });
    const { status, errors } = await askAt(other.url, "{ departments { code } }");
    await other.stop();
    expect(status).toBe(502);
    expect(errors).toMatchObject([{ extensions: { code: "DOWNSTREAM_SERVICE_ERROR", serviceName: "hub" } }]);
  });

  test.each([
    ["a wrong variable", () => ({ GATEWAY_PORT: "many" }), "GATEWAY_PORT"],
    ["a wrong address", () => ({ HUB_URL: "hub" }), "HUB_URL"],
    ["a department missing outside demo mode", () => ({ CREDIT_PLATFORM_URL: "", DEMO: "off" }), "CREDIT_PLATFORM_URL"],
    ["a taken port", () => ({ GATEWAY_PORT: new URL(gateway.url).port }), "port is taken"],
    [
      "a taken port of a demo department",
      () => ({ CREDIT_PLATFORM_URL: "", DEPARTMENTS_PORT: String(market.port - 1) }),
      "DEPARTMENTS_PORT",
    ],
    ["a supergraph that is not there", () => ({ SUPERGRAPH_FILE: "/nowhere.graphql" }), "/nowhere.graphql"],
    ["a supergraph that is none", () => ({ SUPERGRAPH_FILE: "schema/hub.graphql" }), "SUPERGRAPH_FILE"],
  ])("does not start with %s, and says so in one line", async (_title, variables, named) => {
    const { code, out, error } = await failGateway({ ...places(), GATEWAY_PORT: "0", ...variables() });
    expect(code).toBe(1);
    expect(out).toBe("");
    expect(error).toMatch(/^The gateway did not start: [^\n]+\n$/);
    expect(error).toContain(named);
  });
});
