import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { RawRecord } from "../../../src/domain/licenses/license-record.ts";
import type { FakeHttp, HttpTrouble } from "../../departments/fake-http.ts";
import { type RestTrouble, sharingMapping, startRestChanges } from "../../departments/rest-changes.ts";
import { sampleChanges } from "../../departments/sample-changes.ts";
import { testNow } from "../../setup/hub.ts";
import { openPullingHub, operator, type PullingHub, secrets } from "../../setup/pulling.ts";

let house: PullingHub;
let department: FakeHttp<RestTrouble>;
let changes: RawRecord[];
let nth = 0;
let id: string;

beforeAll(async () => {
  house = await openPullingHub();
});
afterAll(() => house.close());
beforeEach(async () => {
  house.clock.now = testNow;
  changes = [...sampleChanges(25)];
  department = await startRestChanges(changes, secrets["sharing-secret"]);
  id = `rest-${++nth}`;
  await house.sql("truncate license, license_event, submission, source, holder");
  await add();
});
afterEach(() => department.close());

const add = (place: object = {}) =>
  house.add({
    ...{ id, name: "数据共享交换平台", client: "approval-bureau", pageSize: 10, mapping: sharingMapping },
    place: {
      ...{ kind: "REST", url: `${department.url}/query`, tokenUrl: `${department.url}/token` },
      ...{ account: "hub", secret: "sharing-secret", ...place },
    },
  });
const paths = () => department.asked.map(({ path }) => path);
const licenses = async () => (await house.stored())["licenses"];

describe("a sharing service", () => {
  test("is asked with an envelope and a token, window after window of time, its fields under our names", async () => {
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", pages: 3, fetched: 25, accepted: 25, rejected: 0 });
    expect(paths()).toEqual(["/token", "/query", "/query", "/query"]);
    const [, first] = department.asked.map(({ body }) => JSON.parse(body));
    expect(first).toEqual({
      head: { requestId: expect.any(String), time: "2026-11-22 12:00:00", token: "token-1" },
      data: { updatedFrom: "1970-01-01 00:00:00", updatedTo: "2026-11-22 11:59:00", pageNo: 1, pageSize: 10 },
    });
    expect(await licenses()).toBe(25);

    house.clock.now = new Date(testNow.getTime() + 3_600_000);
    const [more] = sampleChanges(26).slice(25);
    if (more) changes.push({ ...more, sourceUpdatedAt: "2026-11-22T12:30:00+08:00" });
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", fetched: 1, accepted: 1 });
    expect(JSON.parse(department.asked.at(-1)?.body ?? "").data).toMatchObject({
      ...{ updatedFrom: "2026-11-22 11:59:00", updatedTo: "2026-11-22 12:59:00" },
    });
  });

  test("a token that has expired is renewed in the middle of a pull, and every record comes once", async () => {
    department.trouble = "EXPIRE";
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", fetched: 25, accepted: 25 });
    expect(paths().filter((path) => path === "/token").length).toBeGreaterThan(1);
  });

  test("a record that leaves the window while it is read takes no other with it: the window is read anew", async () => {
    department.trouble = "LEAVES_WINDOW";
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", accepted: 25, unchanged: 9 });
    expect(await licenses()).toBe(25);
  });

  test("records out of order inside a page are stored all the same", async () => {
    department.trouble = "REORDER";
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", accepted: 25 });
  });

  test.each<[HttpTrouble | RestTrouble, string]>([
    ["HANG", "TIMEOUT"],
    ["TRICKLE", "TIMEOUT"],
    ["BREAK_OFF", "UNREACHABLE"],
    ["GARBAGE", "ANSWER_INVALID"],
    ["HUGE", "TOO_LARGE"],
    ["BOMB", "TOO_LARGE"],
    ["REDIRECT", "REDIRECTED"],
    ["DENY", "UNAUTHORISED"],
    ["FAIL", "SERVER_ERROR"],
    ["EXPIRE_ALWAYS", "UNAUTHORISED"],
    ["LIE_MORE", "TOTAL_WRONG"],
    ["LIE_LESS", "TOTAL_WRONG"],
    ["SWAYING_TOTAL", "TOTAL_WRONG"],
    ["NO_TOTAL", "ANSWER_INVALID"],
    ["REPEAT", "CURSOR_INVALID"],
    ["WRONG_PAGE", "ANSWER_INVALID"],
    ["TOO_MANY", "ANSWER_INVALID"],
    ["BUSINESS_ERROR", "SERVER_ERROR"],
  ])(
    "%s after the first page ends the pull as %s; what came before is kept, nothing is missed later",
    async (trouble, outcome) => {
      department.trouble = trouble;
      department.calmCalls = 2;
      const run = await house.pull(id);
      expect(run).toMatchObject({ outcome, ended_at: expect.any(String) });
      expect(JSON.stringify(run)).not.toMatch(/hunter2|系统维护中|s3cret/);
      expect(await licenses()).toBeGreaterThanOrEqual(10);

      department.trouble = undefined;
      for (let round = 0; round < 2 && (await licenses()) !== 25; round++) await house.pull(id);
      expect(await licenses()).toBe(25);
      expect((await house.stored())["events"]).toBe(25);
    },
  );

  test("refuses an account with a wrong secret as UNAUTHORISED, and an address elsewhere for it altogether", async () => {
    await department.close();
    await house.sql("truncate source");
    department = await startRestChanges(changes, "another");
    id = `rest-${++nth}`;
    await add();
    expect(await house.pull(id)).toMatchObject({ outcome: "UNAUTHORISED", fetched: 0 });
    id = `rest-${++nth}`;
    await expect(add({ tokenUrl: "https://elsewhere.example/token" })).rejects.toMatchObject({
      details: { argument: "place.tokenUrl" },
    });
    expect((await house.hub.readSources(operator, { id })).rows).toEqual([]);
  });
});
