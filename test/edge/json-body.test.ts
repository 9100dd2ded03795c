import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseJsonBody, shapeCounter } from "../../src/edge/guard/json-body.ts";
import { HubError } from "../../src/errors.ts";
import { standardLimits } from "../../src/limits.ts";

const limits = { ...standardLimits, maxBodyDepth: 5, maxBodyValues: 20 };

/** The limit a text breaks when it comes in these pieces. */
function broken(pieces: readonly Buffer[]): unknown {
  const count = shapeCounter(limits);
  try {
    for (const piece of pieces) count(piece);
  } catch (error) {
    if (error instanceof HubError) return error.details["name"];
    throw error;
  }
  return undefined;
}

describe("the shape of a body", () => {
  test.each([
    ["[[[[[1]]]]]", undefined],
    ["[[[[[[1]]]]]]", "maxBodyDepth"],
    ["[],[],[],[],[],[],[],[]", undefined],
    [`[${"1,".repeat(19)}1]`, undefined],
    [`[${"1,".repeat(20)}1]`, "maxBodyValues"],
    ['{"a":"[[[[[[[[,,,,,,,,,,,,,,,,,,,,,,,"}', undefined],
    ['{"a":"\\"[[[[[[["}', undefined],
    ['{"a":"\\\\"}[[[[[[', "maxBodyDepth"],
    ['"', undefined],
    ["", undefined],
  ])("%s", (text, expected) => {
    expect(broken([Buffer.from(text)])).toBe(expected);
  });

  test("is told alike however the body is cut", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[[\]{},"\\a证]{0,80}$/), fc.array(fc.nat(200)), (text, cuts) => {
        const bytes = Buffer.from(text);
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
        expect(broken(pieces)).toBe(broken([bytes]));
      }),
    );
  });

  test("of any JSON counts its levels and its values", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        const depthOf = (value: unknown): number =>
          typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
        const isDeep = depthOf(JSON.parse(text)) > limits.maxBodyDepth;
        expect(broken([Buffer.from(text)]) !== undefined || !isDeep).toBe(true);
      }),
    );
  });
});

test("a key that means something to JavaScript is a key like any other", () => {
  const parsed = parseJsonBody(Buffer.from('{"__proto__":{"admin":true},"constructor":1}'));
  expect(Object.keys(Object(parsed))).toEqual(["__proto__", "constructor"]);
  expect(Object.getPrototypeOf(parsed)).toBe(Object.getPrototypeOf(JSON.parse("{}")));
});
