import { describe, expect, test } from "@jest/globals";
import {
  type ActingRole,
  type Appointment,
  isMemberId,
  type MemberRole,
  mayManage,
  maySpeakFor,
  memberLimits,
  memberRefusal,
  memberRoles,
  type StandingMember,
  sameMember,
  withTerm,
} from "../../../src/domain/access/member.ts";

const today = "2026-11-22";
const clerk: Appointment = {
  ...{ personCode: "371002188011080603", personName: "张三", role: "CLERK" },
  ...{ licenseTypes: null, validUntil: "2026-12-21" },
};
const administrator: Appointment = { ...clerk, role: "ADMINISTRATOR", validUntil: null };
const member = (personCode: string, role: MemberRole): StandingMember => ({
  ...{ personCode, role, licenseTypes: null, validUntil: null },
});
const refusal = (
  appointment: Appointment,
  standing: readonly StandingMember[] = [],
  acting: ActingRole = "ENTERPRISE",
) => memberRefusal(acting, appointment, standing, today);

describe("who may manage whom", () => {
  const acting: readonly ActingRole[] = ["ENTERPRISE", ...memberRoles];
  const allowed = new Set([
    ...["ENTERPRISE ADMINISTRATOR", "ENTERPRISE CLERK"],
    ...["LEGAL_REPRESENTATIVE ADMINISTRATOR", "LEGAL_REPRESENTATIVE CLERK", "ADMINISTRATOR CLERK"],
  ]);
  const table = acting.flatMap((one) => memberRoles.map((role) => [one, role] as const));

  test.each(table)("%s and %s", (one, role) => {
    expect(mayManage(one, role)).toBe(allowed.has(`${one} ${role}`));
    const asked = role === "CLERK" ? clerk : { ...administrator, role };
    expect(refusal(asked, [], one)?.code).toBe(allowed.has(`${one} ${role}`) ? undefined : "FORBIDDEN");
  });

  test("everyone but a clerk speaks for the enterprise", () => {
    expect(acting.filter(maySpeakFor)).toEqual(["ENTERPRISE", "LEGAL_REPRESENTATIVE", "ADMINISTRATOR"]);
  });
});

describe("a term", () => {
  test("of a clerk is 30 days, today among them, unless another was named", () => {
    expect(withTerm({ ...clerk, validUntil: null }, today).validUntil).toBe("2026-12-21");
    expect(withTerm(clerk, today)).toEqual(clerk);
  });

  test("of an administrator has no end unless one was named", () => {
    expect(withTerm(administrator, today).validUntil).toBeNull();
  });

  test.each([
    [clerk, "2026-11-22", undefined],
    [clerk, "2026-11-21", "validUntil"],
    [clerk, "2027-11-22", undefined], // the 366th day
    [clerk, "2027-11-23", "validUntil"],
    [clerk, null, "validUntil"],
    [administrator, "2099-12-31", undefined],
    [administrator, "2026-11-21", "validUntil"],
  ])("%# until %s has fault %s", (appointment, validUntil, argument) => {
    expect(refusal({ ...appointment, validUntil })).toEqual(argument && { code: "INPUT_INVALID", argument });
  });
});

describe("the person", () => {
  test.each([
    "",
    "371002188011080604",
    "37100218801108060X",
    "371002188013080603",
    "91371002XXXX0030XC",
    "x".repeat(18),
  ])("is named by a resident ID whose check fits, not by %j", (personCode) => {
    expect(refusal({ ...clerk, personCode })).toEqual({ code: "INPUT_INVALID", argument: "personCode" });
  });

  test.each(["", "三", "  ", "三".repeat(51), "张\n三", "张\ud800"])(
    "has a name of 2 to 50 characters, not %j",
    (personName) => {
      expect(refusal({ ...clerk, personName })).toEqual({ code: "INPUT_INVALID", argument: "personName" });
    },
  );
});

describe("license types", () => {
  const codes = (count: number) => Array.from({ length: count }, (_, n) => `type ${n}`);

  test("are a clerk's: 1 to 50, none twice", () => {
    const fault = (licenseTypes: readonly string[]) => refusal({ ...clerk, licenseTypes });
    expect([codes(1), codes(50)].map(fault)).toEqual([undefined, undefined]);
    const wrong = { code: "INPUT_INVALID", argument: "licenseTypes" };
    expect([codes(0), codes(51), ["a", "a"]].map(fault)).toEqual([wrong, wrong, wrong]);
  });

  test("never narrow an administrator", () => {
    expect(refusal({ ...administrator, licenseTypes: codes(1) })).toEqual({
      ...{ code: "INPUT_INVALID", argument: "licenseTypes" },
    });
  });
});

describe("administrators", () => {
  const standing = (count: number) => Array.from({ length: count }, (_, n) => member(`person ${n}`, "ADMINISTRATOR"));

  test("are five at most; clerks and the legal representative do not count", () => {
    const others = [
      member("l", "LEGAL_REPRESENTATIVE"),
      ...Array.from({ length: 9 }, (_, n) => member(`c ${n}`, "CLERK")),
    ];
    const { administrators } = memberLimits;
    expect(refusal(administrator, [...standing(administrators - 1), ...others])).toBeUndefined();
    expect(refusal(administrator, standing(administrators))).toEqual({ code: "MEMBER_LIMIT" });
    expect(refusal(clerk, standing(administrators))).toBeUndefined();
  });
});

describe("a person who acts for the enterprise already", () => {
  test.each(memberRoles)("as %s is not appointed again", (role) => {
    for (const asked of [clerk, administrator])
      expect(refusal(asked, [member(asked.personCode, role)])).toEqual({ code: "MEMBER_EXISTS" });
  });

  test("on the same terms is the same member; any other term is not", () => {
    const standing = [member("another", "CLERK"), { ...clerk, licenseTypes: ["a", "b"] }];
    const asked = { ...clerk, licenseTypes: ["a", "b"] };
    expect(sameMember(standing, asked)).toBe(standing[1]);
    const changes: readonly Partial<Appointment>[] = [
      ...[{ personCode: "x" }, { role: "ADMINISTRATOR" as const }, { validUntil: null }, { licenseTypes: null }],
      ...[{ licenseTypes: ["a"] }, { licenseTypes: ["b", "a"] }],
    ];
    for (const change of changes) expect(sameMember(standing, { ...asked, ...change })).toBeUndefined();
  });
});

test("the id of a membership is a UUID in lower case", () => {
  expect(isMemberId("3f2c0a52-6a0d-4f0e-9a53-0d4c6a1b2c3d")).toBe(true);
  for (const text of [
    "",
    "x",
    "enterprise",
    "3F2C0A52-6A0D-4F0E-9A53-0D4C6A1B2C3D",
    "3f2c0a52-6a0d-4f0e-9a53-0d4c6a1b2c3d\n",
  ])
    expect(isMemberId(text)).toBe(false);
});
