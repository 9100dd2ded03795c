import type { LocalizedText } from "../../errors.ts";
import { bundleCodes } from "../bundle/bundle-codes.ts";
import { askAgain, distrust } from "../code-row.ts";
import { type VerificationCode, verificationCodes } from "../verification.ts";

/** What a code of an audit stands for: what that means and, unless all is well, what to do. */
export type AuditRow = Readonly<{ text: LocalizedText; todo?: LocalizedText }>;

const mendOrTell = {
  en: "Run again; if it stays so, keep what is printed and tell the city's data bureau.",
  zh: "请重试；如仍如此，请保存输出并向市大数据局报告。",
};
const tellAll = {
  en: "Keep both notes; tell the city's data bureau and everybody who relies on the hub.",
  zh: "请保存两份签名文本，并告知市大数据局及所有信赖该枢纽者。",
};
const newKey = {
  en: "If the hub has changed its log's key, fetch its key set anew over a connection you trust and name it with --keys; keep --since. If it stays so, keep what is printed and tell the city's data bureau.",
  zh: "若枢纽更换了日志密钥，请通过可信连接重新获取密钥集并用 --keys 指明，保留 --since。如仍如此，请保存输出并向市大数据局报告。",
};

/**
 * What an auditor can find about a log and about licenses that must stand in it. Codes are never renamed or reused.
 * FORK and ROLLED_BACK are proof, whole in the two signed notes: whoever holds them needs nothing else.
 */
export const auditCodes = {
  TILE_MISSING: { text: { en: "A tile of the tree is not served.", zh: "缺少哈希树瓦片。" }, todo: mendOrTell },
  TILE_DAMAGED: {
    text: { en: "A tile of the tree is not what its leaves lead to.", zh: "哈希树瓦片与其叶子不符。" },
    todo: mendOrTell,
  },
  BUNDLE_MISSING: { text: { en: "A bundle of entries is not served.", zh: "缺少条目包。" }, todo: mendOrTell },
  BUNDLE_DAMAGED: {
    text: { en: "A bundle holds other entries than the tree.", zh: "条目包内容与哈希树不符。" },
    todo: mendOrTell,
  },
  ROOT: {
    text: { en: "The entries do not lead to the root that was signed.", zh: "由条目推导的根值与已签署的根值不符。" },
    todo: mendOrTell,
  },
  FORK: {
    text: {
      en: "Two signed checkpoints contradict each other: the log was rewritten, or shows different people different things.",
      zh: "两个已签署的检查点互相矛盾：日志被改写，或对不同的人出示不同内容。",
    },
    todo: tellAll,
  },
  ROLLED_BACK: {
    text: {
      en: "The log shows less than a checkpoint it signed before.",
      zh: "日志所示少于其先前签署的检查点。",
    },
    todo: tellAll,
  },
  CHECKPOINT_MALFORMED: {
    text: { en: "It is no checkpoint of a log.", zh: "不是日志的检查点。" },
    todo: { en: "Check the address or the file's name.", zh: "请核对地址或文件名。" },
  },
  CHECKPOINT_SIGNATURE: {
    text: { en: "The checkpoint is not signed by the log's key.", zh: "检查点未由该日志的密钥签署。" },
    todo: newKey,
  },
  CHECKPOINT_FOREIGN: {
    text: { en: "The checkpoint is of another log.", zh: "检查点属于另一日志。" },
    todo: {
      en: "Check that --vkey or --keys is of the hub whose log you name.",
      zh: "请核对 --vkey 或 --keys 是否属于所指日志的枢纽。",
    },
  },
  WITNESS_SIGNATURE: {
    text: {
      en: "A line under the checkpoint names a witness you trust and is not its signature.",
      zh: "检查点下有一行署名您信任的见证方，但签名不成立。",
    },
    todo: {
      en: "Keep the note, and ask the witness whether it has signed it.",
      zh: "请保存该文本，并向见证方核实其是否签署。",
    },
  },
  WITNESSES_LACKING: {
    text: {
      en: "Fewer of the witnesses you named have signed a checkpoint of this log than you asked for.",
      zh: "您指明的见证方中，签署该日志检查点的少于所要求的数目。",
    },
    todo: {
      en: "Run again a little later; if it stays so, ask the witnesses what they have seen.",
      zh: "请稍后重试；如仍如此，请询问见证方。",
    },
  },
  LICENSE_LOGGED: { text: { en: "The license stands in the log.", zh: "该证照在日志中。" } },
  LICENSE_SIGNATURE: {
    text: {
      en: "The license is not signed by a key of the key set that was good for it.",
      zh: "该证照未由密钥集中的有效密钥签署。",
    },
    todo: distrust,
  },
  LICENSE_IN_PART: {
    text: { en: "An SD-JWT has no entry in the log.", zh: "SD-JWT 在日志中没有条目。" },
    todo: {
      en: "Verify it with verify, and look for the license it was made of.",
      zh: "请用 verify 验证，并查找其所依据的证照。",
    },
  },
  NOT_A_LICENSE: {
    text: { en: "The file holds neither a license nor a bundle.", zh: "该文件既不是证照，也不是证据包。" },
    todo: askAgain,
  },
  BUNDLE_VERSION: bundleCodes.BUNDLE_VERSION,
  FILE_UNREADABLE: {
    text: { en: "The file cannot be read.", zh: "无法读取该文件。" },
    todo: { en: "Check its name and who may read it, and run again.", zh: "请核对文件名与读取权限后重试。" },
  },
  LICENSE_UNDECIDED: {
    text: {
      en: "The license was not met, but not every entry of the log could be read.",
      zh: "未见该证照，但日志并非每条都能读取。",
    },
    todo: {
      en: "Check again when the log is whole; until then do not rely on it.",
      zh: "请待日志完整后重新核对；在此之前请勿采信。",
    },
  },
  LICENSE_MISSING: {
    text: { en: "A license does not stand in the log.", zh: "该证照不在日志中。" },
    todo: {
      en: "One signed in the last minute may be on its way: run again. If it stays so, do not rely on it, and tell the city's data bureau.",
      zh: "若系一分钟内签发，请稍后重试。如仍如此，请勿采信，并向市大数据局报告。",
    },
  },
} as const satisfies Record<string, AuditRow>;

/** A code of an auditor's finding. */
export type AuditCode = keyof typeof auditCodes;

/** Whether it is wrong what a code says: all but one do. */
export function isWrong({ code }: AuditFinding): boolean {
  return code !== "LICENSE_LOGGED";
}

/** What a finding means and what to do about it; of a license whose signature failed, as a verification says for that reason. */
export function wordsOf({ code, detail }: Pick<AuditFinding, "code" | "detail">): AuditRow {
  const row: AuditRow = auditCodes[code];
  const reason =
    code === "LICENSE_SIGNATURE" && detail !== undefined && isVerificationCode(detail) ? detail : undefined;
  return reason === undefined ? row : { ...row, todo: verificationCodes[reason].todo };
}

function isVerificationCode(text: string): text is VerificationCode {
  return Object.hasOwn(verificationCodes, text);
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
