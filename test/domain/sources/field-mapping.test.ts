import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isRefused } from "../../../src/domain/licenses/problem.ts";
import { mappedFields, mappingFault, mapRow } from "../../../src/domain/sources/field-mapping.ts";
import { foreignDate, foreignInstant } from "../../../src/domain/sources/foreign-values.ts";
import { shapeRecord } from "../../../src/domain/sources/record-shape.ts";

describe("a date as others write it", () => {
  test.each([
    ["2026-08-01", "2026-08-01"],
    ["2026/8/1", "2026-08-01"],
    ["2026.08.01", "2026-08-01"],
    ["20260801", "2026-08-01"],
    [" 2026-08-01 00:00:00 ", "2026-08-01"],
    ["2026-08-01T10:30:00.000+08:00", "2026-08-01"],
    ["2026-02-30", "2026-02-30"],
    ["长期", "长期"],
    ["1/8/2026", "1/8/2026"],
  ])("%s is %s", (text, date) => {
    expect(foreignDate(text)).toBe(date);
  });

  test.each([
    ["2026-08-01 09:30:00", "2026-08-01T09:30:00+08:00"],
    ["2026-08-01 09:30:00.123456+08", "2026-08-01T09:30:00.123456+08:00"],
    ["2026/8/1 9:30", "2026-08-01T09:30:00+08:00"],
    ["2026-08-01T01:30:00Z", "2026-08-01T01:30:00Z"],
    ["2026-08-01 01:30:00-0330", "2026-08-01T01:30:00-03:30"],
    ["2026-08-01 24:00:00", "2026-08-01 24:00:00"],
    ["yesterday", "yesterday"],
  ])("the instant %s is %s", (text, instant) => {
    expect(foreignInstant(text)).toBe(instant);
  });

  test("whatever is no text stays what it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.object()), (value) => {
        expect([foreignDate(value), foreignInstant(value)]).toEqual([value, value]);
      }),
    );
  });
});

describe("a row under our names", () => {
  const mapping = {
    ...{ sourceRecordId: "bh", sourceUpdatedAt: "gx", operation: "cz", licenseType: "lx", "holder.id": "dm" },
    ...{ "holder.idType": { value: "USCC" }, "holder.name": "mc", issuer: { value: "X" }, issuedOn: "rq" },
    ...{ "attributes.vehicleCount": "cls", "attributes.scope": "fw" },
  };

  test("takes their fields, fixed texts, numbers as codes, and leaves out what is empty", () => {
    const row = {
      bh: 7,
      gx: "2026-08-01 09:30:00",
      cz: "ISSUE",
      lx: "T",
      dm: "D",
      mc: "",
      rq: "2026/8/1",
      cls: 3,
      fw: null,
    };
    expect(shapeRecord(mapRow(row, mapping))).toMatchObject({
      raw: {
        ...{ sourceRecordId: "7", sourceUpdatedAt: "2026-08-01T09:30:00+08:00", operation: "ISSUE", licenseType: "T" },
        ...{ holder: { idType: "USCC", id: "D", name: "" }, issuer: "X", issuedOn: "2026-08-01" },
        attributes: { vehicleCount: 3 },
      },
    });
  });

  test.each([
    ["an object", { a: 1 }, { a: 1, vehicleCount: 3 }],
    ["its text", '{"a":1}', { a: 1, vehicleCount: 3 }],
    ["nothing", null, { vehicleCount: 3 }],
    ["what is no object", [1], [1]],
  ])("attributes may be %s", (_, given, attributes) => {
    const row = { cz: "ISSUE", all: given, cls: 3 };
    expect(mapRow(row, { operation: "cz", attributes: "all", "attributes.vehicleCount": "cls" })).toMatchObject({
      attributes,
    });
  });

  test("an event without attributes has none (null), a new license an empty list of them", () => {
    const attributesOf = (cz: string) =>
      Object.entries(mapRow({ cz }, { operation: "cz" })).find(([name]) => name === "attributes")?.[1];
    expect([attributesOf("SUSPEND"), attributesOf("ISSUE")]).toEqual([null, {}]);
  });

  test("only fields a record has can be mapped, and those nobody can guess must be", () => {
    expect(mappingFault(mapping, false)).toBeUndefined();
    expect(mappingFault({ ...mapping, colour: "x" }, false)).toBe("mapping.colour");
    expect(mappingFault({ ...mapping, "attributes.a.b": "x" }, false)).toBe("mapping.attributes.a.b");
    const { sourceRecordId: _, ...without } = mapping;
    expect([mappingFault(without, false), mappingFault(without, true)]).toEqual(["mapping.sourceRecordId", undefined]);
    expect(mappedFields({ a: "x", b: "x", c: { value: "y" }, d: "z" })).toEqual(["x", "z"]);
  });
});

test("anything at all is read as a record without an exception, and what is no record is refused", () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), (value) => {
      const shaped = shapeRecord(value);
      // Nothing that was made up here names one of the operations.
      expect("problems" in shaped && isRefused(shaped.problems)).toBe(true);
    }),
  );
});
