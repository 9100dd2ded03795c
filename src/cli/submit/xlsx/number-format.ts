/**
 * What a number format shows of a number. NUMBER: the number, whatever stands around it. ZEROS: at least so many digits.
 * PERCENT: a hundred times as much. DATE: the parts of a date that are seen.
 */
export type NumberFormat =
  | Readonly<{ kind: "NUMBER" | "PERCENT" }>
  | Readonly<{ kind: "ZEROS"; digits: number }>
  | Readonly<{ kind: "DATE"; year: boolean; month: boolean; day: boolean }>;

const plain: NumberFormat = { kind: "NUMBER" };

/**
 * The format of a code, as a cell's style names it. *Source*: ECMA-376 part 1, 18.8.31: the first section is that of numbers
 * from 0 on; what stands in quotes, brackets, or behind `\`, `_` and `*` is no part of it, but `[h]` and the like.
 */
export function numberFormatOf(code: string): NumberFormat {
  const [section = ""] = withoutLiterals(code).split(";");
  if (/general/i.test(section) || section.includes("@")) return plain;
  const dateParts = section.replace(/e\+|e-/gi, "").toLowerCase();
  if (/[ydhs]|m/.test(dateParts) || (dateParts.includes("e") && !/[0#?]/.test(dateParts))) return dateOf(dateParts);
  if (section.includes("%")) return { kind: "PERCENT" };
  const zeros = /^0{2,}$/.exec(section.trim());
  return zeros ? { kind: "ZEROS", digits: zeros[0].length } : plain;
}

/** The formats a style may name by number alone; those of Chinese editions from 27 on. *Source*: ECMA-376 part 1, 18.8.30. */
export function builtInFormat(id: number): NumberFormat {
  const code = builtIn.get(id);
  return code === undefined ? plain : numberFormatOf(code);
}

/** Those that are no plain number. */
const builtIn: ReadonlyMap<number, string> = new Map(
  (
    [
      ["0%", [9, 10]],
      ["yyyy/m/d", [14, 15, 30, 31]],
      ["yyyy/m/d h:mm", [22]],
      ["yyyy/m", [17, 27, 36, 50, 52, 57]],
      ["m/d", [16, 28, 29, 51, 53, 54, 58]],
      ["h:mm", [18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56]],
    ] as const
  ).flatMap(([code, ids]) => ids.map((id) => [id, code] as const)),
);

function withoutLiterals(code: string): string {
  return code
    .replace(/"[^"]*"/g, "")
    .replace(/\\./g, "")
    .replace(/[_*]./g, "")
    .replace(/\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, "");
}

/** `m` is the minutes beside hours or seconds, and the month otherwise. */
function dateOf(code: string): NumberFormat {
  const withoutClock = code.replace(/\[?h+\]?[^dy]*?m+|m+[^dy]*?s+|am\/pm|a\/p/g, "h");
  return {
    kind: "DATE",
    year: /[ye]/.test(code),
    month: withoutClock.includes("m"),
    day: /(?<!d)d{1,2}(?!d)/.test(code),
  };
}
