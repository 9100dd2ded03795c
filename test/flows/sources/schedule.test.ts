import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { pullLimits } from "../../../src/domain/sources/source-run.ts";
import { standardLimits } from "../../../src/limits.ts";
import type { FakeHttp } from "../../departments/fake-http.ts";
import { type GraphqlTrouble, startGraphqlChanges } from "../../departments/graphql-changes.ts";
import { sampleChanges } from "../../departments/sample-changes.ts";
import { testNow } from "../../setup/hub.ts";
import { openPullingHub, operator, type PullingHub, secrets } from "../../setup/pulling.ts";

let house: PullingHub;
let copy: PullingHub;
let department: FakeHttp<GraphqlTrouble>;
const never = new AbortController().signal;

beforeAll(async () => {
  house = await openPullingHub();
  copy = await openPullingHub({ database: house.place });
});
afterAll(async () => {
  await copy.close();
  await house.close();
});
beforeEach(async () => {
  house.clock.now = testNow;
  copy.clock.now = testNow;
  department = await startGraphqlChanges(sampleChanges(30), secrets["subgraph-token"]);
  await house.sql("truncate license, license_event, submission, source, source_run, holder, operator_record");
});
afterEach(() => department.close());

const add = (id: string, more: object = {}) =>
  house.add({
    ...{ id, name: "审批系统", client: "approval-bureau", pageSize: 10, everySeconds: 300 },
    place: { kind: "GRAPHQL", url: department.url, token: "subgraph-token" },
    ...more,
  });
const pass = (ms: number) => {
  house.clock.now = new Date(house.clock.now.getTime() + ms);
  copy.clock.now = house.clock.now;
};
const find = async (id = "shared") => {
  const { rows } = await house.hub.readSources(operator, { id });
  if (!rows[0]) throw new Error("no source");
  return rows[0];
};
const runs = async (id = "shared") =>
  (await house.hub.readSourceRuns(operator, { source: id, first: 20, after: undefined })).rows;
/** Resolves once the department has been asked so often. */
const asked = async (calls: number) => {
  while (department.asked.length < calls) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe("two copies of the hub on one database", () => {
  test("a source that is due is pulled by exactly one of them", async () => {
    await add("shared");
    const pulled = await Promise.all([house, copy, house, copy].map(({ hub }) => hub.pullDueSource(never)));
    expect(pulled.filter(Boolean)).toHaveLength(1);
    expect(await runs()).toMatchObject([{ outcome: "DONE", accepted: 30 }]);
    expect(await house.stored()).toEqual({ licenses: 30, events: 30, submissions: 3 });
  });

  test("different sources are pulled beside each other: one that hangs holds up none", async () => {
    const other = await startGraphqlChanges(sampleChanges(5), secrets["subgraph-token"]);
    department.trouble = "HANG";
    await add("hanging");
    await house.sql("update source set due_at = due_at - interval '1 hour'");
    await add("healthy", { place: { kind: "GRAPHQL", url: other.url, token: "subgraph-token" } });
    const hanging = house.hub.pullDueSource(never);
    await asked(1);
    expect(await house.hub.pullDueSource(never)).toBe(true);
    expect(await runs("healthy")).toMatchObject([{ outcome: "DONE", accepted: 5 }]);
    expect(await runs("hanging")).toMatchObject([{ outcome: null }]);
    await hanging;
    expect(await runs("hanging")).toMatchObject([{ outcome: "TIMEOUT" }]);
    await other.close();
  });

  test("a copy that is not heard of any more loses its source; what it still brings is not stored", async () => {
    await add("shared");
    department.trouble = "HANG";
    department.calmCalls = 1;
    const lost = house.hub.pullDueSource(never);
    await asked(2);
    expect(await copy.hub.pullDueSource(never)).toBe(false);
    pass(standardLimits.maxSourceSilenceMs);
    department.trouble = undefined;
    expect(await copy.hub.pullDueSource(never)).toBe(true);
    await lost;
    expect(await runs()).toMatchObject([
      { outcome: "DONE", fetched: 20, accepted: 20, cursor_from: "c-10" },
      { outcome: "CRASHED", fetched: 10, accepted: 10 },
    ]);
    expect(await house.stored()).toEqual({ licenses: 30, events: 30, submissions: 3 });
  });

  test("a page is stored with its cursor or not at all", async () => {
    await add("shared");
    await house.sql(`create function fail() returns trigger language plpgsql as $$ begin
      if new.cursor = 'c-20' then raise exception 'no'; end if; return new; end $$`);
    await house.sql("create trigger fail before update on source for each row execute function fail()");
    await expect(house.hub.pullDueSource(never)).rejects.toThrow("no");
    expect(await house.stored()).toMatchObject({ licenses: 10, submissions: 1 });
    expect(await find()).toMatchObject({
      cursor: "c-10",
      failures: 1,
      lastRun: { outcome: "HUB_FAILED", fetched: 10 },
    });
    await house.sql("drop trigger fail on source");
    expect(await house.pull("shared")).toMatchObject({ outcome: "DONE", accepted: 20, unchanged: 0 });
    expect(await house.stored()).toMatchObject({ licenses: 30, events: 30 });
    await house.sql("drop function fail");
  });

  test("a stop ends a pull at once as STOPPED, and the source is due for the others", async () => {
    await add("shared");
    department.trouble = "HANG";
    department.calmCalls = 1;
    const stop = new AbortController();
    const pulling = house.hub.pullDueSource(stop.signal);
    await asked(2);
    stop.abort();
    await pulling;
    department.trouble = undefined;
    expect(await runs()).toMatchObject([{ outcome: "STOPPED", fetched: 10 }]);
    expect(await copy.hub.pullDueSource(never)).toBe(true);
    expect(await runs()).toMatchObject([{ outcome: "DONE", fetched: 20 }, {}]);
  });

  test.each([
    ["suspended", () => house.hub.suspendSource(operator, "shared")],
    ["removed", () => house.hub.removeSource(operator, "shared")],
  ])("a source that is %s during a pull stores nothing more", async (_, end) => {
    await add("shared");
    department.trouble = "TRICKLE";
    department.calmCalls = 1;
    const pulling = house.hub.pullDueSource(never);
    await asked(2);
    await end();
    department.trouble = undefined;
    await pulling;
    expect(await runs()).toMatchObject([{ outcome: "LEFT", fetched: 10, ended_at: expect.any(String) }]);
    expect(await house.stored()).toMatchObject({ licenses: 10 });
    pass(10 * 60_000);
    expect(await copy.hub.pullDueSource(never)).toBe(false);
  });
});

describe("when a source is due", () => {
  test("at once when it was added, then every so many seconds", async () => {
    await add("shared");
    expect(await house.hub.pullDueSource(never)).toBe(true);
    pass(299_000);
    expect(await house.hub.pullDueSource(never)).toBe(false);
    pass(1_000);
    expect(await house.hub.pullDueSource(never)).toBe(true);
  });

  test("at once when somebody asks; asked for during a pull, after it again", async () => {
    await add("shared");
    department.trouble = "HANG";
    department.calmCalls = 1;
    const pulling = house.hub.pullDueSource(never);
    await asked(2);
    pass(1);
    await house.hub.askPull(operator, "shared");
    await pulling;
    department.trouble = undefined;
    expect(await house.hub.pullDueSource(never)).toBe(true);
    expect(await house.hub.pullDueSource(never)).toBe(false);
    expect(await runs()).toMatchObject([{ outcome: "DONE" }, { outcome: "TIMEOUT" }]);
  });

  test("a failing one waits longer each time; after three failures its circuit is open, then one call tries it", async () => {
    await add("shared");
    department.trouble = "FAIL";
    const waits: number[] = [];
    for (let failure = 1; failure <= 9; failure++) {
      expect(await house.hub.pullDueSource(never)).toBe(true);
      const { dueAt, failures } = await find();
      expect(failures).toBe(failure);
      waits.push((dueAt.getTime() - house.clock.now.getTime()) / 1_000);
      house.clock.now = dueAt;
      // Three tries while the circuit is closed, a single one afterwards.
      expect(department.asked).toHaveLength(failure <= 3 ? failure * 3 : 9 + (failure - 3));
    }
    const plain = [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600];
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual((plain[index] ?? 0) * 0.75 - 1);
      expect(wait).toBeLessThanOrEqual((plain[index] ?? 0) * 1.25 + 1);
    }
    const since = (await find()).failingSince;
    expect(since).toContain("2026-11-22 04:00:00");
    department.trouble = undefined;
    expect(await house.hub.pullDueSource(never)).toBe(true);
    expect(await find()).toMatchObject({ failures: 0, failingSince: null, lastRun: { outcome: "DONE" } });
  }, 60_000);

  test("a source that always has more and brings nothing new is asked at its own pace", async () => {
    await add("shared", { pageSize: 1, everySeconds: 300 });
    let page = 0;
    await department.close();
    const endless = new Proxy([] as object[], {
      get: (_, name) =>
        name === "length" ? 1e9 : name === "slice" ? () => [{ sourceRecordId: `r-${page++}` }] : undefined,
    });
    department = await startGraphqlChanges(endless, secrets["subgraph-token"]);
    await house.sql("update source set place = jsonb_set(place, '{url}', to_jsonb($1::text))", [department.url]);
    expect(await house.hub.pullDueSource(never)).toBe(true);
    expect(await runs()).toMatchObject([{ outcome: "MORE", pages: pullLimits.maxPages, accepted: 0 }]);
    expect(await house.hub.pullDueSource(never)).toBe(false);
  }, 60_000);
});

test("decisions about sources are on record; secrets are neither stored nor shown", async () => {
  await add("shared");
  await house.hub.suspendSource(operator, "shared");
  await house.hub.suspendSource(operator, "shared");
  await expect(house.hub.askPull(operator, "shared")).rejects.toMatchObject({ code: "SOURCE_SUSPENDED" });
  await house.hub.resumeSource(operator, "shared");
  await house.pull("shared");
  await expect(add("shared")).rejects.toMatchObject({ code: "SOURCE_EXISTS" });
  await house.hub.removeSource(operator, "shared");
  const records = await house.sql("select action, client_id, operator, details::text from operator_record order by id");
  expect(records.map(({ action }) => action)).toEqual([
    "ADD_SOURCE",
    "SUSPEND_SOURCE",
    "RESUME_SOURCE",
    "PULL_SOURCE",
    "REMOVE_SOURCE",
  ]);
  expect(new Set(records.map(({ client_id }) => client_id))).toEqual(new Set(["approval-bureau"]));
  const [dump] = await house.sql(`select string_agg(t::text, '') as all from (
    select to_jsonb(source) from source union all select to_jsonb(source_run) from source_run
    union all select to_jsonb(operator_record) from operator_record) t`);
  for (const secret of Object.values(secrets)) expect(String(dump?.["all"])).not.toContain(secret);
});
