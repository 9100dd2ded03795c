import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { base64 } from "../../../src/proof/bytes/base64.ts";
import {
  decodeAnywhere,
  decodeBase64url,
  encodeAnywhere,
  encodeBase64url,
} from "../../../src/proof/bytes/base64url.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** By Node, and by a script where there is none. */
const ways = [
  ["Node", decodeBase64url, encodeBase64url],
  ["a script", decodeAnywhere, encodeAnywhere],
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
      fc.property(fc.array(signs, { maxLength: 9 }), (chosen) => {
        const text = chosen.join("");
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

test("digests in base64 are read when they are 32 bytes in their one spelling", () => {
  const signs = fc.constantFrom(...alphabet.slice(0, 62), "+", "/", "-", "_", "=", "\n");
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 30, maxLength: 34 }), signs, fc.nat(43), (bytes, sign, at) => {
      const good = base64.encode(bytes);
      expect(base64.decodeDigest(good)?.length === 32).toBe(bytes.length === 32);
      const changed = good.slice(0, at) + sign + good.slice(at + 1);
      const read = base64.decode(changed);
      expect(base64.decodeDigest(changed)).toEqual(read?.length === 32 ? Buffer.from(read) : undefined);
    }),
  );
});
