import { beforeAll, describe, expect, test } from "@jest/globals";
import { acceptedClaims } from "../../src/proof/jws.ts";
import type { KeyAlgorithm } from "../../src/proof/keyring.ts";
import { openLicense } from "../../src/proof/license-jws.ts";
import { signLicense } from "../../src/proof/signing/sign-license.ts";
import { issuer, makeTestKey, partsOf, sampleClaims, type TestKey } from "./samples.ts";

let key: TestKey;
beforeAll(async () => {
  key = await makeTestKey();
});

describe("the claims of a license", () => {
  test("are the ones the protocol names, and no others", () => {
    expect(sampleClaims()).toEqual({
      iss: "https://hub.example",
      sub: "92371082XXXX50091D",
      jti: "1.2.156.3005.2.11100000XXXX00115CX01.11371000XXXX01118K.668380000001676.001.A",
      iat: Date.parse("2026-11-22T09:00:00+08:00") / 1000,
      nbf: Date.parse("2023-02-18T00:00:00+08:00") / 1000,
      exp: Date.parse("2027-02-17T23:59:59+08:00") / 1000,
      status: { status_list: { uri: "https://hub.example/status-lists/1", idx: 4711 } },
      license: {
        type: "11100000XXXX00115CX01",
        typeName: "道路运输经营许可证",
        number: "鲁交运管许可威字371010048568号",
        holder: { idType: "USCC", id: "92371082XXXX50091D", name: "荣成市米山酒店店" },
        issuer: { code: "11371000XXXX01118K", name: "市交通运输局" },
        region: "371082",
        issuedOn: "2023-02-18",
        validFrom: "2023-02-18",
        validUntil: "2027-02-17",
        version: 1,
        predecessor: null,
        attributes: { operationScope: "道路普通货物运输", vehicleCount: 12 },
      },
      source: {
        client: "transport",
        recordId: "road-transport-license-001676",
        digest: expect.stringMatching(/^[\w-]{43}$/),
      },
    });
  });

  test.each([null, undefined])("a license without an end (%p) has no exp, not even an empty one", (validUntil) => {
    const claims = sampleClaims({ validUntil });
    expect(Object.keys(claims)).not.toContain("exp");
    expect(claims.license.validUntil).toBe(null);
  });

  test("what a record does not name is null", () => {
    const { license } = sampleClaims({ region: undefined, predecessor: undefined });
    expect([license.region, license.predecessor]).toEqual([null, null]);
  });

  test("more of a holder than the protocol names is not signed", () => {
    const holder = { idType: "USCC", id: "92371082XXXX50091D", name: "荣成市米山酒店店", phone: "13800000000" };
    expect(sampleClaims({ holder }).license.holder).toEqual({
      idType: holder.idType,
      id: holder.id,
      name: holder.name,
    });
  });

  test("the instant of signing is cut to whole seconds", () => {
    expect(sampleClaims({ issuedAt: new Date(1999) }).iat).toBe(1);
  });

  test("a date that does not exist is refused", () => {
    expect(() => sampleClaims({ validUntil: "2027-02-30" })).toThrow(RangeError);
  });
});

describe("signing", () => {
  test.each<KeyAlgorithm>(["ES256", "EdDSA"])("a license signed with %s opens to the same claims", async (alg) => {
    const { signing, keyring } = await makeTestKey("license", alg);
    const token = await signLicense(sampleClaims(), signing);
    const header: unknown = JSON.parse(Buffer.from(partsOf(token)[0], "base64url").toString());
    expect(header).toEqual({ alg, typ: "license+jwt", kid: signing.kid });
    const opened = await openLicense(token, keyring);
    expect(opened.findings.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["FORMAT", "PASS"],
      ["SIGNATURE", "PASS"],
      ["ISSUER_TRUST", "PASS"],
      ["KEY_VALIDITY", "PASS"],
    ]);
    expect(acceptedClaims(opened)).toEqual(sampleClaims());
  });

  test("a license from before 1970, of the longest kind, opens too", async () => {
    const claims = sampleClaims({ issuedOn: "1949-10-01", validFrom: "1949-10-01", validUntil: "9999-12-31" });
    expect(acceptedClaims(await openLicense(await signLicense(claims, key.signing), key.keyring))).toEqual(claims);
  });

  test("a key of another purpose does not sign licenses", async () => {
    const { signing } = await makeTestKey("receipt");
    await expect(signLicense(sampleClaims(), signing)).rejects.toThrow(TypeError);
  });

  test("a key does not sign for another issuer", async () => {
    await expect(signLicense(sampleClaims({ issuerUrl: `${issuer}/` }), key.signing)).rejects.toThrow(TypeError);
  });

  test("what no verifier would accept is not signed", async () => {
    const nameless = sampleClaims({ holder: { idType: "USCC", id: "92371082XXXX50091D", name: "" } });
    await expect(signLicense(nameless, key.signing)).rejects.toMatchObject({ details: { reason: "CLAIMS_MALFORMED" } });
    const huge = sampleClaims({ attributes: { text: "证".repeat(40_000) } });
    await expect(signLicense(huge, key.signing)).rejects.toMatchObject({ details: { reason: "TOKEN_TOO_LARGE" } });
  });
});
