import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { sha256Base64url } from "../../src/proof/bytes/sha256.ts";
import { canonicalJson, digestOf } from "../../src/proof/canonical-json.ts";

describe("canonical JSON", () => {
  test("the example of RFC 8785 §3.2.2 has the text printed there", () => {
    const value: unknown = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`);
    const expected = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;
    expect(canonicalJson(value)).toBe(expected);
  });

  test("members are sorted by UTF-16 units, as in RFC 8785 §3.2.3", () => {
    const value = { "\u20ac": 5, "\r": 1, "\ufb33": 7, "1": 2, "\ud83d\ude00": 6, "\u0080": 3, "\u00f6": 4 };
    const expected = '{"\\r":1,"1":2,"\u0080":3,"\u00f6":4,"\u20ac":5,"\ud83d\ude00":6,"\ufb33":7}';
    expect(canonicalJson(value)).toBe(expected);
  });

  test.each([
    [0, "0"],
    [-0, "0"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [9007199254740992, "9007199254740992"],
    [295147905179352830000, "295147905179352830000"],
    [1e21, "1e+21"],
    [0.000001, "0.000001"],
    [1e-7, "1e-7"],
  ])("the number %p is written as RFC 8785 appendix B does", (number, text) => {
    expect(canonicalJson(number)).toBe(text);
  });

  test("the order of members does not change the text", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
      }),
    );
  });

  test("the canonical text says the same as the value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test.each([
    ["undefined", undefined],
    ["not a number", { a: Number.NaN }],
    ["infinity", [Number.POSITIVE_INFINITY]],
    ["a lone surrogate", "\ud800"],
    ["a lone surrogate in a name", { "\udc00": 1 }],
    ["a function", { a: { b: () => 1 } }],
    ["a big integer", { a: 1n }],
    ["nesting without end", JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)],
  ])("%s is refused with a code", (_, value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
  });

  test("a cycle is refused with a code", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => canonicalJson(cycle)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
  });
});

describe("digests", () => {
  test("SHA-256 of abc is the one of FIPS 180-4", () => {
    const expected = Buffer.from("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "hex");
    expect(sha256Base64url("abc")).toBe(expected.toString("base64url"));
    expect(sha256Base64url(new TextEncoder().encode("abc"))).toBe(expected.toString("base64url"));
  });

  test("a text is hashed as UTF-8 and a value by its canonical text", () => {
    expect(sha256Base64url("证照")).toBe(sha256Base64url(new TextEncoder().encode("证照")));
    expect(digestOf({ b: 1, a: undefined })).toBe(sha256Base64url('{"b":1}'));
  });
});
