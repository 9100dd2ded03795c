import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  checkStatusOf,
  identifierCheckCharacter,
  licenseIdentifierRoot,
  makeLicenseIdentifier,
  parseLicenseIdentifier,
} from "../../../src/domain/licenses/license-identifier.ts";

const a36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const textOf = (characters: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength });
const usccShaped = fc
  .tuple(textOf(usccAlphabet, 2), textOf("0123456789", 6), textOf(usccAlphabet, 10))
  .map((parts) => parts.join(""));
const anyParts = fc.record({
  type: fc.tuple(usccShaped, textOf(a36, 3)).map((parts) => parts.join("")),
  issuer: fc.oneof(usccShaped, textOf("0123456789", 6)),
  serial: textOf(a36, 1, 30),
  version: fc.integer({ min: 0, max: 999 }),
});
const anyIdentifier = anyParts.map(makeLicenseIdentifier);
const placeIn = (text: string, from: number, ratio: number) => from + Math.floor(ratio * (text.length - from));
const anyRatio = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const worked = [
  "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
  "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
  "1.2.156.3005.2.11100000MB0143028R001.11371000004359010J.20210701000001.001.X",
];
const [standard = "", ofRegion = ""] = worked;

describe("an electronic license identifier", () => {
  test.each(worked)("%s is VALID", (text) => {
    expect(checkStatusOf(text)).toBe("VALID");
  });

  test("its parts are read", () => {
    expect(parseLicenseIdentifier(standard)).toEqual({
      type: "11100000000013338W011",
      issuer: "11430000006122244L",
      serial: "20230000403",
      version: 1,
      check: "U",
      checkValid: true,
    });
  });

  test("its issuer may be a bare region", () => {
    expect(parseLicenseIdentifier(ofRegion)).toMatchObject({ issuer: "340100", serial: "000000016", checkValid: true });
  });

  test("a wrong check character leaves it readable, with a doubt", () => {
    const text = `${standard.slice(0, -1)}V`;
    expect(parseLicenseIdentifier(text)).toMatchObject({ serial: "20230000403", check: "V", checkValid: false });
    expect(checkStatusOf(text)).toBe("INVALID");
  });

  test("a type or an issuer whose own check character is wrong is still read", () => {
    const parts = { type: "11100000MB0143029R001", issuer: "11371000004359011J", serial: "1", version: 1 };
    expect(parseLicenseIdentifier(makeLicenseIdentifier(parts))).toMatchObject(parts);
  });

  test.each([
    ["another root", standard.replace("3005.2", "3005.3")],
    ["a root without dots", standard.replace("1.2.156.3005.2", "1x2x156x3005x2")],
    ["no root", standard.slice(15)],
    ["a type of 20 characters", standard.replace("W011", "W01")],
    ["a type of 22 characters", standard.replace("W011", "W0111")],
    ["a type that does not begin like a USCC", standard.replace("11100000000013338W", "1110000A000013338W")],
    ["an issuer of 17 characters", standard.replace("11430000006122244L", "1143000000612224L")],
    ["an issuer of 18 characters that is no USCC", standard.replace("11430000006122244L", "11430000O06122244L")],
    ["an issuer of 6 letters", ofRegion.replace("340100", "34O100")],
    ["no serial", standard.replace("20230000403", "")],
    ["a serial with a hyphen", standard.replace("20230000403", "2023-403")],
    ["a lower-case serial", standard.replace("20230000403", "2023a")],
    ["a version of 2 digits", standard.replace(".001.", ".01.")],
    ["a version of 4 digits", standard.replace(".001.", ".0001.")],
    ["a version with a letter", standard.replace(".001.", ".00A.")],
    ["no check", standard.slice(0, -1)],
    ["no check and no dot", standard.slice(0, -2)],
    ["two check characters", `${standard}U`],
    ["a lower-case check", `${standard.slice(0, -1)}u`],
    ["another part", `${standard}.1`],
    ["a space before", ` ${standard}`],
    ["a line break after", `${standard}\n`],
    ["full-width dots", standard.replaceAll(".", "．")],
    ["full-width digits", standard.replace("2023", "２０２３")],
    ["lower case", standard.toLowerCase()],
    ["nothing", ""],
  ])("%s is UNPARSABLE", (_what, text) => {
    expect(parseLicenseIdentifier(text)).toBeUndefined();
    expect(checkStatusOf(text)).toBe("UNPARSABLE");
  });

  test("200 characters are the most it may have", () => {
    const parts = { type: "11100000MB0143028R001", issuer: "11371000004359010J", version: 1 };
    const spare = 200 - makeLicenseIdentifier({ ...parts, serial: "1" }).length;
    const longest = makeLicenseIdentifier({ ...parts, serial: "1".repeat(1 + spare) });
    expect(longest).toHaveLength(200);
    expect(checkStatusOf(longest)).toBe("VALID");
    expect(checkStatusOf(longest.replace(".001.", "1.001."))).toBe("UNPARSABLE");
    expect(() => makeLicenseIdentifier({ ...parts, serial: "1".repeat(2 + spare) })).toThrow(RangeError);
  });

  test("any single wrong character of type, issuer, serial, version or check is caught", () => {
    const anyCharacter = fc.string({ unit: "binary", minLength: 1, maxLength: 1 });
    const replacement = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...a36) }, anyCharacter);
    fc.assert(
      fc.property(anyIdentifier, anyRatio, replacement, (text, ratio, wrong) => {
        const at = placeIn(text, licenseIdentifierRoot.length + 1, ratio);
        fc.pre(text.charAt(at) !== "." && text.charAt(at) !== wrong);
        expect(checkStatusOf(text.slice(0, at) + wrong + text.slice(at + 1))).not.toBe("VALID");
      }),
      { numRuns: 3000 },
    );
  });

  test("any single wrong character of the root makes it UNPARSABLE", () => {
    fc.assert(
      fc.property(anyIdentifier, fc.nat({ max: licenseIdentifierRoot.length }), fc.string(), (text, at, wrong) => {
        fc.pre(text.charAt(at) !== wrong);
        expect(checkStatusOf(text.slice(0, at) + wrong + text.slice(at + 1))).toBe("UNPARSABLE");
      }),
    );
  });

  test("a dot left out, doubled, replaced or moved by one place makes it UNPARSABLE", () => {
    fc.assert(
      fc.property(anyIdentifier, fc.constantFrom(...a36, ",", "-", " "), (text, other) => {
        for (let at = text.indexOf("."); at !== -1; at = text.indexOf(".", at + 1)) {
          const [before, after] = [text.slice(0, at), text.slice(at + 1)];
          const changed = [
            before + after,
            `${before}..${after}`,
            before + other + after,
            `${before.slice(0, -1)}.${before.slice(-1)}${after}`,
            `${before}${after.slice(0, 1)}.${after.slice(1)}`,
          ];
          expect(changed.map(checkStatusOf)).toEqual(changed.map(() => "UNPARSABLE"));
        }
      }),
    );
  });
});

describe("making an identifier", () => {
  test("the worked values are made from their parts", () => {
    const made = worked.map((text) => {
      const parts = parseLicenseIdentifier(text);
      return parts && makeLicenseIdentifier(parts);
    });
    expect(made).toEqual(worked);
  });

  test("what is made is VALID and is read back as its parts", () => {
    fc.assert(
      fc.property(anyParts, (parts) => {
        const text = makeLicenseIdentifier(parts);
        expect(checkStatusOf(text)).toBe("VALID");
        expect(parseLicenseIdentifier(text)).toEqual({ ...parts, check: text.slice(-1), checkValid: true });
      }),
    );
  });

  const good = { type: "11100000MB0143028R001", issuer: "11371000004359010J", serial: "20210701000001", version: 1 };
  test.each([
    ["a short type", { type: "11100000MB0143028R" }],
    ["a type of 21 characters that does not begin like a USCC", { type: "ABCDEFGHJKLMNPQRTU001" }],
    ["an issuer that is neither USCC nor region", { issuer: "WEIHAI" }],
    ["no issuer", { issuer: "" }],
    ["no serial", { serial: "" }],
    ["a lower-case serial", { serial: "a1" }],
    ["a serial that smuggles in parts", { serial: "1.001.X" }],
    ["a serial in full-width digits", { serial: "１" }],
    ["version 1000", { version: 1000 }],
    ["a negative version", { version: -1 }],
    ["half a version", { version: 1.5 }],
    ["a version that is no number", { version: Number.NaN }],
  ])("%s is refused", (_what, change) => {
    expect(() => makeLicenseIdentifier({ ...good, ...change })).toThrow(RangeError);
  });

  test("the check character does not cover the dots: one moved from issuer into serial can stay VALID", () => {
    const ofUscc = makeLicenseIdentifier({ ...good, issuer: "11371000004359010J", serial: "7" });
    const moved = ofUscc.replace("11371000004359010J.7", "113710.00004359010J7");
    expect(checkStatusOf(moved)).toBe("VALID");
  });
});

describe("the identifier's check character", () => {
  test("every body has exactly one, and any single change of the body changes it", () => {
    fc.assert(
      fc.property(textOf(a36, 1, 60), anyRatio, fc.constantFrom(...a36), (body, ratio, other) => {
        const at = placeIn(body, 0, ratio);
        fc.pre(body.charAt(at) !== other);
        const check = identifierCheckCharacter(body);
        expect(check).toMatch(/^[0-9A-Z]$/);
        expect(identifierCheckCharacter(body.slice(0, at) + other + body.slice(at + 1))).not.toBe(check);
      }),
    );
  });

  test("run over the body and the check character itself, MOD 37,36 ends at 1", () => {
    fc.assert(
      fc.property(textOf(a36, 1, 60), (body) => {
        const carried = [...body].reduce((p, character) => (((p + a36.indexOf(character)) % 36 || 36) * 2) % 37, 36);
        expect((carried + a36.indexOf(identifierCheckCharacter(body))) % 36).toBe(1);
      }),
    );
  });

  test("all 36 characters occur", () => {
    const seen = new Set([...a36].map((character) => identifierCheckCharacter(character)));
    expect(seen.size).toBe(36);
  });

  test("a body with any other character is refused", () => {
    for (const body of ["a", "1.2", "１", "1\n", "é"]) {
      expect(() => identifierCheckCharacter(body)).toThrow(RangeError);
    }
  });
});
