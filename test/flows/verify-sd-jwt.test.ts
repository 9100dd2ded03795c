import { beforeAll, describe, expect, test } from "@jest/globals";
import { compileAttributesSchema } from "../../src/domain/licenses/license-type-schema.ts";
import { sha256Base64url } from "../../src/proof/bytes/sha256.ts";
import { parseJwks } from "../../src/proof/keyring.ts";
import { found, passed } from "../../src/proof/verification.ts";
import { type VerifyLicenseInput, verifyLicense } from "../../src/use-cases/licenses/verify-license.ts";
import { makeTestKey, now, sampleClaims, sampleSchema, signRaw, type TestKey } from "../proof/samples.ts";
import {
  base64url,
  bind,
  disclosureOf,
  type Issued,
  issueSdJwt,
  licensePaths,
  signIssued,
  walletClaims,
} from "../proof/sd-jwt/issue-sd-jwt.ts";
import { codes, codesFrom } from "./verifying.ts";

let key: TestKey;
let holder: TestKey;
let stranger: TestKey;
let issued: Issued;
let jws: string;
beforeAll(async () => {
  [key, holder, stranger] = await Promise.all([makeTestKey(), makeTestKey(), makeTestKey()]);
  issued = issueSdJwt(walletClaims(pointOf(holder)), licensePaths);
  jws = await signIssued(issued.payload, key.signing);
});

const compiled = compileAttributesSchema(sampleSchema);
const proof = { iat: now.getTime() / 1000, nonce: "n-1", aud: "https://counter.example" };
const asked = { nonce: "n-1", audience: "https://counter.example" };

function pointOf({ publicJwk: { kty, crv, x, y } }: TestKey) {
  return { kty, crv, x, ...(y && { y }) };
}

async function verify(token: string, more: Partial<VerifyLicenseInput> = {}) {
  const schemaOf = (code: string) => (code === sampleClaims().license.type ? compiled : undefined);
  const statusOf = async () => passed("STATUS");
  const tools = { keyring: parseJwks({ keys: [key.publicJwk] }), schemaOf, statusOf, now: () => now };
  return verifyLicense(tools, { token, ...more });
}

/** The SD-JWT with the disclosures named; all when none are. */
function shown(...names: readonly string[]): string {
  const chosen = [...issued.disclosures].filter(
    ([at]) => names.length === 0 || names.some((name) => at.includes(name)),
  );
  return [jws, ...chosen.map(([, text]) => text), ""].join("~");
}

async function codeOf(payload: unknown, ...disclosures: readonly string[]): Promise<string> {
  const report = await verify([await signIssued(payload, key.signing), ...disclosures, ""].join("~"));
  return report.checks[0]?.code ?? report.outcome;
}

const unproven = "PASS NOT_CHECKED";

describe("a license in a wallet", () => {
  test("is judged by the status list at hand, like any other", async () => {
    const report = await verifyLicense(
      {
        ...{ keyring: parseJwks({ keys: [key.publicJwk] }), schemaOf: () => undefined, now: () => now },
        statusOf: async ({ status }) => (status.status_list.uri === "" ? undefined : found("STATUS", "STATUS_INVALID")),
      },
      { token: shown() },
    );
    expect(report.outcome).toBe("INVALID");
  });

  test("shown whole, with its holder's proof, is VALID in every step there is", async () => {
    const report = await verify(await bind(shown(), holder.signing, proof), { holder: asked });
    expect(codes(report)).toBe(`PASS PASS PASS PASS PASS PASS ${unproven} PASS`);
    expect(report.outcome).toBe("VALID");
    expect(report.license).toBeUndefined();
    expect(report.presented).toMatchObject({ sub: sampleClaims().sub, license: sampleClaims().license, isWhole: true });
  });

  test("shown in part is VALID, says only what was shown, and its content is not judged", async () => {
    const report = await verify(await bind(shown("number"), holder.signing, proof), { holder: asked });
    expect(codes(report)).toBe(`PASS PASS PASS PASS SD_JWT_PARTLY_DISCLOSED PASS ${unproven} PASS`);
    expect(report.outcome).toBe("VALID");
    expect(report.presented?.license.number).toBe(sampleClaims().license.number);
    expect(JSON.stringify(report)).not.toMatch(/米山酒店店|92371082XXXX50091D/);
  });

  test("without a proof leaves HOLDER_BINDING open, or fails it when one was asked for", async () => {
    expect((await verify(shown())).checks[8]).toMatchObject({ outcome: "SKIPPED", code: "SD_JWT_KEY_BINDING_ABSENT" });
    const report = await verify(shown(), { holder: asked });
    expect([report.outcome, report.checks[8]?.code]).toEqual(["INVALID", "SD_JWT_KEY_BINDING_MISSING"]);
  });

  test("bound to nobody needs no proof, and a proof shows nothing", async () => {
    const free = [await signIssued(issueSdJwt(walletClaims(), []).payload, key.signing, "vc+sd-jwt"), ""].join("~");
    expect(codes(await verify(free))).toBe(`PASS PASS PASS PASS PASS PASS ${unproven} NOT_APPLICABLE`);
    expect((await verify(await bind(free, holder.signing, proof))).checks[8]?.code).toBe("SD_JWT_HOLDER_KEY");
  });

  test("a proof nobody asked for passes, and the report says that it was compared with nothing", async () => {
    const { checks } = await verify(await bind(shown(), holder.signing, proof));
    expect(checks[8]).toMatchObject({ outcome: "PASS", detail: expect.stringMatching(/not compared/) });
  });

  test("has ended when its last day has", async () => {
    const report = await verify(shown(), { at: new Date("2027-02-18T00:00:00+08:00") });
    expect([report.outcome, report.checks[5]?.code]).toEqual(["INVALID", "EXPIRED"]);
  });

  test("whose shown attributes miss the schema is INVALID", async () => {
    const { source: _, ...claims } = sampleClaims({ attributes: { vehicleCount: "十二" } });
    const vct = `urn:zhengzhao:license-type:${claims.license.type}`;
    const report = await verify(`${await signIssued({ ...claims, vct }, key.signing)}~`);
    expect([report.outcome, report.checks[4]?.code]).toEqual(["INVALID", "ATTRIBUTES_INVALID"]);
  });
});

describe("a proof of the holder fails", () => {
  const binding = async (claims: object, signer = holder, header = {}) =>
    (await verify(await bind(shown(), signer.signing, { ...proof, ...claims }, header), { holder: asked })).checks[8]
      ?.code;
  test.each<[string, () => Promise<string | undefined>, string]>([
    ["signed by somebody else", () => binding({}, stranger), "SD_JWT_KEY_BINDING_SIGNATURE"],
    ["of algorithm none", () => binding({}, holder, { alg: "none" }), "SD_JWT_KEY_BINDING_SIGNATURE"],
    ["that bring a key", () => binding({}, holder, { jwk: pointOf(holder) }), "SD_JWT_KEY_BINDING_MALFORMED"],
    ["of another kind", () => binding({}, holder, { typ: "JWT" }), "SD_JWT_KEY_BINDING_MALFORMED"],
    ["without a nonce", () => binding({ nonce: undefined }), "SD_JWT_KEY_BINDING_MALFORMED"],
    ["for another nonce", () => binding({ nonce: "n-2" }), "SD_JWT_NONCE"],
    ["for another verifier", () => binding({ aud: "https://other.example" }), "SD_JWT_AUDIENCE"],
    ["for a list of verifiers", () => binding({ aud: [asked.audience] }), "SD_JWT_KEY_BINDING_MALFORMED"],
    ["of six minutes ago", () => binding({ iat: proof.iat - 301 }), "SD_JWT_KEY_BINDING_TIME"],
    ["of tomorrow", () => binding({ iat: proof.iat + 86_400 }), "SD_JWT_KEY_BINDING_TIME"],
    ["that have ended", () => binding({ exp: proof.iat - 61 }), "SD_JWT_KEY_BINDING_TIME"],
    ["over something else", () => binding({ sd_hash: sha256Base64url("other") }), "SD_JWT_KEY_BINDING_OTHER"],
  ])("%s", async (_, run, code) => {
    expect(await run()).toBe(code);
  });

  test("made for fewer disclosures than are shown", async () => {
    const bound = await bind(shown("number"), holder.signing, proof);
    const more = bound.replace("~", `~${issued.disclosures.get('["sub"]')}~`);
    expect((await verify(more)).checks[8]?.code).toBe("SD_JWT_KEY_BINDING_OTHER");
  });
});

describe("an SD-JWT is refused", () => {
  const sd = (...texts: string[]) => ({ ...walletClaims(), _sd: texts.map((text) => sha256Base64url(text)) });
  const cases: [string, () => Promise<string>, string][] = [
    [
      "with a disclosure nobody refers to",
      () => codeOf(walletClaims(), disclosureOf("a", 1)),
      "SD_JWT_DISCLOSURE_UNREFERENCED",
    ],
    ["with a disclosure twice", () => twice(disclosureOf("a", 1)), "SD_JWT_DISCLOSURE_REPEATED"],
    ["with a digest twice", () => digestTwice(disclosureOf("a", 1)), "SD_JWT_DIGEST_REPEATED"],
    ["with a decoy twice", () => codeOf({ ...walletClaims(), _sd: ["x", "x"] }), "SD_JWT_DIGEST_REPEATED"],
    ["with a claim named _sd", () => one(disclosureOf("_sd", [])), "SD_JWT_NAME_FORBIDDEN"],
    ["with a claim named ...", () => one(disclosureOf("...", "x")), "SD_JWT_NAME_FORBIDDEN"],
    ["with a claim named _sd_alg", () => one(disclosureOf("_sd_alg", "sha-256")), "SD_JWT_NAME_FORBIDDEN"],
    ["with ... in an object", () => codeOf({ ...walletClaims(), a: { "...": "x" } }), "SD_JWT_NAME_FORBIDDEN"],
    [
      "with ... beside another name",
      () => codeOf({ ...walletClaims(), a: [{ "...": "x", b: 1 }] }),
      "SD_JWT_NAME_FORBIDDEN",
    ],
    ["with _sd that is no list of texts", () => codeOf({ ...walletClaims(), _sd: [1] }), "SD_JWT_NAME_FORBIDDEN"],
    ["with a name that is there already", () => one(disclosureOf("jti", "other")), "SD_JWT_CLAIM_REPEATED"],
    ["with a name disclosed twice", () => both(disclosureOf("a", 1), disclosureOf("a", 2)), "SD_JWT_CLAIM_REPEATED"],
    ["with an element where a claim stands", () => one(disclosureOf("a")), "SD_JWT_DISCLOSURE_MALFORMED"],
    ["with a claim where an element stands", () => element(disclosureOf("a", 1)), "SD_JWT_DISCLOSURE_MALFORMED"],
    ["with a disclosure of four parts", () => one(disclosureOf("a", 1, 2)), "SD_JWT_DISCLOSURE_MALFORMED"],
    ["with a salt that is no text", () => one(base64url([1, "a", 1])), "SD_JWT_DISCLOSURE_MALFORMED"],
    ["with a disclosure that is no JSON", () => one(base64url("salt")), "SD_JWT_DISCLOSURE_MALFORMED"],
    [
      "with a name twice in a disclosure",
      () => one(base64url('["s","a",{"b":1,"b":2}]')),
      "SD_JWT_DISCLOSURE_MALFORMED",
    ],
    [
      "with digests of another hash",
      () => codeOf({ ...walletClaims(), _sd_alg: "sha-512" }),
      "SD_JWT_HASH_NOT_SUPPORTED",
    ],
    ["with a hash that is null", () => codeOf({ ...walletClaims(), _sd_alg: null }), "SD_JWT_HASH_NOT_SUPPORTED"],
    ["with 257 disclosures", () => many(257), "SD_JWT_TOO_MANY_DISCLOSURES"],
    ["whose disclosures nest too deeply", () => nested(40), "JSON_TOO_DEEP"],
    ["whose end can be hidden", () => hidden("exp"), "SD_JWT_CLAIM_NOT_SELECTIVE"],
    ["whose holder's key can be hidden", () => hidden("cnf"), "SD_JWT_CLAIM_NOT_SELECTIVE"],
    [
      "whose type is not what vct says",
      () => codeOf({ ...walletClaims(), vct: "urn:zhengzhao:license-type:X" }),
      "CLAIMS_MALFORMED",
    ],
    ["without vct", () => codeOf({ ...walletClaims(), vct: undefined }), "CLAIMS_MALFORMED"],
  ];
  test.each(cases)("%s", async (_, run, code) => {
    expect(await run()).toBe(code);
  });

  const one = (text: string) => codeOf(sd(text), text);
  const both = (first: string, second: string) => codeOf(sd(first, second), first, second);
  const twice = (text: string) => codeOf(sd(text), text, text);
  const element = (text: string) => codeOf({ ...walletClaims(), a: [{ "...": sha256Base64url(text) }] }, text);
  const digestTwice = (text: string) => codeOf({ ...sd(text), a: { _sd: [sha256Base64url(text)] } }, text);
  const hidden = (name: string) => {
    const { payload, disclosures } = issueSdJwt(walletClaims(pointOf(holder)), [[name]]);
    return codeOf(payload, ...disclosures.values());
  };
  const many = (count: number) => {
    const texts = Array.from({ length: count }, (_, index) => disclosureOf(`a${index}`, 1));
    return codeOf(sd(...texts), ...texts);
  };
  const nested = (levels: number) => {
    const texts = [disclosureOf("a", 1)];
    for (let level = 1; level < levels; level += 1)
      texts.push(disclosureOf("a", { _sd: [sha256Base64url(texts.at(-1) ?? "")] }));
    return codeOf(sd(texts.at(-1) ?? ""), ...texts);
  };

  test.each([
    ["two ~ in a row", () => shown().replace("~", "~~"), "SD_JWT_MALFORMED"],
    ["nothing before the first ~", () => "~a~", "SD_JWT_MALFORMED"],
    ["200 KiB of ~", () => "~".repeat(200 * 1024), "TOKEN_TOO_LARGE"],
  ])("%s", async (_, make, code) => {
    expect(codes(await verify(make()))).toBe(codesFrom(code));
  });

  test("as a plain license, and a plain license as an SD-JWT", async () => {
    expect((await verify(jws)).checks[0]?.code).toBe("TYP_UNEXPECTED");
    expect((await verify(`${await signIssued(sampleClaims(), key.signing, "license+jwt")}~`)).checks[0]?.code).toBe(
      "TYP_UNEXPECTED",
    );
  });

  test("a claim named __proto__ is a claim like any other", async () => {
    const text = base64url('["salt","__proto__",{"isWhole":true}]');
    expect(await codeOf(sd(text), text)).toBe("VALID");
  });
});

test("a sign changed anywhere in a small SD-JWT never leaves it VALID", async () => {
  const text = await bind(shown("number"), holder.signing, proof);
  expect((await verify(text)).outcome).toBe("VALID");
  const outcomes = await Promise.all(
    [...text].map(async (sign, at) => {
      const other = sign === "A" ? "B" : "A";
      const report = await verify(text.slice(0, at) + other + text.slice(at + 1));
      return report.outcome === "VALID" ? at : undefined;
    }),
  );
  expect(outcomes.filter((at) => at !== undefined)).toEqual([]);
});

describe("an issuer's key used in another way", () => {
  const swap = async (header: object, signature: (input: string) => Promise<string>) => {
    const input = `${base64url({ typ: "dc+sd-jwt", kid: key.publicJwk.kid, ...header })}.${jws.split(".")[1]}`;
    return (await verify(`${input}.${await signature(input)}~`)).checks[1]?.code;
  };
  const hmac = async (input: string) => {
    const secret = new TextEncoder().encode(JSON.stringify(key.publicJwk));
    const imported = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return Buffer.from(await crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(input))).toString(
      "base64url",
    );
  };
  const none = async () => "";
  const zeros = async () => Buffer.alloc(64).toString("base64url");
  test.each<[string, object, (input: string) => Promise<string>, string]>([
    ["HS256 with the public key as secret", { alg: "HS256" }, hmac, "ALGORITHM_NOT_ALLOWED"],
    ["none", { alg: "none" }, none, "ALGORITHM_NOT_ALLOWED"],
    ["ES256 as EdDSA", { alg: "EdDSA" }, zeros, "ALGORITHM_NOT_ALLOWED"],
    ["a signature of zeros", { alg: "ES256" }, zeros, "SIGNATURE_WRONG"],
  ])("%s", async (_, header, signature, code) => {
    expect(await swap(header, signature)).toBe(code);
  });
});

describe("a payload its readers could understand differently is refused in either form", () => {
  const text = JSON.stringify({ ...walletClaims(), source: sampleClaims().source });
  test.each<[string, string, string]>([
    ["a member twice", text.replace("{", '{"jti":"x",'), "JSON_DUPLICATE_KEY"],
    ["1e400 seconds", text.replace(/"iat":\d+/, '"iat":1e400'), "CLAIMS_MALFORMED"],
    ["2^53 + 1 seconds", text.replace(/"exp":\d+/, '"exp":9007199254740993'), "CLAIMS_MALFORMED"],
    ["-0 seconds", text.replace(/"iat":\d+/, '"iat":-0'), "CLAIMS_MALFORMED"],
    ["the index -0", text.replace(/"idx":\d+/, '"idx":-0'), "CLAIMS_MALFORMED"],
    ["the index 2^53 + 1", text.replace(/"idx":\d+/, '"idx":9007199254740993'), "CLAIMS_MALFORMED"],
    ["the index 1e400", text.replace(/"idx":\d+/, '"idx":1e400'), "CLAIMS_MALFORMED"],
    ["a thousand brackets", text.replace("{", `{"a":${"[".repeat(1000)}${"]".repeat(1000)},`), "JSON_TOO_DEEP"],
  ])("%s", async (_, payload, code) => {
    expect(payload).not.toBe(text);
    const signed = (typ: string) => signRaw({ alg: "ES256", typ, kid: key.publicJwk.kid }, payload, key.signing);
    expect((await verify(await signed("license+jwt"))).checks[0]?.code).toBe(code);
    expect((await verify(`${await signed("dc+sd-jwt")}~`)).checks[0]?.code).toBe(code);
  });
});
