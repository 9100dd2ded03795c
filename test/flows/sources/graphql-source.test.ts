import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { FakeHttp, HttpTrouble } from "../../departments/fake-http.ts";
import { type GraphqlTrouble, startGraphqlChanges } from "../../departments/graphql-changes.ts";
import { sampleChanges } from "../../departments/sample-changes.ts";
import { openPullingHub, operator, type PullingHub, secrets } from "../../setup/pulling.ts";

let house: PullingHub;
let department: FakeHttp<GraphqlTrouble>;
let changes: object[];
let nth = 0;
let id: string;

beforeAll(async () => {
  house = await openPullingHub();
});
afterAll(() => house.close());
beforeEach(async () => {
  changes = [...sampleChanges(25)];
  department = await startGraphqlChanges(changes, secrets["subgraph-token"]);
  id = `graph-${++nth}`;
  await house.sql("truncate license, license_event, submission, source, holder");
  await house.add(source());
});
afterEach(() => department.close());

const source = (more: object = {}) => ({
  ...{ id, name: "审批系统", client: "approval-bureau", pageSize: 10 },
  place: { kind: "GRAPHQL", url: `${department.url}/graphql`, token: "subgraph-token" },
  ...more,
});
const find = async () => {
  const { rows } = await house.hub.readSources(operator, { id });
  if (!rows[0]) throw new Error("no source");
  return rows[0];
};

describe("a subgraph that offers licenseChanges", () => {
  test("is pulled page by page; each record becomes a license once, and the run says how it went", async () => {
    const run = await house.pull(id);
    expect(run).toMatchObject({ outcome: "DONE", pages: 3, fetched: 25, accepted: 25, rejected: 0, detail: null });
    expect(run).toMatchObject({ cursor_from: null, cursor_to: "c-25", ended_at: expect.any(String) });
    expect(await house.stored()).toEqual({ licenses: 25, events: 25, submissions: 3 });
    const [row] = await house.sql("select distinct client_id from submission");
    expect(row).toEqual({ client_id: "approval-bureau" });
    expect(department.asked.map(({ headers }) => headers.authorization)).toEqual(
      Array.from({ length: 3 }, () => "Bearer t0p-s3cret"),
    );
  });

  test("is asked after its cursor the next time: only what is new comes", async () => {
    await house.pull(id);
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", fetched: 0, pages: 0 });
    changes.push(...sampleChanges(28).slice(25));
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", fetched: 3, accepted: 3, cursor_to: "c-28" });
    expect(await house.stored()).toMatchObject({ licenses: 28 });
  });

  test("a record that can not be read is refused with a problem, and stops nobody", async () => {
    const [good] = changes;
    changes.splice(
      ...([0, 25] as const),
      ...[{ ...good, operation: "MAKE" }, { ...good, holder: { idType: "USCC" } }, {}, { ...good, issuedOn: "soon" }],
      ...[
        { ...good, sourceRecordId: "\u0000".repeat(500), operation: null },
        { ...good, attributes: deep(2_000) },
      ],
      { ...good },
    );
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", fetched: 7, rejected: 6, accepted: 1 });
    const [row] = await house.sql("select results from submission");
    const results = row?.["results"] as { outcome: string; problems: { code: string; path: string }[] }[];
    expect(results.map(({ problems }) => problems.map(({ code, path }) => `${code} ${path}`))).toEqual([
      ["FIELD_INVALID operation"],
      expect.arrayContaining(["FIELD_MISSING holder.id"]),
      expect.arrayContaining(["FIELD_MISSING operation", "FIELD_MISSING issuer"]),
      ["DATE_INVALID issuedOn"],
      ["FIELD_MISSING operation"],
      ["RECORD_TOO_LARGE attributes"],
      [],
    ]);
  });

  test("records out of order inside a page are stored all the same", async () => {
    department.trouble = "REORDER";
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", accepted: 25 });
  });

  test.each<[HttpTrouble | GraphqlTrouble, string]>([
    ["HANG", "TIMEOUT"],
    ["TRICKLE", "TIMEOUT"],
    ["BREAK_OFF", "UNREACHABLE"],
    ["GARBAGE", "ANSWER_INVALID"],
    ["NOT_UTF8", "ANSWER_INVALID"],
    ["HUGE", "TOO_LARGE"],
    ["BOMB", "TOO_LARGE"],
    ["REDIRECT", "REDIRECTED"],
    ["DENY", "UNAUTHORISED"],
    ["FAIL", "SERVER_ERROR"],
    ["REPEAT", "CURSOR_INVALID"],
    ["LOOP", "CURSOR_INVALID"],
    ["STAND_STILL", "CURSOR_INVALID"],
    ["EMPTY_MORE", "ANSWER_INVALID"],
    ["TOO_MANY", "ANSWER_INVALID"],
    ["WRONG_END", "ANSWER_INVALID"],
    ["NO_CURSOR", "ANSWER_INVALID"],
    ["ERRORS", "SERVER_ERROR"],
  ])(
    "%s in the middle of a pull ends it as %s; what came before is kept, and the next pull goes on there",
    async (trouble, outcome) => {
      department.trouble = trouble;
      department.calmCalls = 1;
      const run = await house.pull(id);
      expect(run).toMatchObject({ outcome, ended_at: expect.any(String) });
      expect(JSON.stringify(run)).not.toMatch(/hunter2|系统维护中|locks|t0p/);
      const kept = (await house.stored())["licenses"] ?? 0;
      expect(kept).toBeGreaterThanOrEqual(10);
      expect(await find()).toMatchObject({ failures: 1, failingSince: expect.any(String) });
      if (trouble === "REPEAT" || trouble === "LOOP") return;

      expect(run.cursor_to).toBe("c-10");
      department.trouble = undefined;
      expect(await house.pull(id)).toMatchObject({ outcome: "DONE", accepted: 15, cursor_from: "c-10" });
      expect(await house.stored()).toMatchObject({ licenses: 25, events: 25 });
      expect(await find()).toMatchObject({ failures: 0, failingSince: null });
    },
  );

  test("NULL_NODES: what is no record is refused, and the pull goes on", async () => {
    department.trouble = "NULL_NODES";
    expect(await house.pull(id)).toMatchObject({ outcome: "DONE", fetched: 25, rejected: 25 });
  });

  test("a server that is not there ends as UNREACHABLE, a secret that is not there as SECRET_MISSING", async () => {
    await department.close();
    expect(await house.pull(id)).toMatchObject({ outcome: "UNREACHABLE", detail: "ECONNREFUSED" });
    department = await startGraphqlChanges(changes, "other");
    expect(
      await house.add(source({ id: "no-secret", place: { kind: "GRAPHQL", url: department.url, token: "none" } })),
    ).toBeDefined();
    expect(await house.pull("no-secret")).toMatchObject({ outcome: "SECRET_MISSING", detail: "none" });
    expect(department.asked).toEqual([]);
  });

  test("of a client that is suspended stores nothing and ends as CLIENT_REFUSED", async () => {
    await house.hub.suspendClient(operator, "approval-bureau");
    try {
      expect(await house.pull(id)).toMatchObject({ outcome: "CLIENT_REFUSED", accepted: 0, cursor_to: null });
      expect(await house.stored()).toMatchObject({ licenses: 0, submissions: 0 });
    } finally {
      await house.hub.resumeClient(operator, "approval-bureau");
    }
  });
});

function deep(levels: number): object {
  let value = {};
  for (let level = 0; level < levels; level++) value = { a: value };
  return value;
}
