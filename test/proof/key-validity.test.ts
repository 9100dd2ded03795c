import { expect, test } from "@jest/globals";
import { checkKeyPeriod, judgeLogged } from "../../src/proof/key-validity.ts";
import { found, outcomeOf, passed } from "../../src/proof/verification.ts";

const at = (seconds: number) => new Date(seconds * 1000);
const key = { notBefore: at(100), notAfter: at(200), compromisedAt: at(150) };
const codeAt = (iat: number) => checkKeyPeriod({ iat }, key).code ?? "PASS";

test("a compromised key leaves what was signed before to a log proof, and nothing that was signed since", () => {
  expect([99, 100, 149, 150, 200, 201].map(codeAt)).toEqual([
    "KEY_OUTSIDE_PERIOD",
    "KEY_COMPROMISED_UNLOGGED",
    "KEY_COMPROMISED_UNLOGGED",
    "KEY_COMPROMISED",
    "KEY_COMPROMISED",
    "KEY_OUTSIDE_PERIOD",
  ]);
});

test("a log proof saves what was signed before the compromise only, and no other fault", () => {
  const others = (["FORMAT", "SIGNATURE", "ISSUER_TRUST", "VALIDITY_PERIOD", "STATUS"] as const).map((name) =>
    passed(name),
  );
  const verdict = (iat: number, isLogged: boolean) =>
    outcomeOf(judgeLogged([...others, checkKeyPeriod({ iat }, key)], isLogged));
  expect([verdict(149, false), verdict(149, true)]).toEqual(["UNDECIDED", "VALID"]);
  expect([verdict(150, true), verdict(201, true)]).toEqual(["INVALID", "INVALID"]);
  const wrong = [found("SIGNATURE", "SIGNATURE_WRONG"), checkKeyPeriod({ iat: 149 }, key)];
  expect(outcomeOf(judgeLogged(wrong, true))).toBe("INVALID");
});
