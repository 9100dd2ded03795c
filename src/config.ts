import { isIP } from "node:net";
import { resolve } from "node:path";
import { ConfigError } from "./config/config-error.ts";
import { type PageConfig, readPageConfig } from "./config/page-config.ts";
import { applyLimits, type Limits } from "./limits.ts";

/** Everything the environment decides, parsed once at the start. */
export type Config = Readonly<{
  host: string;
  port: number;
  /** The hub's name in every license it signs: an absolute URL without a trailing slash. */
  publicUrl: string;
  databaseUrl: string | undefined;
  /** Connections to the database server at most. */
  databasePool: number;
  dataDir: string;
  keysDir: string;
  keyAlgorithm: "ES256" | "EdDSA";
  /** The file that says which keys lie on a token or with a key service; undefined: every key is a file. */
  keySigners: string | undefined;
  /** After how many days the keys of a purpose are changed; a purpose that is not named: when an operator says so. */
  keyRotationDays: Readonly<Partial<Record<RotatingPurpose, number>>>;
  /** How long a new key is published before it signs. */
  keyPublishAheadSeconds: number;
  demo: boolean;
  /** Whose tokens `npm run token` prints; trusted in a demo only. */
  tokenIssuer: string;
  tokenAudience: string;
  /** The OpenID Provider that issues tokens instead of this hub; undefined: the hub does. */
  outsideIssuer: Readonly<{ issuer: string; jwksUrl: string }> | undefined;
  logLevel: (typeof logLevels)[number];
  /** What outsiders may ask for at most. */
  limits: Limits;
  /** The file or folder of registered operations; undefined: any operation runs. */
  trustedDocuments: string | undefined;
  /** Proxies whose `X-Forwarded-For` is believed: addresses and networks; none: the header is not looked at. */
  trustedProxies: readonly string[];
  /** The file of what sources name as secrets: JSON, name to value. */
  sourceSecrets: string | undefined;
  /** How long sources have to answer and to correct. */
  correctionTerms: Readonly<{ answer: number; change: number; escalation: number }>;
  /** Whose signatures under the log's checkpoints count; `url`: of one that is asked for its signature. */
  witnesses: readonly Readonly<{ key: string; url: string | undefined }>[];
  /** The file of holidays and working days that the calendar has otherwise: JSON. */
  workingDays: string | undefined;
  /** For how many days after its last fetch a case that nobody closes is told of changes. */
  caseOpenDays: number;
  /** Addresses and networks that webhooks may lead to besides the open internet. */
  webhookNetworks: readonly string[];
}> &
  PageConfig;

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

export type { LoginConfig } from "./config/page-config.ts";
export { ConfigError };

/** Reads the configuration. *Throws* ConfigError naming the variable, what it was and what is expected. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const host = env["HOST"] || "127.0.0.1";
  const port = readInteger(env, "PORT", 4000, 0, 65_535);
  const databaseUrl = readUrl(env, "DATABASE_URL", ["postgres:", "postgresql:"]);
  const demo = /^(on|1|true)$/.test(
    readChoice(env, "DEMO", ["on", "off", "1", "0", "true", "false"], databaseUrl ? "off" : "on"),
  );
  const shownHost = host.includes(":") ? `[${host}]` : host;
  return {
    ...{ host, port, databaseUrl },
    publicUrl: (readUrl(env, "PUBLIC_URL", ["http:", "https:"]) ?? `http://${shownHost}:${port}`).replace(/\/+$/, ""),
    databasePool: readInteger(env, "DATABASE_POOL", 16, 2, 500),
    dataDir: resolve(env["DATA_DIR"] || "./data"),
    keysDir: resolve(env["KEYS_DIR"] || "./keys"),
    keyAlgorithm: readChoice(env, "KEY_ALGORITHM", ["ES256", "EdDSA"], "ES256"),
    keySigners: env["KEY_SIGNERS"] ? resolve(env["KEY_SIGNERS"]) : undefined,
    keyRotationDays: readRotation(env),
    keyPublishAheadSeconds: readInteger(env, "KEY_PUBLISH_AHEAD_SECONDS", 900, 360, 30 * 86_400),
    demo,
    ...readTokens(env, demo),
    logLevel: readChoice(env, "LOG_LEVEL", logLevels, "info"),
    limits: readLimits(env),
    trustedDocuments: env["TRUSTED_DOCUMENTS"] ? resolve(env["TRUSTED_DOCUMENTS"]) : undefined,
    trustedProxies: readNetworks(env, "TRUST_PROXY"),
    sourceSecrets: env["SOURCE_SECRETS"] ? resolve(env["SOURCE_SECRETS"]) : undefined,
    correctionTerms: readTerms(env),
    witnesses: readWitnesses(env),
    workingDays: env["WORKING_DAYS"] ? resolve(env["WORKING_DAYS"]) : undefined,
    // Twenty working days to decide, ten more, and what is not counted: hearings, inspections, expert reviews.
    caseOpenDays: readInteger(env, "CASE_OPEN_DAYS", 90, 1, 3_650),
    webhookNetworks: readNetworks(env, "WEBHOOK_NETWORKS"),
    ...readPageConfig(env),
  };
}

/** Purposes whose keys a schedule may change. The log's is pinned by whoever watches the log: an operator changes it. */
const rotatingPurposes = ["license", "status", "receipt", "token"] as const;
type RotatingPurpose = (typeof rotatingPurposes)[number];

/** Parses `90`, for every purpose a schedule may change, or `license=365,token=30`. */
function readRotation(env: Env): Config["keyRotationDays"] {
  const text = env["KEY_ROTATION_DAYS"] ?? "";
  if (text === "") return {};
  const days = (value: string) => readInteger({ KEY_ROTATION_DAYS: value }, "KEY_ROTATION_DAYS", 0, 7, 3_650);
  if (!text.includes("=")) return Object.fromEntries(rotatingPurposes.map((purpose) => [purpose, days(text)]));
  const pairs = text.split(",").map((part) => {
    const [name = "", value = ""] = part.split("=").map((word) => word.trim());
    const purpose = rotatingPurposes.find((one) => one === name);
    if (purpose) return [purpose, days(value || "none")] as const;
    throw new ConfigError(
      `KEY_ROTATION_DAYS names ${JSON.stringify(name)}; expected a number of days, or such as license=365,token=30`,
    );
  });
  return Object.fromEntries(pairs);
}

const demoIssuer = "https://tokens.zhengzhao.invalid";

/** Who issues tokens: this hub, or an OpenID Provider outside; a half-named one would leave the hub without tokens. */
function readTokens(env: Env, demo: boolean): Pick<Config, "tokenIssuer" | "tokenAudience" | "outsideIssuer"> {
  const web = ["http:", "https:"];
  const tokenAudience = readUrl(env, "TOKEN_AUDIENCE", web) ?? "https://hub.zhengzhao.invalid";
  const issuer = readUrl(env, "TOKEN_ISSUER", web);
  const jwksUrl = readUrl(env, "TOKEN_JWKS_URL", web);
  if (readChoice(env, "AUTH_SERVER", ["on", "off"], "on") === "off") {
    if (!issuer) throw new ConfigError("AUTH_SERVER is off, and TOKEN_ISSUER does not say whose tokens to trust");
    if (!jwksUrl) throw new ConfigError("AUTH_SERVER is off, and TOKEN_JWKS_URL does not say where its keys are");
    // Whoever can change these keys on their way here can be anybody.
    if (!jwksUrl.startsWith("https:") && !isOfThisMachine(jwksUrl))
      throw new ConfigError("TOKEN_JWKS_URL must be https: its keys decide whose tokens are trusted");
    return { tokenAudience, tokenIssuer: demoIssuer, outsideIssuer: { issuer, jwksUrl } };
  }
  if (jwksUrl) throw new ConfigError("TOKEN_JWKS_URL is for an issuer outside: set AUTH_SERVER=off with it");
  if (issuer && !demo)
    throw new ConfigError("TOKEN_ISSUER is for an issuer outside: set AUTH_SERVER=off and TOKEN_JWKS_URL with it");
  return { tokenAudience, tokenIssuer: issuer ?? demoIssuer, outsideIssuer: undefined };
}

/** Whether an address leads nowhere but to this machine. */
export function isOfThisMachine(url: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname);
}

/** What the environment decides about the gateway. */
export type GatewayConfig = Readonly<{
  host: string;
  port: number;
  hubUrl: string;
  /** Addresses of the departments' subgraphs. Without one the gateway runs that department itself: demo mode only. */
  marketSupervisionUrl: string | undefined;
  creditPlatformUrl: string | undefined;
  /** Port of the first department the gateway runs itself, the second has the next; 0: any free ones. */
  departmentsPort: number;
  /** Absent: the one that comes with the package. */
  supergraphFile: string | undefined;
  logLevel: Config["logLevel"];
  limits: Limits;
}>;

/** Reads the configuration of the gateway. *Throws* ConfigError as `readConfig` does. */
export function readGatewayConfig(env: Env = process.env): GatewayConfig {
  const config = readConfig(env);
  const departmentUrl = (name: string) => {
    const url = readUrl(env, name, ["http:", "https:"]);
    if (url === undefined && !config.demo) throw new ConfigError(`${name} is not set; only a demo runs without it`);
    return url;
  };
  return {
    host: config.host,
    port: readInteger(env, "GATEWAY_PORT", 4001, 0, 65_535),
    hubUrl: readUrl(env, "HUB_URL", ["http:", "https:"]) ?? "http://127.0.0.1:4000/graphql",
    marketSupervisionUrl: departmentUrl("MARKET_SUPERVISION_URL"),
    creditPlatformUrl: departmentUrl("CREDIT_PLATFORM_URL"),
    departmentsPort: readInteger(env, "DEPARTMENTS_PORT", 4101, 0, 65_534),
    supergraphFile: env["SUPERGRAPH_FILE"] ? resolve(env["SUPERGRAPH_FILE"]) : undefined,
    logLevel: config.logLevel,
    limits: config.limits,
  };
}

type Env = Readonly<Record<string, string | undefined>>;

function readInteger(env: Env, name: string, fallback: number, least: number, most: number): number {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new ConfigError(`${name} is ${JSON.stringify(text)}; expected a whole number from ${least} to ${most}`);
  }
  return value;
}

function readChoice<const Choice extends string>(
  env: Env,
  name: string,
  choices: readonly Choice[],
  fallback: NoInfer<Choice>,
): Choice {
  const text = env[name] || fallback;
  const choice = choices.find((one) => one === text);
  if (!choice) throw new ConfigError(`${name} is ${JSON.stringify(text)}; expected one of ${choices.join(", ")}`);
  return choice;
}

/** Parses `{"maxDepth": 15}`: standard limits with some set otherwise. */
function readLimits(env: Env): Limits {
  let overrides: unknown;
  try {
    overrides = JSON.parse(env["LIMITS"] || "{}");
  } catch {
    throw new ConfigError('LIMITS is no JSON; expected an object such as {"maxDepth":15}');
  }
  if (typeof overrides !== "object" || overrides === null || Array.isArray(overrides))
    throw new ConfigError('LIMITS is no object; expected one such as {"maxDepth":15}');
  try {
    return applyLimits({ ...overrides });
  } catch (error) {
    throw new ConfigError(`LIMITS: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The terms of corrections. *Units*: working days. */
function readTerms(env: Env): Config["correctionTerms"] {
  const read = (name: string, fallback: number) => readInteger(env, name, fallback, 1, 250);
  return {
    answer: read("CORRECTION_ANSWER_DAYS", 5),
    change: read("CORRECTION_CHANGE_DAYS", 10),
    escalation: read("CORRECTION_ESCALATION_DAYS", 5),
  };
}

/** Parses a list of addresses and networks: `10.0.0.7, 192.168.0.0/16`. */
function readNetworks(env: Env, name: string): readonly string[] {
  const networks = (env[name] ?? "").split(",").map((network) => network.trim());
  return networks.filter(Boolean).map((network) => {
    const [address = "", bits, ...rest] = network.split("/");
    const version = isIP(address);
    const isPrefix = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32));
    if (version !== 0 && isPrefix && rest.length === 0) return network;
    throw new ConfigError(
      `${name} holds ${JSON.stringify(network)}; expected addresses or networks such as 10.0.0.0/8`,
    );
  });
}

/** Parses `KEY URL, KEY`: verifier keys as signed notes have them, each with or without the address to ask. */
function readWitnesses(env: Env): Config["witnesses"] {
  const items = (env["LOG_WITNESSES"] ?? "").split(",").map((item) => item.trim());
  return items.filter(Boolean).map((item) => {
    const [key = "", url, ...rest] = item.split(/\s+/);
    const isUrl = url === undefined || (/^https?:/.test(url) && URL.canParse(url));
    if (/^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/.test(key) && isUrl && rest.length === 0)
      return { key, url: url?.replace(/\/+$/, "") };
    throw new ConfigError(
      `LOG_WITNESSES holds ${JSON.stringify(item.slice(0, 200))}; expected NAME+ID+KEY, with or without an address behind it`,
    );
  });
}

/** Parses a URL. A wrong one is not repeated: it may hold a password. */
function readUrl(env: Env, name: string, protocols: readonly string[]): string | undefined {
  const text = env[name];
  if (!text) return undefined;
  if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text;
  throw new ConfigError(
    `${name} is not a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`,
  );
}
