import { beforeAll, describe, expect, test } from "@jest/globals";
import { signReceipt } from "../../src/proof/receipt-jws.ts";
import { isJsonObject } from "../../src/proof/strict-json.ts";
import { headerOf, now, sampleClaims, signRaw } from "../proof/samples.ts";
import { base64url, codes, codesFrom, type Hub, makeHub, verify as verifyWith } from "./verifying.ts";

let hub: Hub;
beforeAll(async () => {
  hub = await makeHub();
});
const verify = (token: string) => verifyWith(hub.keyring, token);

describe("a text that is no license", () => {
  const honest = () => headerOf(hub.key.signing);
  const texts: [string, () => Promise<string> | string, string][] = [
    ["nothing", () => "", "NOT_COMPACT_JWS"],
    ["a word", () => "license", "NOT_COMPACT_JWS"],
    ["two parts", () => hub.token.slice(0, hub.token.lastIndexOf(".")), "NOT_COMPACT_JWS"],
    ["four parts", () => `${hub.token}.AAAA`, "NOT_COMPACT_JWS"],
    ["padding", () => `${hub.token}=`, "NOT_COMPACT_JWS"],
    ["a newline at the end", () => `${hub.token}\n`, "NOT_COMPACT_JWS"],
    ["a space at the start", () => ` ${hub.token}`, "NOT_COMPACT_JWS"],
    ["a newline inside", () => `${hub.token.slice(0, 100)}\n${hub.token.slice(100)}`, "NOT_COMPACT_JWS"],
    ["base64 instead of base64url", () => `${hub.token.slice(0, 100)}+/${hub.token.slice(102)}`, "NOT_COMPACT_JWS"],
    ["a megabyte", () => `${"A".repeat(1024 * 1024)}.${hub.token}`, "TOKEN_TOO_LARGE"],
    [
      "a megabyte of payload",
      () => signRaw(honest(), `"${"a".repeat(1024 * 1024)}"`, hub.key.signing),
      "TOKEN_TOO_LARGE",
    ],
    [
      "unused bits in the signature",
      () => `${hub.token.slice(0, -1)}${base64url[base64url.indexOf(hub.token.slice(-1)) + 1]}`,
      "BASE64URL_NOT_CANONICAL",
    ],
    [
      "a part of impossible length",
      () => `${hub.token.slice(0, hub.token.lastIndexOf("."))}.AAAAA`,
      "BASE64URL_NOT_CANONICAL",
    ],
    ["a header that is no JSON", () => signRaw("alg: ES256", sampleClaims(), hub.key.signing), "JSON_INVALID"],
    ["a header that is a list", () => signRaw([honest()], sampleClaims(), hub.key.signing), "JSON_INVALID"],
    [
      "a header that names alg twice",
      () => signRaw(`{"alg":"none",${JSON.stringify(honest()).slice(1)}`, sampleClaims(), hub.key.signing),
      "JSON_DUPLICATE_KEY",
    ],
    [
      "a deeply nested header",
      () => signRaw(`{"a":${"[".repeat(100)}`, sampleClaims(), hub.key.signing),
      "JSON_TOO_DEEP",
    ],
    [
      "a header of 5 KiB",
      () => signRaw({ ...honest(), x: "a".repeat(5000) }, sampleClaims(), hub.key.signing),
      "TOKEN_TOO_LARGE",
    ],
    ["no alg", () => signRaw({ ...honest(), alg: undefined }, sampleClaims(), hub.key.signing), "HEADER_MALFORMED"],
    [
      "an alg that is no text",
      () => signRaw({ ...honest(), alg: ["ES256"] }, sampleClaims(), hub.key.signing),
      "HEADER_MALFORMED",
    ],
    ["no kid", () => signRaw({ ...honest(), kid: undefined }, sampleClaims(), hub.key.signing), "HEADER_MALFORMED"],
    ["crit", () => signRaw({ ...honest(), crit: ["exp"], exp: 1 }, sampleClaims(), hub.key.signing), "HEADER_CRITICAL"],
    [
      "crit b64",
      () => signRaw({ ...honest(), crit: ["b64"], b64: true }, sampleClaims(), hub.key.signing),
      "HEADER_CRITICAL",
    ],
    [
      "jwk",
      () => signRaw({ ...honest(), jwk: hub.foreign.publicJwk }, sampleClaims(), hub.foreign.signing),
      "HEADER_KEY_INJECTION",
    ],
    [
      "jku",
      () => signRaw({ ...honest(), jku: "https://evil.example" }, sampleClaims(), hub.key.signing),
      "HEADER_KEY_INJECTION",
    ],
    [
      "x5u",
      () => signRaw({ ...honest(), x5u: "https://evil.example" }, sampleClaims(), hub.key.signing),
      "HEADER_KEY_INJECTION",
    ],
    ["x5c", () => signRaw({ ...honest(), x5c: [] }, sampleClaims(), hub.key.signing), "HEADER_KEY_INJECTION"],
    ["another typ", () => signRaw({ ...honest(), typ: "JWT" }, sampleClaims(), hub.key.signing), "TYP_UNEXPECTED"],
    ["no typ", () => signRaw({ ...honest(), typ: undefined }, sampleClaims(), hub.key.signing), "TYP_UNEXPECTED"],
    [
      "a typ in a list",
      () => signRaw({ ...honest(), typ: ["license+jwt"] }, sampleClaims(), hub.key.signing),
      "TYP_UNEXPECTED",
    ],
    ["a receipt", () => signReceipt(receipt, hub.receiptKey.signing), "TYP_UNEXPECTED"],
    ["a payload that is no JSON", () => signRaw(honest(), "hello", hub.key.signing), "JSON_INVALID PASS"],
    ["a payload that is no object", () => signRaw(honest(), "[]", hub.key.signing), "JSON_INVALID PASS"],
    [
      "a payload in broken UTF-8",
      () => signRaw(honest(), Uint8Array.of(0x7b, 0xff, 0x7d), hub.key.signing),
      "JSON_INVALID PASS",
    ],
    [
      "a payload that says iss twice",
      () => signRaw(honest(), `{"iss":"x",${JSON.stringify(sampleClaims()).slice(1)}`, hub.key.signing),
      "JSON_DUPLICATE_KEY PASS",
    ],
    [
      "a payload nested 10,000 deep",
      () => signRaw(honest(), `{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`, hub.key.signing),
      "JSON_TOO_DEEP PASS",
    ],
    [
      "an iat that is no time",
      () => signRaw(honest(), { ...sampleClaims(), iat: "now" }, hub.key.signing),
      "CLAIMS_MALFORMED PASS",
    ],
    [
      "an endless exp",
      () => signRaw(honest(), JSON.stringify(sampleClaims()).replace(/"exp":\d+/, '"exp":1e999'), hub.key.signing),
      "CLAIMS_MALFORMED PASS",
    ],
    ["a null exp", () => signRaw(honest(), { ...sampleClaims(), exp: null }, hub.key.signing), "CLAIMS_MALFORMED PASS"],
    [
      "attributes in a list",
      () =>
        signRaw(
          honest(),
          { ...sampleClaims(), license: { ...sampleClaims().license, attributes: [] } },
          hub.key.signing,
        ),
      "CLAIMS_MALFORMED PASS",
    ],
    ...pathsOf(sampleClaims()).map((path): [string, () => Promise<string>, string] => [
      `no ${path}`,
      () => signRaw(honest(), without(sampleClaims(), path.split(".")), hub.key.signing),
      "CLAIMS_MALFORMED PASS",
    ]),
  ];
  test.each(texts)("%s: INVALID at FORMAT", async (_, make, expected) => {
    const report = await verify(await make());
    expect(codes(report)).toBe(codesFrom(...expected.split(" ")));
    expect(report.outcome).toBe("INVALID");
    expect(report.license).toBe(undefined);
  });

  const receipt = {
    aud: "a",
    sub: "b",
    jti: "c",
    issuedAt: now,
    check: "d",
    purpose: { procedure: "e", caseNumber: "f", reason: "gg" },
    licenses: [{ identifier: "h", type: "i", digest: "A".repeat(43) }],
  };

  test("header names that mean nothing here are ignored", async () => {
    const extended = await signRaw(
      { ...honest(), x: 1, __proto__: null },
      { ...sampleClaims(), extra: 1 },
      hub.key.signing,
    );
    expect((await verify(extended)).outcome).toBe("VALID");
  });
});

/** Dotted paths of all members, but what a license type decides and what may be absent. */
function pathsOf(value: unknown, path = ""): string[] {
  if (path === "exp") return [];
  if (!isJsonObject(value) || path === "license.attributes") return [path];
  const inner = Object.entries(value).flatMap(([name, member]) => pathsOf(member, path ? `${path}.${name}` : name));
  return path ? [path, ...inner] : inner;
}

function without(value: unknown, [name = "", ...rest]: readonly string[]): unknown {
  if (!isJsonObject(value)) return value;
  const { [name]: member, ...others } = value;
  return rest.length === 0 ? others : { ...others, [name]: without(member, rest) };
}
