import { describe, expect, test } from "@jest/globals";
import { type DocumentNode, parse } from "graphql";
import { checkCost } from "../../src/edge/limits/limits-cost.ts";
import { checkStructure } from "../../src/edge/limits/limits-structure.ts";
import { errorTable } from "../../src/errors.ts";
import { standardLimits as limits } from "../../src/limits.ts";
import {
  ask,
  codeOf,
  codeOfDocument,
  expectPasses,
  expectRefused,
  post,
  schema,
  times,
  visitedFields,
} from "./limits-server.ts";

/** A query nested through the cycle enterprise → licenses → nodes → holder to this depth of fields. */
function nested(depth: number): string {
  const cycle = ["licenses(first:1)", "nodes", "holder"];
  const inner = Array.from({ length: depth - 2 }, (_, index) => `${cycle[index % 3]}{`).join("");
  return `{enterprise(uscc:1){${inner}__typename${"}".repeat(depth)}`;
}

/** Fragments that spread the next one twice: 2 to the power of `levels` leaves when written out. */
function doubling(levels: number, leaf: string): string {
  const fragments = times(levels, (i) => `fragment F${i} on Enterprise{...F${i + 1} ...F${i + 1}}`);
  return `{enterprise(uscc:1){...F0}} ${fragments} ${leaf.replace("LAST", `F${levels}`)}`;
}

describe("shape", () => {
  test("a query of 699 bytes and depth 50 is refused before validation walks it", async () => {
    const query = nested(50).padEnd(699);
    expect(Buffer.byteLength(query)).toBe(699);
    await expectRefused(query, "QUERY_TOO_DEEP", "maxDepth");
    expect(visitedFields()).toBe(0);
  });

  test("depth counts through fragments, and twelve levels pass", async () => {
    await expectPasses(nested(limits.maxDepth));
    await expectRefused(nested(limits.maxDepth + 1), "QUERY_TOO_DEEP", "maxDepth");
    const seven = "{enterprise(uscc:1){licenses{nodes{holder{licenses{nodes{holder{...F}}}}}}}}".replaceAll(
      "s{n",
      "s(first:1){n",
    );
    const five =
      "fragment F on Enterprise{...G} fragment G on Enterprise{licenses{nodes{holder{licenses{totalCount}}}}}";
    await expectPasses(`${seven} ${five}`);
    await expectRefused(`${seven} ${five.replace("totalCount", "pageInfo{endCursor}")}`, "QUERY_TOO_DEEP", "maxDepth");
  });

  test("10,000 aliases are refused", async () => {
    const query = `{${times(10_000, (i) => `a${i}:__typename`)}}`;
    await expectRefused(query, "QUERY_TOO_LONG", "maxTokens");
    expect(codeOfDocument(query)).toBe("QUERY_TOO_MANY_ALIASES");
  });

  test("sixty aliases pass, one more does not, and a fragment counts wherever it is spread", async () => {
    const aliases = (count: number) => times(count, (i) => `a${i}:name`);
    await expectPasses(`{enterprise(uscc:1){${aliases(limits.maxAliases)}}}`);
    await expectRefused(
      `{enterprise(uscc:1){${aliases(limits.maxAliases + 1)}}}`,
      "QUERY_TOO_MANY_ALIASES",
      "maxAliases",
    );
    expect(visitedFields()).toBe(0);
    const two = `{a:enterprise(uscc:1){...F} b:enterprise(uscc:2){...F}} fragment F on Enterprise`;
    await expectPasses(`${two}{${aliases(29)}}`);
    await expectRefused(`${two}{${aliases(30)}}`, "QUERY_TOO_MANY_ALIASES", "maxAliases");
  });

  test("10,000 fields without alias are refused", async () => {
    const root = `{${times(10_000, () => "__typename")}}`;
    await expectRefused(root, "QUERY_TOO_LONG", "maxTokens");
    expect(codeOfDocument(root)).toBe("QUERY_TOO_COSTLY");
    expect(codeOfDocument(`{enterprise(uscc:1)${root}}`)).toBe("QUERY_TOO_COSTLY");
  });

  test("sixty fields at the root and two hundred elsewhere pass, one more does not", async () => {
    const fields = (count: number) => `{${times(count, () => "__typename")}}`;
    await expectPasses(fields(limits.maxRootFields));
    await expectRefused(fields(limits.maxRootFields + 1), "QUERY_TOO_COSTLY", "maxRootFields");
    await expectPasses(`{enterprise(uscc:1)${fields(limits.maxFieldsPerSet)}}`);
    const spread = `{enterprise(uscc:1){...F ... on Enterprise${fields(100)}}} fragment F on Enterprise`;
    await expectPasses(`${spread} ${fields(100)}`);
    await expectRefused(`${spread} ${fields(101)}`, "QUERY_TOO_COSTLY", "maxFieldsPerSet");
    expect(visitedFields()).toBe(0);
  });

  test("forty levels of doubling fragments are refused without being written out", async () => {
    await expectRefused(doubling(40, "fragment LAST on Enterprise{name}"), "QUERY_TOO_COSTLY", "maxFieldsPerSet");
    const nestedDoubling = `{enterprise(uscc:1){...F0}} ${times(
      40,
      (i) => `fragment F${i} on Enterprise{licenses{nodes{holder{...F${i + 1}} h:holder{...F${i + 1}}}}}`,
    )} fragment F40 on Enterprise{name}`;
    await expectRefused(nestedDoubling, "QUERY_TOO_DEEP", "maxDepth");
    expect(visitedFields()).toBe(0);
  });

  test("cycles of fragments end in a refusal", async () => {
    const itself = await ask("{enterprise(uscc:1){...A}} fragment A on Enterprise{name ...A}");
    expect(itself).toMatchObject({ status: 400, code: "GRAPHQL_VALIDATION_FAILED" });
    const ring = `{enterprise(uscc:1){...A}} fragment A on Enterprise{licenses{nodes{holder{...B}}}}
      fragment B on Enterprise{...A ...A}`;
    expect(await ask(ring)).toMatchObject({ status: 400, code: "GRAPHQL_VALIDATION_FAILED" });
    expect(codeOfDocument(ring)).toBeUndefined();
  });

  test("1,000 directives are refused, twenty pass", async () => {
    const directives = (count: number) => `{echo ${times(count, () => "@include(if:true)")}}`;
    await expectRefused(`{echo ${times(900, () => "@skip")}}`, "QUERY_DIRECTIVES", "maxDirectives");
    expect(codeOfDocument(directives(1_000))).toBe("QUERY_DIRECTIVES");
    await expectRefused(directives(limits.maxDirectives + 1), "QUERY_DIRECTIVES", "maxDirectives");
    expect(visitedFields()).toBe(0);
    await expectPasses(`{${times(limits.maxDirectives, (i) => `a${i}:echo @include(if:true)`)}}`);
  });

  test("a name of 1 MB is refused wherever it stands, and never sent back", async () => {
    const name = "n".repeat(1_000_000);
    const digits = "1".repeat(1_000_000);
    const long = [
      `{${name}}`,
      `{${name}:echo}`,
      `{echo(${name}:1)}`,
      `{echo(value:${name})}`,
      `{echo(value:{${name}:1})}`,
      `{echo(value:$${name})}`,
      `query($${name}:Int){echo}`,
      `query ${name}{echo}`,
      `{echo @${name}}`,
      `{...${name}}`,
      `{... on ${name}{echo}}`,
      `{enterprises(first:${digits}){totalCount}}`,
      `{echo(value:${digits}.1)}`,
    ];
    for (const query of long) {
      const answer = await ask(query);
      expect(answer).toMatchObject({ status: 400, code: "QUERY_TOO_LONG", details: { name: "maxNameLength" } });
      expect(answer.text.length).toBeLessThan(1_000);
    }
    await expectPasses(`query ${"n".repeat(limits.maxNameLength)}{echo}`);
    await expectRefused(`query ${"n".repeat(limits.maxNameLength + 1)}{echo}`, "QUERY_TOO_LONG", "maxNameLength");
  });

  test("a second operation is refused", async () => {
    await expectRefused("query A{echo} query B{echo}", "QUERY_MANY_OPERATIONS", "maxOperations");
    await expectRefused("{echo} {echo}", "QUERY_MANY_OPERATIONS", "maxOperations");
    expect(visitedFields()).toBe(0);
    await expectPasses("query A{echo}");
  });

  test("2,000 tokens pass, one more is refused as too long", async () => {
    const query = (tokens: number) => `{echo(value:[${times(tokens - 9, () => "1")}])}`;
    await expectPasses(query(limits.maxTokens));
    await expectRefused(query(limits.maxTokens + 1), "QUERY_TOO_LONG", "maxTokens");
  });
});

describe("answers over HTTP", () => {
  test("a refusal says code, both languages and which limit, and nothing else", async () => {
    const { errors } = await ask(nested(limits.maxDepth + 1));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ message: errorTable.QUERY_TOO_DEEP.message.en });
    expect(errors[0]?.extensions).toEqual({
      code: "QUERY_TOO_DEEP",
      messageZh: errorTable.QUERY_TOO_DEEP.message.zh,
      details: { name: "maxDepth", limit: 12, found: 13 },
    });
  });

  test("a refused document is refused again, an accepted one accepted again with other variables checked", async () => {
    for (const _ of [1, 2]) await expectRefused(nested(13), "QUERY_TOO_DEEP");
    const query = "query($n:Int){again:enterprises(first:$n){totalCount}}";
    await expectPasses(query, { n: 1 });
    expect(await ask(query, { n: 101 })).toMatchObject({ status: 400, code: "PAGE_TOO_LARGE" });
    await expectPasses(query, { n: 2 });
  });

  test("a syntax error stays a 400 and a long one is cut", async () => {
    expect(await ask("{echo")).toMatchObject({ status: 400, code: "GRAPHQL_PARSE_FAILED" });
    const long = await ask(`{echo} ${"n".repeat(1_000_000)}`);
    expect(long).toMatchObject({ status: 400, code: "GRAPHQL_PARSE_FAILED" });
    expect(long.text.length).toBeLessThan(1_000);
    const posing = await ask('{echo "Syntax Error: Document contains more than 5 tokens"}');
    expect(posing.code).toBe("GRAPHQL_PARSE_FAILED");
  });

  test("an unknown field is a validation error, and at most six errors are told", async () => {
    const { status, code, errors } = await ask(`{${times(50, (i) => `nothing${i}`)}}`);
    expect({ status, code, count: errors.length }).toEqual({
      status: 400,
      code: "GRAPHQL_VALIDATION_FAILED",
      count: limits.maxErrors + 1,
    });
    const many = (text: (index: number) => string) => times(20, text);
    const variables = await ask(
      `query(${many((i) => `$v${i}:ID!`)}){${many((i) => `a${i}:enterprise(uscc:$v${i}){name}`)}}`,
    );
    expect({ status: variables.status, count: variables.errors.length }).toEqual({ status: 400, count: 6 });
  });

  test("an unknown operation name is a 400", async () => {
    expect(await post({ query: "query A{echo}", operationName: "B" })).toMatchObject({ status: 400 });
  });

  test("a batch of queries is refused", async () => {
    const answer = await post([{ query: "{echo}" }, { query: "{echo}" }]);
    expect(answer).toMatchObject({ status: 400, code: "BAD_REQUEST" });
  });
});

describe("work", () => {
  /** The same document, counting every property read from it, however deep. */
  function counted(original: DocumentNode): { document: DocumentNode; reads: () => number } {
    let reads = 0;
    const proxies = new WeakMap<object, object>();
    function wrap<T extends object>(target: T): T;
    function wrap(target: object): object {
      const known = proxies.get(target);
      if (known) return known;
      const proxy = new Proxy(target, {
        get(from, key) {
          reads += 1;
          const value: unknown = Reflect.get(from, key);
          return typeof value === "object" && value !== null ? wrap(value) : value;
        },
      });
      proxies.set(target, proxy);
      return proxy;
    }
    return { document: wrap(original), reads: () => reads };
  }

  function readsOf(query: string): number {
    const { document, reads } = counted(parse(query, { noLocation: true }));
    expect(codeOf(() => checkStructure(limits, document))).toBeUndefined();
    expect(codeOf(() => checkCost(limits, document, schema, {}))).toBeUndefined();
    return reads();
  }

  const shapes: Readonly<Record<string, (size: number) => string>> = {
    "fragments that double": (size) => doubling(size, ""),
    "fragments that spread the next one nine times": (size) =>
      `{enterprise(uscc:1){...F0}} ${times(size, (i) => `fragment F${i} on Enterprise{${`...F${i + 1} `.repeat(9)}}`)}`,
    "a ring of fragments": (size) =>
      `{enterprise(uscc:1){...F0}} ${times(size, (i) => `fragment F${i} on Enterprise{...F${(i + 1) % size} ...F0}`)}`,
    "inline fragments inside each other": (size) =>
      `{enterprise(uscc:1)${"{...".repeat(size)}{name}${"}".repeat(size)}}`,
    "a long argument": (size) => `{echo(value:[${times(size, () => "[1 {a:1}]")}])}`,
  };

  test.each(Object.keys(shapes))("checking %s is linear in the length of the document", (name) => {
    const shape = shapes[name] ?? String;
    const [one, two, four] = [50, 100, 200].map((size) => readsOf(shape(size)));
    if (one === undefined || two === undefined || four === undefined) throw new Error("three sizes");
    expect((four - two) / (two - one)).toBeCloseTo(2, 1);
  });
});
