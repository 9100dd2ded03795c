import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { CompactSign, calculateJwkThumbprint } from "jose";
import { payloadDigest } from "../../src/proof/compact-jws.ts";
import { isSignedBy } from "../../src/proof/jws.ts";
import { importSigningKey, parseJwks, type VerifyingKey } from "../../src/proof/keyring.ts";
import { openLicense } from "../../src/proof/license-jws.ts";
import { isJsonObject } from "../../src/proof/strict-json.ts";
import { issuer, makeTestKey, partsOf } from "./samples.ts";

type Case = Readonly<{ id: string; alg: string; jwk: Record<string, string>; jws: string }>;

const vectors = join(import.meta.dirname, "..", "vectors");
const rfc7515: { cases: Case[]; thumbprints: { jwk: Record<string, string>; thumbprint: string }[] } = JSON.parse(
  readFileSync(join(vectors, "rfc7515", "rfc7515-8037.json"), "utf8"),
);
const rfc7520 = [
  "curve25519/jws",
  "jws/4_1.rsa_v15_signature",
  "jws/4_3.ecdsa_signature",
  "jws/4_4.hmac-sha2_integrity_protection",
];
const cookbook: Case[] = rfc7520.map((name) => {
  const { input, output } = JSON.parse(readFileSync(join(vectors, "rfc7520", `${name}.json`), "utf8"));
  return { id: name, alg: input.alg, jwk: input.key, jws: output.compact };
});
const cases = [...rfc7515.cases, ...cookbook];
const ours = cases.filter(({ alg }) => alg === "ES256" || alg === "EdDSA");
const foreign = cases.filter(({ alg }) => alg !== "ES256" && alg !== "EdDSA");

/** The vector's key with the members our key sets demand. */
async function published({ alg, jwk }: Case) {
  const { kty, crv, x, y } = jwk;
  const kid = await calculateJwkThumbprint(jwk, "sha256");
  return { kty, crv, x, ...(y && { y }), kid, use: "sig", alg, purpose: "license", iss: issuer, nbf: 0 };
}

async function verifying(vector: Case): Promise<VerifyingKey> {
  const jwk = await published(vector);
  const key = parseJwks({ keys: [jwk] }).find(jwk.kid);
  if (key === undefined) throw new Error("The key was ignored.");
  return key;
}

test("there are vectors of both algorithms", () => {
  expect(ours.map(({ alg }) => alg).toSorted()).toEqual(["ES256", "EdDSA", "EdDSA"]);
  expect(foreign.map(({ alg }) => alg).toSorted()).toEqual(["ES512", "HS256", "HS256", "RS256"]);
});

describe.each(ours)("$id", (vector) => {
  let key: VerifyingKey;
  beforeAll(async () => {
    key = await verifying(vector);
  });

  test("its signature holds with its key", async () => {
    expect(await isSignedBy(vector.jws, key)).toBe(true);
  });

  test("its signature does not hold with another key", async () => {
    const { signing, keyring } = await makeTestKey("license", key.alg);
    const other = keyring.find(signing.kid);
    expect(other && (await isSignedBy(vector.jws, other))).toBe(false);
  });

  test("a changed payload, header or signature does not hold", async () => {
    const [header, payload, signature] = partsOf(vector.jws);
    const changed = Buffer.from(signature, "base64url");
    changed[0] = (changed[0] ?? 0) ^ 1;
    expect(await isSignedBy(`${header}.${payload}.${changed.toString("base64url")}`, key)).toBe(false);
    expect(await isSignedBy(`${header}.${Buffer.from("other").toString("base64url")}.${signature}`, key)).toBe(false);
    const header2 = Buffer.from(`{"alg":"${key.alg}" }`).toString("base64url");
    expect(await isSignedBy(`${header2}.${payload}.${signature}`, key)).toBe(false);
    expect(await isSignedBy(`${header}.${payload}.`, key)).toBe(false);
  });
});

test("Ed25519 signs to the very bytes of RFC 8037", async () => {
  const vector = cookbook.find(({ alg }) => alg === "EdDSA");
  if (vector === undefined) throw new Error("no vector");
  const key = await importSigningKey({ ...(await published(vector)), d: vector.jwk["d"] });
  const payload = Buffer.from(partsOf(vector.jws)[1], "base64url");
  expect(await new CompactSign(payload).setProtectedHeader({ alg: key.alg }).sign(key.privateKey)).toBe(vector.jws);
});

test("the thumbprint of RFC 8037 appendix A.3 is accepted as kid, so ours is computed as there", () => {
  expect(rfc7515.thumbprints).toHaveLength(1);
  for (const { jwk, thumbprint } of rfc7515.thumbprints) {
    const members = { use: "sig", alg: "EdDSA", purpose: "license", iss: issuer, nbf: 0 };
    expect(parseJwks({ keys: [{ ...jwk, kid: thumbprint, ...members }] }).find(thumbprint)).toBeDefined();
  }
});

describe.each(foreign)("$id", ({ jwk, jws }) => {
  test("its algorithm is not allowed, whatever the keys", async () => {
    const { keyring } = await makeTestKey();
    const { findings, claims } = await openLicense(jws, keyring);
    expect(findings.find(({ name }) => name === "SIGNATURE")).toMatchObject({ code: "ALGORITHM_NOT_ALLOWED" });
    expect(claims).toBe(undefined);
  });

  test("its key never becomes one of ours", () => {
    expect(isJsonObject(jwk)).toBe(true);
    const publicMembers = Object.fromEntries(Object.entries(jwk).filter(([name]) => name !== "d"));
    const size = (() => {
      try {
        return parseJwks({ keys: [publicMembers] }).size;
      } catch {
        return 0;
      }
    })();
    expect(size).toBe(0);
  });
});

describe("the digest of a payload", () => {
  test("is the one of its bytes, whatever header and signature stand around it", () => {
    const [vector] = rfc7515.cases;
    const [header = "", payload = ""] = (vector?.jws ?? "").split(".");
    const digest = payloadDigest(vector?.jws ?? "");
    expect(digest).toMatch(/^[\w-]{43}$/);
    expect(payloadDigest(`${header}AA.${payload}.`)).toBe(digest);
  });

  test.each(["", "a.b", "YQ==.YQ.YQ", "YQ.YR.YQ", "YQ.YQ.YQ\n", "YQ.YQ.YQ.YQ", "YQ..YQ"])("%j has none", (text) => {
    expect(() => payloadDigest(text)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
  });
});
