import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { RawRecord } from "../../../src/domain/licenses/license-record.ts";
import type { RecordDifference } from "../../../src/domain/reconciling/listed-record.ts";
import type { FakeHttp } from "../../departments/fake-http.ts";
import { type GraphqlTrouble, startGraphqlChanges } from "../../departments/graphql-changes.ts";
import { sampleChanges } from "../../departments/sample-changes.ts";
import { openViewDatabase, type ViewDatabase, viewMapping } from "../../departments/view-database.ts";
import { testNow } from "../../setup/hub.ts";
import { openPullingHub, operator, type PullingHub, secrets } from "../../setup/pulling.ts";

// 对账 with a source the hub asks itself: on demand, and again and again.

let house: PullingHub;
let other: PullingHub;
let feed: FakeHttp<GraphqlTrouble>;
let changes: RawRecord[];
const never = new AbortController().signal;
beforeAll(async () => {
  house = await openPullingHub();
  other = await openPullingHub({ database: house.place });
  writeFileSync(other.secretsFile, JSON.stringify(secrets));
});
afterAll(async () => {
  await other.close();
  await house.close();
});
beforeEach(async () => {
  await feed?.close();
  await house.sql(
    "truncate source, source_run, source_record, reconciliation, reconciliation_line, license, license_event, submission, pending_event, holder",
  );
  // One every seven hours, so that days have several, in this year.
  changes = sampleChanges(60).map((record, index) => ({
    ...record,
    sourceUpdatedAt: new Date(Date.parse("2026-06-01T09:00:00+08:00") + index * 25_200_000).toISOString(),
  }));
  feed = await startGraphqlChanges(changes, secrets["subgraph-token"]);
  house.clock.now = testNow;
  other.clock.now = testNow;
});
afterAll(() => feed.close());

const add = (more: object = {}) =>
  house.add({
    ...{ id: "compared", name: "审批系统", client: "approval-bureau", pageSize: 20 },
    place: { kind: "GRAPHQL", url: feed.url, token: "subgraph-token" },
    ...more,
  });

async function compare(range = { from: "2020-01-01", until: "2026-11-21" }) {
  const told: RecordDifference[] = [];
  const wanted = {
    id: "compared",
    range,
    onDifferences: async (part: readonly RecordDifference[]) => void told.push(...part),
  };
  const reconciled = await house.hub.reconcileNow(operator, wanted, never);
  expect((await house.sql("select count(*)::int as n from reconciliation_line"))[0]?.["n"]).toBe(0);
  return { ...reconciled, told: told.map(({ outcome, sourceRecordId }) => `${outcome} ${sourceRecordId}`).toSorted() };
}

const state = async () => (await house.hub.readSources(operator, { id: "compared" })).rows[0];
const later = (record: RawRecord): RawRecord => ({
  ...record,
  sourceUpdatedAt: new Date(Date.parse(record.sourceUpdatedAt) + 60_000).toISOString(),
});

describe("a source that is compared", () => {
  test("agrees with the hub when everything was pulled: no day differs", async () => {
    await add();
    await house.pull("compared");
    expect(await compare()).toMatchObject({ outcome: "DONE", read: 60, unreadable: 0, summary: null, told: [] });
    expect((await state())?.lastComparison).toMatchObject({ outcome: "DONE", differing: 0 });
  });

  test("is told exactly: what is missing here, what is gone there, what is older here", async () => {
    await add();
    await house.pull("compared");
    const [gone, changed] = [changes[7], changes[12]];
    if (!gone || !changed) throw new Error("no samples");
    changes[12] = later(changed);
    changes.splice(7, 1);
    const missing = { ...changes[0], sourceRecordId: "never-came" } as RawRecord;
    changes.push(missing, { sourceUpdatedAt: "no instant" } as RawRecord);
    const { told, ...reconciled } = await compare();
    expect(told).toEqual([`EXTRA ${gone.sourceRecordId}`, "MISSING never-came", `STALE ${changed.sourceRecordId}`]);
    const figures = { missing: 1, extra: 1, stale: 1, newer: 0, different: 0, same: 58 };
    expect(reconciled).toMatchObject({ outcome: "DONE", read: 60, unreadable: 1, summary: figures });
    expect((await state())?.lastComparison).toMatchObject({ differing: 3, reconciliationId: expect.any(String) });
    const { data } = await house.graphql("{ reconciliations { nodes { theirCount list { missing extra stale } } } }", {
      as: "approval-bureau",
    });
    expect(data.reconciliations.nodes).toEqual([{ theirCount: 60, list: { missing: 1, extra: 1, stale: 1 } }]);
  });

  test("brings a row that no text can be made of: it is one more that is no record (once it ended every comparison)", async () => {
    await add();
    await house.pull("compared");
    const [first] = changes;
    if (!first) throw new Error("no samples");
    const nested = JSON.parse(`${"[".repeat(4_000)}${"]".repeat(4_000)}`) as unknown;
    for (const [place, value] of ["\ud800", nested].entries())
      changes.push({ ...first, sourceRecordId: `poisoned-${place}`, attributes: { premises: value } });
    expect(await compare()).toMatchObject({ outcome: "DONE", read: 60, unreadable: 2, told: [] });
  });

  test("names a record twice: the newest counts; and what changed after the last day is not told", async () => {
    await add();
    await house.pull("compared");
    const [first, second] = changes;
    if (!first || !second) throw new Error("no samples");
    changes.push(first, { ...second, sourceUpdatedAt: "2026-11-22T09:00:00+08:00" });
    changes.push({ ...first, sourceRecordId: "of-today", sourceUpdatedAt: "2026-11-22T09:00:00+08:00" });
    // Its day differs, for one side has it today; but it is in the list, and the next pull brings it.
    expect(await compare()).toMatchObject({ outcome: "DONE", told: [] });
  });

  test.each<[GraphqlTrouble | "HANG" | "GARBAGE", string]>([
    ["HANG", "TIMEOUT"],
    ["GARBAGE", "ANSWER_INVALID"],
    ["LOOP", "CURSOR_INVALID"],
    ["REPEAT", "CURSOR_INVALID"],
  ])("%s: ends as %s, leaves nothing behind, and says so", async (trouble, outcome) => {
    await add({ reconcile: { everySeconds: 86_400 } });
    feed.trouble = trouble;
    feed.calmCalls = 1;
    expect(await compare()).toMatchObject({ outcome });
    const found = await state();
    expect(found?.lastComparison).toMatchObject({ outcome, differing: null, reconciliationId: null });
    expect(new Date(found?.reconcileDueAt ?? "").getTime()).toBe(testNow.getTime() + 1_800_000);
  });

  test("of a suspended client is CLIENT_REFUSED; suspended itself, or not there, it is refused", async () => {
    await add();
    await house.sql("update client set active = false where id = 'approval-bureau'");
    expect(await compare()).toMatchObject({ outcome: "CLIENT_REFUSED" });
    await house.sql("update client set active = true where id = 'approval-bureau'");
    await house.hub.suspendSource(operator, "compared");
    await expect(compare()).rejects.toMatchObject({ code: "SOURCE_SUSPENDED" });
    await house.hub.removeSource(operator, "compared");
    await expect(compare()).rejects.toMatchObject({ code: "SOURCE_NOT_FOUND" });
  });
});

describe("a source with a schedule", () => {
  const due = () => house.hub.reconcileDueSource(never);
  const passSeconds = (seconds: number) => {
    house.clock.now = new Date(house.clock.now.getTime() + seconds * 1_000);
    other.clock.now = house.clock.now;
  };

  test("is compared when it is due, by exactly one of two copies, and then again", async () => {
    await add({ reconcile: { everySeconds: 3_600, days: 3_660 } });
    await house.pull("compared");
    expect(await due()).toBe(false);
    passSeconds(3_600);
    const both = await Promise.all([due(), other.hub.reconcileDueSource(never)]);
    expect(both.toSorted()).toEqual([false, true]);
    expect(await due()).toBe(false);
    passSeconds(3_600);
    expect(await due()).toBe(true);
    expect(await house.sql("select made_by, their_count::int as n from reconciliation")).toEqual([
      { made_by: "approval-bureau", n: 60 },
      { made_by: "approval-bureau", n: 60 },
    ]);
  });

  test("is taken over when its copy is not heard of any more", async () => {
    await add({ reconcile: {} });
    await house.hub.askReconciliation(operator, "compared");
    feed.trouble = "HANG";
    feed.calmCalls = 1;
    const first = due();
    // The second call is asked, and hangs.
    while (feed.calmCalls >= 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await expect(house.hub.askReconciliation(operator, "compared")).rejects.toMatchObject({
      code: "SOURCE_RECONCILING",
    });
    passSeconds(1_800);
    feed.trouble = undefined;
    expect(await other.hub.reconcileDueSource(never)).toBe(true);
    expect(await first).toBe(true);
    // The first one's end is nobody's.
    expect((await state())?.lastComparison).toMatchObject({ outcome: "DONE" });
    expect((await house.sql("select count(*)::int as n from reconciliation_line"))[0]?.["n"]).toBe(0);
  });

  test("is left at once by a hub that stops, and is due for the others", async () => {
    await add({ reconcile: {} });
    await house.hub.askReconciliation(operator, "compared");
    feed.trouble = "HANG";
    const stop = new AbortController();
    const running = house.hub.reconcileDueSource(stop.signal);
    setTimeout(() => stop.abort(), 50);
    await running;
    expect((await state())?.lastComparison).toMatchObject({ outcome: "STOPPED" });
    feed.trouble = undefined;
    expect(await other.hub.reconcileDueSource(never)).toBe(true);
  });

  test.each([
    ["too often", { everySeconds: 60 }],
    ["too far back", { days: 5_000 }],
    ["something else", { hourly: true }],
  ])("that asks for %s is refused", async (_, reconcile) => {
    await expect(add({ reconcile })).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });
});

describe("a view of a database", () => {
  let view: ViewDatabase;
  beforeAll(async () => {
    view = await openViewDatabase();
  });
  afterAll(() => view.close());

  test("is compared by its own instants, to the millisecond", async () => {
    await view.insert(changes);
    await add({
      place: {
        ...view.place,
        password: "view-password",
        tls: false,
        view: "证照变更",
        updatedAt: "changed_at",
        id: "编号",
        settleSeconds: 0,
      },
      mapping: viewMapping,
    });
    await house.pull("compared");
    expect(await compare()).toMatchObject({ outcome: "DONE", read: 60, summary: null });
    await view.sql(`update certificate set changed_at = changed_at + interval '1 millisecond' where "内部编码" = $1`, [
      changes[3]?.sourceRecordId,
    ]);
    expect((await compare()).told).toEqual([`STALE ${changes[3]?.sourceRecordId}`]);
  });
});
