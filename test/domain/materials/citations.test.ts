import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { citationText, grounds, planCitations } from "../../../src/domain/materials/ground.ts";

const root = join(import.meta.dirname, "../../..");
const plan = tight(readFileSync(join(root, "test/data/laws/weihai-reform-plan-2021.txt"), "utf8"));

/** Without white space: the text has line and page breaks in its sentences. */
function tight(text: string): string {
  return text.replaceAll(/\s/g, "");
}

/** The part of the plan under a heading such as 二（二）3, up to the next heading of its kind. */
function placeOf(place: string): string {
  const [, chapter = "", section = "", point = ""] = /^([一-五])(（[一-四]）)(\d?)$/.exec(place) ?? [];
  const after = (text: string, mark: RegExp) => text.split(mark).slice(1).join("");
  const inChapter = after(plan, new RegExp(`#${chapter}、`)).split(/#[一-五]、/)[0] ?? "";
  const inSection = after(inChapter, new RegExp(`#${section}`)).split(/#（[一-四]）/)[0] ?? "";
  return point === "" ? inSection : (after(inSection, new RegExp(`${point}\\.`)).split(/\d\./)[0] ?? "");
}

describe("the city's plan", () => {
  test.each(Object.entries(planCitations))("is cited word for word, at its place: %s", (_name, { place, quote }) => {
    expect(plan).toContain(quote);
    expect(placeOf(place)).toContain(quote);
  });

  test("is called by its whole name", () => {
    for (const { work } of Object.values(planCitations)) expect(plan).toContain(work);
  });

  test("grounds every decision that is not its own text, each in its own words", () => {
    const cited = Object.values(planCitations).map(citationText);
    const others = Object.values(grounds).filter((ground) => !cited.includes(ground as (typeof cited)[number]));
    expect(cited.every((text) => Object.values(grounds).some((ground) => ground === text))).toBe(true);
    // A paraphrase has no quotation: nobody takes it for the law's words.
    for (const ground of others) expect(ground).not.toMatch(/：“/);
  });
});

/** Every quotation after the plan's name, wherever it stands: 《威海市…工作方案》三（二）：“…”. */
function quotations(text: string): readonly string[] {
  return [...text.matchAll(/工作方案》?\s*[一-五]（[一-四]）\d?：“([^”]*(?:“[^”]*”[^”]*)*)”/g)].map(
    ([, quote]) => quote ?? "",
  );
}

describe("what the package's own files cite from the plan", () => {
  const folders = ["src", "migrations", "docs", "schema"];
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  const texts = files
    .filter((file) => /\.(ts|json|csv|md|graphql|html)$/.test(file))
    .map((file) => [file, readFileSync(join(root, file), "utf8")] as const);

  test("is found as the package writes it", () => {
    const written = Object.values(planCitations).map(citationText).join("\n");
    expect(quotations(written)).toEqual(Object.values(planCitations).map(({ quote }) => quote));
  });

  test("is word for word", () => {
    const found = texts.flatMap(([file, text]) => quotations(text).map((quote) => ({ file, quote })));
    expect(found.filter(({ quote }) => !plan.includes(tight(quote)))).toEqual([]);
  });

  test("names the plan by its whole name", () => {
    const shortened = texts.filter(([, text]) => /威海市“证照分离”改革工作方案/.test(text));
    expect(shortened.map(([file]) => file)).toEqual([]);
  });
});
