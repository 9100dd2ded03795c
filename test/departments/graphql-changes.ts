import { readFileSync } from "node:fs";
import { buildSchema, graphql } from "graphql";
import { type FakeHttp, startFakeHttp } from "./fake-http.ts";

/** What can be wrong with a subgraph's cursors and pages. */
export const graphqlTroubles = [
  ...(["REPEAT", "REORDER", "LOOP", "STAND_STILL", "EMPTY_MORE", "TOO_MANY", "WRONG_END", "NO_CURSOR"] as const),
  ...(["ERRORS", "NULL_NODES"] as const),
] as const;
export type GraphqlTrouble = (typeof graphqlTroubles)[number];

const schema = buildSchema(readFileSync("schema/license-changes.graphql", "utf8"));

type Page = Readonly<{ after?: string | null; first: number }>;

/** Starts a department's subgraph that offers `licenseChanges`. @param changes may grow while it runs */
export function startGraphqlChanges(changes: readonly object[], token: string): Promise<FakeHttp<GraphqlTrouble>> {
  let calls = 0;
  const licenseChanges = (page: Page, trouble: GraphqlTrouble | undefined) => {
    calls++;
    const start = page.after ? Number(page.after.split("-")[1]) : 0;
    const from = trouble === "REPEAT" ? 0 : start;
    const nodes = changes.slice(from, from + page.first + (trouble === "TOO_MANY" ? 1 : 0));
    const cursorOf = (index: number) => {
      if (trouble === "LOOP") return `c-${[1, 2][calls % 2]}`;
      if (trouble === "STAND_STILL" && index === nodes.length - 1) return page.after ?? "c-0";
      return trouble === "NO_CURSOR" ? "" : `c-${start + index + 1}`;
    };
    const edges = nodes.map((node, index) => ({ cursor: cursorOf(index), node }));
    const endCursor = trouble === "WRONG_END" ? "c-1000" : (edges.at(-1)?.cursor ?? null);
    const hasNextPage = trouble === "LOOP" || trouble === "REPEAT" || start + page.first < changes.length;
    if (trouble === "REORDER") {
      const shuffled = edges.map(({ cursor }, index) => ({ cursor, node: nodes[nodes.length - 1 - index] }));
      return { edges: shuffled, pageInfo: { hasNextPage, endCursor } };
    }
    if (trouble === "EMPTY_MORE") return { edges: [], pageInfo: { hasNextPage: true, endCursor: null } };
    return { edges, pageInfo: { hasNextPage, endCursor } };
  };
  return startFakeHttp<GraphqlTrouble>(async ({ headers, body }, trouble) => {
    if (headers.authorization !== `Bearer ${token}`)
      return { errors: [{ message: "no", extensions: { code: "UNAUTHENTICATED" } }] };
    if (trouble === "ERRORS") return { data: null, errors: [{ message: "the table locks are exhausted" }] };
    const { query, variables } = JSON.parse(body);
    const answer = await graphql({
      ...{ schema, source: query, variableValues: variables },
      rootValue: { licenseChanges: (page: Page) => licenseChanges(page, trouble) },
    });
    if (trouble !== "NULL_NODES") return answer;
    return JSON.parse(JSON.stringify(answer), (key, value) => (key === "node" ? null : value));
  }, graphqlTroubles);
}
