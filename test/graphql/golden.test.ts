import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openTestHub, type TestHub } from "../setup/hub.ts";

// Query, answer and SQL side by side: a loop of statements shows as a diff. UPDATE_GOLDEN=1 writes the files anew.

let house: TestHub;
let codes: string[];
beforeAll(async () => {
  house = await openTestHub();
  const rows = await house.sql("select code from holder where id_type = 'USCC' order by code limit 50");
  codes = rows.map((row) => String(row["code"]));
});
afterAll(() => house.close());

const purpose = `purpose: { procedure: "food-operation-new", caseNumber: "2026-0001", reason: "新办食品经营许可" }`;

const listQuery = `query ($usccs: [ID!]!) {
  enterprises(usccs: $usccs) {
    uscc name region { name }
    licenses(${purpose}, first: 10) {
      nodes { identifier number state stateOn(date: "2026-06-30") type { name } issuer { name } predecessor { identifier } }
      withheldCount
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

async function run(query: string, variables: object) {
  await house.graphql("{ departments { code } }"); // the catalogue is in memory
  house.statements.length = 0;
  const answer = await house.graphql(query, { as: "approval-bureau", variables });
  // Points are leased and misses looked up now and then, not with each request.
  const own = house.statements.filter((text) => !text.includes("rate_window"));
  const statements = own.map((text) => text.replace(/\s+/g, " ").trim());
  expect(answer.errors).toEqual([]);
  return { data: answer.data, statements };
}

async function compare(name: string, actual: object): Promise<void> {
  const file = join(import.meta.dirname, `${name}.golden.json`);
  const text = `${JSON.stringify(actual, null, 2)}\n`;
  if (process.env["UPDATE_GOLDEN"]) await writeFile(file, text);
  expect(text).toBe(await readFile(file, "utf8"));
}

describe("a list of enterprises with their licenses", () => {
  test("stands as it stood: query, answer, SQL", async () => {
    const { data, statements } = await run(listQuery, { usccs: codes.slice(0, 3) });
    await compare("enterprises-with-licenses", { query: listQuery.split("\n"), statements, data });
  });

  test("costs the same number of statements for 50 enterprises as for one", async () => {
    const one = await run(listQuery, { usccs: codes.slice(0, 1) });
    const fifty = await run(listQuery, { usccs: codes });
    expect(fifty.data.enterprises).toHaveLength(50);
    expect(fifty.statements).toHaveLength(one.statements.length + predecessorStatements(fifty, one));
    expect(fifty.statements.length).toBeLessThanOrEqual(10);
  });

  test("of 50 _entities, as the gateway asks, costs no more", async () => {
    const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
      ... on Enterprise { name licenses(${purpose}) { nodes { identifier jws } } } } }`;
    const ask = (usccs: string[]) =>
      run(query, { representations: usccs.map((uscc) => ({ __typename: "Enterprise", uscc })) });
    const one = await ask(codes.slice(0, 1));
    const fifty = await ask(codes);
    expect(fifty.statements).toHaveLength(one.statements.length);
    expect(fifty.statements.length).toBeLessThanOrEqual(4);
  });

  test("pages through a holder's licenses without gap or repeat", async () => {
    const [row] = await house.sql(
      "select holder_code from license where type_code = any(array['11100000MB0143028R001','11100000XXXX000861X01']) group by holder_code order by count(*) desc, 1 limit 1",
    );
    const query = `query ($uscc: ID!, $after: String) { enterprise(uscc: $uscc) { licenses(${purpose}, first: 1, after: $after) { nodes { identifier } pageInfo { hasNextPage endCursor } } } }`;
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { data } = await run(query, { uscc: row?.["holder_code"], after });
      const { nodes, pageInfo } = data.enterprise.licenses;
      seen.push(...nodes.map((node: { identifier: string }) => node.identifier));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null && seen.length < 20);
    expect(seen.length).toBeGreaterThan(1);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

/** Predecessors are asked for only where there are some: one more transaction for all of them together. */
function predecessorStatements(many: { statements: string[] }, one: { statements: string[] }): number {
  const has = (run: { statements: string[] }) => run.statements.some((text) => text === "begin");
  return has(many) && !has(one) ? 5 : 0;
}
