import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openWorkshop, type Workshop } from "../cli/processes.ts";
import type { FakeHttp } from "../departments/fake-http.ts";
import { type GraphqlTrouble, startGraphqlChanges } from "../departments/graphql-changes.ts";
import { sampleChanges } from "../departments/sample-changes.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";
import { operator, secrets } from "../setup/pulling.ts";

// A source that takes every call and never answers, with hubs as processes. Times are those an operator can set.

const limits = JSON.stringify({ maxSourceCallMs: 500, maxSourceSilenceMs: 1_000 });

let house: TestHub;
let workshop: Workshop;
let hanging: FakeHttp<GraphqlTrouble>;
let working: FakeHttp<GraphqlTrouble>;
let env: Record<string, string>;
beforeAll(async () => {
  workshop = openWorkshop();
  const SOURCE_SECRETS = join(workshop.folder, "secrets.json");
  writeFileSync(SOURCE_SECRETS, JSON.stringify(secrets));
  house = await openTestHub({ demo: false });
  const { databaseUrl = "", keysDir } = house.config;
  env = { DATABASE_URL: databaseUrl, KEYS_DIR: keysDir, SOURCE_SECRETS, DEMO: "off", LIMITS: limits };
  const changes = sampleChanges(60);
  hanging = await startGraphqlChanges(changes.slice(0, 20), secrets["subgraph-token"]);
  working = await startGraphqlChanges(changes.slice(20), secrets["subgraph-token"]);
  hanging.trouble = "HANG";
}, 60_000);
afterAll(async () => {
  await workshop.clear();
  await Promise.all([hanging.close(), working.close()]);
  await house.close();
});

const command = async (...words: readonly string[]) => {
  const { code, out, error } = await workshop.runWarm("src/cli/hub.ts", ["source", ...words, "--json"], env);
  expect([code, error]).toEqual([0, ""]);
  return JSON.parse(out);
};

const add = (id: string, { url }: { url: string }) =>
  house.hub.addSource(operator, {
    ...{ id, name: "审批系统", client: "approval-bureau", pageSize: 10 },
    place: { kind: "GRAPHQL", url, token: "subgraph-token" },
  });

const startHub = async () => {
  const hub = workshop.start("dist/src/main.js", [], { ...env, PORT: "0" });
  await hub.says(/is ready at/);
  return hub;
};

/** Ends of a source's pulls, oldest first; null while one is under way. */
const endsOf = async (id: string) =>
  (
    await house.sql(
      "select outcome, extract(epoch from ended_at - started_at)::float8 as seconds from source_run where source_id = $1 order by id",
      [id],
    )
  ).map(({ outcome, seconds }) => ({ outcome, seconds: Number(seconds) }));

/** Comes when the hanging source is called next: a pull of it is under way then. */
const nextCall = async () => {
  const { length } = hanging.asked;
  await until(async () => hanging.asked.length > length);
};

async function until(isSo: () => Promise<boolean>, seconds = 60): Promise<void> {
  const begin = performance.now();
  while (!(await isSo())) {
    if (performance.now() - begin > seconds * 1_000) throw new Error("it did not come to that");
    await wait(20);
  }
}

test("a source that hangs: its pull ends by its own time, its circuit opens, others go on, and a restart takes it over", async () => {
  await add("hanging", hanging);
  await add("working", working);
  let hub = await startHub();
  await until(async () => (await endsOf("working"))[0]?.outcome === "DONE");
  expect((await house.sql("select count(*)::int as n from license"))[0]?.["n"]).toBe(40);
  await until(async () => (await endsOf("hanging"))[0]?.outcome === "TIMEOUT");
  // Three tries of half a second, and their pauses; three of the standard ones take a minute.
  expect((await endsOf("hanging"))[0]?.seconds).toBeLessThan(15);
  // While it hung, the other was pulled: it did not wait for it.
  expect(
    await house.sql(`select w.started_at < h.ended_at as beside from source_run w, source_run h
      where w.source_id = 'working' and h.source_id = 'hanging' order by w.id, h.id limit 1`),
  ).toEqual([{ beside: true }]);

  for (let pulls = 2; pulls <= 3; pulls++) {
    await house.hub.askPull(operator, "hanging");
    await until(async () => (await endsOf("hanging"))[pulls - 1]?.outcome === "TIMEOUT");
  }
  expect(await command("show", "hanging")).toMatchObject({
    ...{ failures: 3, circuit: "OPEN", cursor: null, lastRun: { outcome: "TIMEOUT" } },
    failingSince: expect.any(String),
  });
  expect(await command("show", "working")).toMatchObject({ failures: 0, circuit: "CLOSED" });

  // A hub that stops does not wait for it.
  const toStop = nextCall();
  await house.hub.askPull(operator, "hanging");
  await toStop;
  hub.child.kill("SIGINT");
  // One that takes longer than ten seconds to stop ends with 1.
  expect((await hub.ended).code).toBe(0);
  expect(["STOPPED", "TIMEOUT"]).toContain((await endsOf("hanging"))[3]?.outcome);

  // A hub that dies in the middle of it leaves a lease that ends; the next hub goes on.
  do {
    hub = await startHub();
    const toDie = nextCall();
    await house.hub.askPull(operator, "hanging");
    await toDie;
    hub.child.kill("SIGKILL");
    await hub.ended;
    // On a machine that stood still for half a second the pull may have ended before: then it has not died in the middle.
  } while ((await endsOf("hanging")).at(-1)?.outcome !== null);
  hanging.trouble = undefined;
  hub = await startHub();
  await house.hub.askPull(operator, "hanging");
  await until(async () => (await endsOf("hanging")).at(-1)?.outcome === "DONE");
  expect((await endsOf("hanging")).slice(-2).map(({ outcome }) => outcome)).toEqual(["CRASHED", "DONE"]);
  expect(await command("show", "hanging")).toMatchObject({ failures: 0, circuit: "CLOSED", failingSince: null });
  expect((await house.sql("select count(*)::int as n from license"))[0]?.["n"]).toBe(60);
  expect(await house.sql("select id from source where lease is not null")).toEqual([]);
  hub.child.kill("SIGINT");
  await hub.ended;
}, 240_000);
