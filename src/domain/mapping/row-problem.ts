import type { LocalizedText } from "../../errors.ts";

const text = (en: string, zh: string): LocalizedText => ({ en, zh });

/** Why a row of a file is not sent. `{0}` is what the problem says of itself. Codes are never renamed or reused. */
export const rowProblemTable = {
  COLUMN_COUNT: text(
    "The row has {0} cells, the heading names other columns. Look for a separator or a quote too many or too few.",
    "本行有 {0} 个单元格，与标题行的列数不符，请检查分隔符和引号。",
  ),
  CELL_MISSING: text(
    "The cell is empty, and no record goes without it. Fill it in.",
    "单元格为空，而该项必填，请补充。",
  ),
  CELL_DATE: text(
    "“{0}” is not a day that exists, in none of the forms read here. Write 2021-07-01.",
    "“{0}”不是可识别的日期或日期不存在，请写作 2021-07-01。",
  ),
  CELL_NUMBER: text("“{0}” is not a number. Write digits, without a unit.", "“{0}”不是数字，请只填数字，不带单位。"),
  CELL_BOOLEAN: text("“{0}” is neither yes nor no. Write 是 or 否.", "“{0}”无法判断是或否，请填“是”或“否”。"),
  CELL_OBJECT: text("“{0}” is not a JSON object.", "“{0}”不是 JSON 对象。"),
  CELL_VALUE: text(
    "“{0}” is none of the values expected. Mend it, or add it to `values` in the mapping file.",
    "“{0}”不在允许的取值中，请更正，或在映射文件的 values 中补充。",
  ),
  CELL_DIGITS_LOST: text(
    "The spreadsheet made a number of this code and lost its last digits ({0}). Format the column as text, enter it anew.",
    "电子表格把该号码当作数字，末尾几位已丢失（{0}）。请把该列设为文本格式后重新录入。",
  ),
  CELL_BROKEN: text(
    "The cell holds a character that was lost in an earlier conversion (U+FFFD). Enter it anew.",
    "单元格含有此前转码时损坏的字符，请重新录入。",
  ),
  LINE_TOO_LONG: text("The row is longer than {0} characters.", "本行超过 {0} 个字符。"),
  LINE_NOT_JSON: text("The line is not a JSON object, or names a key twice.", "该行不是 JSON 对象，或键名重复。"),
  LINE_FIELD: text("A record has no field {0}, or it is of another kind.", "记录没有字段 {0}，或其类型不符。"),
  RECORD_SIZE: text("The record is larger than 64 KiB as JSON.", "记录转为 JSON 后超过 64 KiB。"),
} satisfies Readonly<Record<string, LocalizedText>>;

export type RowProblemCode = keyof typeof rowProblemTable;

/** One thing wrong with a row. `column` is the heading it stands under, empty for the whole row. */
export type RowProblem = Readonly<{ code: RowProblemCode; column: string; detail?: string }>;

/** What a problem says in both languages. */
export function tellRowProblem({ code, column, detail = "" }: RowProblem): LocalizedText {
  const { en, zh } = rowProblemTable[code];
  const shown = detail.length > maxShown ? `${detail.slice(0, maxShown)}…` : detail;
  return {
    en: `${column === "" ? "" : `${column}: `}${en.replace("{0}", () => shown)}`,
    zh: `${column === "" ? "" : `${column}：`}${zh.replace("{0}", () => shown)}`,
  };
}

const maxShown = 60;
