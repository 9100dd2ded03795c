import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The package's folder. */
export const root = join(import.meta.dirname, "../..");

/** What a reader is given: README, the pages of docs/, the changelog. */
export const pages: readonly string[] = ["README.md", ...readPages(), "CHANGELOG.md"];

function readPages(): readonly string[] {
  const names = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  return names.sort().map((name) => `docs/${name}`);
}

/** The text of a file of the package. */
export function readPage(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

/**
 * A fenced snippet. *Shape*: `marks` are the words after the language, `as=auditor` as name and value, `run` with the
 * value "". `output` is the text of the output fence that follows.
 */
export type Snippet = Readonly<{
  page: string;
  line: number;
  language: string;
  marks: ReadonlyMap<string, string>;
  text: string;
  output?: string;
}>;

/** Every fence of a page. An output fence belongs to the snippet before it. *Throws* when it has none to belong to. */
export function readSnippets(page: string, text: string): readonly Snippet[] {
  const snippets: Snippet[] = [];
  for (const fence of text.matchAll(/^(`{3,})([^\n`]*)\n([\s\S]*?)^\1[ \t]*$/gm)) {
    const [, , info = "", body = ""] = fence;
    const line = text.slice(0, fence.index).split("\n").length;
    const [language = "", ...words] = info.trim().split(/\s+/);
    const marks = new Map(words.map((word) => splitAt(word, "=")));
    if (language !== "output" && !marks.has("output")) {
      snippets.push({ page, line, language, marks, text: body });
      continue;
    }
    const owner = snippets.pop();
    if (!owner?.marks.has("run") || owner.output !== undefined) {
      throw new Error(`${page}:${line} is an output, but no snippet that runs stands before it`);
    }
    snippets.push({ ...owner, output: body });
  }
  return snippets;
}

function splitAt(word: string, sign: string): [string, string] {
  const [name = "", ...rest] = word.split(sign);
  return [name, rest.join(sign)];
}

/**
 * Whether an output is what a page shows of it. White space does not count, and `…` stands for whatever was left out.
 */
export function isShortened(shown: string, actual: string): boolean {
  const bare = (text: string) => text.replaceAll(/\s+/g, "");
  const parts = shown.split("…").map((part) => bare(part).replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`, "u").test(bare(actual));
}

/** Everything in `backticks` outside of fences. */
export function inlineCode(text: string): readonly string[] {
  const prose = text.replaceAll(/^(`{3,})[^\n]*\n[\s\S]*?^\1[ \t]*$/gm, "");
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
}

/** The rows of every table below a heading, up to the next heading of its level or above; cells are trimmed. */
export function readTable(text: string, heading: string): readonly (readonly string[])[] {
  const level = heading.split(" ", 1)[0] ?? "#";
  const start = text.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`there is no heading ${heading}`);
  const after = text.slice(start + heading.length + 2);
  const end = after.search(new RegExp(`^#{1,${level.length}} `, "m"));
  const rows = (end < 0 ? after : after.slice(0, end)).split("\n").filter((line) => line.startsWith("|"));
  const cells = rows.map((row) => row.replaceAll("\\|", "\u0000").split("|").slice(1, -1));
  return cells.map((row) => row.map((cell) => cell.replaceAll("\u0000", "|").trim()));
}
