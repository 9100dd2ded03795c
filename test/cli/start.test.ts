import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { openDatabase } from "../../src/store/database.ts";
import { sampleQueries } from "../../src/welcome.ts";
import { testDatabaseUrl } from "../setup/postgres.ts";
import { type Ended, type Environment, onlyLine, openWorkshop, type RunningHub, root } from "./processes.ts";

const workshop = openWorkshop();
afterAll(() => workshop.clear());

const publicUrl = "https://hub.example";
const place = (name: string) => ({
  DATA_DIR: join(workshop.folder, name, "data"),
  KEYS_DIR: join(workshop.folder, name, "keys"),
  PUBLIC_URL: publicUrl,
});
const home = place("home");
const lockOf = ({ DATA_DIR }: { DATA_DIR: string }) => join(DATA_DIR, "hub.lock");

/** As a person does it: beside the running hub. */
async function mint(env: Environment, ...identity: string[]): Promise<string> {
  const { code, out, error } = await workshop.run("src/cli/token.ts", identity, env);
  expect([code, error]).toEqual([0, ""]);
  return out.trim();
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads the answer as it stands
type Answer = Readonly<{ data: any; errors?: any[] }>;

async function ask(hub: RunningHub, query: string, token?: string, variables?: object): Promise<Answer> {
  const response = await fetch(`${hub.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return await response.json();
}

async function keysOf(hub: RunningHub): Promise<readonly Record<string, unknown>[]> {
  return (await (await fetch(`${hub.url}/.well-known/jwks.json`)).json()).keys;
}

/** How many rows there are, and how many different ones; opened after the hub has ended. */
async function countStored({ DATA_DIR }: { DATA_DIR: string }) {
  const database = await openDatabase({ kind: "EMBEDDED", folder: join(DATA_DIR, "pglite") });
  try {
    const { rows } = await sql<Record<string, string>>`
      select (select count(*) from license) as licenses, (select count(distinct identifier) from license) as identifiers,
        (select count(*) from license_event) as events, (select count(*) from pending_event) as pending,
        (select count(distinct (client_id, source_record_id)) from license) as records,
        (select sum(accepted) from submission) as accepted, (select sum(rejected) from submission) as rejected`.execute(
      database.sql(),
    );
    return Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)]));
  } finally {
    await database.close();
  }
}

let first: RunningHub;
let token: string;
beforeAll(async () => {
  first = await workshop.startHub(home);
  token = await mint(home, "approval-bureau");
}, 120_000);

describe("a first start on empty folders", () => {
  test("loads every sample record through the submission path, with progress", () => {
    expect(first.welcome).toContain("Sample data loaded: 1785 accepted, 0 refused.");
    expect(first.welcome).toContain("Loading sample records: 1785 of 1785");
  });

  test("says where GraphiQL is, how to get a token, and three queries to paste", () => {
    expect(first.welcome).toContain(`${first.url}/docs`);
    expect(first.welcome).toContain("npm run --silent token -- approval-bureau");
    const flat = (text: string) => text.replaceAll(/\s+/g, " ");
    expect(Object.values(sampleQueries)).toHaveLength(3);
    for (const query of Object.values(sampleQueries)) expect(flat(first.welcome)).toContain(flat(query));
  });

  test("its three queries answer without an error, and the third spares the applicant three materials", async () => {
    const answers = await Promise.all(Object.values(sampleQueries).map((query) => ask(first, query, token)));
    expect(answers.map(({ errors }) => errors)).toEqual([undefined, undefined, undefined]);
    const [catalogue, enterprise, materials] = answers.map(({ data }) => data);
    expect(catalogue.departments).toHaveLength(32);
    expect(enterprise.enterprise.licenses.nodes.length).toBeGreaterThan(0);
    expect(materials.checkMaterials.fetchCount).toBeGreaterThanOrEqual(3);
  });

  test("keeps private keys to itself", async () => {
    const files = readdirSync(home.KEYS_DIR).filter((name) => name.endsWith(".private.jwk.json"));
    expect(files.map((name) => name.split("-")[0]).sort()).toEqual([
      "license",
      "log",
      "receipt",
      "status",
      "token",
      "token",
    ]);
    for (const name of files) expect(statSync(join(home.KEYS_DIR, name)).mode & 0o777).toBe(0o600);
    const keys = await keysOf(first);
    expect(keys).toHaveLength(files.length);
    for (const key of keys) expect(Object.keys(key)).not.toContain("d");
  });

  test("answers that it is alive and ready", async () => {
    const answers = await Promise.all(["/healthz", "/readyz"].map((path) => fetch(first.url + path)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  test("serves GraphiQL whole, and nothing of it comes from another host", async () => {
    const get = async (path: string) => {
      const response = await fetch(first.url + path);
      return {
        status: response.status,
        policy: response.headers.get("content-security-policy"),
        text: await response.text(),
      };
    };
    const page = await get("/docs");
    const parts = [...page.text.matchAll(/\b(?:src|href)="([^"]*)"/g)].map(([, path = ""]) => path);
    expect(page.policy).toMatch(/^default-src 'self';/);
    expect(parts.length).toBeGreaterThanOrEqual(6);
    for (const path of parts.filter((path) => path !== "data:,")) {
      expect(path).toMatch(/^\/docs\/[\w.-]+$/);
      const part = await get(path);
      expect([path, part.status]).toEqual([path, 200]);
      if (path.endsWith(".css")) expect(part.text).not.toMatch(/@import|url\(\s*["']?(?!data:|#)/);
    }
    for (const text of [page.text, (await get("/docs/page.js")).text]) expect(text).not.toMatch(/https?:|["'(]\/\//);
  });

  test("a license read through GraphQL verifies offline with the published keys", async () => {
    const { data } = await ask(first, sampleQueries.enterprise, token);
    const license = data.enterprise.licenses.nodes.find((one: { state: string }) => one.state === "VALID");
    const [file, jwks] = [join(workshop.folder, "license.jws"), join(workshop.folder, "jwks.json")];
    writeFileSync(file, license.jws);
    writeFileSync(jwks, JSON.stringify({ keys: await keysOf(first) }));
    const { code, out, error } = await workshop.run("src/cli/verify.ts", [file, "--keys", jwks]);
    // Its state is told by a status list, and none was given.
    expect([code, error]).toEqual([2, ""]);
    expect(out).toMatch(/^SIGNATURE VALID, STATE NOT CHECKED/m);
  });

  test("its data folder is refused to another hub, and its port too", async () => {
    const beside = await workshop.run("dist/src/main.js", [], { ...home, PORT: "0" });
    expect([beside.code, onlyLine(beside)]).toEqual([
      1,
      expect.stringMatching(/DATA_DIR.* another hub \(process \d+\)/),
    ]);
    const port = new URL(first.url).port;
    const taken = await workshop.run("dist/src/main.js", [], { ...place("none"), PORT: port });
    expect([taken.code, onlyLine(taken)]).toEqual([1, expect.stringContaining(`port ${port} is taken`)]);
    expect(existsSync(place("none").DATA_DIR)).toBe(false);
  });
});

describe("a second start", () => {
  let second: RunningHub;
  let ended: Ended;
  let submission: string;
  let keysBefore: unknown;

  beforeAll(async () => {
    const submitted = await ask(first, submit, token, { input: { batchId: "kept", records: [newRecord()] } });
    expect(submitted).toMatchObject({ data: { submitLicenses: { accepted: 1 } } });
    submission = submitted.data.submitLicenses.id;
    await ask(first, sampleQueries.materials, token);
    keysBefore = await keysOf(first);
    ended = await first.stop();
    expect(existsSync(lockOf(home))).toBe(false);
    second = await workshop.startHub(home);
  });
  afterAll(() => second?.stop());

  test("comes after a stop that exits with 0 and has nothing to complain about", () => {
    expect(ended.code).toBe(0);
    expect(ended.out).toMatch(/Stopping: .*\n$/);
    for (const line of ended.error.split("\n").filter(Boolean)) expect(JSON.parse(line).level).toBeLessThan(40);
  });

  test("keeps what was submitted and who looked, and loads nothing again", async () => {
    expect(second.welcome).not.toMatch(/Loading|loaded/);
    const kept = await ask(second, "query ($id: ID!) { submission(id: $id) { batchId accepted } }", token, {
      id: submission,
    });
    expect(kept).toEqual({ data: { submission: { batchId: "kept", accepted: 1 } } });
    const { data } = await ask(
      second,
      "{ accessRecords(first: 1) { nodes { action purpose { caseNumber } } } }",
      token,
    );
    expect(data.accessRecords.nodes).toEqual([{ action: "CHECK", purpose: { caseNumber: "2026-0001" } }]);
  });

  test("signs with the same keys", async () => {
    expect(await keysOf(second)).toEqual(keysBefore);
    const { data } = await ask(second, submit, token, { input: { batchId: "later", records: [newRecord("later")] } });
    expect(data).toMatchObject({ submitLicenses: { accepted: 1 } });
    expect(await keysOf(second)).toEqual(keysBefore);
  });
});

const submit = `mutation ($input: SubmitLicensesInput!) {
  submitLicenses(input: $input) { id accepted results { problems { code path } } }
}`;

/** A sample of the approval bureau's as a new license of its own. */
function newRecord(name = "kept"): Record<string, unknown> {
  const lines = readFileSync(join(root, "migrations/data/demo/licenses.ndjson"), "utf8").split("\n");
  const records: Record<string, unknown>[] = lines.filter(Boolean).map((line) => JSON.parse(line));
  const sample = records.find((record) => String(record["sourceRecordId"]).startsWith("food-production-license"));
  const { identifier: _, ...rest } = sample ?? {};
  const attributes = { ...(rest["attributes"] as object), productionSite: name };
  return { ...rest, attributes, sourceRecordId: name };
}

describe("a first load that is broken off", () => {
  const broken = place("broken");

  test("by Ctrl-C ends between two batches, with 0 and without a lock", async () => {
    const hub = workshop.start("dist/src/main.js", [], { ...broken, PORT: "0" });
    await hub.says(/Loading sample records: \d+ of 1785/);
    hub.child.kill("SIGINT");
    // The one that npm adds to the terminal's own is the same wish; of another kind, so that the system delivers both.
    hub.child.kill("SIGTERM");
    const { code, out, error } = await hub.ended;
    expect([code, error]).toEqual([0, ""]);
    expect(out).not.toContain("ready");
    expect(existsSync(lockOf(broken))).toBe(false);
  }, 120_000);

  test("and then by a kill goes on where it was: everything is there, each once", async () => {
    const hub = workshop.start("dist/src/main.js", [], { ...broken, PORT: "0" });
    await hub.says(/Loading sample records: (\d+) of 1785/);
    hub.child.kill("SIGKILL");
    await hub.ended;
    expect(existsSync(lockOf(broken))).toBe(true);
    const again = await workshop.startHub(broken);
    expect(again.welcome).toContain("Sample data loaded: 1785 accepted, 0 refused.");
    expect((await again.stop()).code).toBe(0);
    // A new version that came as an event is a license too; every license and every event of one leaves a line.
    const [licenses, events] = [1666 + 57, 1666 + 57 + 119];
    expect(await countStored(broken)).toEqual({
      ...{ licenses, identifiers: licenses, records: licenses, events, pending: 0, accepted: 1785, rejected: 0 },
    });
  }, 180_000);
});

describe("a hub killed", () => {
  test("leaves a lock that binds nobody, not even when another program has its process number by now", async () => {
    const locked = place("locked");
    mkdirSync(locked.DATA_DIR, { recursive: true });
    // Folder and number are good, so the start goes on to the next fault: that the key folder is a file.
    writeFileSync(join(workshop.folder, "file"), "");
    const start = async (lock: string) => {
      writeFileSync(lockOf(locked), lock);
      const env = { ...locked, PORT: "0", KEYS_DIR: join(workshop.folder, "file") };
      return onlyLine(await workshop.run("dist/src/main.js", [], env));
    };
    expect(await start("4194304 gone")).toMatch(/KEYS_DIR/);
    expect(await start(`${process.pid}`)).toMatch(/another hub/);
    if (process.platform === "linux") expect(await start(`${process.pid} born in another boot`)).toMatch(/KEYS_DIR/);
    expect(await start("")).toMatch(/another hub is just starting/);
  });
});

describe("a start that cannot go on says why in one line and exits with 1", () => {
  const bad = place("bad");
  const file = join(workshop.folder, "plain-file");
  const damage = (name: string, content: string, mode = 0o600) => {
    const folder = join(workshop.folder, name);
    mkdirSync(join(folder, "public"), { recursive: true });
    writeFileSync(join(folder, "license-x.private.jwk.json"), content, { mode });
    return folder;
  };
  let port: number;
  const squatter = createServer();
  beforeAll(async () => {
    writeFileSync(file, "");
    await once(squatter.listen(0, "127.0.0.1"), "listening");
    const address = squatter.address();
    port = typeof address === "object" && address ? address.port : 0;
  });
  afterAll(() => void squatter.close());

  test.each<[string, () => Environment, RegExp]>([
    ["a taken port", () => ({ PORT: String(port) }), /port \d+ is taken/],
    ["a port that is a word", () => ({ PORT: "abc" }), /PORT is "abc"; expected/],
    ["a port beyond the last", () => ({ PORT: "70000" }), /PORT is "70000"; expected/],
    ["another machine's address", () => ({ HOST: "192.0.2.1" }), /HOST is "192\.0\.2\.1"; expected/],
    ["a data folder that is a file", () => ({ DATA_DIR: file }), /data folder .*plain-file \(DATA_DIR\)/],
    ["a data folder below a file", () => ({ DATA_DIR: join(file, "data") }), /\(DATA_DIR\)/],
    ["a key folder that is a file", () => ({ KEYS_DIR: file }), /key folder .*plain-file \(KEYS_DIR\)/],
    ["a private key others can read", () => ({ KEYS_DIR: damage("open", "{}", 0o644) }), /mode 644\): run chmod 600/],
    [
      "a key file cut short",
      () => ({ KEYS_DIR: damage("short", '{"d":"geheim') }),
      /license-x\S+ is damaged \(not JSON\)/,
    ],
    ["a key file that holds no key", () => ({ KEYS_DIR: damage("empty", "{}") }), /is damaged \(KEY_PRIVATE\)/],
    ["a database address that is none", () => ({ DATABASE_URL: "geheim" }), /DATABASE_URL is not a URL/],
    [
      "a database nobody runs",
      () => ({ DATABASE_URL: "postgres://u:geheim@127.0.0.1:1/x" }),
      /127\.0\.0\.1:1 \(DATABASE_URL\)/,
    ],
    [
      "a database nowhere",
      () => ({ DATABASE_URL: "postgres://u:geheim@db.invalid/x" }),
      /db\.invalid \(DATABASE_URL\)/,
    ],
    ["a password badly written", () => ({ DATABASE_URL: "postgres://u:geheim%ZZ@127.0.0.1:1/x" }), /\(DATABASE_URL\)/],
    ["a database that is not there", () => ({ DATABASE_URL: otherDatabase() }), /\(DATABASE_URL\).* does not exist/],
    ["an own address with a query", () => ({ PUBLIC_URL: "https://geheim@hub.example/?a" }), /PUBLIC_URL/],
    ["a demo half on", () => ({ DEMO: "maybe" }), /DEMO is "maybe"; expected/],
    ["a loud log", () => ({ LOG_LEVEL: "loud" }), /LOG_LEVEL is "loud"; expected/],
  ])("%s", async (_, wrong, reason) => {
    const ended = await workshop.run("dist/src/main.js", [], { ...bad, PORT: "0", ...wrong() });
    expect(onlyLine(ended)).toMatch(/^The hub did not start: .*[^.]\.$/);
    expect(onlyLine(ended)).toMatch(reason);
    expect(ended.error).not.toContain("geheim");
    expect(ended.code).toBe(1);
  });

  const otherDatabase = () =>
    Object.assign(new URL(testDatabaseUrl()), { pathname: "/not_there", password: "geheim" }).href;
});

describe("the log at its most talkative", () => {
  const place = { ...home, DATA_DIR: join(workshop.folder, "logs"), LOG_LEVEL: "trace" };
  const [resident, caseNumber, reason] = ["371002188011080603", "SLBH-77-1", "SECRET-REASON"];
  let lines: readonly string[];
  let failed: Answer;

  beforeAll(async () => {
    await first.stop();
    cpSync(home.DATA_DIR, place.DATA_DIR, { recursive: true });
    // Breaks the database the way that talks most: it quotes the whole row it refused.
    const database = await openDatabase({ kind: "EMBEDDED", folder: join(place.DATA_DIR, "pglite") });
    await sql`alter table access_record add constraint broken check (case_number <> 'SLBH-77-1') not valid`.execute(
      database.sql(),
    );
    await database.close();
    const hub = await workshop.startHub(place);
    for (const query of Object.values(sampleQueries)) await ask(hub, query, token);
    failed = await ask(
      hub,
      sampleQueries.materials.replace("2026-0001", caseNumber).replace("新办食品经营许可", reason),
      token,
    );
    await ask(hub, `{ enterprise(uscc: "${resident}") { nothing } }`, token);
    await ask(hub, sampleQueries.materials, `${token}x`);
    await fetch(`${hub.url}/${resident}?token=${token}`, { headers: { authorization: `Bearer ${token}` } });
    await sendBroken(hub, `GET /${resident} HTTP/1.1\r\nauthorization: Bearer ${token}\r\nx y: z\r\n\r\n`);
    lines = (await hub.stop()).error.split("\n").filter(Boolean);
  });

  test("is lines of JSON, one a request, and one with the id an INTERNAL error was answered with", () => {
    const entries = lines.map((line) => JSON.parse(line));
    expect(entries.filter(({ route }) => route === "/graphql")).toHaveLength(6);
    const id = failed.errors?.[0]?.extensions;
    expect(id).toMatchObject({ code: "INTERNAL" });
    expect(entries.filter(({ errorId }) => errorId === id.details.id)).toMatchObject([{ code: "23514" }]);
  });

  test("holds no token, no person, no case and no value of a statement", () => {
    const [, payload = "", signature = ""] = token.split(".");
    const said = lines.join("\n");
    const secrets = [
      "Bearer",
      payload,
      signature,
      resident,
      "91371002XXXX0030XC",
      caseNumber,
      "2026-0001",
      reason,
      "新办食品",
    ];
    for (const secret of secrets) expect(said).not.toContain(secret);
    expect(said).not.toMatch(/rawPacket|authorization|Failing row|insert into|params/i);
  });
});

/** Sends what is no HTTP, and waits until the hub has hung up. */
async function sendBroken(hub: RunningHub, packet: string): Promise<void> {
  const socket = connect(Number(new URL(hub.url).port), "127.0.0.1");
  socket.end(packet);
  await once(socket.resume(), "close");
}
