import { describe, expect, test } from "@jest/globals";
import { differencesOf, maskedSide, type SideFields } from "../../../src/domain/conflicts/side.ts";

const person = "11010519491231002X";
const side = (changes: Partial<SideFields> = {}): SideFields => ({
  ...{ licenseType: "t", number: "n", issuer: "i", region: null, issuedOn: "2026-11-01", validFrom: "2026-11-01" },
  ...{ validUntil: null, predecessor: null, attributes: { scope: "国内" } },
  holder: { idType: "USCC", id: "91371002XXXX00019E", name: "威海环海旅行社有限责任公司" },
  ...changes,
});

describe("two sides", () => {
  test("that say the same have no difference, in whichever order", () => {
    const one = side({ attributes: { a: { x: 1, y: [1, 2] }, b: null } });
    expect(differencesOf(one, side({ attributes: { a: { y: [1, 2], x: 1 } } }))).toEqual([]);
  });

  test("differ field by field, also in what only one of them has", () => {
    const found = differencesOf(
      side(),
      side({ region: "371002", holder: null, attributes: { scope: "国内", deposit: 1 } }),
    );
    expect(found.map(({ path }) => path)).toEqual([
      ...["region", "holder.idType", "holder.id", "holder.name", "attributes.deposit"],
    ]);
    expect(found.at(-1)).toEqual({ path: "attributes.deposit", standing: null, claim: 1 });
  });

  test("that name two persons differ, though the masks are the same", () => {
    const of = (id: string) => side({ holder: { idType: "RESIDENT_ID", id, name: "张三" }, number: id });
    const found = differencesOf(of(person), of("11010519491231004X"));
    expect(found.map(({ path }) => path)).toEqual(["number", "holder.id"]);
    expect(new Set(found.flatMap(({ standing, claim }) => [standing, claim]))).toEqual(
      new Set([`1101${"*".repeat(12)}2X`, `1101${"*".repeat(12)}4X`]),
    );
  });
});

describe("a side as an operator sees it", () => {
  test("masks a person wherever one stands: as holder, as number, deep in an attribute, mistyped", () => {
    const shown = maskedSide(
      side({
        holder: { idType: "RESIDENT_ID", id: person, name: "张三" },
        number: person,
        attributes: { owner: { id: person }, notes: [`本人${person.toLowerCase()}，电话无`, "110105194912310021"] },
      }),
    );
    expect(JSON.stringify(shown)).not.toMatch(/19491231/);
    expect(shown.holder?.id).toBe(`1101${"*".repeat(12)}2X`);
  });

  test("shows numbers that are no person's as they are", () => {
    const shown = maskedSide(side({ number: "371000000000000001", attributes: { code: "1234567890123456789012" } }));
    expect(shown).toMatchObject({ number: "371000000000000001", attributes: { code: "1234567890123456789012" } });
    expect(shown.holder?.id).toBe("91371002XXXX00019E");
  });
});
