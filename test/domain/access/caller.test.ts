import { describe, expect, test } from "@jest/globals";
import {
  type Action,
  type Caller,
  checkMay,
  may,
  type Purpose,
  purposeFault,
  purposeLimits,
  type Scope,
  scopeOf,
  scopes,
} from "../../../src/domain/access/caller.ts";
import { HubError } from "../../../src/errors.ts";

/** Who may ask for what with which scope: D a department, H a holder, A an auditor, O an operator, G the gateway. */
const rules: readonly (readonly [Action, Scope, string])[] = [
  ["SUBMIT_LICENSES", "license:submit", "D"],
  ["READ_SUBMISSION", "license:submit", "D"],
  ["READ_ENTERPRISE", "license:read", "DH"],
  ["READ_LICENSES", "license:read", "DH"],
  ["CONFIRM_LICENSE", "license:read", "DH"],
  ["CHECK_MATERIALS", "material:check", "D"],
  ["FETCH_MATERIALS", "material:fetch", "D"],
  ["READ_ACCESS_RECORDS", "audit:read", "DHA"],
  ["EXPORT_ACCESS_RECORDS", "audit:read", "A"],
  ["OBJECT_TO_ACCESS", "holder:manage", "H"],
  ["ANSWER_OBJECTION", "audit:read", "D"],
  ["OBJECT_TO_LICENSE", "license:read", "DH"],
  ["ANSWER_CORRECTION", "license:submit", "D"],
  ["OVERSEE_CORRECTIONS", "hub:operate", "O"],
  ["MANAGE_MEMBERS", "holder:manage", "H"],
  ["MANAGE_CLIENTS", "hub:operate", "O"],
  ["READ_SCHEMA", "hub:federate", "G"],
];

const bearer = (held: readonly string[]) => ({ clientId: "client", scopes: new Set(held) });
const callers: Readonly<Record<string, (held: readonly string[]) => Caller>> = {
  D: (held) => ({ kind: "DEPARTMENT", ...bearer(held) }),
  H: (held) => ({ kind: "HOLDER", ...bearer(held), holder: { idType: "USCC", id: "91371002XXXX00019E" } }),
  A: (held) => ({ kind: "AUDITOR", ...bearer(held) }),
  O: (held) => ({ kind: "OPERATOR", ...bearer(held) }),
  G: (held) => ({ kind: "GATEWAY", ...bearer(held) }),
};
const table = rules.flatMap(([action, scope, kinds]) =>
  Object.entries(callers).map(([letter, make]) => [action, scope, letter, kinds.includes(letter), make] as const),
);

describe("permission", () => {
  test.each(table)("for %s needs %s; caller %s may ask: %s", (action, scope, _letter, mayAsk, make) => {
    expect(may(make([scope]), action)).toBe(mayAsk ? "ALLOWED" : "FORBIDDEN");
    expect(may(make(scopes), action)).toBe(mayAsk ? "ALLOWED" : "FORBIDDEN");
    const others = scopes.filter((other) => other !== scope);
    for (const held of [[], others, [scope.toUpperCase()], [`${scope} `], ["*"], ["license"], [scope.slice(0, -1)]])
      expect(may(make(held), action)).toBe(mayAsk ? "SCOPE_MISSING" : "FORBIDDEN");
  });

  test.each(rules)("for %s is refused a stranger before anything else", (action) => {
    expect(may({ kind: "STRANGER" }, action)).toBe("UNAUTHENTICATED");
    expect(() => checkMay({ kind: "STRANGER" }, action)).toThrow(expect.objectContaining({ code: "UNAUTHENTICATED" }));
  });

  test.each(rules)("for %s names the one scope it needs", (action, scope) => {
    expect(scopeOf(action)).toBe(scope);
  });

  test.each(table)("for %s with %s is checked for caller %s as it is told", (action, scope, _letter, _may, make) => {
    for (const held of [[], [scope], scopes]) {
      const caller = make(held);
      const permission = may(caller, action);
      const check = () => checkMay(caller, action);
      if (permission === "ALLOWED") expect(check).not.toThrow();
      else expect(check).toThrow(expect.objectContaining({ code: permission }));
    }
  });

  test("names the missing scope, and nothing when the caller may not ask at all", () => {
    const details = (caller: Caller) => {
      try {
        checkMay(caller, "SUBMIT_LICENSES");
      } catch (error) {
        return error instanceof HubError ? error.details : error;
      }
      return undefined;
    };
    expect(details({ kind: "DEPARTMENT", ...bearer([]) })).toEqual({ scope: "license:submit" });
    expect(details({ kind: "AUDITOR", ...bearer([]) })).toEqual({});
  });
});

describe("a purpose", () => {
  const purpose: Purpose = { procedure: "food-operation-new", caseNumber: "2026-0001", reason: "新办" };
  const fields = ["procedure", "caseNumber", "reason"] as const;

  test("within its limits has no fault", () => {
    expect(purposeFault(purpose)).toBeUndefined();
  });

  test.each(fields)("has its %s counted in characters, from the least to the most", (field) => {
    const { least, most } = purposeLimits[field];
    for (const character of ["a", "办", "𠮷"]) {
      const fault = (length: number) => purposeFault({ ...purpose, [field]: character.repeat(length) });
      expect([fault(least - 1), fault(least), fault(most), fault(most + 1)]).toEqual([
        ...[field, undefined, undefined, field],
      ]);
    }
  });

  test.each(fields)("with a blank %s is at fault: white space does not fill it", (field) => {
    for (const blank of ["", " ", "        ", "　　　", "\u00a0\u2003\ufeff"])
      expect(purposeFault({ ...purpose, [field]: blank })).toBe(field);
  });

  test.each(fields)("has the white space around its %s counted against the most: it is kept, too", (field) => {
    const { most } = purposeLimits[field];
    expect(purposeFault({ ...purpose, [field]: `ab${" ".repeat(most - 2)}` })).toBeUndefined();
    expect(purposeFault({ ...purpose, [field]: `ab${" ".repeat(most - 1)}` })).toBe(field);
  });

  test.each(fields)("with a control character or half a character in its %s is at fault", (field) => {
    for (const broken of ["ab\0", "a\nb", "\tab", "ab\u007f", "ab\u0085", "ab\ud800", "\udc00ab"])
      expect(purposeFault({ ...purpose, [field]: broken })).toBe(field);
  });

  test("at fault in several fields names the first", () => {
    expect(purposeFault({ procedure: "", caseNumber: "", reason: "" })).toBe("procedure");
    expect(purposeFault({ ...purpose, caseNumber: "", reason: "" })).toBe("caseNumber");
  });
});
