import { beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { signLicense } from "../../src/proof/signing/sign-license.ts";
import { headerOf, issuer, partsOf, sampleClaims, signRaw, unsigned } from "../proof/samples.ts";
import { base64url, codes, codesFrom, type Hub, makeHub, verify as verifyWith } from "./verifying.ts";

let hub: Hub;
beforeAll(async () => {
  hub = await makeHub();
});
const verify = (token: string) => verifyWith(hub.keyring, token);

describe("a forged license", () => {
  const forgeries: [string, () => Promise<string> | string, string][] = [
    [
      "with alg none and no signature",
      () => unsigned({ ...headerOf(hub.key.signing), alg: "none" }, sampleClaims(), ""),
      codesFrom("PASS", "ALGORITHM_NOT_ALLOWED"),
    ],
    [
      "with alg none and the old signature",
      () => unsigned({ ...headerOf(hub.key.signing), alg: "none" }, sampleClaims(), partsOf(hub.token)[2]),
      codesFrom("PASS", "ALGORITHM_NOT_ALLOWED"),
    ],
    [
      "with alg NonE",
      () => unsigned({ ...headerOf(hub.key.signing), alg: "NonE" }, sampleClaims(), ""),
      codesFrom("PASS", "ALGORITHM_NOT_ALLOWED"),
    ],
    [
      "with nothing but alg none in its header",
      () => unsigned({ alg: "none" }, sampleClaims(), ""),
      codesFrom("HEADER_MALFORMED", "ALGORITHM_NOT_ALLOWED"),
    ],
    [
      "with a symmetric algorithm",
      () => unsigned({ ...headerOf(hub.key.signing), alg: "HS256" }, sampleClaims()),
      codesFrom("PASS", "ALGORITHM_NOT_ALLOWED"),
    ],
    [
      "with another algorithm than its key's",
      () => signRaw({ ...headerOf(hub.key.signing), alg: "EdDSA" }, sampleClaims(), hub.key.signing),
      codesFrom("PASS", "ALGORITHM_NOT_ALLOWED"),
    ],
    [
      "with a swapped kid of another key of the hub",
      () => signRaw(headerOf(hub.second.signing), sampleClaims(), hub.key.signing),
      codesFrom("PASS", "SIGNATURE_WRONG"),
    ],
    [
      "signed by a foreign key under the hub's kid",
      () => signRaw(headerOf(hub.key.signing), sampleClaims(), hub.foreign.signing),
      codesFrom("PASS", "SIGNATURE_WRONG"),
    ],
    [
      "signed by a foreign key under its own kid",
      () => signLicense(sampleClaims(), hub.foreign.signing),
      codesFrom("PASS", "NOT_REACHED", "KEY_UNKNOWN"),
    ],
    [
      "signed by a key of another purpose",
      () => signRaw(headerOf(hub.receiptKey.signing), sampleClaims(), hub.receiptKey.signing),
      codesFrom("PASS", "PASS", "KEY_PURPOSE"),
    ],
    [
      "that names another issuer than its key's",
      () => signRaw(headerOf(hub.key.signing), { ...sampleClaims(), iss: `${issuer}/` }, hub.key.signing),
      codesFrom("PASS", "PASS", "ISSUER_MISMATCH"),
    ],
    [
      "with one changed byte of content",
      () => swapPayload((text) => text.replace('"vehicleCount":12', '"vehicleCount":13')),
      codesFrom("PASS", "SIGNATURE_WRONG"),
    ],
    [
      "with a changed byte that breaks its JSON",
      () => swapPayload((text) => text.replace("{", "[")),
      codesFrom("JSON_INVALID", "SIGNATURE_WRONG"),
    ],
    [
      "with a signature of zeros",
      () => unsigned(headerOf(hub.key.signing), sampleClaims()),
      codesFrom("PASS", "SIGNATURE_WRONG"),
    ],
    [
      "with an empty signature",
      () => unsigned(headerOf(hub.key.signing), sampleClaims(), ""),
      codesFrom("PASS", "SIGNATURE_WRONG"),
    ],
    [
      "with a DER signature",
      () => `${hub.token.slice(0, hub.token.lastIndexOf("."))}.${Buffer.alloc(70, 0x30).toString("base64url")}`,
      codesFrom("PASS", "SIGNATURE_WRONG"),
    ],
    [
      "with another license's signature",
      async () =>
        `${hub.token.slice(0, hub.token.lastIndexOf("."))}.${partsOf(await signLicense(sampleClaims({ version: 2 }), hub.key.signing))[2]}`,
      codesFrom("PASS", "SIGNATURE_WRONG"),
    ],
  ];
  test.each(forgeries)("%s is INVALID, and the right step says so", async (_, forge, expected) => {
    const report = await verify(await forge());
    expect(codes(report)).toBe(expected);
    expect(report.outcome).toBe("INVALID");
    expect(report.license).toBe(undefined);
  });

  function swapPayload(change: (text: string) => string): string {
    const [header, payload, signature] = partsOf(hub.token);
    const changed = change(Buffer.from(payload, "base64url").toString());
    return `${header}.${Buffer.from(changed).toString("base64url")}.${signature}`;
  }
});

describe("whatever one character is changed", () => {
  const change = (position: number, sign: string) =>
    hub.token.slice(0, position) + sign + hub.token.slice(position + 1);

  test("at any position, the license is INVALID", async () => {
    const flipped = Array.from(hub.token, (sign, position) => {
      const at = base64url.indexOf(sign);
      // The lowest bit: in the last character of a part it may be one that no byte uses.
      return change(position, at < 0 ? "A" : (base64url[at ^ 1] ?? ""));
    });
    const reports = await Promise.all(flipped.map((text) => verify(text)));
    const survivors = reports.flatMap(({ outcome }, position) => (outcome === "INVALID" ? [] : [position]));
    expect(survivors).toEqual([]);
    expect(reports.some(({ checks }) => checks[0]?.code === "BASE64URL_NOT_CANONICAL")).toBe(true);
  });

  test("to any character of base64url, white space or padding, the license is INVALID", async () => {
    const signs = fc.constantFrom(...base64url, ...'=+/. \n\r\t\0"{,');
    await fc.assert(
      fc.asyncProperty(fc.nat(hub.token.length - 1), signs, async (position, sign) => {
        fc.pre(hub.token[position] !== sign && !(position === 0 && sign === "{"));
        expect((await verify(change(position, sign))).outcome).toBe("INVALID");
      }),
      { numRuns: 1000 },
    );
  });

  test("to any character at all, or when one is added or lost, the license is never VALID", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(hub.token.length),
        fc.string({ minLength: 1, maxLength: 1, unit: "binary" }),
        async (position, sign) => {
          fc.pre(hub.token[position] !== sign);
          const texts = [change(position, sign), hub.token.slice(0, position) + sign + hub.token.slice(position)];
          if (position < hub.token.length) texts.push(change(position, ""));
          for (const text of texts) expect((await verify(text)).outcome).not.toBe("VALID");
        },
      ),
      { numRuns: 500 },
    );
  });
});
