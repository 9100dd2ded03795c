import type { VerifyingKey } from "./keyring.ts";
import { type Finding, found, passed } from "./verification.ts";

/** What is known of the key a token was signed with. */
export type KeyPeriod = Pick<VerifyingKey, "notBefore" | "notAfter" | "compromisedAt">;

/**
 * Whether a key could sign at that moment. From the moment it was compromised on it could not; before that, its owner
 * could, but so could a thief who wrote an earlier date: only something that was public then can show which. That is a
 * log proof, which `judgeLogged` adds.
 * Units: `iat` in seconds since 1970; both ends of the period are inclusive, the compromise counts.
 */
export function checkKeyPeriod({ iat }: { iat: number }, key: KeyPeriod): Finding {
  const signedAt = iat * 1000;
  const isInUse = signedAt >= key.notBefore.getTime() && signedAt <= (key.notAfter?.getTime() ?? Infinity);
  if (!isInUse) return found("KEY_VALIDITY", "KEY_OUTSIDE_PERIOD");
  if (key.compromisedAt === undefined) return passed("KEY_VALIDITY");
  const day = key.compromisedAt.toISOString();
  const detail = { en: `not its owner's alone since ${day}`, zh: `自 ${day} 起可能被他人使用` };
  const isEarlier = signedAt < key.compromisedAt.getTime();
  return found("KEY_VALIDITY", isEarlier ? "KEY_COMPROMISED_UNLOGGED" : "KEY_COMPROMISED", detail);
}

/**
 * The findings of a token whose inclusion in the hub's public log is proven, or is not: what was signed before its key was
 * compromised, and is in the log, stands. Nothing else changes; a token from after the compromise is never saved by it.
 * Trust: `isLogged` is only ever true when the proof of inclusion and the signature of the log's head held.
 */
export function judgeLogged(findings: readonly Finding[], isLogged: boolean): readonly Finding[] {
  if (!isLogged) return findings;
  return findings.map((finding) =>
    finding.name === "KEY_VALIDITY" && finding.code === "KEY_COMPROMISED_UNLOGGED"
      ? passed("KEY_VALIDITY", signedBefore)
      : finding,
  );
}

const signedBefore = {
  en: "signed before the key was compromised, as the public log shows",
  zh: "公开日志证明签署早于密钥泄露",
};
