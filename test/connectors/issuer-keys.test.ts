import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { issuerKeys, issuerKeysLimits } from "../../src/connectors/issuer-keys.ts";
import { makePartyKey, type PartyKey } from "../setup/oauth.ts";

const issuer = "https://issuer.example";

let server: Server;
let jwksUrl: string;
let keys: PartyKey[];
/** What the issuer answers; null: nothing, ever. */
let answer: { status: number; body: string } | null;
let asked: number;
let now: Date;
let failures: string[];
beforeAll(async () => {
  keys = await Promise.all([makePartyKey(), makePartyKey("EdDSA")]);
  server = createServer((request, response) => {
    asked += 1;
    if (request.url === "/elsewhere") response.end(setOf([]));
    else if (answer) response.writeHead(answer.status, { location: "/elsewhere" }).end(answer.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  jwksUrl = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/jwks`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  [asked, failures, now] = [0, [], new Date("2026-11-22T04:00:00Z")];
  answer = { status: 200, body: setOf(keys) };
});

const setOf = (all: readonly PartyKey[]) =>
  JSON.stringify({ keys: all.map(({ publicJwk, kid, alg }) => ({ ...publicJwk, kid, alg })) });
const open = () =>
  issuerKeys(
    { issuer, jwksUrl },
    () => now,
    (error) => failures.push(String(error)),
  );
const pass = (ms: number) => {
  now = new Date(now.getTime() + ms);
};
const kid = (index: number) => keys[index]?.kid ?? "";

test("keys are fetched when the first token comes, once, and found by their id", async () => {
  const held = open();
  await Promise.all([held.refresh(kid(0)), held.refresh(kid(0)), held.refresh(kid(1))]);
  expect([asked, held.keyring.size]).toEqual([1, 2]);
  expect(held.keyring.find(kid(1))).toMatchObject({ alg: "EdDSA", issuer, purpose: "token" });
});

test("an unknown key id makes a new fetch, but not more than one in a while", async () => {
  const held = open();
  await held.refresh(kid(0));
  for (let n = 0; n < 10; n += 1) await held.refresh(`invented-${n}`);
  expect(asked).toBe(1);
  pass(issuerKeysLimits.retryMs);
  for (let n = 0; n < 10; n += 1) await held.refresh(`invented-${n}`);
  expect(asked).toBe(2);
});

test("a new key is known as soon as it is published, an old one is forgotten when it is not any more", async () => {
  answer = { status: 200, body: setOf(keys.slice(0, 1)) };
  const held = open();
  await held.refresh(kid(0));
  expect(held.keyring.find(kid(1))).toBeUndefined();
  answer = { status: 200, body: setOf(keys.slice(1)) };
  pass(issuerKeysLimits.retryMs);
  await held.refresh(kid(1));
  expect([held.keyring.find(kid(0)), held.keyring.find(kid(1))?.kid]).toEqual([undefined, kid(1)]);
});

test.each<[string, { status: number; body: string }, RegExp]>([
  ["an error", { status: 500, body: "" }, /answered 500/],
  ["a page", { status: 200, body: "<html>" }, /argument/],
  ["a key set that is none", { status: 200, body: '{"keys":{}}' }, /argument/],
  ["too much", { status: 200, body: `{"keys":[],"x":"${"x".repeat(300_000)}"}` }, /too large/],
  ["an address elsewhere", { status: 302, body: "" }, /fetch failed/],
])("while the issuer answers with %s, the keys it had go on working", async (_title, bad, why) => {
  const held = open();
  await held.refresh(kid(0));
  answer = bad;
  pass(issuerKeysLimits.freshMs + 1);
  await held.refresh(kid(0));
  await held.refresh("invented");
  expect([asked, held.keyring.find(kid(0))?.kid, failures]).toEqual([2, kid(0), [expect.stringMatching(why)]]);
});

test("keys it can not use are passed over: secret, symmetric, RSA, another purpose, without an id", async () => {
  const [first] = keys;
  const jwk = { ...first?.publicJwk, kid: "a" };
  const odd = [
    { kty: "oct", k: "AAAA", kid: "b" },
    { kty: "RSA", n: "AAAA", e: "AQAB", kid: "c" },
    ...[
      { ...jwk, use: "enc" },
      { ...jwk, kid: undefined },
      { ...jwk, alg: "ES384" },
      { ...jwk, x: "AAAA" },
      "text",
      null,
    ],
  ];
  answer = { status: 200, body: JSON.stringify({ keys: [...odd, jwk] }) };
  const held = open();
  await held.refresh("a");
  expect([held.keyring.size, held.keyring.find("a")?.alg]).toEqual([1, "ES256"]);
});
