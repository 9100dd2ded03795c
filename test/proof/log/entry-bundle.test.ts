import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { firstEntries, packEntries } from "../../../src/proof/log/entry-bundle.ts";

test("the first entries of a bundle are those of a narrower one, byte by byte; more than it holds there are none", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 12 }), fc.nat(12), (entries, count) => {
      const expected = count <= entries.length ? packEntries(entries.slice(0, count)) : undefined;
      expect(firstEntries(packEntries(entries), count)).toEqual(expected);
    }),
  );
});
