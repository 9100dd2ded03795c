import { beforeAll, describe, expect, test } from "@jest/globals";
import { calculateJwkThumbprint } from "jose";
import {
  importSigningKey,
  isIssuer,
  type KeyAlgorithm,
  type KeyPurpose,
  makeKeyPair,
  maxKeys,
  parseJwks,
} from "../../src/proof/keyring.ts";
import { issuer, keyringOf, makeTestKey, now, type TestKey } from "./samples.ts";

const kinds: [KeyPurpose, KeyAlgorithm][] = [
  ["license", "ES256"],
  ["receipt", "EdDSA"],
  ["token", "ES256"],
];

function refusal(reason: string): unknown {
  return expect.objectContaining({ code: "INPUT_INVALID", details: expect.objectContaining({ reason }) });
}

describe("a key pair", () => {
  test.each(kinds)("for a %s with %s is published with its thumbprint and without its secret", async (purpose, alg) => {
    const { publicJwk, privateJwk } = await makeKeyPair(purpose, issuer, now, alg);
    const { kid, ...members } = publicJwk;
    expect(kid).toBe(await calculateJwkThumbprint({ ...members }, "sha256"));
    expect(members).toMatchObject({ use: "sig", alg, purpose, iss: issuer, nbf: now.getTime() / 1000 });
    expect(Object.keys(publicJwk)).not.toContain("d");
    expect(privateJwk).toEqual({ ...publicJwk, d: privateJwk.d });
    expect(privateJwk.d).toMatch(/^[\w-]{43}$/);
  });

  test.each(kinds)("for a %s with %s survives its file", async (purpose, alg) => {
    const { privateJwk, publicJwk } = await makeKeyPair(purpose, issuer, now, alg);
    const key = await importSigningKey(JSON.parse(JSON.stringify(privateJwk)));
    expect(key).toMatchObject({ kid: publicJwk.kid, purpose, alg, issuer, notBefore: now });
    expect(key.notAfter).toBe(undefined);
    expect(key.privateKey.extractable).toBe(false);
  });

  test("is never made for an issuer that is no URL", async () => {
    await expect(makeKeyPair("license", "the hub", now)).rejects.toEqual(refusal("KEY_ISSUER"));
  });

  test("two pairs differ", async () => {
    const [first, second] = await Promise.all([makeTestKey(), makeTestKey()]);
    expect(first.publicJwk.kid).not.toBe(second.publicJwk.kid);
  });
});

describe("importing a signing key", () => {
  let key: TestKey;
  let other: TestKey;
  beforeAll(async () => {
    [key, other] = await Promise.all([makeTestKey(), makeTestKey()]);
  });

  test("the end of its use is read", async () => {
    const signing = await importSigningKey({ ...key.privateJwk, exp: key.privateJwk.nbf + 60 });
    expect(signing.notAfter).toEqual(new Date(now.getTime() + 60_000));
  });

  test.each<[string, (jwk: TestKey) => unknown, string]>([
    ["a public key", ({ publicJwk }) => publicJwk, "KEY_PRIVATE"],
    ["nothing", () => null, "KEY_PRIVATE"],
    ["a secret that is no number", ({ privateJwk }) => ({ ...privateJwk, d: "x" }), "KEY_PRIVATE"],
    ["a kid that is not the thumbprint", ({ privateJwk }) => ({ ...privateJwk, kid: "mine" }), "KEY_ID"],
    ["an unknown purpose", ({ privateJwk }) => ({ ...privateJwk, purpose: "everything" }), "KEY_UNSUPPORTED"],
  ])("%s is refused", async (_, spoil, reason) => {
    await expect(importSigningKey(spoil(key))).rejects.toEqual(refusal(reason));
  });

  test("the secret of another key is refused", async () => {
    await expect(importSigningKey({ ...key.privateJwk, d: other.privateJwk.d })).rejects.toEqual(
      refusal("KEY_PRIVATE"),
    );
    const [edwards, second] = await Promise.all([makeTestKey("license", "EdDSA"), makeTestKey("license", "EdDSA")]);
    const mixed = { ...edwards.privateJwk, d: second.privateJwk.d };
    await expect(importSigningKey(mixed)).rejects.toEqual(refusal("KEY_PRIVATE"));
  });
});

describe("a key set", () => {
  let ec: TestKey;
  let edwards: TestKey;
  beforeAll(async () => {
    [ec, edwards] = await Promise.all([makeTestKey("license"), makeTestKey("receipt", "EdDSA")]);
  });

  test("is read from a value, a text or bytes, and finds keys by id", () => {
    const value = { keys: [ec.publicJwk, { ...edwards.publicJwk, exp: edwards.publicJwk.nbf + 60 }] };
    const text = JSON.stringify(value);
    for (const form of [value, text, new TextEncoder().encode(text)]) {
      const keyring = parseJwks(form);
      expect(keyring.size).toBe(2);
      expect(keyring.find(ec.publicJwk.kid)).toMatchObject({
        purpose: "license",
        alg: "ES256",
        issuer,
        notBefore: now,
      });
      const found = keyring.find(edwards.publicJwk.kid);
      expect(found).toMatchObject({ purpose: "receipt", alg: "EdDSA", notAfter: new Date(now.getTime() + 60_000) });
      expect(keyring.find("__proto__")).toBe(undefined);
    }
  });

  test("a key is imported once, not at each look-up", async () => {
    const keyring = keyringOf(ec.publicJwk);
    const imported = () => keyring.find(ec.publicJwk.kid)?.publicKey();
    expect(await imported()).toBe(await imported());
  });

  test("keys of a kind, curve or purpose unknown here are ignored", () => {
    const strangers = [
      { kty: "RSA", n: "AQAB", e: "AQAB", kid: "rsa" },
      { kty: "AKP", alg: "ML-DSA-44", pub: "AA", kid: "pq" },
      { ...ec.publicJwk, crv: "P-384" },
      { ...edwards.publicJwk, crv: "Ed448" },
      { ...ec.publicJwk, purpose: "weather" },
    ];
    expect(keyringOf(...strangers).size).toBe(0);
    expect(keyringOf(...strangers, ec.publicJwk).size).toBe(1);
  });

  test.each<[string, (key: TestKey, edwards: TestKey) => object, string]>([
    ["a private key", ({ privateJwk }) => privateJwk, "KEY_SECRET"],
    ["a private RSA key", () => ({ kty: "RSA", n: "AQAB", e: "AQAB", d: "AA" }), "KEY_SECRET"],
    ["a symmetric key", () => ({ kty: "oct", k: "c2VjcmV0", alg: "HS256", kid: "x" }), "KEY_SECRET"],
    ["a symmetric key without its secret", () => ({ kty: "oct", alg: "HS256" }), "KEY_SECRET"],
    ["a kid of one's own choice", ({ publicJwk }) => ({ ...publicJwk, kid: "mine" }), "KEY_ID"],
    ["the kid of another key", ({ publicJwk }, { publicJwk: { kid } }) => ({ ...publicJwk, kid }), "KEY_ID"],
    ["no kid", ({ publicJwk }) => ({ ...publicJwk, kid: undefined }), "KEY_ID"],
    ["another algorithm", ({ publicJwk }) => ({ ...publicJwk, alg: "EdDSA" }), "KEY_ALGORITHM"],
    ["alg none", ({ publicJwk }) => ({ ...publicJwk, alg: "none" }), "KEY_ALGORITHM"],
    ["a key for encryption", ({ publicJwk }) => ({ ...publicJwk, use: "enc" }), "KEY_ALGORITHM"],
    ["a point with a short coordinate", ({ publicJwk }) => ({ ...publicJwk, x: "AAAA" }), "KEY_POINT"],
    ["a coordinate with unused bits set", ({ publicJwk }) => ({ ...publicJwk, y: `${"A".repeat(42)}B` }), "KEY_POINT"],
    ["a missing coordinate", ({ publicJwk }) => ({ ...publicJwk, y: undefined }), "KEY_POINT"],
    ["no purpose", ({ publicJwk }) => ({ ...publicJwk, purpose: undefined }), "KEY_MALFORMED"],
    ["no issuer", ({ publicJwk }) => ({ ...publicJwk, iss: undefined }), "KEY_ISSUER"],
    ["an issuer that is no URL", ({ publicJwk }) => ({ ...publicJwk, iss: "hub" }), "KEY_ISSUER"],
    ["no beginning", ({ publicJwk }) => ({ ...publicJwk, nbf: undefined }), "KEY_PERIOD"],
    ["an end before the beginning", ({ publicJwk }) => ({ ...publicJwk, exp: publicJwk.nbf - 1 }), "KEY_PERIOD"],
    ["an end that is no time", ({ publicJwk }) => ({ ...publicJwk, exp: 1e300 }), "KEY_PERIOD"],
  ])("%s is refused", (_, spoil, reason) => {
    expect(() => keyringOf(edwards.publicJwk, spoil(ec, edwards))).toThrow(refusal(reason));
    expect(() => keyringOf(edwards.publicJwk, spoil(ec, edwards))).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ index: 1 }) }),
    );
  });

  test("a point off the curve is refused although its kid is right", async () => {
    const { kty, crv, x } = ec.publicJwk;
    const off = { kty, crv, x, y: x };
    const kid = await calculateJwkThumbprint(off, "sha256");
    expect(() => keyringOf({ ...ec.publicJwk, ...off, kid })).toThrow(refusal("KEY_POINT"));
  });

  test("the same key twice is refused", () => {
    expect(() => keyringOf(ec.publicJwk, { ...ec.publicJwk, purpose: "token" })).toThrow(refusal("KEY_REPEATED"));
  });

  test.each<[string, unknown]>([
    ["a single key", { kty: "EC" }],
    ["an array", []],
    ["no JSON", "-----BEGIN PUBLIC KEY-----"],
    ["keys that are no list", { keys: {} }],
    ["a repeated member", '{"keys":[],"keys":[]}'],
    ["deep nesting", `{"keys":${"[".repeat(100_000)}`],
    ["nothing", undefined],
  ])("%s is no key set", (_, value) => {
    expect(() => parseJwks(value)).toThrow(refusal("KEYS_MALFORMED"));
  });

  test("a member that is no object is refused", () => {
    expect(() => parseJwks({ keys: [null] })).toThrow(refusal("KEY_MALFORMED"));
  });

  test("256 keys are read, 257 refused", () => {
    const strangers = Array.from({ length: maxKeys }, () => ({ kty: "RSA" }));
    expect(parseJwks({ keys: strangers }).size).toBe(0);
    expect(() => parseJwks({ keys: [...strangers, { kty: "RSA" }] })).toThrow(refusal("KEYS_TOO_MANY"));
  });
});

test.each([
  ["https://hub.example", true],
  ["http://127.0.0.1:4000", true],
  ["https://hub.example/weihai", true],
  ["https://hub.example?x=1", false],
  ["https://hub.example#x", false],
  ["https://a:b@hub.example", false],
  [" https://hub.example", false],
  ["https://hub.example/\u001b[2J", false],
  ["https://hub.example/证照", false],
  ["ftp://hub.example", false],
  ["javascript:alert(1)", false],
  [`https://hub.example/${"a".repeat(2000)}`, false],
  [7, false],
])("%p as an issuer: %p", (text, expected) => {
  expect(isIssuer(text)).toBe(expected);
});
