import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { Kind, parse, validate } from "graphql";
import { limitsGuard } from "../../src/edge/limits/limits-plugin.ts";
import { makeSchema } from "../../src/edge/schema.ts";
import { standardLimits } from "../../src/limits.ts";
import * as generated from "./operations.generated.ts";

const folder = "schema/operations";
const files = readdirSync(folder).sort();
const { schema } = makeSchema();
const read = (file: string) => readFileSync(join(folder, file), "utf8");

test("operations.generated.ts is what `npm run codegen` writes", async () => {
  const program = "node_modules/@graphql-codegen/cli/esm/bin.js";
  const checked = promisify(execFile)(process.execPath, [program, "--config", "codegen.yml", "--check", "--silent"]);
  await expect(checked).resolves.toMatchObject({ stdout: expect.not.stringContaining("stale") });
});

test.each(files)("%s holds one operation, named like the file, that fits the hub's schema and limits", (file) => {
  const document = parse(read(file));
  const names = document.definitions.map((one) => one.kind === Kind.OPERATION_DEFINITION && one.name?.value);
  const words = basename(file, ".graphql").split("-");
  expect(names).toEqual([words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("")]);
  expect(Object.keys(generated)).toContain(`${names[0]}Document`);
  expect(validate(schema, document)).toEqual([]);
  expect(() => limitsGuard(standardLimits).checkDocument(document, schema, undefined)).not.toThrow();
});

test.each(files)("%s tells a department's developer what it is for", (file) => {
  expect(read(file)).toMatch(/^# .{20,}\n/);
});
