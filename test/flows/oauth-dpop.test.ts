import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mintAccessToken } from "../../src/proof/access/access-token.ts";
import { findTokenKey } from "../../src/store/keys/key-store.ts";
import {
  addClientKey,
  askGraphql,
  askToken,
  freePort,
  type ListeningHub,
  makePartyKey,
  makeProof,
  openListeningHub,
  type PartyKey,
} from "../setup/oauth.ts";

const client = "approval-bureau";

let hub: ListeningHub;
let copy: ListeningHub;
let key: PartyKey;
let sender: PartyKey;
let token: string;
beforeAll(async () => {
  const env = { DEMO: "off", PUBLIC_URL: "https://hub.example/city" };
  hub = await openListeningHub({ env });
  copy = await openListeningHub({ env, beside: hub });
  [key, sender] = await Promise.all([makePartyKey(), makePartyKey()]);
  await addClientKey(hub, client, key);
  const answer = await askToken(hub, { client, key, sender, form: { scope: "license:submit audit:read" } });
  token = String(answer.body["access_token"]);
});
afterAll(async () => {
  await copy.close();
  await hub.close();
});

const htu = "https://hub.example/city/graphql";
const send = (at: ListeningHub, proof: string, authorization = `DPoP ${token}`) =>
  askGraphql(at, token, undefined, { headers: { authorization, dpop: proof } });

describe("a bound token", () => {
  test("works with a proof that names the hub by its public address, behind whatever proxy", async () => {
    const answer = await send(hub, await makeProof(sender, { htm: "POST", htu, token }));
    expect([answer.status, answer.code]).toEqual([200, undefined]);
    const local = await send(hub, await makeProof(sender, { htm: "POST", htu: `${hub.url}/graphql`, token }));
    expect([local.status, local.code, local.details]).toEqual([401, "DPOP_PROOF_INVALID", { reason: "URL" }]);
  });

  test("does not work as a bearer token, nor with no proof at all", async () => {
    for (const scheme of ["Bearer", "DPoP"]) {
      const answer = await askGraphql(hub, token, undefined, { headers: { authorization: `${scheme} ${token}` } });
      expect([answer.status, answer.code]).toEqual([401, "DPOP_PROOF_INVALID"]);
      expect(answer.headers.get("www-authenticate")).toBe('DPoP error="invalid_dpop_proof", algs="ES256 EdDSA"');
    }
    const proof = await makeProof(sender, { htm: "POST", htu, token });
    expect((await send(hub, proof, `Bearer ${token}`)).code).toBe("DPOP_PROOF_INVALID");
  });

  test("does not work with a proof used before, on whichever copy; of twenty at once one passes", async () => {
    const proof = await makeProof(sender, { htm: "POST", htu, token });
    expect((await send(hub, proof)).status).toBe(200);
    const again = await send(copy, proof);
    expect([again.status, again.code]).toEqual([401, "DPOP_REPLAYED"]);
    const another = await makeProof(sender, { htm: "POST", htu, token });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => send(n % 2 ? hub : copy, another)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("does not work with somebody else's proof, an old one, or one for another token", async () => {
    const thief = await makePartyKey();
    const target = { htm: "POST", htu, token };
    const old = { claims: { iat: Math.floor(Date.now() / 1000) - 90 } };
    const reasons = await Promise.all(
      [
        makeProof(thief, target),
        makeProof(sender, target, old),
        makeProof(sender, { ...target, token: "other" }),
        makeProof(sender, { ...target, htm: "GET" }),
      ].map(async (proof) => (await send(hub, await proof)).details.reason),
    );
    expect(reasons).toEqual(["OTHER_KEY", "TIME", "TOKEN", "METHOD"]);
  });
});

describe("a token bound to no key", () => {
  const mint = async (scope: string) => {
    const tokenKey = await findTokenKey(hub.config.keysDir, hub.config.publicUrl);
    if (!tokenKey) throw new Error("no token key");
    const claims = { sub: client, client_id: client, role: "department", jti: "1", ttlSeconds: 60 } as const;
    return mintAccessToken({ ...claims, scope, aud: hub.config.tokenAudience }, tokenKey, new Date());
  };

  test.each(["license:submit license:read", "license:submit", ""])(
    "is refused outside demo mode, with “%s” too",
    async (scope) => {
      const answer = await askGraphql(hub, await mint(scope), undefined);
      expect([answer.status, answer.code]).toEqual([401, "TOKEN_UNBOUND"]);
      expect(answer.headers.get("www-authenticate")).toContain('DPoP error="invalid_token"');
    },
  );

  test("is not made bound by a proof beside it", async () => {
    const bare = await mint("license:submit");
    const answer = await askGraphql(hub, bare, sender);
    expect([answer.status, answer.code]).toEqual([401, "DPOP_PROOF_INVALID"]);
  });

  test("of the demo's issuer is nobody's outside of demo mode", async () => {
    const demoKey = await findTokenKey(hub.config.keysDir, hub.config.tokenIssuer);
    if (!demoKey) throw new Error("the demo made no token key");
    const claims = { sub: client, client_id: client, role: "department", jti: "1", ttlSeconds: 60 } as const;
    const input = { ...claims, scope: "license:submit", aud: hub.config.tokenAudience };
    const answer = await askGraphql(hub, await mintAccessToken(input, demoKey, new Date()), undefined);
    expect([answer.status, answer.code]).toEqual([401, "TOKEN_INVALID"]);
  });
});

describe("an outside OpenID Provider", () => {
  let provider: ListeningHub;
  let keySet: Server;
  let served: { body: () => string; asked: number };
  let tenant: ListeningHub;
  beforeAll(async () => {
    // Another hub plays the outsider; what it publishes passes through a server that can be taken away.
    provider = await openListeningHub({ env: { DEMO: "off" } });
    await addClientKey(provider, client, key);
    const keys = JSON.stringify((await provider.server.inject({ url: "/oauth/jwks" })).json());
    served = { body: () => keys, asked: 0 };
    const port = await freePort();
    keySet = createServer((_request, response) => {
      served.asked += 1;
      response.end(served.body());
    });
    await new Promise<void>((resolve) => keySet.listen(port, "127.0.0.1", resolve));
    const env = {
      ...{ DEMO: "off", AUTH_SERVER: "off", TOKEN_ISSUER: provider.config.publicUrl },
      TOKEN_JWKS_URL: `http://127.0.0.1:${port}/jwks`,
    };
    tenant = await openListeningHub({ env });
  });
  afterAll(async () => {
    keySet.close();
    await tenant.close();
    await provider.close();
  });

  const foreignToken = async () => {
    const answer = await askToken(provider, { client, key, sender, form: { scope: "audit:read" } });
    return String(answer.body["access_token"]);
  };

  test("issues tokens this hub accepts, and this hub issues none", async () => {
    const answer = await askGraphql(tenant, await foreignToken(), sender);
    expect([answer.status, answer.code]).toEqual([200, undefined]);
    expect((await askToken(tenant, { client, key, sender })).status).toBe(404);
    expect((await tenant.server.inject({ url: "/.well-known/oauth-authorization-server" })).statusCode).toBe(404);
  });

  test("is asked for its keys once, not for every token with an invented key", async () => {
    const before = served.asked;
    const invented = `${Buffer.from('{"typ":"at+jwt","alg":"ES256","kid":"invented"}').toString("base64url")}.e30.AAAA`;
    for (let n = 0; n < 20; n += 1) expect((await askGraphql(tenant, invented, undefined)).code).toBe("TOKEN_INVALID");
    expect(served.asked - before).toBeLessThanOrEqual(1);
  });

  test("does not make the hub trust its tokens for others, nor tokens of the hub's own keys", async () => {
    const answer = await askToken(hub, { client, key, sender, form: { scope: "audit:read" } });
    expect((await askGraphql(tenant, String(answer.body["access_token"]), sender)).code).toBe("TOKEN_INVALID");
  });
});
