import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodeBase64url, encodeBase64url } from "../../../src/proof/bytes/base64url.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

describe("base64url", () => {
  test("writes what Node writes, and reads it again", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = encodeBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64url"));
        expect(decodeBase64url(text)).toEqual(Uint8Array.from(bytes));
      }),
    );
  });

  test("reads exactly the texts that Node would write", () => {
    const signs = fc.constantFrom(...alphabet, "=", "+", "/", " ", "\n", "é", "证", "\u0141", "\0");
    fc.assert(
      fc.property(fc.array(signs, { maxLength: 9 }), (chosen) => {
        const text = chosen.join("");
        const isCanonical = Buffer.from(text, "base64url").toString("base64url") === text;
        expect(decodeBase64url(text) !== undefined).toBe(isCanonical);
      }),
      { numRuns: 2_000 },
    );
  });

  test("refuses every second spelling of one, two and three bytes", () => {
    const spellings = (length: number) =>
      [...alphabet].map((last) => `${"A".repeat(length - 1)}${last}`).filter((text) => decodeBase64url(text));
    expect([2, 3, 4].map((length) => spellings(length).length)).toEqual([4, 16, 64]);
    expect(decodeBase64url("A")).toBeUndefined();
    expect(decodeBase64url("AAAAA")).toBeUndefined();
  });

  test("an empty text is no bytes", () => {
    expect(decodeBase64url("")).toEqual(new Uint8Array(0));
    expect(encodeBase64url(new Uint8Array(0))).toBe("");
  });
});
