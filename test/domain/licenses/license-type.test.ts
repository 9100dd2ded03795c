import { describe, expect, test } from "@jest/globals";
import { checkStatusOf, makeLicenseIdentifier } from "../../../src/domain/licenses/license-identifier.ts";
import {
  businessLicenseTypeCode,
  holderIdProblems,
  type LicenseTypeRow,
  prepareLicenseType,
} from "../../../src/domain/licenses/license-type.ts";
import { catalogue } from "./records.ts";

const row: LicenseTypeRow = {
  ...{ code: "11100000XXXX00166LX01", key: "test", name: "试验", codeIsOfficial: false, issuers: [] },
  ...{ holderIdTypes: ["USCC"], validityRange: "0/L", numberRule: "^L-\\d{3}$" },
  attributesSchema: { type: "object", required: ["a"], properties: { a: { type: "string" } } },
};
const fits = (numberRule: string, number: string, holder = "91371002XXXX00019E") =>
  prepareLicenseType({ ...row, numberRule }).fitsNumber(number, holder);

describe("a number", () => {
  test.each([
    ["L-123", true],
    ["L-1234", false],
    ["l-123", false],
    [" L-123", false],
    ["L-123\n", false],
    ["L-１２３", false],
    ["", false],
  ])("%j follows the type's pattern: %s", (number, expected) => {
    expect(fits(row.numberRule, number)).toBe(expected);
  });

  test("is the holder's code where the type says so", () => {
    expect(fits("number = holder code", "91371002XXXX00019E")).toBe(true);
    expect(fits("number = holder code", "91371002XXXX00019e")).toBe(false);
    expect(fits("number = holder code", "number = holder code")).toBe(false);
  });

  test("is read in whole characters, not in UTF-16 units", () => {
    expect(fits("^.$", "𠮷")).toBe(true);
  });
});

describe("a license type", () => {
  test("checks attributes by its schema", () => {
    const type = prepareLicenseType(row);
    expect(type.checkAttributes({ a: "x" })).toEqual([]);
    expect(type.checkAttributes({})).toEqual([{ kind: "MISSING", path: "a" }]);
  });

  test("whose number rule or schema is broken is not prepared at all", () => {
    expect(() => prepareLicenseType({ ...row, numberRule: "^(" })).toThrow();
    expect(() => prepareLicenseType({ ...row, attributesSchema: { type: "text" } })).toThrow();
  });

  test.each(catalogue.licenseTypes.map((type) => [type.key, type] as const))(
    "%s of the catalogue is prepared, anchors its number rule, and its issuers can make identifiers",
    (_key, type) => {
      const prepared = prepareLicenseType(type);
      expect(prepared.fitsNumber("x", "y")).toBe(false);
      if (type.numberRule !== "number = holder code") expect(type.numberRule).toMatch(/^\^.*\$$/);
      expect(type.issuers.length).toBeGreaterThan(0);
      for (const issuer of type.issuers) {
        const identifier = makeLicenseIdentifier({ type: type.code, issuer, serial: "20260000000001", version: 1 });
        expect(checkStatusOf(identifier)).toBe("VALID");
      }
    },
  );

  test("that names and legal representatives are read from is the business license", () => {
    const type = catalogue.licenseTypes.find(({ code }) => code === businessLicenseTypeCode);
    expect(type).toMatchObject({ key: "business-license", holderIdTypes: ["USCC"] });
  });
});

describe("a holder's code", () => {
  test.each([
    ["USCC", "91371002XXXX00019E", []],
    ["USCC", "91371002XXXX00010J", ["HOLDER_ORG_CODE_CHECK"]],
    ["USCC", "91350100M000100Y44", ["HOLDER_ID_CHECK"]],
    ["USCC", "9135O100M000100Y43", ["HOLDER_ID_FORMAT"]],
    ["USCC", "91350100m000100y43", ["HOLDER_ID_FORMAT"]],
    ["USCC", "11010519491231002X", ["HOLDER_ID_CHECK"]],
    ["USCC", "", ["HOLDER_ID_FORMAT"]],
    ["RESIDENT_ID", "11010519491231002X", []],
    ["RESIDENT_ID", "110105194912310021", ["HOLDER_ID_CHECK"]],
    ["RESIDENT_ID", "110105194902300022", ["HOLDER_ID_FORMAT"]],
    ["RESIDENT_ID", "11010519491231002x", ["HOLDER_ID_FORMAT"]],
    ["RESIDENT_ID", "91371002XXXX00019E", ["HOLDER_ID_FORMAT"]],
    ["RESIDENT_ID", "", ["HOLDER_ID_FORMAT"]],
  ] as const)("as %s, %s has the problems %j", (idType, id, problems) => {
    expect(holderIdProblems(idType, id)).toEqual(problems);
  });
});
