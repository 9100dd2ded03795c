import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { formatBundle, maxBundleBytes, parseBundle } from "../../../src/proof/bundle/bundle.ts";

const list = `${"eyJh".repeat(30)}.${"bGlz".repeat(300)}.c2ln`;
const log = { index: 7, entry: '{"kind":"STATE"}', proof: ["AAAA"], checkpoint: "hub/log\n8\nAAAA\n" };
const keys = [{ kid: "k", purpose: "license", iss: "https://hub.example", nbf: 1 }] as const;
const whole = formatBundle({ version: 1, license: "a.b.c", statusList: list, log, keys });

/** What a reader makes of a text that has just read a bundle with this list, and one that has read another. */
function readBoth(text: string) {
  parseBundle(whole);
  const around = parseBundle(text);
  parseBundle(formatBundle({ version: 1, license: "a.b.c", statusList: "another.list.here", keys }));
  return { around, fully: parseBundle(text) };
}

const member = `"statusList":"${list}"`;
const cases: readonly (readonly [string, string])[] = [
  ["as it was", whole],
  ["the list not first", whole.replace(`${member},`, "").replace(/\}$/, `,${member}}`)],
  ["the list longer", whole.replace(list, `${list}A`)],
  ["the list with an escaped end", whole.replace(list, `${list}\\"`)],
  ["the list shorter", whole.replace(list, list.slice(0, -1))],
  ["the list changed within", whole.replace(list, list.replace("bGlz", "bGly"))],
  ["the list twice", whole.replace(member, `${member},${member}`)],
  ["the list, then an empty one", whole.replace(member, `${member},"statusList":""`)],
  ["an empty one, then the list", whole.replace(member, `"statusList":"",${member}`)],
  ["the list in the log, an empty one outside", whole.replace(member, `"log":{${member}},"\\u0073tatusList":""`)],
  ["the list in a key, an empty one outside", `{"keys":[{${member}}],"\\u0073tatusList":"","version":1,"license":"a"}`],
  ["the list in a member nobody knows", whole.replace(member, `"more":{${member}},"\\u0073tatusList":""`)],
  ["a name that ends as the member's", whole.replace(member, `"x\\${member},"\\u0073tatusList":""`)],
  ["the member in a text", whole.replace("a.b.c", `a${JSON.stringify(member).slice(1, -1)}`)],
  ["white space before the value", whole.replace(member, `"statusList": "${list}"`)],
  ["another version", whole.replace('"version":1', '"version":2')],
  ["no object", `[${whole}]`],
  ["cut short", whole.slice(0, -1)],
  ["nothing after the list", whole.slice(0, whole.indexOf(list) + list.length)],
  ["something behind", `${whole}{}`],
];

describe("a bundle with the list of the one before is read around it", () => {
  test.each(cases)("and says the same as read whole: %s", (_, text) => {
    const { around, fully } = readBoth(text);
    expect(around).toEqual(fully);
  });

  test("a whole one is whole", () => {
    expect(readBoth(whole).around).toMatchObject({ license: "a.b.c", statusList: list, log: { index: 7 } });
  });

  test("and is as large as it is with it: in bytes, whatever its signs take", () => {
    const long = `${list}.${"A".repeat(maxBundleBytes / 2)}`;
    const known = formatBundle({ version: 1, license: "", statusList: long, keys });
    const room = maxBundleBytes - known.length;
    for (const [license, isTaken] of [
      ["a".repeat(room), true],
      ["a".repeat(room + 1), false],
      ["照".repeat(Math.floor(room / 3)), true],
      ["照".repeat(Math.floor(room / 3) + 1), false],
    ] as const) {
      parseBundle(known);
      const read = parseBundle(known.replace('"license":""', `"license":"${license}"`));
      expect("code" in read ? read.code : "taken").toBe(isTaken ? "taken" : "BUNDLE_TOO_LARGE");
    }
  });

  test("and says the same when anything is put in anywhere", () => {
    const bits = fc.constantFrom(
      '"',
      "\\",
      "\\u0073",
      ",",
      ":",
      "{",
      "}",
      member,
      '"statusList":"',
      list,
      "\n",
      "é",
      "",
    );
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(40), bits, (at, cut, bit) => {
        const { around, fully } = readBoth(whole.slice(0, at) + bit + whole.slice(at + cut));
        expect(around).toEqual(fully);
      }),
      { numRuns: 500 },
    );
  });
});
