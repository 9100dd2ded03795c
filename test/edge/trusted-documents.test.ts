import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse, print } from "graphql";
import { hashOf, listTrustedDocuments, readTrustedDocuments } from "../../src/edge/guard/trusted-documents.ts";
import { makeSchema } from "../../src/edge/schema.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";

const folder = "schema/operations";
const { schema } = makeSchema();
let house: TestHub;
let text: string;
let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "zhengzhao-operations-"));
  text = await readFile(join(folder, "license-types.graphql"), "utf8");
  house = await openTestHub({ demo: false, server: { trustedDocuments: folder, demo: false, acceptDemoTokens: true } });
});
afterAll(async () => {
  await house.close();
  await rm(work, { recursive: true });
});

async function ask(body: object, as?: string): Promise<string> {
  const headers = {
    "content-type": "application/json",
    ...(as && { authorization: `Bearer ${await house.token(as)}` }),
  };
  const response = await house.server.inject({
    method: "POST",
    url: "/graphql",
    headers,
    payload: JSON.stringify(body),
  });
  const { data, errors } = response.json();
  return `${response.statusCode} ${errors?.[0].extensions.code ?? Object.keys(data)}`;
}

describe("a registered operation runs", () => {
  test.each([
    ["by its text", () => ({ query: text })],
    ["by its text without the last line's end", () => ({ query: text.trimEnd() })],
    ["by its text as client tools print it", () => ({ query: print(parse(text)) })],
    ["by its hash as documentId", () => ({ documentId: hashOf(text.trimEnd()) })],
    ["by its hash as documentId with its kind", () => ({ documentId: `sha256:${hashOf(text)}` })],
    ["by its hash as a persisted query", () => persisted(hashOf(print(parse(text))))],
    ["by its hash in capitals", () => persisted(hashOf(text).toUpperCase())],
  ])("%s", async (_name, body) => {
    expect(await ask(body())).toBe("200 licenseTypes");
    expect(await ask(body(), "tobacco")).toBe("200 licenseTypes");
  });
});

const persisted = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });

describe("everything else is refused before it is parsed", () => {
  test.each([
    ["another query", () => ({ query: "{ departments { code } }" })],
    ["a registered one with one sign more", () => ({ query: `${text} ` })],
    ["what is no GraphQL", () => ({ query: "{" })],
    [
      "another query under a registered hash",
      () => ({ query: "{ departments { code } }", ...persisted(hashOf(text)) }),
    ],
    ["an unknown hash", () => persisted("0".repeat(64))],
    ["a hash that is a name of JavaScript", () => ({ documentId: "__proto__" })],
    ["a hash of another kind", () => ({ documentId: 7, extensions: { persistedQuery: { sha256Hash: {} } } })],
    ["nothing", () => ({})],
  ])("%s", async (_name, body) => {
    for (const as of [undefined, "tobacco", "auditor"])
      expect(await ask(body(), as)).toBe("403 DOCUMENT_NOT_REGISTERED");
  });

  test("but what the gateway and operators ask with tokens of their own", async () => {
    expect(await ask({ query: "{ _service { sdl } }" }, "gateway")).toBe("200 _service");
    expect(await ask({ query: "{ __schema { queryType { name } } }" }, "operator")).toBe("200 __schema");
  });
});

describe("what is registered", () => {
  const readError = (path: string) => readTrustedDocuments(path, schema).catch((error: Error) => error.message);

  test.each<[string, () => object]>([
    ["GraphQL Code Generator's client preset", () => ({ [`sha256:${hashOf(text)}`]: text })],
    ["Relay's compiler with SHA256", () => ({ [hashOf(text)]: text })],
    [
      "Apollo's generate-persisted-query-manifest",
      () => ({
        format: "apollo-persisted-query-manifest",
        version: 1,
        operations: [{ id: hashOf(text), name: "LicenseTypes", type: "query", body: text }],
      }),
    ],
  ])("may be a file of %s", async (_tool, content) => {
    const file = join(work, "manifest.json");
    await writeFile(file, JSON.stringify(content(), null, 2));
    expect((await readTrustedDocuments(file, schema)).get(hashOf(text))).toBe(text);
  });

  test("may be a folder of both, one file a system", async () => {
    const both = await mkdtemp(join(work, "both-"));
    const other = "query Departments { departments { code } }";
    await writeFile(join(both, "a.json"), JSON.stringify({ [`sha256:${hashOf(other)}`]: other }));
    await writeFile(join(both, "b.graphql"), text);
    const documents = await readTrustedDocuments(both, schema);
    expect([documents.has(hashOf(other)), documents.has(hashOf(text))]).toEqual([true, true]);
  });

  test("is listed with the hash clients send", async () => {
    const listed = await listTrustedDocuments(folder);
    expect(listed).toContainEqual({ name: "license-types.graphql", hash: hashOf(text.trimEnd()) });
  });

  test.each([
    ["a file that is not there", "gone.graphql", undefined, /ENOENT/],
    ["no GraphQL", "broken.graphql", "query {", /broken\.graphql: Syntax Error/],
    ["a query that does not fit the schema", "old.graphql", "{ gone }", /old\.graphql: Cannot query field/],
    [
      "two operations",
      "two.graphql",
      "query A { departments { code } } query B { departments { code } }",
      /one operation/,
    ],
    ["a hash that is another text's", "wrong.json", '{"00":"{ departments { code } }"}', /not the SHA-256/],
    ["no JSON", "broken.json", "{", /JSON/],
    [
      "a prefixed hash that is another text's",
      "prefixed.json",
      JSON.stringify({ [`sha256:${"0".repeat(64)}`]: "{ departments { code } }" }),
      /not the SHA-256/,
    ],
    [
      "hashes of SHA-1, as older tools write them",
      "sha1.json",
      JSON.stringify({ ["0".repeat(40)]: "{ departments { code } }" }),
      /it looks like MD5 or SHA-1: let the tool write SHA-256/,
    ],
    [
      "a manifest whose ids are no hashes",
      "ids.json",
      '{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"1","body":"{ departments { code } }"}]}',
      /not the SHA-256/,
    ],
    ["a manifest of another kind", "kind.json", '{"format":"other","operations":[]}', /not known here/],
    ["a list", "list.json", "[1]", /no JSON object/],
    ["nothing", "empty.json", "{}", /no operation/],
  ])("%s: the start stops with one line", async (_name, name, content, expected) => {
    const file = join(work, name);
    if (content !== undefined) await writeFile(file, content);
    const message = await readError(file);
    expect(message).toMatch(/^the registered operations at .* \(TRUSTED_DOCUMENTS\) can not be used: /);
    expect(message).toMatch(expected);
    expect(message).not.toContain("\n");
  });
});
