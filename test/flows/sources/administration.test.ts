import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startGraphqlChanges } from "../../departments/graphql-changes.ts";
import { sampleChanges } from "../../departments/sample-changes.ts";
import { openPullingHub, type PullingHub, secrets } from "../../setup/pulling.ts";

let house: PullingHub;
beforeAll(async () => {
  house = await openPullingHub();
});
afterAll(() => house.close());

const ask = async (query: string) => {
  const { data, errors } = await house.graphql(query, { as: "operator" });
  return errors[0]?.extensions ?? data;
};

test("an operator adds a source through the API, sees each pull with its end, and that it fails since when", async () => {
  const department = await startGraphqlChanges(sampleChanges(15), secrets["subgraph-token"]);
  const place = `{ kind: "GRAPHQL", url: "${department.url}", token: "subgraph-token" }`;
  const add = (id: string, more = "") =>
    ask(
      `mutation { addSource(input: { id: "${id}", name: "审批系统", client: "approval-bureau", place: ${place} ${more} }) { id } }`,
    );
  expect(await add("asked", "pageSize: 10")).toEqual({ addSource: { id: "asked" } });
  expect(await add("asked")).toMatchObject({ code: "SOURCE_EXISTS" });
  expect(await add("other", "pageSize: 5000")).toMatchObject({
    code: "INPUT_INVALID",
    details: { argument: "pageSize" },
  });
  await house.pull("asked");
  department.trouble = "GARBAGE";
  await house.pull("asked");

  const facts = "id kind active cursor failures failingSince circuit lastRun { outcome fetched }";
  const source = { id: "asked", kind: "GRAPHQL", active: true, cursor: "c-15", failures: 1, circuit: "CLOSED" };
  expect(await ask(`{ source(id: "asked") { ${facts} place } }`)).toEqual({
    source: {
      ...source,
      ...{ failingSince: "2026-11-22T04:00:00.000Z", lastRun: { outcome: "ANSWER_INVALID", fetched: 0 } },
      place: { kind: "GRAPHQL", url: department.url, token: "subgraph-token" },
    },
  });
  const { sources } = await ask(`{ sources { nodes { ${facts} } pageInfo { hasNextPage } } }`);
  expect(sources).toMatchObject({ nodes: [source], pageInfo: { hasNextPage: false } });
  const { sourceRuns } = await ask(
    `{ sourceRuns(source: "asked", first: 1) { nodes { outcome } pageInfo { endCursor } } }`,
  );
  expect(sourceRuns.nodes).toEqual([{ outcome: "ANSWER_INVALID" }]);
  const { endCursor } = sourceRuns.pageInfo;
  expect(
    await ask(
      `{ sourceRuns(source: "asked", after: "${endCursor}") { nodes { outcome pages accepted cursorFrom cursorTo } } }`,
    ),
  ).toEqual({
    sourceRuns: { nodes: [{ outcome: "DONE", pages: 2, accepted: 15, cursorFrom: null, cursorTo: "c-15" }] },
  });

  expect(await ask(`mutation { suspendSource(id: "asked") { active } }`)).toEqual({ suspendSource: { active: false } });
  expect(await ask(`mutation { pullSource(id: "asked") { id } }`)).toMatchObject({ code: "SOURCE_SUSPENDED" });
  expect(await ask(`mutation { resumeSource(id: "asked") { active } }`)).toEqual({ resumeSource: { active: true } });
  expect(await ask(`mutation { removeSource(id: "asked") }`)).toEqual({ removeSource: "asked" });
  expect(await ask(`mutation { removeSource(id: "asked") }`)).toMatchObject({ code: "SOURCE_NOT_FOUND" });
  expect(await ask(`{ source(id: "asked") { id } }`)).toEqual({ source: null });
  const { operatorRecords } = await ask("{ operatorRecords { nodes { action operator } } }");
  expect(operatorRecords.nodes[0]).toEqual({ action: "REMOVE_SOURCE", operator: "operator" });
  await department.close();
});
