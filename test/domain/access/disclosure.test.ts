import { describe, expect, test } from "@jest/globals";
import { disclosedPart, extentText, widerExtent } from "../../../src/domain/access/disclosure.ts";

const license = {
  number: "SLBH-1",
  holder: { idType: "USCC", id: "91371002XXXX0030XC", name: "威海测试有限公司" },
  attributes: { address: "威海市", legalRepresentative: "李四", businessScope: "食品" },
  jws: "a.b.c",
  state: "VALID",
};
const person = { idType: "RESIDENT_ID", id: "371002188011080603", name: "李四" };

describe("what of a license goes out", () => {
  test("is the license as it was signed where the whole is granted", () => {
    expect(disclosedPart(license, "WHOLE")).toEqual({ ...license, extent: "WHOLE" });
  });

  test("is otherwise only the attributes named, and never the signed form", () => {
    const part = disclosedPart(license, ["address"]);
    expect(part).toEqual({ ...license, attributes: { address: "威海市" }, jws: null, extent: ["address"] });
    expect(JSON.stringify(part)).not.toContain("李四");
  });

  test("holds no attribute when none is named, and nothing for a name the license lacks", () => {
    expect(disclosedPart(license, []).attributes).toEqual({});
    expect(disclosedPart(license, ["noSuch", "__proto__", "constructor"]).attributes).toEqual({});
  });

  test("masks a person's identifier, also where it is the license's number", () => {
    const card = { ...license, holder: person, number: person.id };
    expect(disclosedPart(card, ["address"])).toMatchObject({
      number: "3710************03",
      holder: { id: "3710************03", name: "李四" },
    });
    expect(disclosedPart({ ...license, number: person.id }, []).number).toBe("3710************03");
    expect(disclosedPart(card, "WHOLE").holder.id).toBe(person.id);
  });

  test("of two grants is what either names", () => {
    expect(widerExtent(["a", "b"], ["b", "c"])).toEqual(["a", "b", "c"]);
    expect(widerExtent("WHOLE", ["a"])).toBe("WHOLE");
    expect(widerExtent([], "WHOLE")).toBe("WHOLE");
  });

  test("is kept in access records as a star or the names", () => {
    expect([extentText("WHOLE"), extentText(["a", "b"]), extentText([])]).toEqual(["*", "a,b", ""]);
  });
});
