import { describe, expect, test } from "@jest/globals";
import { getIntrospectionQuery } from "graphql";
import { standardLimits as limits } from "../../src/limits.ts";
import { ask, codeOfDocument, expectPasses, expectRefused, times, visitedFields } from "./limits-server.ts";

describe("pages and lists", () => {
  test("a page holds 1 to 100 items, whether it is a literal, a variable or a default", async () => {
    const query = (first: unknown) => `{enterprises(first:${first}){totalCount}}`;
    await expectPasses(query(limits.maxPageSize));
    await expectRefused(query(101), "PAGE_TOO_LARGE", "maxPageSize");
    await expectRefused(query(0), "INPUT_INVALID", "maxPageSize");
    await expectRefused(query(-1), "INPUT_INVALID", "maxPageSize");
    await expectRefused(query(null), "INPUT_INVALID", "maxPageSize");
    await expectRefused("{enterprise(uscc:1){licenses(last:101){totalCount}}}", "PAGE_TOO_LARGE", "maxPageSize");
    await expectRefused("query($n:Int=101){enterprises(first:$n){totalCount}}", "PAGE_TOO_LARGE", "maxPageSize");
  });

  test("a page in a variable is measured, one of a wrong type is left to coercion", async () => {
    const query = "query($n:Int=5){enterprises(first:$n){totalCount}}";
    for (const variables of [{ n: 1 }, { n: 100 }, {}]) await expectPasses(query, variables);
    expect(await ask(query, { n: 101 })).toMatchObject({ status: 400, code: "PAGE_TOO_LARGE" });
    expect(await ask(query, { n: 0 })).toMatchObject({ status: 400, code: "INPUT_INVALID" });
    expect(await ask(query, { n: null })).toMatchObject({ status: 400, code: "INPUT_INVALID" });
    expect(await ask(query, { n: "5" })).toMatchObject({ status: 400, code: "BAD_USER_INPUT" });
    await expectRefused("query($toString:Int=101){enterprises(first:$toString){totalCount}}", "PAGE_TOO_LARGE");
  });

  test("100 representations pass, 101 do not", async () => {
    const query = "query($r:[_Any!]!){_entities(representations:$r){__typename}}";
    const representations = (count: number) => ({ r: Array.from({ length: count }, () => ({ __typename: "X" })) });
    expect(codeOfDocument(query, representations(limits.maxRepresentations))).toBeUndefined();
    expect(await ask(query, representations(101))).toMatchObject({
      status: 400,
      code: "PAGE_TOO_LARGE",
      details: { name: "maxRepresentations", limit: 100, found: 101 },
    });
    await expectRefused(
      `{_entities(representations:[${times(101, () => "1")}]){__typename}}`,
      "PAGE_TOO_LARGE",
      "maxRepresentations",
    );
  });

  test("a list argument holds 100 items, also inside input objects", async () => {
    const list = (count: number) => `[${times(count, (i) => String(i))}]`;
    await expectPasses(`{enterprisesByUscc(usccs:${list(100)}){name}}`);
    await expectRefused(`{enterprisesByUscc(usccs:${list(101)}){name}}`, "PAGE_TOO_LARGE", "maxListArgument");
    await expectPasses(`{search(filter:{also:[{usccs:${list(100)}}]}){f1}}`);
    for (const filter of [`{usccs:${list(101)}}`, `{also:{usccs:${list(101)}}}`, `{deeper:{usccs:${list(101)}}}`]) {
      await expectRefused(`{search(filter:${filter}){f1}}`, "PAGE_TOO_LARGE", "maxListArgument");
    }
    const query = "query($u:[ID!]!){search(filter:{deeper:{usccs:$u}}){f1}}";
    const usccs = (count: number) => ({ u: Array.from({ length: count }, String) });
    await expectPasses(query, usccs(100));
    expect(await ask(query, usccs(101))).toMatchObject({ status: 400, code: "PAGE_TOO_LARGE" });
  });

  test("the records of a submission are left to the use case", async () => {
    await expectPasses("query($i:SubmitLicensesInput){submit(input:$i)}", { i: { records: Array(1_000).fill(1) } });
  });

  test("an argument nested 100,000 levels deep is refused, not walked", async () => {
    let filter: unknown = {};
    for (let level = 0; level < 100_000; level += 1) filter = { deeper: filter };
    const answer = await ask("query($f:Filter){search(filter:$f){f1}}", { f: filter });
    expect(answer).toMatchObject({ status: 400, code: "INPUT_INVALID", details: { name: "maxArgumentDepth" } });
  });
});

describe("cost", () => {
  const fifteen = times(15, (i) => `f${i}`);
  const inventory = (enterprises: number, licenses: number) =>
    `{enterprises(first:${enterprises}){edges{node{uscc licenses(first:${licenses}){edges{node{${fifteen}}}}}}}}`;

  test("50 enterprises with 20 licenses of 15 fields pass, 100 with 100 do not", async () => {
    await expectPasses(inventory(50, 20));
    await expectRefused(inventory(100, 100), "QUERY_TOO_COSTLY", "maxCost");
  });

  test("a connection multiplies once, and only in edges and nodes", async () => {
    const once = (first: number) =>
      `{enterprises(first:${first}){nodes{licenses(first:${first}){nodes{f1} totalCount pageInfo{endCursor}}}}}`;
    await expectPasses(once(100)); // 100 × (1 + 1 + 100 + 3) fields
    await expectRefused(once(100).replace("f1", "f1 f2 f3"), "QUERY_TOO_COSTLY", "maxCost");
  });

  test("a fragment on a connection is multiplied by the page it is spread in", async () => {
    const query = (first: number) =>
      `{enterprises(first:${first}){nodes{licenses(first:100){...L}} }} fragment L on LicenseConnection{nodes{${fifteen}}}`;
    await expectPasses(query(19));
    await expectRefused(query(20), "QUERY_TOO_COSTLY", "maxCost");
  });

  test("variables, keys, representations and assumed sizes multiply too", async () => {
    const paged = "query($n:Int!){enterprises(first:$n){nodes{licenses(first:$n){nodes{f1 f2 f3 f4}}}}}";
    await expectPasses(paged, { n: 80 });
    expect(await ask(paged, { n: 90 })).toMatchObject({ status: 400, code: "QUERY_TOO_COSTLY" });
    expect(codeOfDocument(paged)).toBe("QUERY_TOO_COSTLY"); // unknown: taken for the largest page

    const below = "licenses(first:100){nodes{f1 f2 f3 f4}}";
    await expectPasses(`{latest(first:70){holder{${below}}}}`);
    await expectRefused(`{latest{holder{${below}}}}`, "QUERY_TOO_COSTLY", "maxCost"); // no page said: the largest

    const keyed = (count: number) => `{enterprisesByUscc(usccs:[${times(count, String)}]){${below}}}`;
    await expectPasses(keyed(70));
    await expectRefused(keyed(80), "QUERY_TOO_COSTLY", "maxCost");

    const entities = "query($r:[_Any!]!){_entities(representations:$r){...on Enterprise{LIST}}}".replace("LIST", below);
    expect(codeOfDocument(entities, { r: Array(70).fill({}) })).toBeUndefined();
    expect(codeOfDocument(entities, { r: Array(80).fill({}) })).toBe("QUERY_TOO_COSTLY");
    expect(codeOfDocument(entities)).toBe("QUERY_TOO_COSTLY");

    const assumed = (tags: string) =>
      `{tags${tags}{holder{licenses(first:100){nodes{holder{licenses(first:10){nodes{f1 f2 f3}}}}}}}}`;
    await expectRefused(assumed(""), "QUERY_TOO_COSTLY", "maxCost");
    await expectRefused(assumed("(any:[1])"), "QUERY_TOO_COSTLY", "maxCost"); // a filter is no list of keys
  });

  test("the budget is shared by all aliases", async () => {
    const aliased = (count: number) => `{${times(count, (i) => `a${i}:${inventory(10, 100).slice(1, -1)}`)}}`;
    await expectPasses(aliased(1));
    await expectRefused(aliased(2), "QUERY_TOO_COSTLY", "maxCost");
  });
});

describe("introspection", () => {
  const everything = getIntrospectionQuery({
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  });

  test("the standard query passes with every option", async () => {
    await expectPasses(getIntrospectionQuery());
    await expectPasses(everything);
  });

  test("going from types to fields to types again is refused", async () => {
    await expectPasses('{__type(name:"License"){fields{type{fields{name}}}}}');
    await expectRefused(
      "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}",
      "QUERY_TOO_DEEP",
      "maxIntrospectionLists",
    );
    await expectRefused(
      "{__schema{types{...F}}} fragment F on __Type{fields{args{type{...G}}}} fragment G on __Type{inputFields{name}}",
      "QUERY_TOO_DEEP",
      "maxIntrospectionLists",
    );
    expect(visitedFields()).toBe(0);
  });

  test("asking for the whole schema twice is refused", async () => {
    const body = everything.slice(everything.indexOf("__schema"), everything.indexOf("fragment FullType"));
    const twice = everything.replace(body, `${body.trim().slice(0, -1)} again: ${body}`);
    await expectRefused(twice, "QUERY_TOO_COSTLY", "maxIntrospectionCost");
  });
});
