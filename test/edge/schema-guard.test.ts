import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { getIntrospectionQuery } from "graphql";
import { openTestHub, type TestHub } from "../setup/hub.ts";

let demo: TestHub;
let production: TestHub;
beforeAll(async () => {
  demo = await openTestHub({ demo: false });
  production = await openTestHub({
    database: demo.place,
    demo: false,
    server: { demo: false, acceptDemoTokens: true, publicUrl: "https://hub.example" },
  });
});
afterAll(async () => {
  await production.close();
  await demo.close();
});

const others = [undefined, "tobacco", "auditor", "holder:91371002XXXX0030XC"] as const;
const verdict = async (house: TestHub, query: string, as?: string) => {
  const { status, errors, data } = await house.graphql(query, as === undefined ? {} : { as });
  expect(JSON.stringify(errors)).not.toMatch(/Apollo|introspection: true/);
  return errors.length > 0
    ? `${status} ${errors[0].extensions.code}`
    : `${status} ${data === null ? "nothing" : "told"}`;
};

describe("introspection", () => {
  const introspections = [
    getIntrospectionQuery(),
    '{ __type(name: "License") { fields { name } } }',
    "{ ...F } fragment F on Query { a: __schema { queryType { name } } }",
    "query ($no: Boolean = false) { __schema @include(if: $no) { queryType { name } } }",
  ];

  test.each(introspections)("is for an operator's token only, outside of a demo: %#", async (query) => {
    for (const as of others) expect(await verdict(production, query, as)).toBe("403 SCHEMA_HIDDEN");
    expect(await verdict(production, query, "gateway")).toBe("403 SCHEMA_HIDDEN");
    expect(await verdict(production, query, "operator")).toBe("200 told");
    expect(await verdict(demo, query)).toBe("200 told");
  });

  test("by an operator whose token lacks the scope is refused", async () => {
    const token = await production.token("operator", { scope: "" });
    const { errors } = await production.graphql(getIntrospectionQuery(), { token });
    expect(errors[0].extensions.code).toBe("SCHEMA_HIDDEN");
  });

  test("is not `__typename`, which everybody may ask for", async () => {
    expect(await verdict(production, "{ departments { __typename code } }")).toBe("200 told");
  });
});

describe("what a gateway asks", () => {
  test.each(["{ _service { sdl } }", "{ ...F } fragment F on Query { a: _service { sdl } }"])(
    "as the federated schema is for its own token only, in a demo too: %s",
    async (query) => {
      for (const house of [demo, production]) {
        for (const as of [...others, "operator"]) expect(await verdict(house, query, as)).toBe("403 SCHEMA_HIDDEN");
        expect(await verdict(house, query, "gateway")).toBe("200 told");
      }
    },
  );

  test("as a trace goes to its own token only", async () => {
    const ask = async (as?: string) => {
      const headers = {
        ...{ "content-type": "application/json", "apollo-federation-include-trace": "ftv1" },
        ...(as && { authorization: `Bearer ${await demo.token(as)}` }),
      };
      const payload = JSON.stringify({ query: "{ departments { code } }" });
      return (await demo.server.inject({ method: "POST", url: "/graphql", headers, payload })).json();
    };
    for (const as of others) {
      const { data, errors, extensions } = await ask(as);
      expect([data, extensions, errors[0].extensions.code]).toEqual([undefined, undefined, "SCHEMA_HIDDEN"]);
    }
    const traced = await ask("gateway");
    expect(traced.errors).toBeUndefined();
    expect(traced.extensions.ftv1).toMatch(/^[\w+/=]{20,}$/);
    const { data, extensions } = (
      await demo.server.inject({
        method: "POST",
        url: "/graphql",
        headers: { "content-type": "application/json", authorization: `Bearer ${await demo.token("gateway")}` },
        payload: JSON.stringify({ query: "{ departments { code } }" }),
      })
    ).json();
    expect(data.departments.length).toBeGreaterThan(0);
    expect(extensions).toBeUndefined();
  });

  test("as entities needs what every other reading needs", async () => {
    const query = '{ _entities(representations: [{ __typename: "Enterprise", uscc: "1" }]) { __typename } }';
    expect(await verdict(demo, query)).toContain("UNAUTHENTICATED");
    expect(await verdict(demo, query, "gateway")).toContain("FORBIDDEN");
  });
});

describe("headers", () => {
  const headersOf = async (house: TestHub, url: string, method: "GET" | "POST" = "GET") =>
    (await house.server.inject({ method, url, headers: { "content-type": "application/json" }, payload: "" })).headers;

  test.each([
    ["GET", "/healthz"],
    ["GET", "/.well-known/jwks.json"],
    ["POST", "/graphql"],
    ["GET", "/nothing"],
  ] as const)("of %s %s let nothing load, run or be framed, and tell nobody what runs here", async (method, url) => {
    for (const house of [demo, production]) {
      const headers = await headersOf(house, url, method);
      expect(headers).toMatchObject({
        "content-security-policy": "default-src 'none';frame-ancestors 'none';base-uri 'none';form-action 'none'",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": url.includes("jwks") ? "cross-origin" : "same-origin",
      });
      expect(headers["x-powered-by"]).toBeUndefined();
      expect(headers["server"]).toBeUndefined();
    }
  });

  test("ask for HTTPS only where the hub is reached by it", async () => {
    expect((await headersOf(production, "/healthz"))["strict-transport-security"]).toBe("max-age=31536000");
    expect((await headersOf(demo, "/healthz"))["strict-transport-security"]).toBeUndefined();
  });

  test("let every site read the public keys, and no other answer", async () => {
    expect((await headersOf(demo, "/.well-known/jwks.json"))["access-control-allow-origin"]).toBe("*");
    for (const url of ["/healthz", "/docs"])
      expect((await headersOf(demo, url))["access-control-allow-origin"]).toBeUndefined();
  });

  test("of /docs allow its own scripts, and no frame", async () => {
    const policy = (await headersOf(demo, "/docs"))["content-security-policy"];
    expect(policy).toMatch(/default-src 'self'/);
    expect(policy).toMatch(/frame-ancestors 'none'/);
    expect((await production.server.inject("/docs")).statusCode).toBe(404);
  });
});
