import type { CodeRow } from "../code-row.ts";

const askAgain = { en: "Ask the holder or the hub for the bundle again.", zh: "请向持证人或枢纽重新获取证据包。" };

/** What a bundle itself can be found to be: a part of the one table in verification.ts. */
export const bundleCodes = {
  BUNDLE_MALFORMED: {
    outcome: "FAIL",
    text: {
      en: "The file is no bundle: a member is missing, wrong or unknown.",
      zh: "不是证据包：成员缺失、有误或未知。",
    },
    todo: askAgain,
  },
  BUNDLE_TOO_LARGE: {
    outcome: "FAIL",
    text: { en: "The bundle is larger than 4 MiB; none of the hub's is.", zh: "证据包超过 4 MiB，枢纽不会签发。" },
    todo: askAgain,
  },
  BUNDLE_VERSION: {
    outcome: "SKIPPED",
    text: { en: "The bundle is of a version this verifier does not know.", zh: "本验证器不支持该版本的证据包。" },
    todo: { en: "Update the verifier.", zh: "请更新验证器。" },
  },
  BUNDLE_KEYS: {
    outcome: "FAIL",
    text: {
      en: "The bundle names a key otherwise than the trusted key set does.",
      zh: "证据包所列密钥与可信密钥集不一致。",
    },
    todo: {
      en: "Fetch the hub's newest key set; if they still differ, do not rely on it.",
      zh: "请更新密钥集；如仍不一致，请勿采信。",
    },
  },
} as const satisfies Record<string, CodeRow>;
