import { beforeAll, describe, expect, test } from "@jest/globals";
import { payloadDigest } from "../../src/proof/compact-jws.ts";
import { acceptedClaims } from "../../src/proof/jws.ts";
import { openLicense } from "../../src/proof/license-jws.ts";
import { openReceipt, type ReceiptInput, signReceipt } from "../../src/proof/receipt-jws.ts";
import { signLicense } from "../../src/proof/signing/sign-license.ts";
import { headerOf, issuer, keyringOf, makeTestKey, now, sampleClaims, signRaw, type TestKey } from "./samples.ts";

let key: TestKey;
let licenseKey: TestKey;
let input: ReceiptInput;

beforeAll(async () => {
  [key, licenseKey] = await Promise.all([makeTestKey("receipt"), makeTestKey("license")]);
  const token = await signLicense(sampleClaims(), licenseKey.signing);
  const { jti, license } = sampleClaims();
  input = {
    aud: "market-supervision",
    sub: "92371082XXXX50091D",
    jti: "bundle-1",
    issuedAt: now,
    check: "check-1",
    purpose: { procedure: "procedure-1", caseNumber: "2026-0001", reason: "办理道路运输变更" },
    licenses: [{ identifier: jti, type: license.type, digest: payloadDigest(token) }],
  };
});

describe("a receipt", () => {
  test("says who took whose licenses for which case, and opens again", async () => {
    const { issuedAt: _, ...rest } = input;
    const opened = await openReceipt(await signReceipt(input, key.signing), key.keyring);
    expect(acceptedClaims(opened)).toEqual({ iss: issuer, iat: now.getTime() / 1000, ...rest });
  });

  test("names a license by its payload, so another signature over it is the same license", async () => {
    const again = await signLicense(sampleClaims(), licenseKey.signing);
    expect(payloadDigest(again)).toBe(input.licenses[0]?.digest);
    expect(payloadDigest(await signLicense(sampleClaims({ version: 2 }), licenseKey.signing))).not.toBe(
      input.licenses[0]?.digest,
    );
  });

  test("is signed by a receipt key only", async () => {
    await expect(signReceipt(input, licenseKey.signing)).rejects.toThrow(TypeError);
  });

  test("is not a license, and a license is not a receipt", async () => {
    const both = keyringOf(key.publicJwk, licenseKey.publicJwk);
    const receipt = await openLicense(await signReceipt(input, key.signing), both);
    expect(receipt.findings).toMatchObject([{ name: "FORMAT", code: "TYP_UNEXPECTED" }]);
    const license = await openReceipt(await signLicense(sampleClaims(), licenseKey.signing), both);
    expect(license.findings).toMatchObject([{ name: "FORMAT", code: "TYP_UNEXPECTED" }]);
  });

  test.each<[string, Partial<Record<keyof ReceiptInput, unknown>>]>([
    ["without licenses", { licenses: [] }],
    [
      "with too many licenses",
      { licenses: new Array(101).fill({ identifier: "i", type: "t", digest: "A".repeat(43) }) },
    ],
    ["with a license without digest", { licenses: [{ identifier: "i", type: "t" }] }],
    ["with something else for a license", { licenses: [null] }],
    ["without a case", { purpose: { procedure: "p", reason: "r" } }],
    ["without a holder", { sub: undefined }],
    ["without a check", { check: "" }],
  ])("%s does not open, even when signed", async (_, change) => {
    const { issuedAt, ...rest } = input;
    const claims = { iss: issuer, iat: issuedAt.getTime() / 1000, ...rest, ...change };
    const opened = await openReceipt(
      await signRaw(headerOf(key.signing, "receipt+jwt"), claims, key.signing),
      key.keyring,
    );
    expect(opened.findings).toContainEqual({ name: "FORMAT", outcome: "FAIL", code: "CLAIMS_MALFORMED" });
    expect(opened.claims).toBe(undefined);
  });

  test("that was changed does not open", async () => {
    const token = await signReceipt(input, key.signing);
    const opened = await openReceipt(
      `${token.slice(0, 200)}${token[200] === "A" ? "B" : "A"}${token.slice(201)}`,
      key.keyring,
    );
    expect(acceptedClaims(opened)).toBe(undefined);
    expect(opened.findings).toContainEqual({ name: "SIGNATURE", outcome: "FAIL", code: "SIGNATURE_WRONG" });
  });
});
