import type { LocalizedText } from "../../errors.ts";

/** A value, or why there is none: a line for a person, and the path of what is wrong. */
export type Checked<T> = Readonly<{ value: T } | Fault>;

/** What is wrong with a mapping or a heading. `path`: as in `columns.证号` or a field's own name. */
export type Fault = Readonly<{ fault: LocalizedText; path: string }>;

/** Ends the reading of a mapping; never leaves this folder. */
export class MappingError extends Error {
  readonly text: LocalizedText;
  readonly path: string;

  constructor(text: LocalizedText, path: string) {
    super(text.en);
    this.text = text;
    this.path = path;
  }
}

/** Runs what may find a fault. */
export function checked<T>(read: () => T): Checked<T> {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof MappingError) return { fault: error.text, path: error.path };
    throw error;
  }
}

/** A place in a mapping, as a sentence names it. */
export const places = {
  mapping: { en: "the mapping", zh: "映射" },
  columns: { en: "columns", zh: "columns" },
  constants: { en: "constants", zh: "constants" },
  file: { en: "the file", zh: "文件" },
  aConstant: { en: "a constant", zh: "常量" },
  column: (column: string) => ({ en: `column ${show(column)}`, zh: `列${show(column)}` }),
  constant: (path: string) => ({ en: `constant ${show(path)}`, zh: `常量${show(path)}` }),
  valuesOf: (column: string) => ({ en: `values of column ${show(column)}`, zh: `列${show(column)}的 values` }),
} as const;

type Text = LocalizedText;

/** What each fault says. */
export const faults = {
  noObject: (place: Text) => ({ en: `${place.en} is no JSON object`, zh: `${place.zh}不是 JSON 对象` }),
  strangeMember: (place: Text, name: string, known: string) => ({
    en: `${place.en} has no ${show(name)}: it has ${known}`,
    zh: `${place.zh}没有${show(name)}一项，可用的有 ${known}`,
  }),
  headerRow: (most: number) => ({
    en: `headerRow is a whole number from 1 to ${most}`,
    zh: `headerRow 应为 1 至 ${most} 的整数`,
  }),
  tooManyColumns: (count: number, most: number) => ({
    en: `${count} columns are mapped; at most ${most}`,
    zh: `映射了 ${count} 列，最多 ${most} 列`,
  }),
  noField: (place: Text) => ({
    en: `${place.en} names no field: add "field"`,
    zh: `${place.zh}没有指明字段，请加 "field"`,
  }),
  unknownField: (place: Text, path: string, known: string) => ({
    en: `${place.en} names the field ${show(path)}, which is none of ${known}, attributes.NAME`,
    zh: `${place.zh}指向的字段${show(path)}不存在，可用的字段有 ${known}、attributes.名称`,
  }),
  unknownKind: (place: Text, as: unknown, known: string) => ({
    en: `${place.en} is read as ${show(as)}: it is one of ${known}`,
    zh: `${place.zh}的 as 为${show(as)}，应为 ${known} 之一`,
  }),
  fixedKind: (place: Text, path: string) => ({
    en: `${place.en} has "as", but ${path} is always read the same way: leave it out`,
    zh: `${place.zh}带有 "as"，但 ${path} 的读法固定，请去掉`,
  }),
  separator: (place: Text) => ({
    en: `${place.en} has a separator that is not 1 to 5 characters`,
    zh: `${place.zh}的 separator 应为 1 至 5 个字符`,
  }),
  valueNoText: (place: Text, from: string) => ({
    en: `${place.en} makes ${show(from)} something that is no text`,
    zh: `${place.zh}把${show(from)}译成的不是文本`,
  }),
  valueNoChoice: (place: Text, from: string, to: string, path: string, known: string) => ({
    en: `${place.en} makes ${show(from)} ${show(to)}, but ${path} is one of ${known}`,
    zh: `${place.zh}把${show(from)}译成${show(to)}，但 ${path} 应为 ${known} 之一`,
  }),
  constantNoText: (place: Text) => ({ en: `${place.en} is no text`, zh: `${place.zh}不是文本` }),
  constantNoChoice: (place: Text, value: string, known: string) => ({
    en: `${place.en} is ${show(value)}: it is one of ${known}`,
    zh: `${place.zh}为${show(value)}，应为 ${known} 之一`,
  }),
  twoSources: (path: string, one: Text, other: Text) => ({
    en: `${path} comes from ${one.en} and from ${other.en}: it can come from one`,
    zh: `${path} 既来自${one.zh}又来自${other.zh}，只能有一个来源`,
  }),
  nothingFor: (place: Text, paths: readonly string[]) => ({
    en: `${place.en} has nothing for ${paths.join(", ")}: no record goes without`,
    zh: `${place.zh}缺少 ${paths.join("、")}，每条记录都必须有`,
  }),
  halfHolder: (place: Text, paths: readonly string[]) => ({
    en: `${place.en} has something of a holder but nothing for ${paths.join(", ")}`,
    zh: `${place.zh}有持证主体的部分信息，但缺少 ${paths.join("、")}`,
  }),
  strangeHeading: (column: string) => ({
    en: `column ${show(column)} is no field of ours: name it with --mapping FILE.json`,
    zh: `列${show(column)}不是本枢纽的字段名，请用 --mapping 文件.json 说明各列`,
  }),
  emptyHeading: () => ({ en: "the heading is empty", zh: "标题行是空的" }),
  wideHeading: (count: number, most: number) => ({
    en: `the heading has ${count} columns; at most ${most}`,
    zh: `标题行有 ${count} 列，最多 ${most} 列`,
  }),
  missingColumn: (column: string, names: string) => ({
    en: `the file has no column “${column}”: it has ${names}`,
    zh: `文件中没有“${column}”列，现有的列为 ${names}`,
  }),
  doubleColumn: (column: string) => ({
    en: `the file has two columns “${column}”: rename one`,
    zh: `文件中有两个“${column}”列，请改名其中一个`,
  }),
} as const;

/** Somebody's own words in quotation marks, cut. */
export function show(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return `“${text.length > 60 ? `${text.slice(0, 60)}…` : text}”`;
}
