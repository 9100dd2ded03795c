import type { LocalizedText } from "../../errors.ts";

/**
 * What an auditor can find about a log and about licenses that must stand in it. Codes are never renamed or reused.
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
  CHECKPOINT_MALFORMED: { en: "It is no checkpoint of a log.", zh: "不是日志的检查点。" },
  CHECKPOINT_SIGNATURE: {
    en: "The checkpoint is not signed by the log's key.",
    zh: "检查点未由该日志的密钥签署。",
  },
  CHECKPOINT_FOREIGN: { en: "The checkpoint is of another log.", zh: "检查点属于另一日志。" },
  WITNESS_SIGNATURE: {
    en: "A line under the checkpoint names a witness you trust and is not its signature.",
    zh: "检查点下有一行署名您信任的见证方，但签名不成立。",
  },
  WITNESSES_LACKING: {
    en: "Fewer of the witnesses you named have signed a checkpoint of this log than you asked for.",
    zh: "您指明的见证方中，签署该日志检查点的少于所要求的数目。",
  },
  LICENSE_LOGGED: { en: "The license stands in the log.", zh: "该证照在日志中。" },
  LICENSE_SIGNATURE: {
    en: "The license is not signed by a key of the key set that was good for it: do not rely on it.",
    zh: "该证照未由密钥集中的有效密钥签署，请勿采信。",
  },
  LICENSE_IN_PART: {
    en: "An SD-JWT has no entry in the log: verify it with verify, and look for the license it was made of.",
    zh: "SD-JWT 在日志中没有条目：请用 verify 验证，并查找其所依据的证照。",
  },
  NOT_A_LICENSE: { en: "The file holds neither a license nor a bundle.", zh: "该文件既不是证照，也不是证据包。" },
  FILE_UNREADABLE: { en: "The file cannot be read.", zh: "无法读取该文件。" },
  LICENSE_UNDECIDED: {
    en: "The license was not met, but not every entry of the log could be read.",
    zh: "未见该证照，但日志并非每条都能读取。",
  },
  LICENSE_MISSING: {
    en: "A license does not stand in the log. One signed in the last minute may be on its way: run again.",
    zh: "该证照不在日志中。若系一分钟内签发，请稍后重试。",
  },
} as const satisfies Record<string, LocalizedText>;

/** A code of an auditor's finding. */
export type AuditCode = keyof typeof auditCodes;

/** Whether it is wrong what a code says: all but one do. */
export function isWrong({ code }: AuditFinding): boolean {
  return code !== "LICENSE_LOGGED";
}

/**
 * What was found. `path`: of the file below the log's address; `file`: of a license; `detail`: why, a code or a number;
 * `notes`: the evidence, the earlier one first.
 */
export type AuditFinding = Readonly<{
  code: AuditCode;
  path?: string;
  file?: string;
  detail?: string;
  notes?: readonly string[];
}>;
