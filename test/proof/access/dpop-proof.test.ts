import { createHash, generateKeyPairSync } from "node:crypto";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { type DpopFault, verifyDpopProof } from "../../../src/proof/access/dpop-proof.ts";

const now = new Date("2026-11-22T04:00:00Z");
const seconds = now.getTime() / 1000;
const url = "https://hub.example/graphql";
const accessToken = "header.payload.signature";
const ath = createHash("sha256").update(accessToken).digest("base64url");
const claims = { htm: "POST", htu: url, iat: seconds, jti: "proof-1", ath };

type Pair = Readonly<{ privateKey: CryptoKey; jwk: JWK; secret: JWK; thumbprint: string; alg: string }>;
let ec: Pair;
let ed: Pair;

async function makePair(alg: string): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { privateKey, jwk, secret: await exportJWK(privateKey), thumbprint: await calculateJwkThumbprint(jwk), alg };
}
beforeAll(async () => {
  [ec, ed] = await Promise.all([makePair("ES256"), makePair("EdDSA")]);
});

const sign = (payload: object, header: object = {}, pair = ec) =>
  new SignJWT({ ...payload })
    .setProtectedHeader({ typ: "dpop+jwt", alg: pair.alg, jwk: pair.jwk, ...header })
    .sign(pair.privateKey);
const verify = (proof: string, changes: object = {}) =>
  verifyDpopProof(proof, { method: "POST", url, accessToken, thumbprint: ec.thumbprint, now, ...changes });
const faultOf = async (proof: string, changes: object = {}): Promise<DpopFault | "NONE"> => {
  const verdict = await verify(proof, changes);
  return verdict.ok ? "NONE" : verdict.fault;
};
/** A JWS of any header and payload, signed or not. */
const raw = (header: object, payload: object, signature = "AAAA") =>
  [...[header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")), signature].join(".");

describe("a proof holds", () => {
  test("with ES256 and with EdDSA, and is known by key and jti alone", async () => {
    const verdict = await verify(await sign(claims));
    expect(verdict).toEqual({ ok: true, id: expect.stringMatching(/^[\w-]{43}$/), expiresAt: expect.any(Date) });
    expect(await verify(await sign({ ...claims, iat: seconds - 5 }))).toMatchObject({ id: verdict.ok && verdict.id });
    expect(await verify(await sign({ ...claims, jti: "proof-2" }))).not.toMatchObject({ id: verdict.ok && verdict.id });
    expect((await verify(await sign(claims, {}, ed), { thumbprint: ed.thumbprint })).ok).toBe(true);
  });

  test("is remembered for longer than it could be used", async () => {
    const verdict = await verify(await sign({ ...claims, iat: seconds + 60 }));
    expect(verdict.ok && verdict.expiresAt.getTime()).toBeGreaterThan((seconds + 120) * 1000);
  });

  test.each([
    ["a query", `${url}?a=b`],
    ["a fragment", `${url}#a`],
    ["the default port", "https://hub.example:443/graphql"],
    ["upper case in scheme and host", "HTTPS://HUB.example/graphql"],
    ["dots in the path", "https://hub.example/a/../graphql"],
  ])("whose htu differs only by %s", async (_title, htu) => {
    expect(await faultOf(await sign({ ...claims, htu }))).toBe("NONE");
  });

  test.each([-60, -59, 0, 60])("whose iat is %d seconds from now", async (by) => {
    expect(await faultOf(await sign({ ...claims, iat: seconds + by }))).toBe("NONE");
  });
});

describe("a proof is refused", () => {
  test.each<[DpopFault, string, object]>([
    ["METHOD", "another method", { htm: "GET" }],
    ["METHOD", "the method in lower case", { htm: "post" }],
    ["URL", "another path", { htu: "https://hub.example/other" }],
    ["URL", "a longer path", { htu: `${url}/` }],
    ["URL", "the path in another case", { htu: "https://hub.example/GraphQL" }],
    ["URL", "another host", { htu: "https://evil.example/graphql" }],
    ["URL", "another scheme", { htu: "http://hub.example/graphql" }],
    ["URL", "a user before the host", { htu: "https://hub.example@evil.example/graphql" }],
    ["URL", "no URL", { htu: "graphql" }],
    ["URL", "no htu", { htu: undefined }],
    ["TIME", "an iat 61 seconds ago", { iat: seconds - 61 }],
    ["TIME", "an iat 61 seconds ahead", { iat: seconds + 61 }],
    ["TIME", "an iat that is a text", { iat: String(seconds) }],
    ["TIME", "no iat", { iat: undefined }],
    ["ID", "no jti", { jti: undefined }],
    ["ID", "an empty jti", { jti: "" }],
    ["ID", "a jti of 129 characters", { jti: "x".repeat(129) }],
    ["TOKEN", "another token's ath", { ath: createHash("sha256").update("other").digest("base64url") }],
    ["TOKEN", "no ath", { ath: undefined }],
  ])("%s: with %s", async (fault, _title, changes) => {
    expect(await faultOf(await sign(JSON.parse(JSON.stringify({ ...claims, ...changes }))))).toBe(fault);
  });

  test.each<[DpopFault, string, () => Promise<string> | string]>([
    ["MALFORMED", "no JWT", () => "nonsense"],
    ["MALFORMED", "an empty text", () => ""],
    ["MALFORMED", "two proofs in one header", async () => `${await sign(claims)}, ${await sign(claims)}`],
    [
      "MALFORMED",
      "a header that repeats a name",
      () => `${Buffer.from('{"typ":"dpop+jwt","alg":"ES256","alg":"none"}').toString("base64url")}.e30.AAAA`,
    ],
    ["MALFORMED", "an address to fetch a key from", () => sign(claims, { jku: "https://evil.example/jwks" })],
    ["MALFORMED", "a certificate chain", () => sign(claims, { x5c: ["AAAA"] })],
    ["TYPE", "another typ", () => sign(claims, { typ: "jwt" })],
    ["TYPE", "the typ of an access token", () => sign(claims, { typ: "at+jwt" })],
    ["ALGORITHM", "no signature", () => raw({ typ: "dpop+jwt", alg: "none", jwk: ec.jwk }, claims)],
    ["ALGORITHM", "a secret as key", () => raw({ typ: "dpop+jwt", alg: "HS256", jwk: ec.jwk }, claims)],
    ["ALGORITHM", "an RSA signature", () => raw({ typ: "dpop+jwt", alg: "RS256", jwk: ec.jwk }, claims)],
    ["KEY", "the private key in its header", () => sign(claims, { jwk: ec.secret })],
    ["KEY", "a symmetric key", () => sign(claims, { jwk: { kty: "oct", k: "AAAA" } })],
    ["KEY", "an RSA key under ES256", () => raw({ typ: "dpop+jwt", alg: "ES256", jwk: rsa() }, claims)],
    ["KEY", "a key of the other algorithm", () => sign(claims, { jwk: ed.jwk })],
    ["KEY", "no key", () => sign(claims, { jwk: undefined })],
    [
      "SIGNATURE",
      "a changed payload",
      async () => {
        const [header = "", , signature = ""] = (await sign(claims)).split(".");
        return [header, Buffer.from(JSON.stringify({ ...claims, jti: "x" })).toString("base64url"), signature].join(
          ".",
        );
      },
    ],
    [
      "SIGNATURE",
      "another's signature over the bound key's header",
      () => sign(claims, { jwk: ec.jwk }, { ...ec, privateKey: other() }),
    ],
    ["TOO_LARGE", "5,000 characters", () => sign({ ...claims, more: "x".repeat(5000) })],
  ])("%s: with %s", async (fault, _title, make) => {
    expect(await faultOf(await make())).toBe(fault);
  });

  test("by a key that is not the one the token is bound to", async () => {
    expect(await faultOf(await sign(claims, {}, await makePair("ES256")))).toBe("OTHER_KEY");
  });

  test("with a point that lies on no curve", async () => {
    const jwk = { ...ec.jwk, x: "A".repeat(43) };
    const thumbprint = await calculateJwkThumbprint(jwk);
    expect(await faultOf(await sign(claims, { jwk }), { thumbprint })).toBe("SIGNATURE");
  });
});

function rsa(): object {
  return generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ format: "jwk" });
}

function other(): CryptoKey {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.toCryptoKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]) as CryptoKey;
}
