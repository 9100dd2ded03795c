import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { base64 } from "../../../src/proof/bytes/base64.ts";
import { decodeBase64url, decodeSigns, encodeAnywhere, encodeBase64url } from "../../../src/proof/bytes/base64url.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** By Node, and by a script where there is none. */
const ways = [
  ["Node", decodeBase64url, encodeBase64url],
  ["a script", (text: string) => decodeSigns(text, text.length, "base64url"), encodeAnywhere],
] as const;

describe.each(ways)("base64url by %s", (_, decode, encode) => {
  test("writes what Node writes, and reads it again", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = encode(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64url"));
        expect(decode(text)).toEqual(Uint8Array.from(bytes));
      }),
    );
  });

  test("reads exactly the texts that Node would write", () => {
    const signs = fc.constantFrom(...alphabet, "=", "+", "/", " ", "\n", "é", "证", "\u0141", "\0");
    fc.assert(
      fc.property(fc.array(signs, { maxLength: 9 }), fc.constantFrom(0, 64), (chosen, before) => {
        const text = "A".repeat(before) + chosen.join("");
        const isCanonical = Buffer.from(text, "base64url").toString("base64url") === text;
        expect(decode(text) !== undefined).toBe(isCanonical);
      }),
      { numRuns: 2_000 },
    );
  });

  test("refuses every second spelling of one, two and three bytes", () => {
    const spellings = (length: number) =>
      [...alphabet].map((last) => `${"A".repeat(length - 1)}${last}`).filter((text) => decode(text));
    expect([2, 3, 4].map((length) => spellings(length).length)).toEqual([4, 16, 64]);
    expect(decode("A")).toBeUndefined();
    expect(decode("AAAAA")).toBeUndefined();
  });

  test("an empty text is no bytes", () => {
    expect(decode("")).toEqual(new Uint8Array(0));
    expect(encode(new Uint8Array(0))).toBe("");
  });
});

test("base64 is read exactly as Node would write it", () => {
  const signs = fc.constantFrom(..."AQZagz059", "+", "/", "-", "_", "=", " ", "é", "证", "\u0141");
  fc.assert(
    fc.property(fc.array(signs, { maxLength: 9 }), (chosen) => {
      const text = chosen.join("");
      const bytes = Buffer.from(text, "base64");
      expect(base64.decode(text)).toEqual(bytes.toString("base64") === text ? Uint8Array.from(bytes) : undefined);
    }),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(base64.decode(base64.encode(bytes))).toEqual(Uint8Array.from(bytes));
    }),
  );
});
