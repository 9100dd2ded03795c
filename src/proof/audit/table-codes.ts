import type { AuditRow } from "./audit-codes.ts";

const compare = {
  en: "Keep what is printed, compare with a backup, and find out who has written to the database.",
  zh: "请保存输出，与备份比对，并查明何人改动过数据库。",
};

/** What can be wrong with a row of the hub's own tables. Codes are never renamed or reused. */
export const tableCodes = {
  ROW_MISSING: {
    text: { en: "A row is gone that the log or the ledger speaks of.", zh: "日志或留痕账本所载的行已不存在。" },
    todo: compare,
  },
  ROW_CHANGED: {
    text: {
      en: "The row says something else than what was logged, signed or sealed.",
      zh: "该行内容与已记录、已签署或已封存的不一致。",
    },
    todo: compare,
  },
  ROW_UNLOGGED: {
    text: {
      en: "The row does not stand in the log: older than the log and not taken up yet, or slipped in.",
      zh: "该行不在日志中：或早于日志尚未补录，或系擅自添加。",
    },
    todo: {
      en: "Run again when the hub has taken up what is older; what stays was slipped in: find out by whom.",
      zh: "待枢纽补录完成后重试；仍存在者系擅自添加，请查明来源。",
    },
  },
  ROW_UNSEALED: {
    text: { en: "The record was passed over when it should have been sealed.", zh: "该留痕记录漏封。" },
    todo: compare,
  },
  PLACE_WRONG: {
    text: { en: "The row claims a place that is another's, or none.", zh: "该行所占位置属于他行或不存在。" },
    todo: compare,
  },
  SIGNATURE_WRONG: { text: { en: "The signature does not hold.", zh: "签名不成立。" }, todo: compare },
  ROW_DAMAGED: { text: { en: "The row cannot be read.", zh: "该行无法读取。" }, todo: compare },
} as const satisfies Record<string, AuditRow>;

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
