import "reflect-metadata";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { BasicConstraintsExtension, type X509Certificate, X509CertificateGenerator } from "@peculiar/x509";
import { importJWK } from "jose";
import { parseJwks } from "../../../src/proof/keyring.ts";
import { openChain } from "../../../src/proof/signing/certificate-chain.ts";
import { signCompact } from "../../../src/proof/signing/sign-jws.ts";
import { makeTestKey, now, type TestKey } from "../samples.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const year = 365 * 86_400_000;
type Party = Readonly<{ name: string; keys: CryptoKeyPair }>;

let key: TestKey;
let leafKeys: CryptoKeyPair;
let root: Party;
let issuing: Party;
beforeAll(async () => {
  key = await makeTestKey();
  const { kty, crv, x, y, d } = key.privateJwk;
  const jwk = { kty, crv, x, ...(y !== undefined && { y }) };
  const importHalf = async (half: object) => (await importJWK({ ...half, kty }, "ES256")) as CryptoKey;
  leafKeys = {
    privateKey: await importHalf({ ...jwk, d }),
    publicKey: await crypto.subtle.importKey("jwk", jwk, algorithm, true, ["verify"]),
  } as CryptoKeyPair;
  const make = async (name: string): Promise<Party> => ({
    name: `CN=${name}`,
    keys: (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair,
  });
  [root, issuing] = await Promise.all([make("Root"), make("Issuing")]);
});

const certify = (subject: Party, issuer: Party, more: { from?: Date; until?: Date; ca?: boolean } = {}) =>
  X509CertificateGenerator.create({
    ...{
      subject: subject.name,
      issuer: issuer.name,
      publicKey: subject.keys.publicKey,
      signingKey: issuer.keys.privateKey,
    },
    notBefore: more.from ?? new Date(now.getTime() - year),
    notAfter: more.until ?? new Date(now.getTime() + year),
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(more.ca ?? true)],
  });
const leaf = (): Party => ({ name: "CN=Hub", keys: leafKeys });
const pem = (...certificates: readonly X509Certificate[]) => certificates.map((one) => one.toString("pem")).join("\n");
const open = async (...certificates: readonly X509Certificate[]) => openChain(pem(...certificates), key.publicJwk, now);

describe("certificates of a key", () => {
  test("are published leaf first, without the trust anchor", async () => {
    const own = await certify(leaf(), issuing, { ca: false });
    const chain = await open(own, await certify(issuing, root));
    expect(chain).toEqual({ x5c: [expect.any(String), expect.any(String)] });
    if ("x5c" in chain) expect(Buffer.from(chain.x5c[0] ?? "", "base64")).toEqual(Buffer.from(own.rawData));
    expect(await open(own)).toEqual({ x5c: [expect.any(String)] });
  });

  test("with the trust anchor among them are refused, and a self-signed one too", async () => {
    const own = await certify(leaf(), issuing, { ca: false });
    const chain = [own, await certify(issuing, root), await certify(root, root)];
    expect(await open(...chain)).toEqual({ fault: "TRUST_ANCHOR" });
    expect(await open(await certify(leaf(), leaf()))).toEqual({ fault: "TRUST_ANCHOR" });
  });

  test.each([
    ["that has ended", { until: new Date(now.getTime() - 1) }, "EXPIRED"],
    ["that has not begun", { from: new Date(now.getTime() + 1_000) }, "NOT_YET_VALID"],
  ])("with one %s are refused", async (_, period, fault) => {
    expect(await open(await certify(leaf(), issuing, period))).toEqual({ fault });
    const own = await certify(leaf(), issuing);
    expect(await open(own, await certify(issuing, root, period))).toEqual({ fault });
  });

  test("of another key, in another order, or of somebody who is no authority are refused", async () => {
    const own = await certify(leaf(), issuing, { ca: false });
    const authority = await certify(issuing, root);
    expect(await open(authority, own)).toEqual({ fault: "OTHER_KEY" });
    expect(await open(own, await certify(root, issuing))).toEqual({ fault: "OUT_OF_ORDER" });
    const impostor = { ...root, name: issuing.name };
    expect(await open(own, await certify(impostor, root))).toEqual({ fault: "OUT_OF_ORDER" });
    expect(await open(own, await certify(issuing, root, { ca: false }))).toEqual({ fault: "NO_AUTHORITY" });
    const many = Array.from({ length: 5 }, () => authority);
    expect(await open(own, ...many)).toEqual({ fault: "TOO_LONG" });
  });

  test.each(["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])(
    "%j is malformed",
    async (text) => {
      expect(await openChain(text, key.publicJwk, now)).toEqual({ fault: "MALFORMED" });
    },
  );
});

test("only a credential for wallets carries certificates", async () => {
  const headerOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString());
  const signer = { ...key.signing, x5c: ["AAAA"] };
  expect(headerOf(await signCompact("{}", "dc+sd-jwt", signer))).toMatchObject({ typ: "dc+sd-jwt", x5c: ["AAAA"] });
  expect(headerOf(await signCompact("{}", "license+jwt", signer))).not.toHaveProperty("x5c");
});

test("a key set's certificates change nothing about what is trusted", async () => {
  const stranger = parseJwks({ keys: [{ ...key.publicJwk, x5c: ["of somebody else"] }] });
  const trusted = (keyring: typeof stranger) => ({ ...keyring.find(key.publicJwk.kid), publicKey: undefined });
  expect(trusted(stranger)).toEqual(trusted(key.keyring));
});
