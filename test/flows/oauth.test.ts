import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { scopes } from "../../src/domain/access/caller.ts";
import {
  addClientKey,
  askGraphql,
  askToken,
  type ListeningHub,
  makeAssertion,
  makePartyKey,
  makeProof,
  openListeningHub,
  type PartyKey,
  postForm,
} from "../setup/oauth.ts";

const client = "approval-bureau";

let hub: ListeningHub;
let copy: ListeningHub;
let key: PartyKey;
let sender: PartyKey;
/** What the hub wrote to its log. */
const warnings: object[] = [];
beforeAll(async () => {
  hub = await openListeningHub({ env: { DEMO: "off" }, log: (line) => warnings.push(JSON.parse(line)) });
  copy = await openListeningHub({ env: { DEMO: "off" }, beside: hub });
  [key, sender] = await Promise.all([makePartyKey(), makePartyKey("EdDSA")]);
  await addClientKey(hub, client, key);
  for (const id of ["auditor", "operator", "gateway"]) await addClientKey(hub, id, key);
});
afterAll(async () => {
  await copy.close();
  await hub.close();
});

const tokenOf = async (who = client, scope = "license:read audit:read", at = hub) => {
  const answer = await askToken(at, { client: who, key, sender, form: { scope } });
  expect([answer.status, answer.body["error"]]).toEqual([200, undefined]);
  return String(answer.body["access_token"]);
};

describe("a department with its key", () => {
  test("gets a token bound to its sender's key, for ten minutes, for this hub", async () => {
    const answer = await askToken(hub, { client, key, sender, form: { scope: "license:read material:check" } });
    expect(answer.body).toMatchObject({ token_type: "DPoP", expires_in: 600, scope: "license:read material:check" });
    const token = String(answer.body["access_token"]);
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: "at+jwt", alg: "ES256" });
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({
      ...{ iss: hub.config.publicUrl, aud: hub.config.tokenAudience, sub: client, client_id: client },
      ...{ role: "department", scope: "license:read material:check", cnf: { jkt: sender.kid } },
    });
    expect(answer.headers.get("cache-control")).toContain("no-store");
  });

  test("is told of no scope it could not have", async () => {
    const found = await (await fetch(`${hub.url}/.well-known/oauth-authorization-server`)).json();
    expect((found as { scopes_supported: string[] }).scopes_supported).toEqual([...scopes]);
  });

  test("uses it with a proof for each request", async () => {
    const token = await tokenOf();
    for (const at of [hub, copy]) {
      const answer = await askGraphql(at, token, sender);
      expect([answer.status, answer.code]).toEqual([200, undefined]);
      expect(answer.data.accessRecords).toBeDefined();
    }
  });

  test("has two keys at once, and changes them without a pause", async () => {
    const next = await makePartyKey("EdDSA");
    await addClientKey(hub, client, next);
    expect((await askToken(hub, { client, key: next, sender })).status).toBe(200);
    expect((await askToken(hub, { client, key, sender })).status).toBe(200);
    await hub.sql("update client_key set retired_at = now() where kid = $1", [next.kid]);
    expect((await askToken(copy, { client, key: next, sender })).body["error"]).toBe("invalid_client");
    expect((await askToken(copy, { client, key, sender })).status).toBe(200);
  });

  test("asks by the address the hub is known under, whatever Host the request brings", async () => {
    const response = await hub.server.inject({
      url: "/.well-known/oauth-authorization-server",
      headers: { host: "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" },
    });
    const found = response.json();
    expect(found).toMatchObject({
      ...{ issuer: hub.config.publicUrl, token_endpoint: `${hub.config.publicUrl}/oauth/token` },
      ...{ pushed_authorization_request_endpoint: `${hub.config.publicUrl}/oauth/par` },
      ...{ require_pushed_authorization_requests: true, authorization_response_iss_parameter_supported: true },
      ...{ response_types_supported: ["code"], code_challenge_methods_supported: ["S256"] },
      token_endpoint_auth_methods_supported: ["private_key_jwt", "none"],
    });
    expect(response.payload).not.toContain("evil.example");
    const jwks = (await hub.server.inject({ url: "/oauth/jwks" })).json();
    expect(jwks.keys).toHaveLength(1);
    expect(jwks.keys[0]).not.toHaveProperty("d");
  });
});

describe("who is suspended", () => {
  test("gets no token, and the ones it has stop at the next request on every copy", async () => {
    for (const [id, scope] of [
      ["auditor", "audit:read"],
      ["operator", "hub:operate"],
      ["gateway", "hub:federate"],
    ] as const) {
      const token = await tokenOf(id, scope);
      expect((await askGraphql(copy, token, sender, { query: "{ departments { code } }" })).code).toBeUndefined();
      await hub.sql("update client set active = false where id = $1", [id]);
      const query = "{ departments { code } }";
      expect((await askGraphql(copy, token, sender, { query })).code).toBe("FORBIDDEN");
      expect((await askToken(hub, { client: id, key, sender })).body["error"]).toBe("invalid_client");
      await hub.sql("update client set active = true where id = $1", [id]);
      expect((await askGraphql(hub, token, sender, { query })).code).toBeUndefined();
    }
  });

  test("is refused as a department too, where it asks for something", async () => {
    const token = await tokenOf();
    await hub.sql("update client set active = false where id = $1", [client]);
    expect((await askGraphql(hub, token, sender)).code).toBe("FORBIDDEN");
    expect((await askToken(hub, { client, key, sender })).body["error"]).toBe("invalid_client");
    await hub.sql("update client set active = true where id = $1", [client]);
  });
});

describe("the token endpoint refuses", () => {
  const now = () => Math.floor(Date.now() / 1000);
  test.each<[string, string, (assertion: (claims?: object, header?: object) => Promise<string>) => Promise<string>]>([
    ["an assertion for another audience", "aud", (make) => make({ aud: "https://elsewhere.example" })],
    [
      "one for the token endpoint instead of the issuer",
      "aud",
      (make) => make({ aud: `${hub.config.publicUrl}/oauth/token` }),
    ],
    ["one for several audiences", "aud", (make) => make({ aud: [hub.config.publicUrl, "https://elsewhere.example"] })],
    ["an expired one", "exp", (make) => make({ exp: now() - 60 })],
    ["one that lives too long", "exp", (make) => make({ exp: now() + 3600 })],
    ["one that never ends", "exp", (make) => make({ exp: undefined })],
    ["one of a clock that is ahead", "nbf", (make) => make({ nbf: now() + 200, exp: now() + 260 })],
    ["one without jti", "jti", (make) => make({ jti: undefined })],
    ["one with an endless jti", "jti", (make) => make({ jti: "x".repeat(200) })],
    ["one of another client", "iss", (make) => make({ iss: "marine" })],
    ["one that is typed as an access token", "typ", (make) => make({}, { typ: "at+jwt" })],
    ["one that is typed as a proof", "typ", (make) => make({}, { typ: "application/dpop+JWT" })],
    ["one of an unknown client", "no key", (make) => make({ iss: "nobody", sub: "nobody" })],
    [
      "one signed by a key that is not registered",
      "no key",
      async () => makeAssertion(hub, client, await makePartyKey()),
    ],
    [
      "one that brings its key",
      "no key",
      async () => {
        const own = await makePartyKey();
        return makeAssertion(hub, client, own, { header: { jwk: own.publicJwk, kid: key.kid } });
      },
    ],
    ["one whose kid is a path", "no key", (make) => make({}, { kid: "../../etc/passwd" })],
    ["an unsigned one", "alg", async (make) => `${unsigned(await make())}.`],
    [
      "one signed with the public key as a secret",
      "alg",
      async () => {
        const { SignJWT } = await import("jose");
        const secret = new TextEncoder().encode(JSON.stringify(key.publicJwk));
        const claims = { iss: client, sub: client, aud: hub.config.publicUrl, jti: "hs", exp: now() + 60 };
        return new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: key.kid }).sign(secret);
      },
    ],
  ])("%s as invalid_client, and names %s", async (_title, part, make) => {
    const assertion = await make((claims = {}, header = {}) => makeAssertion(hub, client, key, { claims, header }));
    warnings.length = 0;
    const answer = await askToken(hub, { client, key, sender, assertion });
    expect([answer.status, answer.body["error"]]).toEqual([401, "invalid_client"]);
    expect(String(answer.body["error_description"]).startsWith(`${part} `)).toBe(true);
    // The characters RFC 6749 allows there.
    expect(answer.body["error_description"]).toMatch(/^[ !#-[\]-~]+$/);
    expect(warnings).toMatchObject([{ part: part === "no key" ? "KEY" : part, detail: expect.any(String) }]);
    expect(JSON.stringify(warnings)).not.toContain(assertion.split(".")[1]);
  });

  test("with the time of its own clock where the client's is off, and with the audience it expects", async () => {
    const describe = async (claims: object) => {
      const assertion = await makeAssertion(hub, client, key, { claims });
      return String((await askToken(hub, { client, key, sender, assertion })).body["error_description"]);
    };
    expect(await describe({ exp: now() - 60 })).toMatch(/the clock here says \d{10} \(20/);
    expect(await describe({ aud: "https://elsewhere.example" })).toContain(hub.config.publicUrl);
  });

  test("an unknown client and a known one in the same words, whatever is wrong with the assertion", async () => {
    const stranger = await makePartyKey();
    for (const claims of [{}, { aud: "x" }, { exp: now() - 60 }]) {
      const words = [];
      for (const id of [client, "nobody"]) {
        const assertion = await makeAssertion(hub, id, stranger, { claims });
        words.push((await askToken(hub, { client: id, key, sender, assertion })).body["error_description"]);
      }
      const [known, unknown] = words.map((word) => String(word).replaceAll(/\d/g, "0"));
      expect(unknown).toBe(known);
    }
  });

  test("what is no JWT as invalid_request, a client that must prove itself and does not as invalid_client", async () => {
    const broken = await askToken(hub, { client, key, sender, assertion: "nonsense" });
    expect([broken.status, broken.body["error"]]).toEqual([400, "invalid_request"]);
    const form = { client_id: client, client_assertion: undefined, client_assertion_type: undefined };
    const bare = await askToken(hub, { client, key, sender, form });
    expect([bare.status, bare.body["error"]]).toEqual([401, "invalid_client"]);
  });

  test("an assertion used before, on whichever copy, and of twenty at once accepts one", async () => {
    const assertion = await makeAssertion(hub, client, key);
    expect((await askToken(hub, { client, key, sender, assertion })).status).toBe(200);
    const again = await askToken(copy, { client, key, sender, assertion });
    expect(again.body).toMatchObject({ error: "invalid_client", error_description: expect.stringMatching(/^jti: /) });
    const another = await makeAssertion(hub, client, key);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => askToken(n % 2 ? hub : copy, { client, key, sender, assertion: another })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("a proof used before, and of twenty at once accepts one", async () => {
    const proof = await makeProof(sender, { htm: "POST", htu: `${hub.config.publicUrl}/oauth/token` });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => askToken(n % 2 ? hub : copy, { client, key, proof })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.find(({ status }) => status !== 200)?.body["error"]).toBe("invalid_grant");
  });

  test.each<[string, string, object, string | undefined]>([
    ["no proof where one is due", "invalid_dpop_proof|invalid_grant|invalid_request", {}, ""],
    ["a scope beyond the client's", "invalid_scope", { scope: "license:read hub:operate" }, undefined],
    ["a scope that is misspelled", "invalid_scope", { scope: "license:read licence:read" }, undefined],
    ["no scope", "invalid_scope", { scope: undefined }, undefined],
    ["another resource", "invalid_target", { resource: "https://elsewhere.example" }, undefined],
    ["a grant type it does not know", "unsupported_grant_type", { grant_type: "password" }, undefined],
    [
      "a grant type not for this client",
      "unauthorized_client|invalid_request",
      { grant_type: "authorization_code", code: "x", redirect_uri: "x", code_verifier: "x" },
      undefined,
    ],
    ["no grant type", "invalid_request", { grant_type: undefined }, undefined],
    [
      "a client id no database takes",
      "invalid_client",
      { client_id: "a\u0000b", client_assertion: undefined, client_assertion_type: undefined },
      undefined,
    ],
    ["an assertion of another type", "invalid_request", { client_assertion_type: "urn:x" }, undefined],
  ])("%s: %s", async (_title, error, form, proof) => {
    const answer = await askToken(hub, { client, key, sender: proof === "" ? undefined : sender, form: { ...form } });
    expect(String(answer.body["error"])).toMatch(new RegExp(`^(${error})$`));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.text).not.toMatch(/<html|\n\s+at |node_modules/i);
  });

  test("another body than a form, with an error of RFC 6749 and never a page, whatever the client likes to read", async () => {
    for (const [type, body] of [
      ["application/json", "{}"],
      ["text/plain", "x"],
      ["application/x-www-form-urlencoded", "%"],
      ["application/x-www-form-urlencoded", "grant_type=client_credentials&grant_type=client_credentials"],
      ["application/x-www-form-urlencoded", `a=${"x".repeat(70_000)}`],
    ] as const) {
      const response = await fetch(`${hub.url}/oauth/token`, {
        method: "POST",
        headers: { "content-type": type, accept: "text/html" },
        body,
      });
      expect(response.headers.get("content-type")).toContain("application/json");
      expect(response.status).toBe(400);
      expect((await response.json()).error).toBe("invalid_request");
    }
  });
});

test("a client without a scope it may hold gets no token", async () => {
  await hub.sql("insert into client (id, department, name) values ('bare', '11371000XXXX01118K', '无权限系统')");
  await addClientKey(hub, "bare", key);
  for (const scope of ["license:read", undefined])
    expect((await askToken(hub, { client: "bare", key, sender, form: { scope } })).body["error"]).toBe("invalid_scope");
});

test("every answer has the headers that keep browsers from taking it for something else", async () => {
  const answers = [
    await askToken(hub, { client, key, sender }),
    await askToken(hub, { client, key, sender, assertion: "nonsense" }),
    await postForm(`${hub.url}/oauth/par`, {}),
    await postForm(`${hub.url}/oauth/revoke`, {}),
  ].map(({ headers }) => headers);
  const paths = ["/oauth/jwks", "/oauth/authorize?client_id=x", "/.well-known/oauth-authorization-server"];
  for (const path of paths) answers.push((await fetch(`${hub.url}${path}`)).headers);
  for (const headers of answers) {
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("x-frame-options")).toBe("DENY");
  }
});

test("where nobody can sign in there is no OpenID Provider, and no document of one", async () => {
  expect((await fetch(`${hub.url}/.well-known/openid-configuration`)).status).toBe(404);
  const demo = await openListeningHub({ env: { DEMO: "on" } });
  try {
    const document = await (await fetch(`${demo.url}/.well-known/openid-configuration`)).json();
    expect(document).toMatchObject({ issuer: demo.config.publicUrl });
  } finally {
    await demo.close();
  }
});

test("another method than an endpoint takes is refused by it, and says which it takes", async () => {
  for (const [path, method, allow] of [
    ["/oauth/token", "GET", "OPTIONS, POST"],
    ["/oauth/par", "PUT", "OPTIONS, POST"],
    ["/oauth/jwks", "POST", "GET, HEAD, OPTIONS"],
    ["/oauth/authorize", "POST", "GET, HEAD"],
  ] as const) {
    const response = await fetch(`${hub.url}${path}`, { method });
    expect([path, response.status, response.headers.get("allow")]).toEqual([path, 405, allow]);
  }
  expect((await fetch(`${hub.url}/oauth/elsewhere`)).status).toBe(404);
});

test.each(["/oauth/token", "/oauth/par", "/oauth/revoke"])(
  "who asks %s for something pays by its address, known or not",
  async (path) => {
    const small = await openListeningHub({ env: { DEMO: "off", LIMITS: '{"maxStrangerPointsPerMinute":6}' } });
    try {
      const statuses = [];
      for (let n = 0; n < 8; n += 1) statuses.push((await postForm(`${small.url}${path}`, {})).status);
      expect([statuses.at(0), statuses.at(-1)]).toEqual([400, 429]);
    } finally {
      await small.close();
    }
  },
);

test("what has expired is removed, in turns, by any copy", async () => {
  const before = "now() - interval '2 hours'";
  await hub.sql(`insert into oauth_artifact (model, id, payload, expires_at)
    select 'Session', 'old-' || n, '{}', ${before} from generate_series(1, 2500) n`);
  await hub.sql(`insert into oauth_artifact (model, id, payload) values ('Session', 'for-ever', '{}')`);
  await hub.sql(`insert into dpop_proof select 'old-' || n, ${before} from generate_series(1, 1200) n`);
  await hub.sql(`insert into rate_window select 'old-' || n, 'x', ${before}, 1 from generate_series(1, 10) n`);
  const removed = await Promise.all([hub.hub.removeExpired(), copy.hub.removeExpired()]);
  const rest = await Promise.all([hub.hub.removeExpired(), copy.hub.removeExpired()]);
  const sum = (name: "artifacts" | "proofs" | "rateWindows") =>
    [...removed, ...rest].reduce((all, run) => all + run[name], 0);
  expect(sum("artifacts")).toBeGreaterThanOrEqual(2500);
  expect([sum("proofs"), sum("rateWindows")]).toEqual([1200, 10]);
  expect(await hub.sql("select id from oauth_artifact where id like 'old-%' or id = 'for-ever'")).toEqual([
    { id: "for-ever" },
  ]);
});

function unsigned(token: string): string {
  const [, payload = ""] = token.split(".");
  return `${Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url")}.${payload}`;
}
