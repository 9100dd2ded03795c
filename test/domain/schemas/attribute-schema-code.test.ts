import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import {
  type CompiledAttributesSchema,
  compileAttributesSchema,
  type SchemaFault,
} from "../../../src/domain/licenses/license-type-schema.ts";
import { type AjvValidate, faultsBy } from "../../../src/domain/schemas/attribute-faults.ts";
import { attributesSchemaCode } from "../../../src/domain/schemas/attribute-schema-code.ts";

const root = join(import.meta.dirname, "../../..");
const folder = join(root, "schema/license-types");
const types = readdirSync(folder).map((name): { $id: string } => JSON.parse(readFileSync(join(folder, name), "utf8")));
const judges = new Map(
  types.map((schema) => [
    schema.$id.replace("urn:zhengzhao:license-type:", ""),
    { here: compileAttributesSchema(schema), page: faultsBy(run(attributesSchemaCode(schema))) },
  ]),
);

type Attributes = Readonly<Record<string, unknown>>;
const records = ["migrations/data/demo/licenses.ndjson", "test/data/licenses-dirty.ndjson"].flatMap((file) =>
  readFileSync(join(root, file), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): { licenseType?: string; attributes?: Attributes } => JSON.parse(line)),
);
const licenses = records.flatMap(({ licenseType = "", attributes }) => {
  const judge = judges.get(licenseType);
  return judge && attributes ? [{ judge, attributes }] : [];
});

/** Runs a module's text as a page's bundler would. */
function run(code: string): AjvValidate {
  const [, name = ""] = /export default (\w+);/.exec(code) ?? [];
  const body = code.replace(/export default \w+;/, "").replace("export const", "const");
  return new Function("require", `${body}\nreturn ${name};`)(createRequire(import.meta.url)) as AjvValidate;
}

function both({ here, page }: { here: CompiledAttributesSchema; page: CompiledAttributesSchema }, attributes: unknown) {
  const found = here(attributes);
  expect(page(attributes)).toEqual(found);
  return found;
}

test("every license type is there, and most of the samples are of one", () => {
  expect(judges.size).toBe(20);
  expect(licenses.length).toBeGreaterThan(1_600);
});

test("what was compiled for a page judges every sample license as the hub does", () => {
  const judged = licenses.map(({ judge, attributes }) => both(judge, attributes).length);
  expect(judged.filter((count) => count === 0).length).toBeGreaterThan(1_500);
});

test("and every spoiled one: the same faults at the same places", () => {
  const seen = new Set<SchemaFault["kind"]>();
  const odd = [
    null,
    "",
    0,
    -1,
    1.5,
    "2023-02-29",
    "2024-02-29T00:00",
    [],
    [""],
    {},
    "长".repeat(2_001),
    "\ud83c\udf66".repeat(1_999),
    true,
  ];
  for (const [code, judge] of judges) {
    const sample = licenses.find((one) => one.judge === judge)?.attributes ?? {};
    expect([code, Object.keys(sample).length > 0]).toEqual([code, true]);
    const spoiled: unknown[] = [...odd, undefined, { ...sample, extra: 1 }, { ...sample, constructor: 1 }];
    for (const name of Object.keys(sample)) {
      const { [name]: _, ...without } = sample;
      spoiled.push(without, ...odd.map((value) => ({ ...sample, [name]: value })));
    }
    for (const attributes of spoiled) for (const { kind } of both(judge, attributes)) seen.add(kind);
  }
  expect([...seen].sort()).toEqual(["INVALID", "MISSING", "UNKNOWN"]);
});
