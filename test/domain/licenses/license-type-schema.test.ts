import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { compileAttributesSchema } from "../../../src/domain/licenses/license-type-schema.ts";
import { maxFaults } from "../../../src/domain/schemas/attribute-faults.ts";

const schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:zhengzhao:license-type:test",
  type: "object",
  required: ["vehicleCount", "operationItems"],
  properties: {
    vehicleCount: { type: "integer", minimum: 0, title: "车辆数" },
    operationItems: { type: "array", minItems: 1, items: { type: "string", minLength: 1, maxLength: 3 } },
    establishedOn: { type: "string", format: "date" },
    warehouse: { type: ["string", "null"] },
    "a/b~c": { type: "string" },
    parts: { type: "array", items: { type: "object", required: ["name"], properties: { name: { type: "string" } } } },
  },
  additionalProperties: false,
};
const good = { vehicleCount: 1, operationItems: ["热食"] };
const check = compileAttributesSchema(schema);

describe("attributes", () => {
  test("that fit have no fault", () => {
    expect(check(good)).toEqual([]);
    expect(check({ ...good, establishedOn: "2024-02-29", warehouse: null, parts: [{ name: "x" }] })).toEqual([]);
  });

  test.each<[string, unknown, { kind: string; path: string }[]]>([
    ["a missing one", { operationItems: ["a"] }, [{ kind: "MISSING", path: "vehicleCount" }]],
    ["one of another type", { ...good, vehicleCount: "十二" }, [{ kind: "INVALID", path: "vehicleCount" }]],
    ["one out of range", { ...good, vehicleCount: -1 }, [{ kind: "INVALID", path: "vehicleCount" }]],
    ["an entry of a list", { ...good, operationItems: ["a", ""] }, [{ kind: "INVALID", path: "operationItems.1" }]],
    ["an empty list", { ...good, operationItems: [] }, [{ kind: "INVALID", path: "operationItems" }]],
    ["an unknown one", { ...good, extra: "x" }, [{ kind: "UNKNOWN", path: "extra" }]],
    ["a missing one further in", { ...good, parts: [{}, { name: "x" }] }, [{ kind: "MISSING", path: "parts.0.name" }]],
    [
      "a day that does not exist",
      { ...good, establishedOn: "2023-02-29" },
      [{ kind: "INVALID", path: "establishedOn" }],
    ],
    ["a day with a time", { ...good, establishedOn: "2023-02-28T00:00" }, [{ kind: "INVALID", path: "establishedOn" }]],
    ["an escaped name", { ...good, "a/b~c": 1 }, [{ kind: "INVALID", path: "a/b~c" }]],
    ["a list instead", [], [{ kind: "INVALID", path: "" }]],
    ["nothing", null, [{ kind: "INVALID", path: "" }]],
    ["undefined", undefined, [{ kind: "INVALID", path: "" }]],
    ["an inherited name", { ...good, constructor: 1 }, [{ kind: "UNKNOWN", path: "constructor" }]],
    [
      "a member named __proto__",
      JSON.parse('{"vehicleCount":1,"operationItems":["a"],"__proto__":{"x":1}}'),
      [{ kind: "UNKNOWN", path: "__proto__" }],
    ],
  ])("%s is named", (_, attributes, faults) => {
    expect(check(attributes)).toEqual(faults);
  });

  test("every fault is named, each once", () => {
    const faults = check({ operationItems: ["", "abcd"], extra: 1, vehicleCount: 1.5 });
    expect(faults.map(({ kind, path }) => `${kind} ${path}`).toSorted()).toEqual([
      "INVALID operationItems.0",
      "INVALID operationItems.1",
      "INVALID vehicleCount",
      "UNKNOWN extra",
    ]);
    const twice = compileAttributesSchema({
      type: "object",
      properties: { a: { type: "string", minLength: 5, pattern: "^x" } },
    });
    expect(twice({ a: "y" })).toEqual([{ kind: "INVALID", path: "a" }]);
  });

  test("a required name that only the prototype has is missing", () => {
    const inherited = compileAttributesSchema({ type: "object", required: ["toString"], properties: { toString: {} } });
    expect(inherited({})).toEqual([{ kind: "MISSING", path: "toString" }]);
  });

  test("length is counted in characters, not in UTF-16 units", () => {
    expect(check({ ...good, operationItems: ["𠮷𠮷𠮷"] })).toEqual([]);
    expect(check({ ...good, operationItems: ["𠮷𠮷𠮷𠮷"] })).toHaveLength(1);
  });

  test("at most 20 faults are reported", () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`x${index}`, 1]));
    expect(check({ ...good, ...many })).toHaveLength(maxFaults);
  });
});

describe("a schema", () => {
  test("may be compiled again under the same $id with other rules", () => {
    const next = compileAttributesSchema({ ...schema, required: [] });
    expect(next({})).toEqual([]);
    expect(check({})).toHaveLength(2);
  });

  test.each<[string, object]>([
    ["an unknown keyword", { type: "object", requird: ["a"] }],
    ["an unknown format", { type: "object", properties: { a: { type: "string", format: "uscc" } } }],
    ["a required property that is not defined", { type: "object", required: ["a"], properties: {} }],
    ["a wrong keyword value", { type: "object", properties: { a: { type: "text" } } }],
    ["a reference to another schema", { $ref: "urn:zhengzhao:license-type:test" }],
  ])("with %s is refused, also the second time", (_, broken) => {
    expect(() => compileAttributesSchema(broken)).toThrow();
    expect(() => compileAttributesSchema(broken)).toThrow();
  });

  test("every license type of the package compiles and is named by its code", () => {
    const folder = join(import.meta.dirname, "../../..", "schema/license-types");
    const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
    expect(files).toHaveLength(20);
    const ids = files.map((name) => {
      const read: { $id: string; title: string } = JSON.parse(readFileSync(join(folder, name), "utf8"));
      expect(compileAttributesSchema(read)({ thisIsUnknown: true })).toContainEqual({
        kind: "UNKNOWN",
        path: "thisIsUnknown",
      });
      expect(read.title.length).toBeGreaterThan(0);
      return read.$id;
    });
    expect(new Set(ids).size).toBe(20);
    for (const id of ids) expect(id).toMatch(/^urn:zhengzhao:license-type:[0-9A-Z]{21}$/);
  });
});
