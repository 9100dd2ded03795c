import { describe, expect, test } from "@jest/globals";
import { clientKinds } from "../../../src/domain/access/client.ts";
import { type GrantGround, type GrantRequest, grantRefusal, isSameGrant } from "../../../src/domain/access/grant.ts";

const request: GrantRequest = {
  ...{ clientId: "transport", licenseType: "business", procedure: "freight" },
  ...{ validFrom: "2026-11-22", validUntil: null, legalBasis: "方案三（二）", wholeLicense: false },
};
const ground: GrantGround = {
  client: { kind: "DEPARTMENT", department: "D", active: true },
  procedure: { department: "D", needs: ["business", "vehicle"] },
  today: "2026-11-22",
};
const refusal = (change: Partial<GrantRequest>, known: Partial<GrantGround> = {}) =>
  grantRefusal({ ...request, ...change }, { ...ground, ...known });

describe("a grant", () => {
  test("is given to a standing client of the department whose procedure needs the type", () => {
    expect(refusal({})).toBeUndefined();
    expect(refusal({ licenseType: "vehicle", wholeLicense: true })).toBeUndefined();
  });

  test("is refused for a type the procedure does not need, also when it needs none", () => {
    expect(refusal({ licenseType: "food" })).toEqual({ code: "GRANT_NOT_NEEDED" });
    expect(refusal({}, { procedure: { department: "D", needs: [] } })).toEqual({ code: "GRANT_NOT_NEEDED" });
  });

  test("is refused for what does not exist", () => {
    expect(refusal({}, { client: undefined })).toEqual({ code: "CLIENT_NOT_FOUND" });
    expect(refusal({}, { procedure: undefined })).toEqual({ code: "PROCEDURE_NOT_FOUND" });
  });

  test.each(clientKinds)("is for a department's client only, not for %s", (kind) => {
    const found = refusal({}, { client: { kind, department: "D", active: true } });
    expect(found).toEqual(kind === "DEPARTMENT" ? undefined : { code: "GRANT_NOT_ALLOWED", reason: "CLIENT_KIND" });
  });

  test("is refused to a suspended client and for another department's procedure", () => {
    const client = { kind: "DEPARTMENT", department: "D", active: false } as const;
    expect(refusal({}, { client })).toEqual({ code: "GRANT_NOT_ALLOWED", reason: "CLIENT_SUSPENDED" });
    const procedure = { department: "E", needs: ["business"] };
    expect(refusal({}, { procedure })).toEqual({ code: "GRANT_NOT_ALLOWED", reason: "PROCEDURE_DEPARTMENT" });
  });

  test.each([
    ["2026-11-22", null, undefined],
    ["2026-11-22", "2026-11-22", undefined],
    ["2026-12-01", "2027-11-30", undefined],
    ["2026-11-21", null, "validFrom"],
    ["2026-11-21", "2026-11-21", "validFrom"],
    ["2026-11-23", "2026-11-22", "validUntil"],
    ["2027-01-01", "2026-12-31", "validUntil"],
  ])("from %s until %s has fault %s", (validFrom, validUntil, argument) => {
    expect(refusal({ validFrom, validUntil })).toEqual(argument && { code: "INPUT_INVALID", argument });
  });

  test.each([
    ["依据", undefined],
    ["依".repeat(300), undefined],
    ["依", "legalBasis"],
    ["依".repeat(301), "legalBasis"],
    ["    ", "legalBasis"],
    ["第一\n第二", "legalBasis"],
  ])("on the basis %j has fault %s", (legalBasis, argument) => {
    expect(refusal({ legalBasis })).toEqual(argument && { code: "INPUT_INVALID", argument });
  });
});

describe("the same grant", () => {
  test("has the same terms; any other term makes another grant", () => {
    expect(isSameGrant(request, { ...request })).toBe(true);
    const changes: readonly Partial<GrantRequest>[] = [
      ...[{ validFrom: "2026-11-23" }, { validUntil: "2027-01-01" }, { legalBasis: "其他" }, { wholeLicense: true }],
    ];
    for (const change of changes) expect(isSameGrant(request, { ...request, ...change })).toBe(false);
  });
});
