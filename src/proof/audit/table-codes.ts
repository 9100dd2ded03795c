import type { LocalizedText } from "../../errors.ts";

/** What can be wrong with a row of the hub's own tables. Codes are never renamed or reused. */
export const tableCodes = {
  ROW_MISSING: { en: "A row is gone that the log or the ledger speaks of.", zh: "日志或留痕账本所载的行已不存在。" },
  ROW_CHANGED: {
    en: "The row says something else than what was logged, signed or sealed.",
    zh: "该行内容与已记录、已签署或已封存的不一致。",
  },
  ROW_UNLOGGED: {
    en: "The row does not stand in the log: older than the log and not taken up yet, or slipped in.",
    zh: "该行不在日志中：或早于日志尚未补录，或系擅自添加。",
  },
  ROW_UNSEALED: { en: "The record was passed over when it should have been sealed.", zh: "该留痕记录漏封。" },
  PLACE_WRONG: { en: "The row claims a place that is another's, or none.", zh: "该行所占位置属于他行或不存在。" },
  SIGNATURE_WRONG: { en: "The signature does not hold.", zh: "签名不成立。" },
  ROW_DAMAGED: { en: "The row cannot be read.", zh: "该行无法读取。" },
} as const satisfies Record<string, LocalizedText>;

/** A code of a finding about a table. */
export type TableCode = keyof typeof tableCodes;

/** What was found, where. `columns`: those that differ, when they can be told; `detail`: where the contradiction is. */
export type TableFinding = Readonly<{
  code: TableCode;
  table: string;
  key: string;
  columns?: readonly string[];
  detail?: string;
}>;
