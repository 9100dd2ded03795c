import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { makeClientKey, parseClientKey } from "../../src/proof/access/client-key.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";
import { onlyLine, openWorkshop } from "./processes.ts";

const workshop = openWorkshop();
let house: TestHub;
beforeAll(async () => {
  house = await openTestHub({ demo: false });
});
afterAll(async () => {
  await workshop.clear();
  await house.close();
});

const businessLicense = "11100000MB0143028R001";
const run = (...args: readonly string[]) =>
  workshop.runWarm("src/cli/hub.ts", args, { DATABASE_URL: house.config.databaseUrl ?? "" });
const fileOf = (name: string) => join(workshop.folder, name);
const operator = `cli:${userInfo().username}`;

/** Runs a command that must succeed, and reads what it prints for machines. */
async function json(...args: readonly string[]) {
  const { code, out, error } = await run(...args, "--json");
  expect([code, error]).toEqual([0, ""]);
  return JSON.parse(out);
}
const register = (id: string, ...more: readonly string[]) =>
  json("client", "register", id, "--name", "运政系统", "--department", "transport", ...more);

describe("hub client", () => {
  test("registers a client with a new key: the private half in a file of mode 0600, and only there", async () => {
    const file = fileOf("transport.jwk.json");
    const client = await register("transport-dispatch", "--new-key", file);
    const privateJwk = JSON.parse(readFileSync(file, "utf8"));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { d, alg, ...publicJwk } = privateJwk;
    expect([typeof d, alg]).toEqual(["string", "ES256"]);
    expect(client).toMatchObject({ id: "transport-dispatch", department: "11371000XXXX01118K", active: true });
    expect(client.keys).toEqual([
      { kid: privateJwk.kid, jwk: parseClientKey(publicJwk), addedAt: expect.any(String), retiredAt: null },
    ]);
    const records = await house.sql("select operator, action, details::text from operator_record");
    expect(records).toEqual([
      { operator, action: "REGISTER_CLIENT", details: expect.stringContaining(privateJwk.kid) },
    ]);
    expect(JSON.stringify(records)).not.toContain(d);
  });

  test("registers a wallet with keys from a file", async () => {
    const { publicJwk } = await makeClientKey("EdDSA");
    const file = fileOf("wallet.jwks.json");
    writeFileSync(file, JSON.stringify({ keys: [publicJwk] }));
    const args = ["--kind", "wallet", "--name", "市民钱包", "--redirect", "https://wallet.example/return"];
    const client = await json("client", "register", "city-wallet", ...args, "--jwks", file);
    expect(client).toMatchObject({ kind: "WALLET", redirectUris: ["https://wallet.example/return"] });
    expect(client.keys).toHaveLength(1);
  });

  test("rotates keys: adds one, retires the other, and the last one by force only", async () => {
    const client = await register("rotating", "--new-key", fileOf("r1.jwk.json"));
    const [first] = client.keys;
    const { keys } = await json("client", "add-key", "rotating", "--new-key", fileOf("r2.jwk.json"));
    expect(keys).toHaveLength(2);
    const left = await json("client", "retire-key", "rotating", first.kid);
    expect(left.keys).toHaveLength(1);
    const refused = await run("client", "retire-key", "rotating", left.keys[0].kid);
    expect([refused.code, onlyLine(refused)]).toEqual([1, expect.stringMatching(/^hub: CLIENT_KEY_LAST: /)]);
    expect((await json("client", "retire-key", "rotating", left.keys[0].kid, "--force")).keys).toEqual([]);
  });

  test("suspends and resumes a client of a running hub, at its next request", async () => {
    await register("running");
    const ask = async () => {
      const { errors } = await house.graphql("{ accessRecords { nodes { id } } }", { as: "running" });
      return errors[0]?.extensions.code;
    };
    expect(await ask()).toBeUndefined();
    expect((await json("client", "suspend", "running")).active).toBe(false);
    expect(await ask()).toBe("FORBIDDEN");
    expect((await json("client", "resume", "running")).active).toBe(true);
    expect(await ask()).toBeUndefined();
  });

  test("prints a table whose columns are straight, Chinese or not", async () => {
    await json("client", "register", "a-latin-name", "--name", "Dispatch", "--department", "transport");
    const { out } = await run("client", "list", "--department", "transport");
    const lines = out.trimEnd().split("\n");
    const column = lines[0]?.indexOf("NAME") ?? -1;
    const names = lines.map((line) => line.slice(column));
    expect(new Set(names)).toEqual(new Set(["NAME", "Dispatch", "运政系统", "市交通运输局业务系统"]));
    const shown = await run("client", "show", "a-latin-name");
    expect(shown.out).toMatch(/^id {11}a-latin-name\nkind {9}DEPARTMENT\nname {9}Dispatch\nstate {8}stands\n/);
  });

  test("lists every client, however many pages", async () => {
    await house.sql(`insert into client (id, kind, name, active, scopes)
      select 'many-' || n, 'AUDITOR', '审计', false, '{audit:read}' from generate_series(1, 230) n`);
    expect(await json("client", "list", "--kind", "AUDITOR", "--suspended")).toHaveLength(230);
  });
});

describe("hub key", () => {
  const env = () => ({ DATABASE_URL: house.config.databaseUrl ?? "", KEYS_DIR: house.config.keysDir, PORT: "0" });
  const key = (...args: readonly string[]) => workshop.run("src/cli/hub.ts", ["key", ...args], env());

  test("changes a key, says that one leaked, and shows what signs now", async () => {
    const rotated = await key("rotate", "receipt", "--reason", "轮换", "--json");
    const { kid } = JSON.parse(rotated.out);
    expect([rotated.code, house.hub.publicKeys().some((one) => one.kid === kid)]).toEqual([0, false]);
    await house.hub.refreshKeys();
    expect(house.hub.publicKeys().some((one) => one.kid === kid)).toBe(true);
    const old = house.hub.publicKeys().find((one) => one.purpose === "receipt" && one.kid !== kid);
    const since = ["--since", "2026-11-01T00:00:00+08:00", "--reason", "备份被盗"];
    const declared = await key("compromised", old?.kid ?? "", ...since);
    expect(declared.out).toMatch(/ compromised 2026-10-31T16:00:00Z\n.* signs\n.*: 0\n$/);
    const [row] = await house.sql("select operator from key_event where event = 'COMPROMISED'");
    expect(row).toEqual({ operator });
  });

  test.each([
    [["rotate", "everything", "--reason", "轮换"], 2, /PURPOSE is one of license, /],
    [["compromised", "nobody", "--since", "2026-11-01T00:00:00Z", "--reason", "泄露"], 1, /^hub: KEY_NOT_FOUND: /],
  ])("refuses %j", async (args, code, line) => {
    const ended = await key(...args);
    expect([ended.code, onlyLine(ended)]).toEqual([code, expect.stringMatching(line)]);
  });
});

describe("hub grant", () => {
  const grant = (client: string, ...more: readonly string[]) =>
    [
      "grant",
      "add",
      client,
      "--type",
      businessLicense,
      "--procedure",
      "road-freight-new",
      "--basis",
      "方案三（二）",
      ...more,
    ] as const;

  test("grants, lists and revokes", async () => {
    await register("granted");
    const given = await json(...grant("granted", "--until", "2999-12-31", "--whole"));
    expect(given).toMatchObject({ validUntil: "2999-12-31", wholeLicense: true, grantedBy: operator, revokedAt: null });
    expect(await json(...grant("granted", "--until", "2999-12-31", "--whole"))).toEqual(given);
    expect(await json("grant", "list", "--client", "granted")).toEqual([given]);
    expect(await json("grant", "revoke", String(given.id))).toMatchObject({ revokedBy: operator });
    expect(await json("grant", "list", "--client", "granted")).toEqual([]);
    expect(await json("grant", "list", "--client", "granted", "--all")).toHaveLength(1);
    const { out } = await run("grant", "list", "--client", "granted", "--all");
    expect(out).toMatch(
      /^NUMBER {2}CLIENT .*\n\d+ +granted +road-freight-new +11100000MB0143028R001 .* revoked +whole +方案三（二）\n$/,
    );
  });

  test("refuses what nobody needs, with the code", async () => {
    await register("over-asking");
    const ended = await run(
      "grant",
      "add",
      "over-asking",
      "--type",
      "x",
      "--procedure",
      "road-freight-new",
      "--basis",
      "依据",
    );
    expect([ended.code, onlyLine(ended)]).toEqual([1, expect.stringMatching(/^hub: GRANT_NOT_NEEDED: /)]);
    const other = await run(
      "grant",
      "add",
      "over-asking",
      "--type",
      businessLicense,
      "--procedure",
      "food-operation-new",
      "--basis",
      "依据",
    );
    expect(onlyLine(other)).toContain("(reason: PROCEDURE_DEPARTMENT)");
  });
});

describe("help", () => {
  test.each([
    ["of everything", [], "hub client register ID"],
    ["of everything, asked for", ["--help"], "hub grant revoke NUMBER"],
    ["of a noun", ["client"], "hub client retire-key ID KID"],
    ["of a command, with an example", ["grant", "add", "--help"], "hub grant add transport-dispatch --type"],
  ])("%s is printed without a database", async (_, args, words) => {
    const { code, out, error } = await workshop.run("src/cli/hub.ts", args, {});
    expect([code, error]).toEqual([0, ""]);
    expect(out).toContain(words);
  });
});

describe("what it can not do it says in one line", () => {
  test.each<[string, number, readonly string[], RegExp]>([
    ["an unknown noun", 2, ["constructor"], /hub has no constructor: it has client, grant/],
    ["an unknown verb", 2, ["client", "delete"], /hub client has no delete: it has register, /],
    ["no id", 2, ["client", "show"], /expected hub client show ID/],
    ["a word too many", 2, ["client", "list", "all"], /expected hub client list without further words/],
    ["an unknown option", 2, ["client", "list", "--all"], /'--all'.*see hub client list --help/],
    ["an unknown kind", 2, ["client", "list", "--kind", "friend"], /--kind is one of DEPARTMENT, /],
    ["no name", 2, ["client", "register", "nameless"], /--name is missing/],
    [
      "an unknown scope",
      2,
      ["client", "register", "scoped", "--name", "业务系统", "--scope", "all"],
      /--scope is one of/,
    ],
    [
      "a key file that is not there",
      2,
      ["client", "add-key", "transport-dispatch", "--jwks", "none.json"],
      /key file can not be read/,
    ],
    ["two sources of keys", 2, ["client", "add-key", "x-x", "--jwks", "a", "--new-key", "b"], /not both/],
    ["no key", 2, ["client", "add-key", "x-x"], /name one key/],
    ["a number that is none", 2, ["grant", "revoke", "one"], /NUMBER is the number of a grant/],
    [
      "a day that is none",
      2,
      ["grant", "add", "a-a", "--type", "a", "--procedure", "b", "--basis", "cc", "--until", "2026-02-30"],
      /--until is a day/,
    ],
    ["a client that is not there", 1, ["client", "suspend", "nobody"], /hub: CLIENT_NOT_FOUND: No client has this id$/],
    ["a grant that is not there", 1, ["grant", "revoke", "999999"], /hub: GRANT_NOT_FOUND: /],
    [
      "a department that is not there",
      1,
      ["client", "register", "lost", "--name", "系统", "--department", "x"],
      /INPUT_INVALID.*department/,
    ],
  ])("%s", async (_, exit, args, words) => {
    const ended = await run(...args);
    expect(onlyLine(ended)).toMatch(words);
    expect(ended.code).toBe(exit);
  });

  test("a private key in a key file, without repeating it; nothing is stored", async () => {
    const { privateJwk } = await makeClientKey("ES256");
    const file = fileOf("private.json");
    writeFileSync(file, JSON.stringify(privateJwk));
    const ended = await run(
      "client",
      "register",
      "leaky",
      "--name",
      "系统",
      "--department",
      "transport",
      "--jwks",
      file,
    );
    expect([ended.code, onlyLine(ended)]).toEqual([1, expect.stringContaining("CLIENT_KEY_INVALID")]);
    expect(ended.error).not.toContain(privateJwk.d);
    expect(await house.sql("select id from client where id = 'leaky'")).toEqual([]);
  });

  test("a new key where a file lies already: it is left as it is, and nothing happens", async () => {
    const file = fileOf("precious.json");
    writeFileSync(file, "precious");
    const ended = await run(
      "client",
      "register",
      "careless",
      "--name",
      "系统",
      "--department",
      "transport",
      "--new-key",
      file,
    );
    expect([ended.code, onlyLine(ended)]).toEqual([2, expect.stringContaining("can not be written")]);
    expect(readFileSync(file, "utf8")).toBe("precious");
    expect(await house.sql("select id from client where id = 'careless'")).toEqual([]);
  });

  test("a refusal after a new key was made: the key is gone again", async () => {
    const file = fileOf("orphan.json");
    const ended = await run(
      "client",
      "register",
      "Not-An-Id",
      "--name",
      "系统",
      "--department",
      "transport",
      "--new-key",
      file,
    );
    expect([ended.code, existsSync(file)]).toEqual([1, false]);
  });

  test("a database that is not there, without its password", async () => {
    const url = "postgres://somebody:geheim@127.0.0.1:1/none";
    const ended = await workshop.run("src/cli/hub.ts", ["client", "list"], { DATABASE_URL: url });
    expect([ended.code, onlyLine(ended)]).toEqual([
      1,
      expect.stringMatching(/the database at 127\.0\.0\.1:1 .* can not be used/),
    ]);
    expect(ended.error).not.toContain("geheim");
  });

  test("a wrong variable", async () => {
    const ended = await workshop.run("src/cli/hub.ts", ["client", "list"], { DATABASE_URL: "nonsense" });
    expect([ended.code, onlyLine(ended)]).toEqual([2, expect.stringContaining("DATABASE_URL")]);
  });
});

describe("without a database server", () => {
  const env = { DATA_DIR: fileOf("data"), KEYS_DIR: fileOf("keys"), DEMO: "off" };

  test("it works on the embedded database while no hub runs on it, and says so while one does", async () => {
    const none = await workshop.run("src/cli/hub.ts", ["client", "list"], env);
    expect([none.code, onlyLine(none)]).toEqual([1, expect.stringMatching(/no database in .*start the hub once$/)]);
    expect(existsSync(env.DATA_DIR)).toBe(false);

    const hub = workshop.start("dist/src/main.js", [], { ...env, PORT: "0" });
    await hub.says(/is ready at/);
    const locked = await workshop.run("src/cli/hub.ts", ["client", "list"], env);
    expect([locked.code, onlyLine(locked)]).toEqual([
      1,
      expect.stringMatching(/another hub \(process \d+\) is running on it: stop it, .*DATABASE_URL\)$/),
    ]);
    hub.child.kill("SIGINT");
    await hub.ended;

    const args = ["client", "register", "embedded", "--name", "系统", "--department", "transport"];
    expect(await workshop.run("src/cli/hub.ts", args, env)).toMatchObject({ code: 0, error: "" });
    const terms = ["--type", businessLicense, "--procedure", "road-freight-new", "--basis", "方案三（二）"];
    for (const grant of [
      ["add", "embedded", ...terms],
      ["revoke", "1"],
    ])
      expect(await workshop.runWarm("src/cli/hub.ts", ["grant", ...grant], env)).toMatchObject({ code: 0, error: "" });
    const listed = await workshop.run("src/cli/hub.ts", ["client", "list", "--json"], env);
    expect(JSON.parse(listed.out).map(({ id }: { id: string }) => id)).toEqual(["embedded"]);
  }, 120_000);
});
