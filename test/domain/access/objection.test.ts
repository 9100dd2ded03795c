import { describe, expect, test } from "@jest/globals";
import { isObjectionText, isOpenToObjection } from "../../../src/domain/access/objection.ts";

describe("an objection", () => {
  test.each([
    ["不服", true],
    ["字".repeat(500), true],
    ["𠮷".repeat(500), true],
    ["", false],
    ["字", false],
    ["   ", false],
    ["字".repeat(501), false],
    ["两\n行", false],
    ["\u0000ab", false],
    ["ab\udc00", false],
  ])("%# of 2 to 500 characters in one line is one", (text, expected) => {
    expect(isObjectionText(text)).toBe(expected);
  });

  test.each([
    ["D", null, true],
    ["D", "FORBIDDEN", true],
    ["D", "PURPOSE_NOT_ALLOWED", true],
    ["D", "NOT_FOUND", false],
    [null, null, false],
    [null, "NOT_FOUND", false],
  ])("to an access of department %s refused with %s is possible: %s", (department, refusal, expected) => {
    expect(isOpenToObjection({ department, refusal })).toBe(expected);
  });
});
