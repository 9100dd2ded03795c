import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isJsonObject, type JsonFault, parseStrictJson } from "../../src/proof/strict-json.ts";

const limits = { maxBytes: 10_000, maxDepth: 4 };

describe("strict JSON", () => {
  test("every JSON value with unique keys is read as JSON.parse reads it, from text and from bytes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const wide = { maxBytes: 1_000_000, maxDepth: 1000 };
        expect(parseStrictJson(text, wide)).toEqual({ value: JSON.parse(text) });
        expect(parseStrictJson(new TextEncoder().encode(text), wide)).toEqual({ value: JSON.parse(text) });
      }),
    );
  });

  test("any text at all is either read or refused, never thrown at", () => {
    const pieces = fc.array(fc.constantFrom("{", "}", "[", "]", '"', "\\", ":", ",", "a", "1", " ", "\\u0061", "\\"));
    fc.assert(
      fc.property(pieces, (texts) => {
        const result = parseStrictJson(texts.join(""), limits);
        expect("value" in result || "fault" in result).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  const refused: [string, string | Uint8Array, JsonFault][] = [
    ["a repeated key", '{"a":1,"a":1}', "JSON_DUPLICATE_KEY"],
    ["a repeated key further in", '{"b":[{"a":1,"c":{},"a":2}]}', "JSON_DUPLICATE_KEY"],
    ["a key repeated in another spelling", String.raw`{"alg":1,"\u0061lg":2}`, "JSON_DUPLICATE_KEY"],
    ["a key repeated after white space", '{"a" \n\t\r:1, "a"  : 2}', "JSON_DUPLICATE_KEY"],
    ["a repeated __proto__", '{"__proto__":1,"__proto__":2}', "JSON_DUPLICATE_KEY"],
    ["arrays nested too deeply", "[[[[[1]]]]]", "JSON_TOO_DEEP"],
    ["objects nested too deeply", '{"a":{"a":{"a":{"a":{}}}}}', "JSON_TOO_DEEP"],
    ["an endless opening", "[".repeat(9_999), "JSON_TOO_DEEP"],
    ["a text over the limit", `"${"a".repeat(10_000)}"`, "JSON_TOO_LARGE"],
    ["a text over the limit in bytes alone", `"${"证".repeat(5_000)}"`, "JSON_TOO_LARGE"],
    ["bytes over the limit", new TextEncoder().encode(`"${"a".repeat(10_000)}"`), "JSON_TOO_LARGE"],
    ["a trailing comma", '{"a":1,}', "JSON_INVALID"],
    ["a comment", "{} // no", "JSON_INVALID"],
    ["nothing", "", "JSON_INVALID"],
    ["two values", "{}{}", "JSON_INVALID"],
    ["an open string", '{"a', "JSON_INVALID"],
    ["a broken escape in a key", String.raw`{"\x":1}`, "JSON_INVALID"],
    ["a byte order mark", Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), "JSON_INVALID"],
    ["broken UTF-8", Uint8Array.of(0x22, 0xc3, 0x28, 0x22), "JSON_INVALID"],
    ["an overlong UTF-8 quote", Uint8Array.of(0xc0, 0xa2, 0xc0, 0xa2), "JSON_INVALID"],
    ["a lone surrogate in the text", '"\ud800"', "JSON_INVALID"],
  ];
  test.each(refused)("%s is refused", (_, input, fault) => {
    expect(parseStrictJson(input, limits)).toEqual({ fault });
  });

  test("the same key in two objects, a key as value and quoted brackets are no fault", () => {
    const texts = [
      String.raw`[{"a":"a","b":["a","a"]},{"a":"{\"a\":[[[[[","c":"\\"}]`,
      String.raw`{"a":"\"[[[[[","b":"\\\"]","c":"\\"}`,
      String.raw`{"a":"\",\"a\":","b\"":1,"b\\":2}`,
    ];
    for (const text of texts) expect(parseStrictJson(text, limits)).toEqual({ value: JSON.parse(text) });
  });

  test("a million opening brackets are refused without exhausting the stack", () => {
    const bytes = new TextEncoder().encode('{"a":'.repeat(1_000_000));
    expect(parseStrictJson(bytes, { maxBytes: 10_000_000, maxDepth: 32 })).toEqual({ fault: "JSON_TOO_DEEP" });
    expect(parseStrictJson(bytes, { maxBytes: 10_000_000, maxDepth: 2_000_000 })).toEqual({ fault: "JSON_INVALID" });
  });

  test("a member named __proto__ does not change what other names mean", () => {
    const result = parseStrictJson('{"__proto__":{"alg":"none"}}', limits);
    expect("value" in result && isJsonObject(result.value) && result.value["alg"]).toBe(undefined);
  });

  test("only objects are objects", () => {
    expect([{}, [], null, "a", 1, undefined].map(isJsonObject)).toEqual([true, false, false, false, false, false]);
  });
});
