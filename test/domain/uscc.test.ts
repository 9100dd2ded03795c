import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  checkUscc,
  isOrganisationCode,
  organisationCheckCharacter,
  usccCheckCharacter,
} from "../../src/domain/uscc.ts";

const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const textOf = (characters: string, length: number) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength: length, maxLength: length });
const first17 = fc
  .tuple(textOf(alphabet, 2), textOf("0123456789", 6), textOf(alphabet, 9))
  .map((parts) => parts.join(""));
const anyUscc = first17.map((first) => first + usccCheckCharacter(first));

/** Positions 9 to 17 completed to a right organisation code before the outer check is computed. */
const soundUscc = fc
  .tuple(textOf(alphabet, 2), textOf("0123456789", 6), textOf(alphabet, 8))
  .map(([head, region, body]) => {
    const first = head + region + body + organisationCheckCharacter(body);
    return first + usccCheckCharacter(first);
  });

const base36Value = (character: string) => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".indexOf(character);

describe("a unified social credit code", () => {
  test.each([
    "11371000004359010J",
    "11100000MB0143028R",
    "91371002XXXX00019E",
    "92371082XXXX00035W",
    "91350100M000100Y43",
  ])("%s is valid", (text) => {
    expect(checkUscc(text)).toMatchObject({ ok: true });
  });

  test.each(["11371000004359010J", "11100000MB0143028R", "91371002XXXX00019E", "92371082XXXX00035W"])(
    "%s holds a valid organisation code",
    (text) => {
      expect(checkUscc(text)).toEqual({ ok: true, organisationCodeValid: true });
    },
  );

  test("91371002XXXX00010J is valid although its organisation code is not", () => {
    expect(checkUscc("91371002XXXX00010J")).toEqual({ ok: true, organisationCodeValid: false });
  });

  test("a wrong check character is a CHECK error", () => {
    expect(checkUscc("91350100M000100Y44")).toEqual({ ok: false, reason: "CHECK" });
  });

  test.each([
    ["an illegal letter", "9135O100M000100Y43"],
    ["an illegal letter in the organisation code", "91350100O000100Y43"],
    ["an illegal check letter", "91350100M000100Y4Z"],
    ["a letter in the region", "9135010AM000100Y43"],
    ["lower case", "91350100m000100y43"],
    ["17 characters", "91350100M000100Y4"],
    ["19 characters", "91350100M000100Y433"],
    ["a space after", "91350100M000100Y43 "],
    ["a line break for the check", "91350100M000100Y4\n"],
    ["hyphens", "91350100-M000100Y4"],
    ["full-width characters", "９１350100M000100Y43"],
    ["a full-width check character", "91350100M000100Y4３"],
    ["nothing", ""],
  ])("%s is a FORMAT error", (_what, text) => {
    expect(checkUscc(text)).toEqual({ ok: false, reason: "FORMAT" });
  });

  test.each([..."IOSVZ"])("the letter %s is illegal at every place", (letter) => {
    for (let at = 0; at < 18; at += 1) {
      const text = `${"91350100M000100Y43".slice(0, at)}${letter}${"91350100M000100Y43".slice(at + 1)}`;
      expect(checkUscc(text)).toEqual({ ok: false, reason: "FORMAT" });
    }
  });

  test("a region that does not exist is accepted", () => {
    const first = "91000000M000100Y4";
    expect(checkUscc(first + usccCheckCharacter(first))).toMatchObject({ ok: true });
  });

  test("whatever is completed with its check character is valid", () => {
    fc.assert(
      fc.property(anyUscc, soundUscc, (any, sound) => {
        expect(checkUscc(any)).toMatchObject({ ok: true });
        expect(checkUscc(sound)).toEqual({ ok: true, organisationCodeValid: true });
      }),
    );
  });

  test("any single wrong character is caught", () => {
    fc.assert(
      fc.property(
        anyUscc,
        fc.nat({ max: 17 }),
        fc.oneof(fc.constantFrom(...alphabet), fc.string()),
        (text, at, wrong) => {
          fc.pre(wrong !== text.charAt(at));
          expect(checkUscc(text.slice(0, at) + wrong + text.slice(at + 1)).ok).toBe(false);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("two different neighbours swapped are caught", () => {
    fc.assert(
      fc.property(anyUscc, fc.nat({ max: 15 }), (text, at) => {
        fc.pre(text.charAt(at) !== text.charAt(at + 1));
        const swapped = text.slice(0, at) + text.charAt(at + 1) + text.charAt(at) + text.slice(at + 2);
        expect(checkUscc(swapped).ok).toBe(false);
      }),
    );
  });

  test("its values, weighted by powers of 3, and its check character sum to 0 modulo 31", () => {
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].filter((letter) => !"IOSVZ".includes(letter));
    const values = new Map([..."0123456789", ...letters].map((character, value) => [character, BigInt(value)]));
    fc.assert(
      fc.property(anyUscc, (text) => {
        const value = (at: number) => values.get(text.charAt(at)) ?? 0n;
        let sum = value(17);
        for (let at = 0; at < 17; at += 1) sum += value(at) * 3n ** BigInt(at);
        expect(sum % 31n).toBe(0n);
      }),
    );
  });

  test("there is no check character for what is not the start of a code", () => {
    expect(usccCheckCharacter("91350100M000100Y4")).toBe("3");
    expect(usccCheckCharacter("00000000000000000")).toBe("0");
    expect(usccCheckCharacter("91350100M000100Y")).toBeUndefined();
    expect(usccCheckCharacter("91350100M000100Y43")).toBeUndefined();
    expect(usccCheckCharacter("9135O100M000100Y4")).toBeUndefined();
    expect(usccCheckCharacter("")).toBeUndefined();
  });
});

describe("an organisation code", () => {
  test.each(["00435901-0", "D2143569-X", "004359010", "D2143569X"])("%s is valid", (text) => {
    expect(isOrganisationCode(text)).toBe(true);
  });

  test.each([
    ["a wrong check digit", "00435901-1"],
    ["a wrong check letter", "D2143569-0"],
    ["lower case", "d2143569-X"],
    ["a lower-case check", "D2143569-x"],
    ["two hyphens", "D2143569--X"],
    ["a hyphen elsewhere", "D214-3569X"],
    ["no check", "D2143569"],
    ["a hyphen for the check", "D2143569-"],
    ["full-width characters", "Ｄ2143569-X"],
    ["a line break after", "D2143569-X\n"],
    ["nothing", ""],
  ])("%s is not valid", (_what, text) => {
    expect(isOrganisationCode(text)).toBe(false);
  });

  test("any 8 characters have exactly one check character", () => {
    const anyBody = textOf("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 8);
    fc.assert(
      fc.property(anyBody, (body) => {
        const valid = [..."0123456789X"].filter((check) => isOrganisationCode(body + check));
        expect(valid).toEqual([organisationCheckCharacter(body)]);
      }),
    );
  });

  test("its values, weighted, and its check with X as 10 sum to 0 modulo 11", () => {
    const anyBody = textOf("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 8);
    fc.assert(
      fc.property(anyBody, (body) => {
        const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = [...body].map(base36Value);
        const check = organisationCheckCharacter(body);
        const sum = 3 * a + 7 * b + 9 * c + 10 * d + 5 * e + 8 * f + 4 * g + 2 * h;
        expect((sum + (check === "X" ? 10 : Number(check))) % 11).toBe(0);
      }),
    );
  });

  test("there is no check character for what is not 8 characters of 0-9 A-Z", () => {
    expect(() => organisationCheckCharacter("D214356")).toThrow(RangeError);
    expect(() => organisationCheckCharacter("D21435699")).toThrow(RangeError);
    expect(() => organisationCheckCharacter("d2143569")).toThrow(RangeError);
  });
});
