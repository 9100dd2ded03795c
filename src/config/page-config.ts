import { resolve } from "node:path";
import type { LocalizedText } from "../errors.ts";
import { ConfigError } from "./config-error.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** What the environment decides about the hub's pages. */
export type PageConfig = Readonly<{
  /** Whose hub it is, as its pages say; undefined: nobody's. */
  cityName: LocalizedText | undefined;
  /** The file of the city's emblem: SVG or PNG. */
  emblem: string | undefined;
  /** The OpenID Provider that proves who holders are; undefined: in a demo one picks somebody, elsewhere nobody signs in. */
  login: LoginConfig | undefined;
}>;

/** The city's OpenID Provider. `claims`: names of its claims; a dot goes one member deeper. */
export type LoginConfig = Readonly<{
  issuer: string;
  clientId: string;
  /** File of what the hub proves itself with there: a client secret, or a private key as a JWK. */
  credential: Readonly<{ kind: "SECRET" | "KEY"; file: string }>;
  scope: string;
  claims: Readonly<Record<(typeof claimNames)[number], string>>;
}>;

const loginNames = [
  "LOGIN_CLIENT_ID",
  "LOGIN_CLIENT_SECRET_FILE",
  "LOGIN_CLIENT_KEY_FILE",
  "LOGIN_SCOPE",
  "LOGIN_CLAIMS",
];
const claimNames = ["residentId", "uscc", "name"] as const;

/** Reads it. *Throws* ConfigError naming the variable. */
export function readPageConfig(env: Env): PageConfig {
  return {
    cityName: readCityName(env),
    emblem: env["EMBLEM"] ? resolve(env["EMBLEM"]) : undefined,
    login: readLogin(env),
  };
}

/** The city's name in both languages; in Chinese alone it stands on English pages, too. */
function readCityName(env: Env): LocalizedText | undefined {
  const [zh, en] = ["CITY_NAME", "CITY_NAME_EN"].map((name) => {
    const text = env[name]?.trim() ?? "";
    if (text.length > 40 || /\p{Cc}|\p{Cf}/u.test(text))
      throw new ConfigError(`${name} is no name of a city; expected at most 40 characters that can be seen`);
    return text;
  });
  if (!zh && en) throw new ConfigError("CITY_NAME_EN is set without CITY_NAME");
  return zh ? { zh, en: en || zh } : undefined;
}

function readLogin(env: Env): LoginConfig | undefined {
  const { LOGIN_ISSUER: issuer, LOGIN_CLIENT_ID: clientId } = env;
  const { LOGIN_CLIENT_SECRET_FILE: secretFile, LOGIN_CLIENT_KEY_FILE: keyFile } = env;
  if (!issuer) {
    const lonely = loginNames.find((name) => env[name]);
    if (lonely) throw new ConfigError(`${lonely} is set without LOGIN_ISSUER`);
    return undefined;
  }
  // Whoever can change what comes from there can be anybody.
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const isHere = url && /^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  if (!url || (url.protocol !== "https:" && !(isHere && url.protocol === "http:")))
    throw new ConfigError("LOGIN_ISSUER is no URL that starts with https://");
  if (env["AUTH_SERVER"] === "off")
    throw new ConfigError("LOGIN_ISSUER is for the hub's own sign-in, which AUTH_SERVER=off turns off");
  if (!clientId) throw new ConfigError("LOGIN_ISSUER is set, and LOGIN_CLIENT_ID does not say who the hub is there");
  if ((secretFile ? 1 : 0) + (keyFile ? 1 : 0) !== 1)
    throw new ConfigError("LOGIN_ISSUER needs one of LOGIN_CLIENT_SECRET_FILE and LOGIN_CLIENT_KEY_FILE");
  return {
    issuer,
    clientId,
    credential: secretFile
      ? { kind: "SECRET", file: resolve(secretFile) }
      : { kind: "KEY", file: resolve(keyFile ?? "") },
    scope: readScope(env),
    claims: readClaims(env),
  };
}

function readScope(env: Env): string {
  const scope = env["LOGIN_SCOPE"] || "openid";
  const words = scope.split(" ");
  if (words.includes("openid") && words.every((word) => /^[!#-[\]-~]+$/.test(word))) return scope;
  throw new ConfigError("LOGIN_SCOPE is no list of scopes with openid among them, such as openid profile");
}

/** Parses `{"residentId": "id_number", "uscc": "org.code"}`. */
function readClaims(env: Env): LoginConfig["claims"] {
  const usual = { residentId: "resident_id", uscc: "uscc", name: "name" };
  const expected =
    'LOGIN_CLAIMS is no object of claims\' names such as {"residentId":"id_number","uscc":"org.code","name":"name"}';
  let given: unknown;
  try {
    given = JSON.parse(env["LOGIN_CLAIMS"] || "{}");
  } catch {
    throw new ConfigError(expected);
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw new ConfigError(expected);
  for (const [name, claim] of Object.entries(given)) {
    const isName = claimNames.some((known) => known === name);
    if (!isName || typeof claim !== "string" || claim === "" || claim.length > 200) throw new ConfigError(expected);
  }
  return { ...usual, ...given };
}
