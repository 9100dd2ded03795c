import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openTestHub, type TestHub } from "../setup/hub.ts";
import { isShortened, pages, readPage, readSnippets, type Snippet } from "./documents.ts";
import { openShell } from "./shell.ts";
import { openStage, type Stage, standInForCurl } from "./stage.ts";

/** Fences nobody executes, and why they need not be: words, pictures, and commands that CI runs itself. */
const neverRun: readonly string[] = ["text", "mermaid"];

/** What each kind of snippet may say of itself. */
const marksOf: Readonly<Record<string, readonly string[]>> = {
  bash: ["run", "exit", "error"],
  graphql: ["run", "as", "error"],
  json: ["run", "as", "outcome", "problem"],
  sql: ["run"],
};

let stage: Stage;
let house: TestHub;
beforeAll(async () => {
  [stage, house] = await Promise.all([openStage(), openTestHub()]);
}, 180_000);
afterAll(async () => {
  await Promise.all([stage?.close(), house?.close()]);
});

describe.each(pages)("%s", (page) => {
  const snippets = readSnippets(page, readPage(page));
  const title = ({ line, language, marks }: Snippet) => `line ${line}: ${[language, ...marks.keys()].join(" ")}`;

  test("marks every snippet as one that runs, or as words or a picture", () => {
    const unfit = snippets.filter(({ language, marks }) => {
      const allowed = marksOf[language];
      if (neverRun.includes(language)) return marks.size > 0;
      return !allowed || !marks.has("run") || [...marks.keys()].some((mark) => !allowed.includes(mark));
    });
    expect(unfit.map(title)).toEqual([]);
  });

  const running = snippets.filter(({ marks }) => marks.has("run"));
  if (running.length === 0) return;
  test.each(running.map((snippet) => [title(snippet), snippet] as const))("%s runs as the page says", async (_, it) => {
    const shown = await runs[it.language]?.(it);
    if (it.output !== undefined && !isShortened(it.output, shown ?? "")) expect(shown).toBe(it.output);
  });
});

/** Runs a snippet, asserts what its marks say, and answers with what a reader would see. */
const runs: Readonly<Record<string, (snippet: Snippet) => Promise<string>>> = {
  bash: async ({ page, text, marks }) => {
    const { code, out } = await stage.run(page, text);
    expect({ code, out }).toEqual({ code: Number(marks.get("exit") ?? 0), out });
    expect(codesIn(out)).toEqual(marks.has("error") ? [marks.get("error")] : []);
    return out;
  },

  graphql: async ({ text, marks }) => {
    const as = marks.get("as");
    const { data, errors } = await house.graphql(text, as === undefined ? {} : { as });
    const codes = errors.map((error) => error.extensions.code);
    expect(codes).toEqual(marks.has("error") ? [marks.get("error")] : []);
    return JSON.stringify(errors.length > 0 ? { errors, data } : { data });
  },

  json: async ({ page, line, text, marks }) => {
    const records: unknown = JSON.parse(text);
    const input = { batchId: `${page}:${line}`, records: Array.isArray(records) ? records : [records] };
    const { data, errors } = await house.graphql(submission, { as: marks.get("as") ?? "", variables: { input } });
    expect(errors).toEqual([]);
    const results: readonly Result[] = data.submitLicenses.results;
    const problem = marks.get("problem");
    const outcome = marks.get("outcome") ?? (problem === undefined ? "ACCEPTED" : "REJECTED");
    expect(results.map((result) => result.outcome)).toEqual(results.map(() => outcome));
    const codes = results.flatMap((result) => result.problems.map(({ code }) => code));
    expect(codes).toEqual(problem === undefined ? [] : [problem]);
    return JSON.stringify(results.length === 1 ? results[0] : results);
  },

  sql: async ({ text }) => {
    const answer = await house.sql(text).then(
      (rows) => ({ rows }),
      (error: unknown) => ({ error }),
    );
    expect(answer).not.toHaveProperty("error");
    return JSON.stringify("rows" in answer ? answer.rows : answer);
  },
};

type Result = Readonly<{ outcome: string; problems: readonly Readonly<{ code: string }>[] }>;

const submission = `mutation ($input: SubmitLicensesInput!) {
  submitLicenses(input: $input) { results { sourceRecordId outcome identifier problems { severity code path } } }
}`;

/** Codes of the errors in GraphQL answers somebody printed. */
function codesIn(printed: string): readonly string[] {
  return [...printed.matchAll(/"extensions":\{"code":"(\w+)"/g)].map(([, code = ""]) => code);
}

describe("this test", () => {
  const page = (fence: string, output: string) => `Text\n\n\`\`\`${fence}\nx\n\`\`\`\n\n\`\`\`${output}\ny\n\`\`\`\n`;

  test("finds fences, their marks and their outputs", () => {
    const [found] = readSnippets("page", page("graphql run as=auditor", "json output"));
    expect(found).toEqual({
      ...{ page: "page", line: 3, language: "graphql", text: "x\n", output: "y\n" },
      marks: new Map([
        ["run", ""],
        ["as", "auditor"],
      ]),
    });
  });

  test("takes no output for a snippet that does not run", () => {
    expect(() => readSnippets("page", page("text", "output"))).toThrow("page:7");
  });

  test.each([
    ["the same", "a b\nc", "a  b c\n", true],
    ["with a part left out", "a … c", "a b b c", true],
    ["with more at its end", "a … c", "a b c d", false],
    ["with more at its start", "a", "ba", false],
    ["with signs of patterns in it", "a.(b)", "a.(b)", true],
    ["with a sign that is not there", "a.c", "abc", false],
  ])("compares an output %s", (_, shown, actual, expected) => {
    expect(isShortened(shown, actual)).toBe(expected);
  });

  test("has a curl that asks as curl does, for machines without one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "zhengzhao-curl-"));
    standInForCurl(join(folder, "curl"));
    const path = [folder, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
    const shell = openShell(folder, { PATH: path });
    const address = await house.server.listen({ port: 0 });
    const { code, out } = await shell.run(
      `curl -s ${address}/graphql -H "content-type: application/json" -d '{ "query": "{ __typename }" }'`,
    );
    await shell.close();
    rmSync(folder, { recursive: true });
    expect([code, out]).toEqual([0, '{"data":{"__typename":"Query"}}\n']);
  });
});
