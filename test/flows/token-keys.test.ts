import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { issuerKeysLimits } from "../../src/connectors/issuer-keys.ts";
import { mintAccessToken } from "../../src/proof/access/access-token.ts";
import { importSigningKey, makeKeyPair } from "../../src/proof/keyring.ts";
import type { Signer } from "../../src/proof/signing/signer.ts";
import { type Answer, openTestHub, type TestHub, testNow } from "../setup/hub.ts";

// A token is verified once and remembered. What happens to its key afterwards counts all the same.

const question = "{ accessRecords(first: 1) { nodes { id } } }";
const answerOf = ({ status, errors }: Answer) => [status, errors[0]?.extensions.code];

describe("a token that was accepted before", () => {
  test("is refused once its key was declared compromised, on every copy", async () => {
    const house = await openTestHub({ demo: false });
    const copy = await openTestHub({ demo: false, database: house.place });
    const key = house.hub.authorization?.keys.signer("token", house.clock.now);
    if (!key) throw new Error("no token key");
    const claims = { sub: "auditor", client_id: "auditor", role: "auditor", scope: "audit:read" } as const;
    const token = await mintAccessToken(
      { ...claims, aud: house.config.tokenAudience, jti: "1", ttlSeconds: 3600 },
      key,
      testNow,
    );
    for (const hub of [house, copy]) expect(answerOf(await hub.graphql(question, { token }))).toEqual([200, undefined]);
    const declared = await house.graphql(
      `mutation { declareKeyCompromised(input: { kid: "${key.kid}", since: "${testNow.toISOString()}", reason: "泄露" }) { signedSince } }`,
      { as: "operator" },
    );
    expect(declared.errors).toEqual([]);
    await copy.hub.refreshKeys();
    for (const hub of [house, copy])
      expect(answerOf(await hub.graphql(question, { token }))).toEqual([401, "TOKEN_INVALID"]);
    await copy.close();
    await house.close();
  });
});

describe("a token of an outside OpenID Provider that was accepted before", () => {
  const issuer = "https://login.example";
  let provider: Server;
  let signer: Signer;
  let published: object[];
  let house: TestHub;
  beforeAll(async () => {
    const { privateJwk, publicJwk } = await makeKeyPair("token", issuer, testNow);
    signer = await importSigningKey(privateJwk);
    published = [publicJwk];
    provider = createServer((_request, response) => response.end(JSON.stringify({ keys: published })));
    await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
    const { port } = provider.address() as AddressInfo;
    const TOKEN_JWKS_URL = `http://127.0.0.1:${port}/jwks`;
    house = await openTestHub({ demo: false, env: { AUTH_SERVER: "off", TOKEN_ISSUER: issuer, TOKEN_JWKS_URL } });
  });
  afterAll(async () => {
    await house.close();
    provider.close();
  });

  test("is refused once the provider has withdrawn its key, though nobody else asks", async () => {
    const claims = { sub: "auditor", client_id: "auditor", role: "auditor", scope: "audit:read" } as const;
    const token = await mintAccessToken(
      { ...claims, aud: house.config.tokenAudience, jti: "1", ttlSeconds: 3600 },
      signer,
      testNow,
    );
    expect(answerOf(await house.graphql(question, { token }))).toEqual([200, undefined]);
    published = [];
    house.clock.now = new Date(testNow.getTime() + issuerKeysLimits.freshMs);
    // With the key at hand nobody waits for the provider: the set is fetched beside a request or two.
    let answer = answerOf(await house.graphql(question, { token }));
    while (answer[0] === 200) answer = answerOf(await house.graphql(question, { token }));
    expect(answer).toEqual([401, "TOKEN_INVALID"]);
  });
});
