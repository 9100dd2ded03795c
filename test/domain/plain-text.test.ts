import { expect, test } from "@jest/globals";
import { isPlainText, legible } from "../../src/domain/plain-text.ts";

const limits = { least: 2, most: 5 };

test.each<[string, string, boolean]>([
  ["words", "核查属实", true],
  ["characters beyond the basic plane, each one character", "𠀀𠀀𠀀𠀀𠀀", true],
  ["too few", " 核 ", false],
  ["too many", "一二三四五六", false],
  ["too many with the white space", "一二三四  ", false],
  ["a line's end", "一\n二", false],
  ["a line separator", "一\u2028二", false],
  ["a NUL", "一\0二", false],
  ["half a character", "一二\ud800", false],
  ["an override of direction", "一\u202e二", false],
  ["an isolate of direction", "一\u2066二", false],
])("%s", (_, text, isPlain) => {
  expect(isPlainText(text, limits)).toBe(isPlain);
});

test("what nobody has looked at is cut and made fit to be shown", () => {
  expect(legible("一\0二\ud800三四", 4)).toBe("一\ufffd二\ufffd");
});
