import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { FakeHttp } from "../departments/fake-http.ts";
import { type GraphqlTrouble, startGraphqlChanges } from "../departments/graphql-changes.ts";
import { sampleChanges } from "../departments/sample-changes.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";
import { operator, secrets } from "../setup/pulling.ts";
import { onlyLine, openWorkshop } from "./processes.ts";

const workshop = openWorkshop();
let house: TestHub;
let department: FakeHttp<GraphqlTrouble>;
const fileOf = (name: string) => join(workshop.folder, name);
const secretsFile = fileOf("secrets.json");

beforeAll(async () => {
  writeFileSync(secretsFile, JSON.stringify(secrets));
  house = await openTestHub({ demo: false });
  department = await startGraphqlChanges(sampleChanges(720), secrets["subgraph-token"]);
});
afterAll(async () => {
  await workshop.clear();
  await department.close();
  await house.close();
});

const env = () => ({ DATABASE_URL: house.config.databaseUrl ?? "", KEYS_DIR: house.config.keysDir });
const run = (...args: readonly string[]) => workshop.runWarm("src/cli/hub.ts", ["source", ...args], env());
async function json(...args: readonly string[]) {
  const { code, out, error } = await run(...args, "--json");
  expect([code, error]).toEqual([0, ""]);
  return JSON.parse(out);
}
const describeSource = (more: object = {}) => {
  const place = { kind: "GRAPHQL", url: department.url, token: "subgraph-token" };
  const file = fileOf("source.json");
  writeFileSync(file, JSON.stringify({ name: "审批系统", client: "approval-bureau", pageSize: 20, place, ...more }));
  return file;
};
const startHub = async () => {
  const hub = workshop.start("dist/src/main.js", [], { ...env(), DEMO: "off", PORT: "0", SOURCE_SECRETS: secretsFile });
  await hub.says(/is ready at/);
  return hub;
};
/** Asks until it is so: processes go their own way. */
async function until<T>(read: () => Promise<T>, isSo: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (isSo(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("hub source", () => {
  test("adds, lists, shows, suspends, resumes, pulls and removes", async () => {
    const added = await json("add", "commanded", "--from", describeSource());
    expect(added).toMatchObject({ id: "commanded", client: "approval-bureau", active: true, circuit: "CLOSED" });
    expect(await json("list")).toMatchObject([{ id: "commanded" }]);
    expect((await run("list")).out).toMatch(
      /^ID +KIND +STATE +LAST PULL +FAILING SINCE +NEXT TRY +NAME\ncommanded +GRAPHQL +stands +- +- /,
    );
    expect((await run("show", "commanded")).out).toMatch(
      /^id +commanded\n[\s\S]*\nplace +url=http:\S+ token=subgraph-token\n/,
    );
    expect(await json("suspend", "commanded")).toMatchObject({ active: false });
    const refused = await run("pull", "commanded");
    expect([refused.code, onlyLine(refused)]).toEqual([1, expect.stringMatching(/^hub: SOURCE_SUSPENDED: /)]);
    expect(await json("resume", "commanded")).toMatchObject({ active: true });
    expect(await json("pull", "commanded")).toMatchObject({ id: "commanded" });
    expect(await json("runs", "commanded")).toEqual([]);
    expect(await json("remove", "commanded")).toEqual({ id: "commanded" });
    expect(await json("list")).toEqual([]);
  }, 140_000);

  test.each<[string, number, readonly string[], RegExp]>([
    ["no file", 2, ["add", "x-x"], /--from is missing/],
    ["a file that is not there", 2, ["add", "x-x", "--from", "none.json"], /none\.json can not be read/],
    ["a source that is not there", 1, ["show", "nobody"], /^hub: SOURCE_NOT_FOUND: /],
  ])("%s is told in one line", async (_, exit, args, words) => {
    const ended = await run(...args);
    expect([ended.code, onlyLine(ended)]).toEqual([exit, expect.stringMatching(words)]);
  });

  test.each<[string, object, RegExp]>([
    [
      "a password written into an address",
      { place: { kind: "GRAPHQL", url: "https://u:geheim@a.example/" } },
      /place\.url/,
    ],
    ["a client that is none", { client: "nobody-here" }, /CLIENT_NOT_FOUND/],
  ])("%s is refused, and nothing is stored", async (_, more, words) => {
    const ended = await run("add", "wrong", "--from", describeSource(more));
    expect([ended.code, onlyLine(ended)]).toEqual([1, expect.stringMatching(words)]);
    expect(ended.error).not.toContain("geheim");
    expect(await house.sql("select 1 from source")).toEqual([]);
  });
});

describe("a hub as a process", () => {
  test("that is killed in the middle of a pull leaves every record once, after the next one has gone on", async () => {
    await json("add", "killed", "--from", describeSource());
    const first = await startHub();
    const stored = async () => Number((await house.sql("select count(*)::int as n from license"))[0]?.["n"]);
    await until(stored, (count) => count >= 60);
    first.child.kill("SIGKILL");
    await first.ended;
    const before = await stored();
    expect(before).toBeLessThan(720);
    const [left] = await house.sql("select cursor, lease from source");
    expect(left).toEqual({ cursor: `c-${before}`, lease: expect.any(String) });

    // Its lease has to be over: two minutes later.
    await house.sql("update source set lease_until = now(), due_at = now()");
    const second = await startHub();
    const runs = await until(
      async () => await house.sql("select outcome, fetched, accepted from source_run order by id"),
      (rows) => rows.length === 2 && rows[1]?.["outcome"] !== null,
    );
    expect(runs).toEqual([
      { outcome: "CRASHED", fetched: before, accepted: before },
      { outcome: "DONE", fetched: 720 - before, accepted: 720 - before },
    ]);
    const [count] = await house.sql(`select count(*)::int as licenses, count(distinct source_record_id)::int as records,
      (select count(*)::int from license_event) as events from license`);
    expect(count).toEqual({ licenses: 720, records: 720, events: 720 });

    second.child.kill("SIGINT");
    expect((await second.ended).code).toBe(0);
    await json("remove", "killed");
  }, 120_000);

  test("that is asked to stop while a source hangs ends at once, and the source is free", async () => {
    department.trouble = "HANG";
    await json("add", "hanging", "--from", describeSource());
    const hub = await startHub();
    await until(
      async () => await house.sql("select 1 from source where lease is not null"),
      (rows) => rows.length > 0,
    );
    hub.child.kill("SIGINT");
    expect((await hub.ended).code).toBe(0);
    expect(await house.sql("select lease from source")).toEqual([{ lease: null }]);
    expect(await json("runs", "hanging")).toMatchObject([{ outcome: "STOPPED" }]);
  }, 60_000);

  test.each([
    ["that is not there", fileOf("none.json"), undefined],
    ["that is no JSON", fileOf("broken.json"), "geheim"],
    ["whose values are no texts", fileOf("numbers.json"), '{"a": 5}'],
  ])("does not start with a file of secrets %s, and repeats nothing of it", async (_, file, text) => {
    if (text !== undefined) writeFileSync(file, text);
    const ended = await workshop.run("dist/src/main.js", [], {
      ...env(),
      DEMO: "off",
      PORT: "0",
      SOURCE_SECRETS: file,
    });
    expect([ended.code, ended.error]).toEqual([
      1,
      expect.stringMatching(/^The hub did not start: .*SOURCE_SECRETS.*\n$/),
    ]);
    expect(ended.error).not.toContain("geheim");
  });
});

describe("hub reconcile", () => {
  const reconcile = (...args: readonly string[]) =>
    workshop.runWarm("src/cli/hub.ts", ["reconcile", ...args], { ...env(), SOURCE_SECRETS: secretsFile });
  const range = ["--from", "2017-01-01", "--until", "2026-01-01"];

  test("lists every record that differs, and ends with 1; what can not be compared is told in one line", async () => {
    // As if nothing of this source had come yet: the tests above have pulled it.
    department.trouble = undefined;
    await house.sql("truncate source_record");
    await house.hub.addSource(operator, { ...JSON.parse(readFileSync(describeSource(), "utf8")), id: "compared" });
    const list = fileOf("differences.ndjson");
    const { code, out, error } = await reconcile("compared", ...range, "--list", list, "--json");
    const { outcome, read, summary } = JSON.parse(out);
    expect([code, error, outcome]).toEqual([1, "", "DONE"]);
    const lines = readFileSync(list, "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(summary.missing);
    expect(read).toBe(summary.missing + summary.same);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ outcome: "MISSING", ours: null });
    const shown = await reconcile("compared", ...range);
    expect(shown.code).toBe(1);
    expect(shown.out).toMatch(
      /^its end +DONE: [\s\S]*\nmissing +\d+\n[\s\S]*\nMISSING +\S+ +\S+Z +-\n[\s\S]*… and \d+ more: --list FILE\n$/,
    );
    const nobody = await reconcile("nobody");
    expect([nobody.code, onlyLine(nobody)]).toEqual([1, expect.stringMatching(/^hub: SOURCE_NOT_FOUND: /)]);
    const wrong = await reconcile("compared", "--from", "yesterday");
    expect([wrong.code, onlyLine(wrong)]).toEqual([2, expect.stringMatching(/--from is yesterday; expected a day/)]);
    await house.hub.removeSource(operator, "compared");
  }, 120_000);
});
