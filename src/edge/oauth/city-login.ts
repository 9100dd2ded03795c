import type { LoginConfig } from "../../config.ts";
import { openIdLogin, readCredential } from "../../connectors/login/openid-login.ts";
import type { RealNameLogin } from "./real-name-login.ts";

/**
 * The login that a city has configured: its OpenID Provider.
 * *Throws* ConfigError when the secret or key can not be read.
 */
export async function cityLogin(
  config: LoginConfig,
  now: () => Date,
  warn: (facts: object, words: string) => void,
): Promise<RealNameLogin> {
  const onTrouble = (problem: string, reason: string) =>
    warn({ problem, reason }, "a sign-in at the identity provider came to nothing");
  return { kind: "REDIRECT", ...openIdLogin(config, await readCredential(config), now, onTrouble) };
}
