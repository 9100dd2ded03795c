import { isJsonObject, parseStrictJson } from "../../../proof/strict-json.ts";

/** Longest line. *Units*: characters. */
export const maxLineCharacters = 1024 * 1024;

/** A line that is not blank, its number from 1; a line that is too long is only counted. */
export type NumberedLine = Readonly<{ row: number; text: string; isTooLong: boolean }>;

/** The lines of a text, none of them held in memory beyond the longest allowed. */
export async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<NumberedLine> {
  let row = 0;
  let start = "";
  let isTooLong = false;
  const take = (part: string): NumberedLine => {
    const whole = start + part;
    const line = {
      row,
      text: whole.slice(0, maxLineCharacters).trim(),
      isTooLong: isTooLong || whole.length > maxLineCharacters,
    };
    [start, isTooLong] = ["", false];
    return line;
  };
  for await (const piece of text) {
    const parts = piece.split("\n");
    for (const part of parts.slice(0, -1)) {
      row += 1;
      const line = take(part);
      if (line.text !== "") yield line;
    }
    start += parts.at(-1) ?? "";
    if (start.length > maxLineCharacters) [start, isTooLong] = [start.slice(0, maxLineCharacters), true];
  }
  row += 1;
  const last = take("");
  if (last.text !== "") yield last;
}

/** The object a line holds; undefined when it holds none, or names a key twice. */
export function parseLine(text: string): Readonly<Record<string, unknown>> | undefined {
  const parsed = parseStrictJson(text, { maxBytes: 4 * maxLineCharacters, maxDepth: 32 });
  return "value" in parsed && isJsonObject(parsed.value) ? parsed.value : undefined;
}

/** What a line holds under names such as `holder.id`. */
export function cellsOf(object: Readonly<Record<string, unknown>>, columns: readonly string[]): readonly unknown[] {
  return columns.map((column) => findMember(object, column));
}

/** A key that is there as it is written goes before a path. */
function findMember(object: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(object, path)) return object[path];
  const dot = path.indexOf(".");
  const inner = dot < 0 ? undefined : object[path.slice(0, dot)];
  return isJsonObject(inner) ? findMember(inner, path.slice(dot + 1)) : undefined;
}
