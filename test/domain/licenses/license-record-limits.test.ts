import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { licenseOperations } from "../../../src/domain/licenses/license.ts";
import { checkForm, type RawRecord, recordLimits } from "../../../src/domain/licenses/license-record.ts";
import { problemTable } from "../../../src/domain/licenses/problem.ts";
import { canonicalJson } from "../../../src/proof/canonical-json.ts";
import { now, rawEvent, rawIssue } from "./records.ts";

const problemsOf = (raw: RawRecord) => checkForm(raw, now).problems.map(({ code, path }) => `${code} ${path}`.trim());
const attributesOf = (attributes: unknown) => problemsOf(rawIssue({ attributes }));
const holder = { idType: "USCC", id: "91371002XXXX00019E", name: "威海环海旅行社有限责任公司" } as const;

/** Objects, or lists, inside each other; `leaf` in the innermost. */
function nested(levels: number, leaf: unknown, wrap: (inner: unknown) => unknown = (a) => ({ a })): unknown {
  let value = leaf;
  for (let level = 0; level < levels; level += 1) value = wrap(value);
  return value;
}

describe("the size of a record", () => {
  const roomFor = 64 * 1024 - Buffer.byteLength(JSON.stringify(rawIssue({ attributes: { a: "" } })));

  test("may be 64 KiB and not a byte more", () => {
    expect(attributesOf({ a: "x".repeat(roomFor) })).toEqual([]);
    expect(attributesOf({ a: "x".repeat(roomFor + 1) })).toEqual(["RECORD_TOO_LARGE"]);
  });

  test("is counted in UTF-8 bytes, not in characters", () => {
    expect(attributesOf({ a: "证".repeat(Math.floor(roomFor / 3)) })).toEqual([]);
    expect(attributesOf({ a: "证".repeat(Math.floor(roomFor / 3) + 1) })).toEqual(["RECORD_TOO_LARGE"]);
  });

  test("is that of the whole record, whatever field fills it, and of an event too", () => {
    expect(problemsOf(rawIssue({ region: "1".repeat(66_000) }))).toEqual(["RECORD_TOO_LARGE"]);
    expect(problemsOf(rawEvent({ attributes: { a: "x".repeat(66_000) } }))).toEqual(["RECORD_TOO_LARGE"]);
  });

  test("stops every other check: nothing of it is read", () => {
    const raw = rawIssue({ number: "", holder: null, attributes: { a: "\0".repeat(70_000) } });
    expect(problemsOf(raw)).toEqual(["RECORD_TOO_LARGE"]);
  });
});

describe("nesting of the attributes", () => {
  test("may be eight levels deep and not nine, in objects as in lists, with something inside or not", () => {
    for (const leaf of [1, {}, []]) {
      const own = typeof leaf === "object" ? 1 : 0;
      for (const wrap of [(a: unknown) => ({ a }), (a: unknown) => [a]]) {
        const deepest = { b: nested(7 - own, leaf, wrap), c: 1 };
        expect(attributesOf(deepest)).toEqual([]);
        expect(attributesOf({ b: nested(8 - own, leaf, wrap), c: 1 })).toEqual(["RECORD_TOO_LARGE attributes"]);
      }
    }
  });

  test("of 100,000 levels is refused, not an overflow", () => {
    expect(attributesOf(nested(100_000, 1))).toEqual(["RECORD_TOO_LARGE attributes"]);
    expect(attributesOf({ a: nested(100_000, 1, (a) => [a]) })).toEqual(["RECORD_TOO_LARGE attributes"]);
    expect(problemsOf(rawEvent({ attributes: nested(100_000, 1) }))).toEqual(["RECORD_TOO_LARGE attributes"]);
  });

  test("may be wide, up to 1,000 members in all: 200,000 are too large, not an overflow", () => {
    expect(attributesOf({ a: Array.from({ length: 999 }, () => 1) })).toEqual([]);
    expect(attributesOf({ a: Array.from({ length: 1_000 }, () => 1) })).toEqual(["RECORD_TOO_LARGE attributes"]);
    expect(attributesOf({ a: Array.from({ length: 200_000 }, () => 1) })).toEqual(["RECORD_TOO_LARGE attributes"]);
  });
});

describe("a long field", () => {
  const fields: readonly (readonly [string, number, (text: string) => RawRecord])[] = [
    ["sourceRecordId", 200, (sourceRecordId) => rawIssue({ sourceRecordId })],
    ["identifier", 200, (identifier) => rawIssue({ identifier })],
    ["predecessor", 200, (predecessor) => rawIssue({ operation: "RENEW", predecessor })],
    ["number", 200, (number) => rawIssue({ number })],
    ["holder.id", 40, (id) => rawIssue({ holder: { ...holder, id } })],
    ["holder.name", 400, (name) => rawIssue({ holder: { ...holder, name } })],
    ["reason", 2000, (reason) => rawEvent({ reason })],
    ["signature", 1000, (signature) => rawIssue({ signature })],
  ];

  test.each(fields)("%s of more than %i characters is refused by its name", (path, most, record) => {
    expect(problemsOf(record("A".repeat(most)))).toEqual([]);
    expect(problemsOf(record("A".repeat(most + 1)))).toEqual([`RECORD_TOO_LARGE ${path}`]);
  });

  test("every one of them is named", () => {
    expect(fields.map(([path]) => path).toSorted()).toEqual(Object.keys(recordLimits.maxCharacters).toSorted());
    const long = "A".repeat(2001);
    const raw = rawIssue({ sourceRecordId: long, identifier: long, holder: { ...holder, id: long }, reason: long });
    expect(problemsOf(raw)).toEqual(
      ["sourceRecordId", "identifier", "holder.id", "reason"].map((path) => `RECORD_TOO_LARGE ${path}`),
    );
  });

  test("in the attributes is the schema's business, but a name of more than 200 characters is not repeated", () => {
    expect(attributesOf({ ["a".repeat(200)]: "\0" })).toEqual([`TEXT_CONTROL_CHARACTER attributes.${"a".repeat(200)}`]);
    expect(attributesOf({ a: { ["a".repeat(201)]: ["\0", "\0"] } })).toEqual(["RECORD_TOO_LARGE attributes.a"]);
  });
});

describe("a text", () => {
  const forbidden = [
    ...["\0", "\t", "\n", "\r", "\u001b", "\u001f", "\u007f", "\u0080", "\u009f"],
    ...["\ud800", "\udfff", "\udc00\ud800", "\u202a", "\u202e", "\u2066", "\u2069", "\ufffe", "\uffff"],
  ];
  test.each(forbidden)("may not hold %j", (character) => {
    const text = `海${character}韵`;
    expect(problemsOf(rawIssue({ holder: { ...holder, name: text } }))).toEqual(["TEXT_CONTROL_CHARACTER holder.name"]);
    expect(attributesOf({ a: [{ b: text }] })).toEqual(["TEXT_CONTROL_CHARACTER attributes.a.0.b"]);
    expect(problemsOf(rawEvent({ reason: text }))).toEqual(["TEXT_CONTROL_CHARACTER reason"]);
    expect(problemsOf(rawEvent({ number: text }))).toEqual(["TEXT_CONTROL_CHARACTER number"]);
  });

  test.each(["𠮷", "ß", "a b", "　", "😀", "\u200d", "é", "（海韵）"])("may hold %j", (character) => {
    expect(problemsOf(rawIssue({ holder: { ...holder, name: `海${character}韵` } }))).toEqual([]);
  });

  test("that names an attribute is checked too, and reported at its parent without being repeated", () => {
    for (const character of forbidden) {
      expect(attributesOf({ [`a${character}`]: 1 })).toEqual(["TEXT_CONTROL_CHARACTER attributes"]);
      expect(attributesOf({ list: [{ [character]: { b: "\0" } }] })).toEqual([
        "TEXT_CONTROL_CHARACTER attributes.list.0",
      ]);
    }
  });

  test("under __proto__ or constructor is checked like any other", () => {
    const attributes: unknown = JSON.parse('{"__proto__":{"x":"\\u0000"},"constructor":"\\u0007"}');
    expect(attributesOf(attributes).toSorted()).toEqual([
      "TEXT_CONTROL_CHARACTER attributes.__proto__.x",
      "TEXT_CONTROL_CHARACTER attributes.constructor",
    ]);
  });

  test("is reported together with what else is wrong", () => {
    const raw = rawIssue({ number: "\u0007", issuedOn: "2025-02-30", attributes: ["\u0000"] });
    expect(problemsOf(raw).toSorted()).toEqual([
      "ATTRIBUTE_INVALID attributes",
      "DATE_INVALID issuedOn",
      "TEXT_CONTROL_CHARACTER attributes.0",
      "TEXT_CONTROL_CHARACTER number",
    ]);
  });
});

describe("a number", () => {
  test("too large for JSON is refused where it stands, in an event too: nothing could be signed or compared", () => {
    const attributes: unknown = JSON.parse('{"a":[1,1e400,-1e400],"b":1e308}');
    expect(attributesOf(attributes).toSorted()).toEqual([
      "ATTRIBUTE_INVALID attributes.a.1",
      "ATTRIBUTE_INVALID attributes.a.2",
    ]);
    expect(problemsOf(rawEvent({ attributes: { a: Number.NaN } }))).toEqual(["ATTRIBUTE_INVALID attributes.a"]);
  });
});

describe("at most 20 problems", () => {
  test.each([
    ["texts", { attributes: { a: Array.from({ length: 500 }, () => "\0") } }],
    ["names", { attributes: Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`${n}\0`, 1])) }],
    ["numbers", { attributes: { a: Array.from({ length: 500 }, () => Number.NaN) } }],
  ])("are reported, however many %s are wrong", (_what, changes) => {
    expect(checkForm(rawIssue({ ...changes, number: "" }), now).problems).toHaveLength(20);
  });
});

describe("whatever is sent", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.constantFrom("", " ", "2026-02-30", "2026-02-28", "2026-02-28T10:00:00Z", "\ud800", "A".repeat(300)),
  );
  const optional = fc.option(text, { freq: 4 });
  const raws: fc.Arbitrary<RawRecord> = fc.record({
    ...{ operation: fc.constantFrom(...licenseOperations), sourceRecordId: text, sourceUpdatedAt: text },
    ...{ licenseType: text, issuer: text, identifier: optional, number: optional, region: optional, reason: optional },
    ...{ issuedOn: optional, validFrom: optional, validUntil: optional, effectiveOn: optional, outcome: optional },
    predecessor: optional,
    holder: fc.option(fc.record({ idType: fc.constantFrom("USCC", "RESIDENT_ID"), id: text, name: text })),
    attributes: fc.anything({ key: text, maxDepth: 10, values: [text, fc.double(), fc.boolean(), fc.constant(null)] }),
  });

  test("is answered with a record or with problems of the table, never both, never an exception", () => {
    fc.assert(
      fc.property(raws, (raw) => {
        const { problems, record } = checkForm(raw, now);
        expect(record === undefined).toBe(problems.length > 0);
        expect(problems.length).toBeLessThanOrEqual(recordLimits.maxProblems);
        for (const { code, path } of problems) {
          expect(problemTable[code].severity).toBe("ERROR");
          expect(path.isWellFormed() && !/\p{Cc}/u.test(path)).toBe(true);
        }
      }),
    );
  });

  test("in attributes that pass has a canonical text: nothing later can stumble over it", () => {
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(fc.jsonValue({ maxDepth: 9 }), fc.double(), text)), (attributes) => {
        for (const raw of [rawIssue({ attributes }), rawEvent({ attributes })])
          if (checkForm(raw, now).record) expect(canonicalJson(raw)).toContain('"attributes":');
      }),
    );
  });
});
