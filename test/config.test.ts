import { resolve } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { ConfigError, readConfig, readGatewayConfig } from "../src/config.ts";
import { limitRows, standardLimits } from "../src/limits.ts";

type Env = Readonly<Record<string, string>>;

/** What is wrong with an environment, in the words a person reads. */
function complaint(env: Env, read: (env: Env) => unknown = readConfig): string {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error(`${JSON.stringify(env)} was accepted`);
}

describe("without variables the hub is a demo on an embedded database, for this machine only", () => {
  test.each([
    ["absent", {}],
    [
      "empty",
      Object.fromEntries(["PORT", "HOST", "DATABASE_URL", "DEMO", "LOG_LEVEL", "DATA_DIR"].map((name) => [name, ""])),
    ],
  ])("%s", (_, env) => {
    expect(readConfig(env)).toMatchObject({
      ...{ host: "127.0.0.1", port: 4000, publicUrl: "http://127.0.0.1:4000", databaseUrl: undefined },
      ...{ dataDir: resolve("data"), keysDir: resolve("keys"), keyAlgorithm: "ES256", demo: true },
    });
  });
});

describe("DEMO", () => {
  test.each<[Env, boolean]>([
    [{ DATABASE_URL: "postgres://127.0.0.1/hub" }, false],
    [{ DATABASE_URL: "postgres://127.0.0.1/hub", DEMO: "on" }, true],
    ...["on", "1", "true"].map((DEMO): [Env, boolean] => [{ DEMO }, true]),
    ...["off", "0", "false"].map((DEMO): [Env, boolean] => [{ DEMO }, false]),
  ])("%j: %s", (env, demo) => {
    expect(readConfig(env).demo).toBe(demo);
  });
});

describe("PUBLIC_URL", () => {
  test.each<[Env, string]>([
    [{ HOST: "::1", PORT: "80" }, "http://[::1]:80"],
    [{ HOST: "hub.local", PORT: "4001" }, "http://hub.local:4001"],
    [{ PUBLIC_URL: "https://hub.example/", PORT: "4001" }, "https://hub.example"],
    [{ PUBLIC_URL: "https://hub.example/a//" }, "https://hub.example/a"],
  ])("%j: %s", (env, publicUrl) => {
    expect(readConfig(env).publicUrl).toBe(publicUrl);
  });
});

test("a case that nobody closes is open for 90 days, or as long as is said, and webhooks lead nowhere inside unless it is said", () => {
  expect(readConfig({})).toMatchObject({ caseOpenDays: 90, webhookNetworks: [] });
  const env = { CASE_OPEN_DAYS: "3650", WEBHOOK_NETWORKS: "10.1.0.0/16, fd12::1" };
  expect(readConfig(env)).toMatchObject({ caseOpenDays: 3650, webhookNetworks: ["10.1.0.0/16", "fd12::1"] });
  expect(complaint({ CASE_OPEN_DAYS: "0" })).toMatch(/^CASE_OPEN_DAYS is "0"; expected a whole number from 1 to 3650/);
  expect(complaint({ WEBHOOK_NETWORKS: "10.0.0.0/33" })).toMatch(/^WEBHOOK_NETWORKS holds "10.0.0.0\/33"/);
});

test("SOURCE_SECRETS names a file, from the folder the hub was started in; without it there are no secrets", () => {
  expect(readConfig({ SOURCE_SECRETS: "secrets.json" }).sourceSecrets).toBe(resolve("secrets.json"));
  expect(readConfig({ SOURCE_SECRETS: "" }).sourceSecrets).toBeUndefined();
});

describe("the terms of corrections", () => {
  test("are 5, 10 and 5 working days, or what is set, each on its own", () => {
    expect(readConfig({}).correctionTerms).toEqual({ answer: 5, change: 10, escalation: 5 });
    const env = { CORRECTION_ANSWER_DAYS: "1", CORRECTION_CHANGE_DAYS: "250", CORRECTION_ESCALATION_DAYS: "3" };
    expect(readConfig(env).correctionTerms).toEqual({ answer: 1, change: 250, escalation: 3 });
  });

  test.each(["ANSWER", "CHANGE", "ESCALATION"])("are refused when they are none: %s", (name) => {
    const variable = `CORRECTION_${name}_DAYS`;
    for (const text of ["0", "251", "-1", "1.5", "five"])
      expect(complaint({ [variable]: text })).toBe(`${variable} is "${text}"; expected a whole number from 1 to 250`);
  });
});

test("WORKING_DAYS names a file, from the folder the hub was started in; without it the calendar is as it is known", () => {
  expect(readConfig({ WORKING_DAYS: "days.json" }).workingDays).toBe(resolve("days.json"));
  expect(readConfig({ WORKING_DAYS: "" }).workingDays).toBeUndefined();
});

describe("who issues tokens", () => {
  const outside = {
    AUTH_SERVER: "off",
    TOKEN_ISSUER: "https://login.example",
    TOKEN_JWKS_URL: "https://login.example/jwks",
  };

  test("is the hub, unless an issuer outside is named with its keys", () => {
    expect(readConfig({ DEMO: "off" }).outsideIssuer).toBeUndefined();
    const { TOKEN_ISSUER: issuer, TOKEN_JWKS_URL: jwksUrl } = outside;
    expect(readConfig({ ...outside, DEMO: "off" }).outsideIssuer).toEqual({ issuer, jwksUrl });
  });

  test.each<[string, Env, RegExp]>([
    ["off without an issuer", { ...outside, TOKEN_ISSUER: "" }, /^AUTH_SERVER is off, and TOKEN_ISSUER /],
    ["off without its keys", { ...outside, TOKEN_JWKS_URL: "" }, /^AUTH_SERVER is off, and TOKEN_JWKS_URL /],
    [
      "off with keys over plain http",
      { ...outside, TOKEN_JWKS_URL: "http://login.example/jwks" },
      /^TOKEN_JWKS_URL must be https/,
    ],
    ["on with keys of another", { ...outside, AUTH_SERVER: "on" }, /^TOKEN_JWKS_URL is for an issuer outside/],
    [
      "on with another's name, and no demo",
      { TOKEN_ISSUER: "https://login.example", DEMO: "off" },
      /^TOKEN_ISSUER is for/,
    ],
    ["neither on nor off", { AUTH_SERVER: "maybe" }, /^AUTH_SERVER is "maybe"; expected one of on, off/],
    ["an audience that is no address", { TOKEN_AUDIENCE: "hub" }, /^TOKEN_AUDIENCE is not a URL/],
  ])("%s stops the start with one line", (_title, env, line) => {
    expect(complaint(env)).toMatch(line);
    expect(complaint(env)).not.toContain("\n");
  });
});

describe("a wrong variable is named, with what is expected", () => {
  test.each<[string, readonly string[], RegExp]>([
    [
      "PORT",
      ["abc", "70000", "-1", "1e3", "0x50", "80.5", " 80", "４０００", "99999999999"],
      /whole number from 0 to 65535/,
    ],
    ["DATABASE_POOL", ["0", "501", "many"], /whole number from \d+ to 500/],
    ["DEMO", ["maybe", "ON", "yes"], /one of on, off, 1, 0, true, false/],
    ["LOG_LEVEL", ["loud", "INFO"], /one of fatal, .*, silent/],
    ["KEY_PUBLISH_AHEAD_SECONDS", ["300", "soon"], /whole number from 360/],
    ["KEY_ALGORITHM", ["RS256", "none", "es256"], /one of ES256, EdDSA/],
  ])("%s", (name, values, expected) => {
    for (const value of values) {
      expect(complaint({ [name]: value })).toMatch(expected);
      expect(complaint({ [name]: value })).toContain(`${name} is ${JSON.stringify(value)}`);
    }
  });

  test("stays one line, whatever was in it", () => {
    expect(complaint({ PORT: "1\n2\u001b[2J" })).not.toMatch(/[\n\u001b]/);
  });
});

describe("a wrong address is named but not repeated: it may hold a password", () => {
  test.each<[string, readonly string[]]>([
    [
      "DATABASE_URL",
      ["geheim", "geheim://u@h/d", "postgres//u:geheim@h", "postgres://u:geheim@h:99999/d", "http://geheim"],
    ],
    ["PUBLIC_URL", ["geheim", "//geheim", "ftp://geheim/"]],
    ["TOKEN_ISSUER", ["geheim", "ftp://geheim/"]],
  ])("%s", (name, values) => {
    for (const value of values) {
      expect(complaint({ [name]: value })).toMatch(new RegExp(`^${name} is not a URL that starts with \\w+://`));
      expect(complaint({ [name]: value })).not.toContain("geheim");
    }
  });
});

describe("the gateway", () => {
  test("runs in demo mode without variables, beside the hub", () => {
    const { port, hubUrl, marketSupervisionUrl, creditPlatformUrl } = readGatewayConfig({});
    expect([port, hubUrl]).toEqual([4001, "http://127.0.0.1:4000/graphql"]);
    expect([marketSupervisionUrl, creditPlatformUrl]).toEqual([undefined, undefined]);
  });

  test("outside of demo mode must be told where each department is", () => {
    const one = { DEMO: "off", MARKET_SUPERVISION_URL: "http://127.0.0.1:1" };
    expect(complaint({ DEMO: "off" }, readGatewayConfig)).toMatch(/^MARKET_SUPERVISION_URL is not set/);
    expect(complaint(one, readGatewayConfig)).toMatch(/^CREDIT_PLATFORM_URL is not set/);
    const both = { ...one, CREDIT_PLATFORM_URL: "http://127.0.0.1:2" };
    expect(readGatewayConfig(both)).toMatchObject({ creditPlatformUrl: "http://127.0.0.1:2" });
  });

  test("refuses what the hub refuses", () => {
    expect(complaint({ LOG_LEVEL: "loud" }, readGatewayConfig)).toMatch(/^LOG_LEVEL/);
    expect(complaint({ GATEWAY_PORT: "70000" }, readGatewayConfig)).toMatch(/^GATEWAY_PORT/);
  });
});

describe("LIMITS", () => {
  test("sets limits otherwise, and leaves the others", () => {
    expect(readConfig({}).limits).toEqual(standardLimits);
    const { limits } = readConfig({ LIMITS: '{"maxDepth":15,"maxMissesPerHour":50}' });
    expect(limits).toEqual({ ...standardLimits, maxDepth: 15, maxMissesPerHour: 50 });
    expect(readGatewayConfig({ DATABASE_URL: "", LIMITS: '{"maxDepth":15}' }).limits.maxDepth).toBe(15);
  });

  test.each([
    ["{", "LIMITS is no JSON"],
    ["[1]", "LIMITS is no object"],
    ["15", "LIMITS is no object"],
    ['{"maxDeep":15}', 'LIMITS: "maxDeep" is no limit'],
    ['{"__proto__":{"maxDepth":15}}', 'LIMITS: "__proto__" is no limit'],
    ['{"maxDepth":"15"}', 'LIMITS: maxDepth is "15"; expected a whole number from 4 to 50'],
    ['{"maxDepth":0}', "LIMITS: maxDepth is 0; expected a whole number from 4 to 50"],
    ['{"maxDepth":1e9}', "LIMITS: maxDepth is 1000000000; expected a whole number from 4 to 50"],
    ['{"maxDepth":4.5}', "LIMITS: maxDepth is 4.5; expected a whole number from 4 to 50"],
    ['{"maxDepth":null}', "LIMITS: maxDepth is null; expected a whole number from 4 to 50"],
  ])("%s is told in one line", (LIMITS, expected) => {
    expect(complaint({ LIMITS }).slice(0, expected.length)).toBe(expected);
    expect(complaint({ LIMITS })).not.toContain("\n");
  });

  test("has a reason, a unit and a value within its range for every limit", () => {
    for (const { value, unit, reason, least, most } of Object.values(limitRows)) {
      expect([unit.length > 4, reason.length > 10, value >= least, value <= most]).toEqual([true, true, true, true]);
    }
  });
});

describe("TRUST_PROXY", () => {
  test("is a list of addresses and networks", () => {
    expect(readConfig({}).trustedProxies).toEqual([]);
    expect(readConfig({ TRUST_PROXY: "10.0.0.7, 192.168.0.0/16,::1" }).trustedProxies).toEqual([
      ...["10.0.0.7", "192.168.0.0/16", "::1"],
    ]);
  });

  test.each(["true", "1", "*", "10.0.0.0/33", "10.0.0.0/a", "10.0.0.0/8/8", "::/129", "proxy"])(
    "%s is none",
    (text) => {
      expect(complaint({ TRUST_PROXY: text })).toMatch(/^TRUST_PROXY holds .*; expected addresses or networks/);
    },
  );
});

test("TRUSTED_DOCUMENTS is a path", () => {
  expect(readConfig({}).trustedDocuments).toBeUndefined();
  expect(readConfig({ TRUSTED_DOCUMENTS: "schema/operations" }).trustedDocuments).toBe(resolve("schema/operations"));
});

describe("KEY_ROTATION_DAYS", () => {
  test("is for every purpose a schedule may change, or for those it names", () => {
    const days = (text: string) => readConfig({ KEY_ROTATION_DAYS: text }).keyRotationDays;
    expect(days("90")).toEqual({ license: 90, status: 90, receipt: 90, token: 90 });
    expect(days("license=365, token=30")).toEqual({ license: 365, token: 30 });
    expect(days("")).toEqual({});
  });

  test.each(["6", "often", "log=90", "license", "license=3651", "=7"])("%j stops the start", (text) => {
    expect(complaint({ KEY_ROTATION_DAYS: text })).toMatch(/^KEY_ROTATION_DAYS /);
  });
});
