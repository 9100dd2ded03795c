import { expect } from "@jest/globals";
import { compileAttributesSchema } from "../../src/domain/licenses/license-type-schema.ts";
import type { Keyring } from "../../src/proof/keyring.ts";
import { signLicense } from "../../src/proof/signing/sign-license.ts";
import { passed, verificationSteps } from "../../src/proof/verification.ts";
import { type VerificationReport, verifyLicense } from "../../src/use-cases/licenses/verify-license.ts";
import { keyringOf, makeTestKey, now, sampleClaims, sampleSchema, type TestKey } from "../proof/samples.ts";

const steps = verificationSteps.map(({ name }) => name);
const compiled = compileAttributesSchema(sampleSchema);

export const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** A hub with four keys, a license it signed, and a stranger's key. */
export type Hub = Readonly<{
  key: TestKey;
  second: TestKey;
  receiptKey: TestKey;
  edwards: TestKey;
  foreign: TestKey;
  keyring: Keyring;
  token: string;
}>;

export async function makeHub(): Promise<Hub> {
  const [key, second, foreign] = await Promise.all([makeTestKey(), makeTestKey(), makeTestKey()]);
  const [receiptKey, edwards] = await Promise.all([makeTestKey("receipt"), makeTestKey("license", "EdDSA")]);
  const keyring = keyringOf(key.publicJwk, second.publicJwk, receiptKey.publicJwk, edwards.publicJwk);
  const token = await signLicense(sampleClaims(), key.signing);
  return { key, second, receiptKey, edwards, foreign, keyring, token };
}

/**
 * Verifies, with a list at hand that says of every license that it stands, and checks what holds of every report: all nine
 * steps in order, INVALID exactly when one failed.
 */
export async function verify(keyring: Keyring, token: string, at?: string): Promise<VerificationReport> {
  const schemaOf = (code: string) => (code === sampleClaims().license.type ? compiled : undefined);
  const statusOf = async () => passed("STATUS");
  const tools = { keyring, schemaOf, statusOf, now: () => now };
  const report = await verifyLicense(tools, { token, ...(at && { at: new Date(at) }) });
  expect(report.checks.map(({ name }) => name)).toEqual(steps);
  const failed = report.checks.some(({ outcome }) => outcome === "FAIL");
  expect(report.outcome === "INVALID").toBe(failed);
  return report;
}

/** Steps in the order of the report, each as its code, or PASS. */
export function codes({ checks }: VerificationReport): string {
  return checks.map(({ code }) => code ?? "PASS").join(" ");
}

/** The codes named, and NOT_REACHED for every step after them. */
export function codesFrom(...named: string[]): string {
  return [...named, ...steps.slice(named.length).map(() => "NOT_REACHED")].join(" ");
}
