import { beforeAll, describe, expect, test } from "@jest/globals";
import { signLicense } from "../../src/proof/signing/sign-license.ts";
import { lacksStateOnly, verificationCodes } from "../../src/proof/verification.ts";
import { verifyLicense } from "../../src/use-cases/licenses/verify-license.ts";
import { headerOf, keyringOf, now, sampleClaims, signRaw, unsigned } from "../proof/samples.ts";
import { codes, codesFrom, type Hub, makeHub, verify as verifyWith } from "./verifying.ts";

let hub: Hub;
beforeAll(async () => {
  hub = await makeHub();
});
const verify = (token: string, at?: string) => verifyWith(hub.keyring, token, at);

describe("a license of the hub", () => {
  const unproven = "PASS NOT_CHECKED NOT_APPLICABLE";

  test("is VALID, and its content is returned", async () => {
    const report = await verify(hub.token);
    expect(report.outcome).toBe("VALID");
    expect(codes(report)).toBe(`PASS PASS PASS PASS PASS PASS ${unproven}`);
    expect(report.license).toEqual(sampleClaims());
  });

  test("signed with EdDSA is VALID too", async () => {
    expect((await verify(await signLicense(sampleClaims(), hub.edwards.signing))).outcome).toBe("VALID");
  });

  test("without an end is VALID in a hundred years", async () => {
    const longTerm = await signLicense(sampleClaims({ validUntil: null }), hub.key.signing);
    expect((await verify(longTerm, "2126-01-01T00:00:00Z")).outcome).toBe("VALID");
  });

  test("is NOT_YET_VALID before its first second and EXPIRED after its last day", async () => {
    const expected = `PASS PASS PASS PASS PASS %s ${unproven}`;
    const early = await verify(hub.token, "2023-02-17T23:59:59.999+08:00");
    expect(codes(early)).toBe("PASS PASS PASS PASS PASS NOT_YET_VALID NOT_CHECKED NOT_CHECKED NOT_APPLICABLE");
    // Of before it was signed no list tells, so that day's state stays open.
    expect(codes(await verify(hub.token, "2023-02-18T00:00:00+08:00"))).toBe(
      "PASS PASS PASS PASS PASS PASS NOT_CHECKED NOT_CHECKED NOT_APPLICABLE",
    );
    expect((await verify(hub.token, "2027-02-17T23:59:59.999+08:00")).outcome).toBe("VALID");
    const late = await verify(hub.token, "2027-02-18T00:00:00+08:00");
    expect(codes(late)).toBe(expected.replace("%s", "EXPIRED"));
    expect(late.outcome).toBe("INVALID");
    expect(late.license).toEqual(sampleClaims());
  });

  test("asked about a day before the hub signed it is UNDECIDED for its state alone, and the report says so", async () => {
    const { outcome, checks } = await verify(hub.token, "2024-01-01T12:00:00+08:00");
    expect([outcome, lacksStateOnly(checks)]).toEqual(["UNDECIDED", true]);
    expect(checks.find(({ name }) => name === "VALIDITY_PERIOD")?.detail).toMatch(/2024-01-01.*before the hub signed/);
  });

  test("of an unknown type is VALID, its content unjudged", async () => {
    const type = { code: "11100000XXXX00115CX99", name: "新证照" };
    const report = await verify(await signLicense(sampleClaims({ type }), hub.key.signing));
    expect(codes(report)).toBe(`PASS PASS PASS PASS TYPE_UNKNOWN PASS ${unproven}`);
    expect(report.outcome).toBe("VALID");
  });

  test("whose attributes miss the type's schema is INVALID, and the other steps are judged all the same", async () => {
    const attributes = { vehicleCount: "十二", 手机: "13800000000" };
    const report = await verify(
      await signLicense(sampleClaims({ attributes }), hub.key.signing),
      "2030-01-01T00:00:00Z",
    );
    expect(codes(report)).toBe(`PASS PASS PASS PASS ATTRIBUTES_INVALID EXPIRED ${unproven}`);
    expect(report.checks[4]?.detail).toBe("3 found: INVALID, MISSING, UNKNOWN");
  });

  test("from outside its key's period is INVALID, and the other steps are judged all the same", async () => {
    const ended = { ...hub.key.publicJwk, exp: hub.key.publicJwk.nbf + 10 };
    const at = (offset: number) => sampleClaims({ issuedAt: new Date(now.getTime() + offset * 1000) });
    const outcomes = await Promise.all(
      [-1, 0, 10, 11].map(async (offset) =>
        verifyWith(keyringOf(ended), await signLicense(at(offset), hub.key.signing)),
      ),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["INVALID", "VALID", "VALID", "INVALID"]);
    for (const report of [outcomes[0], outcomes[3]]) {
      expect(report && codes(report)).toBe(`PASS PASS PASS KEY_OUTSIDE_PERIOD PASS PASS ${unproven}`);
      expect(report?.license).toBeDefined();
    }
  });
});

describe("what cannot be told", () => {
  test("an empty key set leaves a license UNDECIDED", async () => {
    const report = await verifyWith(keyringOf(), hub.token);
    expect(codes(report)).toBe(codesFrom("PASS", "NOT_REACHED", "NO_KEYS"));
    expect(report.outcome).toBe("UNDECIDED");
    expect(report.license).toBe(undefined);
  });

  test("an empty key set does not save alg none", async () => {
    expect(
      (await verifyWith(keyringOf(), unsigned({ ...headerOf(hub.key.signing), alg: "none" }, sampleClaims(), "")))
        .outcome,
    ).toBe("INVALID");
  });

  test("a key that this machine's cryptography cannot use leaves a license UNDECIDED", async () => {
    const key = hub.keyring.find(hub.key.publicJwk.kid);
    const publicKey = () => Promise.reject(new DOMException("Unrecognized algorithm name", "NotSupportedError"));
    const report = await verifyWith({ ...hub.keyring, find: () => key && { ...key, publicKey } }, hub.token);
    expect(codes(report)).toBe(codesFrom("PASS", "ALGORITHM_NOT_AVAILABLE"));
    expect(report.outcome).toBe("UNDECIDED");
  });

  test("a bundle of a later version is UNDECIDED: this verifier does not read it", async () => {
    const report = await verify('{"version":2}');
    expect(codes(report)).toBe(codesFrom("BUNDLE_VERSION"));
    expect(report.outcome).toBe("UNDECIDED");
  });

  test.each([new Date(Number.NaN), new Date(-1e14)])(
    "an instant without a date (%p) is refused with a code",
    async (at) => {
      const tools = { keyring: hub.keyring, schemaOf: () => undefined, now: () => now };
      await expect(verifyLicense(tools, { token: hub.token, at })).rejects.toMatchObject({ code: "INPUT_INVALID" });
    },
  );
});

describe("the report", () => {
  test("never repeats what an attacker or a record put into the token", async () => {
    const secret = "SECRET92371082XXXX50091D";
    const headers = ["alg", "typ", "kid", "crit", "jwk", secret].map((name) => ({
      ...headerOf(hub.key.signing),
      [name]: secret,
    }));
    const claims = { ...sampleClaims(), iss: `https://${secret}.example` };
    const attributes = { [secret]: secret };
    const tokens = await Promise.all([
      ...headers.map((header) => signRaw(header, sampleClaims(), hub.key.signing)),
      signRaw(headerOf(hub.key.signing), claims, hub.key.signing),
      signLicense(sampleClaims({ attributes }), hub.key.signing),
      Promise.resolve(secret),
      Promise.resolve(`{"a":"${secret}"`),
    ]);
    for (const { checks } of await Promise.all(tokens.map((text) => verify(text)))) {
      expect(JSON.stringify(checks)).not.toMatch(/SECRET|50091D/);
    }
  });

  test("speaks Chinese when asked to", async () => {
    const tools = { keyring: hub.keyring, schemaOf: () => undefined, now: () => now };
    const { checks } = await verifyLicense(tools, { token: hub.token, language: "zh" });
    expect(checks.find(({ name }) => name === "VALIDITY_PERIOD")?.detail).toBe("查询日期 2026-11-22");
  });

  test("every code says in two languages what it means and what to do", () => {
    for (const { text, todo } of Object.values(verificationCodes)) {
      for (const words of [text, todo]) {
        expect(words.en).toMatch(/\S.*\.$/);
        expect(words.zh).toMatch(/\p{Script=Han}.*。$/u);
      }
    }
  });
});
