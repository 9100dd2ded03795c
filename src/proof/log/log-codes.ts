import type { CodeRow } from "../code-row.ts";

const askAgain = { en: "Ask the holder or the hub for a new proof.", zh: "请向持证人或枢纽重新获取证明。" };
const alarm = {
  en: "Do not rely on it. Get a new bundle from the hub itself; if that is so too, tell the city's data bureau.",
  zh: "请勿采信。请直接向枢纽重新获取证据包；如仍如此，请向市大数据局报告。",
};

/** What the step LOG_INCLUSION can find: a part of the one table in verification.ts. */
export const logCodes = {
  LOG_PROOF_MALFORMED: {
    outcome: "FAIL",
    text: { en: "The log proof, its entry or its checkpoint is damaged.", zh: "日志证明、条目或检查点已损坏。" },
    todo: askAgain,
  },
  LOG_FOREIGN: {
    outcome: "FAIL",
    text: { en: "The proof is of another log than the issuer's.", zh: "该证明不属于签发方的日志。" },
    todo: askAgain,
  },
  LOG_KEY_UNKNOWN: {
    outcome: "SKIPPED",
    text: { en: "The key set holds no key of the issuer's log.", zh: "密钥集中没有签发方日志的密钥。" },
    todo: { en: "Fetch the hub's newest key set.", zh: "请更新枢纽的密钥集。" },
  },
  LOG_KEY_COMPROMISED: {
    outcome: "SKIPPED",
    text: {
      en: "The checkpoint is signed with a key that is no longer the hub's alone, so it proves nothing.",
      zh: "检查点所用的日志密钥已泄露，不能作为证明。",
    },
    todo: askAgain,
  },
  LOG_CHECKPOINT_SIGNATURE: {
    outcome: "FAIL",
    text: { en: "The checkpoint is not signed by the issuer's log.", zh: "检查点未由签发方的日志签署。" },
    todo: alarm,
  },
  LOG_WITNESS_SIGNATURE: {
    outcome: "FAIL",
    text: {
      en: "A line under the checkpoint names a witness you trust and is not its signature.",
      zh: "检查点下有一行署名您信任的见证方，但签名不成立。",
    },
    todo: askAgain,
  },
  LOG_WITNESSES_LACKING: {
    outcome: "FAIL",
    text: {
      en: "Fewer of the witnesses you named have signed than you asked for.",
      zh: "您指明的见证方中，签名的少于所要求的数目。",
    },
    todo: {
      en: "Ask the holder or the hub for a newer bundle; if it lacks them too, ask the witnesses what they have seen.",
      zh: "请向持证人或枢纽获取更新的证据包；如仍缺少，请询问见证方。",
    },
  },
  LOG_OTHER_LICENSE: {
    outcome: "FAIL",
    text: { en: "The log entry is of another license.", zh: "该日志条目属于另一证照。" },
    todo: askAgain,
  },
  LOG_NOT_INCLUDED: {
    outcome: "FAIL",
    text: { en: "The proof does not lead to the checkpoint.", zh: "该证明推导不出检查点的根值。" },
    todo: alarm,
  },
} as const satisfies Record<string, CodeRow>;
