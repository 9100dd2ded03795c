import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type AccessTokenInput,
  maxTtlSeconds,
  mintAccessToken,
  openAccessToken,
} from "../../../src/proof/access/access-token.ts";
import { importSigningKey, makeKeyPair } from "../../../src/proof/keyring.ts";
import { headerOf, issuer, keyringOf, makeTestKey, now, partsOf, signRaw, type TestKey, unsigned } from "../samples.ts";

const audience = "https://hub.example/graphql";
const rules = { issuers: [issuer], audience, now };
const input: AccessTokenInput = {
  aud: audience,
  sub: "market-supervision",
  client_id: "market-supervision",
  jti: "token-1",
  scope: "license:read material:check",
  role: "department",
  ttlSeconds: 3600,
};
const holder = { idType: "USCC", id: "92371082XXXX50091D" };
const seconds = now.getTime() / 1000;
const { ttlSeconds: _, ...identity } = input;
const claims = { iss: issuer, ...identity, iat: seconds, exp: seconds + 3600 };
const later = (by: number) => ({ ...rules, now: new Date(now.getTime() + by * 1000) });
const invalid = expect.objectContaining({ code: "TOKEN_INVALID", details: {} });

let key: TestKey;
let other: TestKey;
let receiptKey: TestKey;
beforeAll(async () => {
  [key, other, receiptKey] = await Promise.all([makeTestKey("token"), makeTestKey("token"), makeTestKey("receipt")]);
});

async function open(token: string, when = rules) {
  return openAccessToken(token, keyringOf(key.publicJwk, receiptKey.publicJwk), when);
}

describe("an access token", () => {
  test("opens to what was minted", async () => {
    const token = await mintAccessToken(input, key.signing, now);
    expect(JSON.parse(Buffer.from(partsOf(token)[0], "base64url").toString())).toEqual({
      alg: "ES256",
      typ: "at+jwt",
      kid: key.signing.kid,
    });
    expect(await open(token)).toEqual(claims);
  });

  test("of a holder names the holder", async () => {
    const token = await mintAccessToken({ ...input, role: "holder", holder }, key.signing, now);
    expect(await open(token)).toEqual({ ...claims, role: "holder", holder });
  });

  test("may be typed in full and name several audiences, ours among them", async () => {
    const header = headerOf(key.signing, "application/at+jwt");
    const token = await signRaw(header, { ...claims, aud: ["https://other.example", audience] }, key.signing);
    expect(await open(token)).toEqual(claims);
  });

  test.each([
    { role: "operator" },
    { role: "gateway" },
    { role: "holder", holder, member: "2f1c1f6e-9c2e-4a64-9d53-d0d6f0a7c001" },
  ] as const)("comes back as it was minted: %j", async (change) => {
    expect(await open(await mintAccessToken({ ...input, ...change }, key.signing, now))).toMatchObject(change);
  });

  test("is good until 30 seconds after its end and from 30 seconds before its beginning", async () => {
    const token = await mintAccessToken(input, key.signing, now);
    await open(token, later(3600 + 29));
    await expect(open(token, later(3600 + 30))).rejects.toMatchObject({ code: "TOKEN_EXPIRED" });
    await open(token, later(-30));
    await expect(open(token, later(-31))).rejects.toEqual(invalid);
  });

  test("that is both expired and forged is called invalid, not expired", async () => {
    const token = await mintAccessToken(input, other.signing, now);
    await expect(open(token, later(10_000))).rejects.toEqual(invalid);
  });

  test.each<[string, Record<string, unknown>]>([
    ["of another issuer", { iss: "https://evil.example" }],
    ["for another audience", { aud: "https://other.example" }],
    ["for no audience", { aud: [] }],
    ["for an audience that is no text", { aud: [audience, 7] }],
    ["without audience", { aud: undefined }],
    ["without issuer", { iss: undefined }],
    ["without subject", { sub: undefined }],
    ["without client", { client_id: undefined }],
    ["without id", { jti: undefined }],
    ["without beginning", { iat: undefined }],
    ["without end", { exp: undefined }],
    ["without scope", { scope: undefined }],
    ["with a list for scope", { scope: ["license:read"] }],
    ["without role", { role: undefined }],
    ["of an unknown role", { role: "admin" }],
    ["of a holder who is not named", { role: "holder" }],
    ["of a holder without code", { role: "holder", holder: { idType: "USCC" } }],
    ["of a department that names a holder", { holder }],
    ["of a department that acts under a membership", { member: "2f1c1f6e-9c2e-4a64-9d53-d0d6f0a7c001" }],
    ["of a holder with a membership that is no UUID", { role: "holder", holder, member: "m" }],
    ["of a holder under a membership that is no text", { role: "holder", holder, member: 7 }],
    ["of an operator who names a holder", { role: "operator", holder }],
    ["with an end as text", { exp: String(seconds + 3600) }],
    ["with an endless end", { exp: 1e300 }],
    ["that lives longer than a day", { exp: seconds + maxTtlSeconds + 1 }],
    ["that ends before it begins", { iat: seconds + 10, exp: seconds + 5 }],
    ["from before its key", { iat: seconds - 5, exp: seconds + 60 }],
  ])("%s is refused, though its signature holds", async (_, change) => {
    await expect(
      open(await signRaw(headerOf(key.signing, "at+jwt"), { ...claims, ...change }, key.signing)),
    ).rejects.toEqual(invalid);
  });

  test.each<[string, Record<string, unknown>]>([
    ["typ JWT", { typ: "JWT" }],
    ["no typ", { typ: undefined }],
    ["the typ of a license", { typ: "license+jwt" }],
    ["crit", { crit: ["b64"], b64: true }],
    ["an empty crit", { crit: [] }],
    ["a key of its own", { jwk: { kty: "EC" } }],
    ["no kid", { kid: undefined }],
    ["an unknown kid", { kid: "A".repeat(43) }],
    ["alg none", { alg: "none" }],
    ["the wrong alg of the list", { alg: "EdDSA" }],
    ["a symmetric alg", { alg: "HS256" }],
  ])("%s in the header is refused, though the signature holds", async (_, change) => {
    const token = await signRaw({ ...headerOf(key.signing, "at+jwt"), ...change }, claims, key.signing);
    await expect(open(token)).rejects.toEqual(invalid);
  });

  test("signed by a key of another purpose is refused", async () => {
    const header = headerOf(receiptKey.signing, "at+jwt");
    await expect(open(await signRaw(header, claims, receiptKey.signing))).rejects.toEqual(invalid);
  });

  test("of another issuer whose keys are known too is refused", async () => {
    const elsewhere = "https://elsewhere.example";
    const { privateJwk, publicJwk } = await makeKeyPair("token", elsewhere, now);
    const token = await mintAccessToken(input, await importSigningKey(privateJwk), now);
    const both = keyringOf(key.publicJwk, publicJwk);
    await expect(openAccessToken(token, both, rules)).rejects.toEqual(invalid);
    expect(await openAccessToken(token, both, { ...rules, issuers: [issuer, elsewhere] })).toMatchObject({
      iss: elsewhere,
    });
  });

  test("with a foreign signature, none, or one made with the public key as a secret is refused", async () => {
    const header = headerOf(key.signing, "at+jwt");
    await expect(open(await signRaw(header, claims, other.signing))).rejects.toEqual(invalid);
    await expect(open(unsigned(header, claims, ""))).rejects.toEqual(invalid);
    await expect(open(unsigned({ ...header, alg: "none" }, claims, ""))).rejects.toEqual(invalid);
    await expect(open(unsigned(header, claims))).rejects.toEqual(invalid);
  });

  test("any text that is no token is refused", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.base64String(), fc.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]*$/)),
        async (text) => {
          await expect(open(text)).rejects.toEqual(invalid);
        },
      ),
    );
    await expect(open(`${"a".repeat(9000)}.a.a`)).rejects.toEqual(invalid);
  });

  test("an empty keyring accepts nothing", async () => {
    const token = await mintAccessToken(input, key.signing, now);
    await expect(openAccessToken(token, keyringOf(), rules)).rejects.toEqual(invalid);
  });

  test.each([0, -1, 1.5, Number.NaN, maxTtlSeconds + 1])(
    "is not minted for a life of %p seconds",
    async (ttlSeconds) => {
      await expect(mintAccessToken({ ...input, ttlSeconds }, key.signing, now)).rejects.toThrow(RangeError);
    },
  );

  test("is minted by a token key only", async () => {
    await expect(mintAccessToken(input, receiptKey.signing, now)).rejects.toThrow(TypeError);
  });

  test("that would be refused is not minted", async () => {
    await expect(mintAccessToken({ ...input, role: "holder" }, key.signing, now)).rejects.toMatchObject({
      code: "INPUT_INVALID",
    });
  });
});
