import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  birthDateOf,
  checkResidentId,
  maskHolderId,
  maskResidentId,
  residentIdCheckCharacter,
} from "../../src/domain/resident-id.ts";

const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: length, maxLength: length });
const anyBirthDate = fc
  .date({ min: new Date("1850-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const anyId = fc.tuple(digits(6), anyBirthDate, digits(3)).map(([region, birthDate, sequence]) => {
  const first17 = region + birthDate.replaceAll("-", "") + sequence;
  return first17 + residentIdCheckCharacter(first17);
});

describe("a resident ID", () => {
  test.each(["11010519491231002X", "440524188001010014"])("%s is valid", (text) => {
    expect(checkResidentId(text)).toEqual({ ok: true });
  });

  test("a wrong check character is a CHECK error", () => {
    expect(checkResidentId("110105194912310021")).toEqual({ ok: false, reason: "CHECK" });
  });

  test("30 February is a FORMAT error whatever the check character", () => {
    for (const check of "0123456789X") {
      expect(checkResidentId(`11010519490230002${check}`)).toEqual({ ok: false, reason: "FORMAT" });
    }
  });

  test.each([
    ["month 13", "110105194913010023"],
    ["29 February of a common year", "110105194902290023"],
    ["a lower-case x", "11010519491231002x"],
    ["X before the end", "1101051949123100X2"],
    ["another letter as check", "11010519491231002A"],
    ["the old form of 15 digits", "110105491231002"],
    ["17 digits", "11010519491231002"],
    ["19 digits", "110105194912310022X"],
    ["a space after", "11010519491231002X "],
    ["full-width characters", "１1010519491231002X"],
    ["a full-width X", "11010519491231002Ｘ"],
    ["a USCC", "91350100M000100Y43"],
    ["nothing", ""],
  ])("%s is a FORMAT error", (_what, text) => {
    expect(checkResidentId(text)).toEqual({ ok: false, reason: "FORMAT" });
  });

  test("whatever is completed with its check character is valid", () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(checkResidentId(id)).toEqual({ ok: true });
      }),
    );
  });

  test("any single wrong character is caught", () => {
    fc.assert(
      fc.property(
        anyId,
        fc.nat({ max: 17 }),
        fc.oneof(fc.constantFrom(..."0123456789X"), fc.string()),
        (id, at, wrong) => {
          fc.pre(wrong !== id.charAt(at));
          expect(checkResidentId(id.slice(0, at) + wrong + id.slice(at + 1)).ok).toBe(false);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("its digits, weighted by powers of 2 from the right with X as 10, leave 1 modulo 11", () => {
    fc.assert(
      fc.property(anyId, (id) => {
        const sum = [...id].reduce((total, digit) => (total * 2 + (digit === "X" ? 10 : Number(digit))) % 11, 0);
        expect(sum).toBe(1);
      }),
    );
  });

  test("there is no check character for what is not 17 digits, and the refusal does not repeat them", () => {
    expect(() => residentIdCheckCharacter("1101051949123100")).toThrow(RangeError);
    expect(() => residentIdCheckCharacter("11010519491231002X")).toThrow(RangeError);
    expect(() => residentIdCheckCharacter("11010519491231002X")).not.toThrow(/1949/);
  });
});

describe("a birth date", () => {
  test("it is read from the resident ID, whatever the check character", () => {
    expect(birthDateOf("11010519491231002X")).toBe("1949-12-31");
    expect(birthDateOf("110105194912310021")).toBe("1949-12-31");
    expect(birthDateOf("440524188001010014")).toBe("1880-01-01");
  });

  test("there is none where the date is impossible or the text is no resident ID", () => {
    expect(birthDateOf("110105194902300022")).toBeUndefined();
    expect(birthDateOf("91350100M000100Y43")).toBeUndefined();
    expect(birthDateOf("")).toBeUndefined();
  });

  test("it is the one the ID was made with", () => {
    fc.assert(
      fc.property(anyBirthDate, digits(6), digits(3), (birthDate, region, sequence) => {
        expect(birthDateOf(`${region}${birthDate.replaceAll("-", "")}${sequence}0`)).toBe(birthDate);
      }),
    );
  });
});

describe("a masked id", () => {
  test("a resident ID keeps its first 4 and last 2 characters", () => {
    expect(maskResidentId("11010519491231002X")).toBe("1101************2X");
    expect(maskResidentId("110105491231002")).toBe("1101*********02");
  });

  test("a text too short for a resident ID keeps nothing", () => {
    expect(maskResidentId("11010549123100")).toBe("**************");
    expect(maskResidentId("110105")).toBe("******");
    expect(maskResidentId("")).toBe("");
  });

  test("the birth date and the sequence never show", () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(maskResidentId(id)).toMatch(/^\d{4}\*{12}\d[0-9X]$/);
        expect(maskHolderId(id)).toBe(maskResidentId(id));
      }),
    );
  });

  test("a holder id that is not a valid resident ID stays as it is", () => {
    expect(maskHolderId("91371002XXXX00019E")).toBe("91371002XXXX00019E");
    expect(maskHolderId("110105194912310021")).toBe("110105194912310021");
    expect(maskHolderId("")).toBe("");
  });

  test("masking twice changes nothing more", () => {
    fc.assert(
      fc.property(fc.oneof(anyId, fc.string()), (id) => {
        expect(maskHolderId(maskHolderId(id))).toBe(maskHolderId(id));
      }),
    );
  });
});
