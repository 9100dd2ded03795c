import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isRefused } from "../../../src/domain/licenses/problem.ts";
import { mapForeignRow, mappedColumns } from "../../../src/domain/mapping/map-foreign-row.ts";
import { type Mapping, parseMapping } from "../../../src/domain/mapping/mapping.ts";
import { foreignDate, foreignInstant } from "../../../src/domain/sources/foreign-values.ts";
import { rowReader, shapeRecord } from "../../../src/domain/sources/record-shape.ts";
import {
  mappingOf,
  parseSource,
  positionFields,
  type RestPlace,
  type SqlPlace,
} from "../../../src/domain/sources/source.ts";

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

const view: SqlPlace = {
  kind: "POSTGRESQL",
  host: "db.example",
  database: "d",
  user: "u",
  tls: true,
  view: "v",
  updatedAt: "at",
  id: "id",
};
const service: RestPlace = {
  kind: "REST",
  url: "https://a.example/licenses",
  tokenUrl: "https://a.example/token",
  account: "a",
  secret: "s",
};

const columns = {
  bh: "sourceRecordId",
  gx: "sourceUpdatedAt",
  cz: { field: "operation", values: { 发证: "ISSUE" } },
  lx: "licenseType",
  dm: "holder.id",
  mc: "holder.name",
  rq: ["issuedOn", "validFrom"],
  zz: "validUntil",
  cls: "attributes.vehicleCount",
  fw: { field: "attributes.scope", as: "list", separator: "；" },
};
const constants = { "holder.idType": "USCC", issuer: "X" };
/** The same, in the older spelling, which knows no translations. */
const flat = {
  sourceRecordId: "bh",
  sourceUpdatedAt: "gx",
  operation: "cz",
  licenseType: "lx",
  "holder.id": "dm",
  "holder.idType": { value: "USCC" },
  "holder.name": "mc",
  issuer: { value: "X" },
  issuedOn: "rq",
  validFrom: "rq",
  validUntil: "zz",
  "attributes.vehicleCount": "cls",
  "attributes.scope": "fw",
};

function mapped(row: Readonly<Record<string, unknown>>, json: unknown) {
  return mapForeignRow(parsed(json), row);
}
function parsed(json: unknown): Mapping {
  const read = parseMapping(json);
  if ("fault" in read) throw new Error(read.fault.en);
  return read.value;
}
function faultOf(mapping: unknown, place: SqlPlace | RestPlace = service): string | undefined {
  const read = parseSource({ id: "transport-view", name: "视图", client: "transport", place, mapping });
  return "fault" in read ? read.fault : undefined;
}

describe("a row under our names", () => {
  const row = {
    bh: 7,
    gx: "2026-08-01 09:30:00",
    cz: "发证",
    lx: "t",
    dm: "d",
    mc: "",
    rq: "2026年8月1日",
    zz: "长期",
    cls: 3,
    fw: "货运；客运",
  };

  test("is read as a file's row is: codes, days, translations, lists; a number of an attribute stays one", () => {
    expect(rowReader({ place: service, mapping: { columns, constants } })(row)).toEqual({
      raw: {
        sourceRecordId: "7",
        sourceUpdatedAt: "2026-08-01T09:30:00+08:00",
        operation: "ISSUE",
        licenseType: "T",
        holder: { id: "D", idType: "USCC", name: "" },
        issuer: "X",
        issuedOn: "2026-08-01",
        validFrom: "2026-08-01",
        attributes: { vehicleCount: 3, scope: ["货运", "客运"] },
      },
    });
  });

  test("is the same record in both spellings", () => {
    const plain = { ...row, cz: "ISSUE", fw: "货运" };
    const { cz: _cz, fw: _fw, ...rest } = columns;
    const same = { columns: { ...rest, cz: "operation", fw: "attributes.scope" }, constants };
    expect(mapped(plain, flat)).toEqual(mapped(plain, same));
  });

  test("keeps what can not be read as it came, for the record's own check", () => {
    const odd = { ...row, rq: "2026-02-30", cz: "吊销", fw: { a: 1 }, bh: [1] };
    expect(mapped(odd, { columns, constants })).toMatchObject({
      issuedOn: "2026-02-30",
      operation: "吊销",
      sourceRecordId: [1],
      attributes: { scope: { a: 1 } },
    });
  });

  test.each([
    ["an object", { a: 1 }, { a: 1, vehicleCount: 3 }],
    ["its text", '{"a":1}', { a: 1, vehicleCount: 3 }],
    ["nothing", null, { vehicleCount: 3 }],
    ["what is no object", [1], [1]],
  ])("attributes may be %s", (_, given, attributes) => {
    const one = { cz: "ISSUE", all: given, cls: 3 };
    const mapping = { columns: { cz: "operation", all: "attributes", cls: "attributes.vehicleCount" } };
    expect(mapped(one, mapping)).toMatchObject({ attributes });
  });

  test("an event without attributes has none, a new license an empty list of them; the kind alone makes no holder", () => {
    const mapping = { columns: { cz: "operation" }, constants: { "holder.idType": "USCC" } };
    expect([mapped({ cz: "SUSPEND" }, mapping), mapped({ cz: "ISSUE" }, mapping)]).toEqual([
      { operation: "SUSPEND" },
      { operation: "ISSUE", attributes: {} },
    ]);
  });
});

describe("the mapping of a source", () => {
  const { sourceRecordId: _id, ...without } = flat;

  test("is stored in one spelling, whichever it came in", () => {
    const facts = { id: "transport-view", name: "视图", client: "transport", place: service };
    const [one, other] = [flat, { columns, constants }].map((mapping) => parseSource({ ...facts, mapping }));
    expect(one).toMatchObject({
      source: { mapping: { columns: { bh: ["sourceRecordId"], rq: ["issuedOn", "validFrom"] }, constants } },
    });
    expect(other).toMatchObject({ source: { mapping: { columns, constants } } });
  });

  test.each<[string, unknown, RestPlace | SqlPlace, string | undefined]>([
    ["whole", flat, service, undefined],
    ["an unknown field", { ...flat, colour: "x" }, service, "mapping.colour"],
    ["an unknown field among columns", { columns: { ...columns, x: "colour" }, constants }, service, "mapping.colour"],
    ["a column that no database has", { ...flat, region: "(select 1)" }, view, "mapping.region"],
    ["without the record's name, of a service", without, service, "mapping.sourceRecordId"],
    ["without the record's name, of a view, whose position tells it", without, view, undefined],
    ["without an issuer", { columns, constants: { "holder.idType": "USCC" } }, service, "mapping.issuer"],
    [
      "a fixed text that is too long",
      { columns, constants: { ...constants, reason: "x".repeat(401) } },
      service,
      "mapping.reason",
    ],
    ["a row of headings", { columns, constants, headerRow: 2 }, service, "mapping.headerRow"],
    ["no mapping", undefined, service, "mapping.operation"],
  ])("%s: %#", (_, mapping, place, fault) => {
    expect(faultOf(mapping, place)).toBe(fault);
  });

  test("of a view reads the position where it names no other", () => {
    const mapping = mappingOf({ place: view, mapping: { columns: { x: "operation", y: ["number", "reason"] } } });
    expect(mappedColumns(mapping)).toEqual(["x", "y", positionFields.id, positionFields.at]);
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
