import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from "jose";
import { HubError } from "../../../src/errors.ts";
import { makeClientKey, parseClientKey, parseClientKeys } from "../../../src/proof/access/client-key.ts";

/** Public keys of RFC 7638 §3.1's kin: RFC 7515 A.3 (P-256) and RFC 8037 A.2 (Ed25519). */
const ec = {
  ...{ kty: "EC", crv: "P-256", x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU" },
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
};
const ed = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };

function faultOf(value: unknown, parse: (value: never) => unknown = parseClientKey): unknown {
  try {
    parse(value as never);
  } catch (error) {
    return error instanceof HubError && error.code === "CLIENT_KEY_INVALID" ? error.details["reason"] : error;
  }
  return undefined;
}

describe("a client's key", () => {
  test.each([ec, ed])("%# is accepted, its id is the RFC 7638 thumbprint, and nothing else is kept", async (point) => {
    const kid = await calculateJwkThumbprint(point);
    const expected = { ...point, kid, use: "sig" };
    expect(parseClientKey(point)).toEqual(expected);
    const alg = point.kty === "EC" ? "ES256" : "EdDSA";
    const full = { ...point, kid, alg, use: "sig", key_ops: ["verify"], x5t: "x", remark: "ours" };
    expect(parseClientKey(full)).toEqual(expected);
  });

  test("has the thumbprint RFC 8037 A.3 gives", () => {
    expect(parseClientKey(ed).kid).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  });

  test("of Ed25519 may be named by either algorithm", () => {
    for (const alg of ["EdDSA", "Ed25519"]) expect(faultOf({ ...ed, alg })).toBeUndefined();
  });

  test.each([
    ...[undefined, null, "x", 1, [], [ec]].map((value) => [value, "KEYS_MALFORMED"] as const),
    [{}, "KIND"],
    [{ ...ec, d: "x" }, "SECRET"],
    [{ ...ed, d: "" }, "SECRET"],
    [{ ...ec, d: null }, "SECRET"],
    ...["p", "q", "dp", "dq", "qi", "oth", "k", "priv"].map((name) => [{ ...ec, [name]: "x" }, "SECRET"] as const),
    [{ kty: "oct", k: "AAAA" }, "SECRET"],
    [{ kty: "oct" }, "SECRET"],
    [{ ...ec, crv: "secp256k1" }, "KIND"],
    [{ ...ec, crv: "P-384" }, "KIND"],
    [{ ...ed, crv: "X25519" }, "KIND"],
    [{ ...ed, crv: "Ed448" }, "KIND"],
    [{ ...ed, kty: "EC" }, "KIND"],
    [{ kty: "RSA", n: "AQAB", e: "AQAB" }, "KIND"],
    [{ kty: "AKP", alg: "ML-DSA-44", pub: "x" }, "KIND"],
    [{ ...ec, use: "enc" }, "USE"],
    [{ ...ec, alg: "ES384" }, "USE"],
    [{ ...ec, alg: "none" }, "USE"],
    [{ ...ec, alg: "HS256" }, "USE"],
    [{ ...ed, alg: "ES256" }, "USE"],
    [{ ...ec, key_ops: ["sign"] }, "USE"],
    [{ ...ec, key_ops: ["verify", "deriveKey"] }, "USE"],
    [{ ...ec, key_ops: "verify" }, "USE"],
    [{ ...ec, kid: "mine" }, "ID"],
    [{ ...ec, kid: 1 }, "ID"],
    [{ ...ec, kid: parseClientKey(ed).kid }, "ID"],
    [{ ...ec, x: undefined }, "POINT"],
    [{ ...ec, y: undefined }, "POINT"],
    [{ ...ec, x: ec.y, y: ec.x }, "POINT"],
    [{ ...ec, x: `${ec.x}=` }, "POINT"],
    [{ ...ec, x: `${ec.x}\n` }, "POINT"],
    [{ ...ec, x: `A${ec.x}` }, "POINT"],
    [{ ...ec, x: "A".repeat(43), y: "A".repeat(43) }, "POINT"],
    [{ ...ed, x: `${ed.x.slice(0, 42)}p` }, "POINT"], // the same bytes in another spelling
    [{ ...ed, x: 1 }, "POINT"],
  ] as const)("%j is refused: %s", (value, fault) => {
    expect(faultOf(value)).toBe(fault);
  });

  test("with a point of small order is refused: anybody could sign for it", () => {
    const points = ["00".repeat(32), `01${"00".repeat(31)}`, `ec${"ff".repeat(30)}7f`, `ed${"ff".repeat(30)}7f`];
    const order8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
    const order8Negative = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
    for (const hex of [...points, `ee${"ff".repeat(30)}7f`, order8, order8Negative]) {
      for (const sign of [0, 0x80]) {
        const bytes = Buffer.from(hex, "hex");
        bytes.writeUInt8(bytes.readUInt8(31) | sign, 31);
        expect(faultOf({ ...ed, x: bytes.toString("base64url") })).toMatch(/^(WEAK|POINT)$/);
      }
    }
    expect(faultOf({ ...ed, x: Buffer.from(order8, "hex").toString("base64url") })).toBe("WEAK");
  });

  test("made by anybody else's tools is accepted", async () => {
    for (const alg of ["ES256", "EdDSA"]) {
      const { publicKey } = await generateKeyPair(alg, { extractable: true });
      expect(faultOf(await exportJWK(publicKey))).toBeUndefined();
    }
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    expect(faultOf(publicKey.export({ format: "jwk" }))).toBeUndefined();
  });
});

describe("a client's key file", () => {
  const parse = (text: string) => parseClientKeys(text).map(({ crv }) => crv);

  test("is a JWKS or one JWK", () => {
    expect(parse(JSON.stringify({ keys: [ec, ed] }))).toEqual(["P-256", "Ed25519"]);
    expect(parse(JSON.stringify(ed))).toEqual(["Ed25519"]);
  });

  test.each([
    ...[
      "",
      "x",
      "[]",
      "null",
      '{"keys":[]}',
      '{"keys":{}}',
      '{"keys":[1]}',
      `{"keys":${"[".repeat(50)}${"]".repeat(50)}}`,
    ],
    ...[`{"kty":"EC","kty":"OKP"}`, `{"a":"${"x".repeat(70_000)}"}`],
  ])("%# is not anything else", (text) => {
    expect(faultOf(text, parseClientKeys)).toBe("KEYS_MALFORMED");
  });

  test("with one bad key among good ones is refused", () => {
    expect(faultOf(JSON.stringify({ keys: [ec, { ...ed, d: "x" }] }), parseClientKeys)).toBe("SECRET");
  });
});

describe("a new key", () => {
  test.each(["ES256", "EdDSA"] as const)("for %s signs, and its public half verifies", async (alg) => {
    const { publicJwk, privateJwk } = await makeClientKey(alg);
    expect(publicJwk).not.toHaveProperty("d");
    expect(privateJwk).toMatchObject({ ...publicJwk, alg, d: expect.any(String) });
    const token = await new SignJWT({}).setProtectedHeader({ alg }).sign(await importJWK({ ...privateJwk }, alg));
    await expect(jwtVerify(token, await importJWK({ ...publicJwk }, alg))).resolves.toBeDefined();
  });
});
