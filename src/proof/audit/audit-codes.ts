import type { LocalizedText } from "../../errors.ts";

/**
 * What an auditor can find wrong with a log. Codes are never renamed or reused.
 * FORK and ROLLED_BACK are proof, whole in the two signed notes: whoever holds them needs nothing else.
 */
export const auditCodes = {
  TILE_MISSING: { en: "A tile of the tree is not served.", zh: "缺少哈希树瓦片。" },
  TILE_DAMAGED: { en: "A tile of the tree is not what its leaves lead to.", zh: "哈希树瓦片与其叶子不符。" },
  BUNDLE_MISSING: { en: "A bundle of entries is not served.", zh: "缺少条目包。" },
  BUNDLE_DAMAGED: { en: "A bundle holds other entries than the tree.", zh: "条目包内容与哈希树不符。" },
  ROOT: { en: "The entries do not lead to the root that was signed.", zh: "由条目推导的根值与已签署的根值不符。" },
  FORK: {
    en: "Two signed checkpoints contradict each other: the log was rewritten, or shows different people different things.",
    zh: "两个已签署的检查点互相矛盾：日志被改写，或对不同的人出示不同内容。",
  },
  ROLLED_BACK: {
    en: "The log shows less than a checkpoint it signed before.",
    zh: "日志所示少于其先前签署的检查点。",
  },
  CHECKPOINT_MALFORMED: { en: "What is served as checkpoint is none.", zh: "所提供的检查点格式不符。" },
  CHECKPOINT_SIGNATURE: {
    en: "The checkpoint is not signed by the log's key.",
    zh: "检查点未由该日志的密钥签署。",
  },
  CHECKPOINT_FOREIGN: { en: "The checkpoint is of another log.", zh: "检查点属于另一日志。" },
  LICENSE_MISSING: {
    en: "A license does not stand in the log. One signed in the last minute may be on its way: run again.",
    zh: "该证照不在日志中。若系一分钟内签发，请稍后重试。",
  },
} as const satisfies Record<string, LocalizedText>;

/** A code of an auditor's finding. */
export type AuditCode = keyof typeof auditCodes;

/** What was found. `path`: of the file below the log's address; `notes`: the evidence, the earlier one first. */
export type AuditFinding = Readonly<{
  code: AuditCode;
  path?: string;
  file?: string;
  notes?: readonly string[];
}>;
