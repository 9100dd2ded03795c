import type { CodeRow } from "../code-row.ts";

const askAgain = {
  en: "Fetch the list again from the address the license names.",
  zh: "请从证照所载地址重新获取列表。",
};
const distrust = { en: "Do not rely on this list; ask the hub itself.", zh: "请勿采信该列表，请直接向枢纽查询。" };

/** What the step STATUS can find: a part of the one table in verification.ts. */
export const statusCodes = {
  STATUS_INVALID: {
    outcome: "FAIL",
    text: {
      en: "The license is no longer valid: it was given up, revoked, annulled, has lapsed or was transferred.",
      zh: "证照已失去效力（注销、撤销、吊销、失效或已转出）。",
    },
    todo: { en: "Do not accept it.", zh: "请勿接受该证照。" },
  },
  STATUS_SUSPENDED: {
    outcome: "FAIL",
    text: { en: "The license is suspended.", zh: "证照处于暂扣状态。" },
    todo: { en: "Do not accept it until it is reinstated.", zh: "发还之前请勿接受该证照。" },
  },
  STATUS_SUPERSEDED: {
    outcome: "FAIL",
    text: { en: "A newer version of the license stands.", zh: "该证照已有新版本。" },
    todo: { en: "Ask for the newer version.", zh: "请索取新版本证照。" },
  },
  STATUS_UNKNOWN: {
    outcome: "FAIL",
    text: { en: "The status list says something this verifier does not know.", zh: "状态列表的取值本验证器无法识别。" },
    todo: { en: "Update the verifier, or ask the hub itself.", zh: "请更新验证器，或直接向枢纽查询。" },
  },
  STATUS_INDEX: {
    outcome: "FAIL",
    text: { en: "The status list has no entry for this license.", zh: "状态列表中没有该证照的位置。" },
    todo: distrust,
  },
  STATUS_LIST_EXPIRED: {
    outcome: "FAIL",
    text: { en: "The status list had expired at the time asked about.", zh: "所询时间状态列表已过期。" },
    todo: { en: "Fetch a new list, or ask about a time it holds for.", zh: "请获取新的列表，或查询其有效期内的时间。" },
  },
  STATUS_LIST_LATER: {
    outcome: "SKIPPED",
    text: {
      en: "The status list was signed after the time asked about and does not tell of it.",
      zh: "状态列表签署于所询时间之后，无法说明当时的状态。",
    },
    todo: { en: "Fetch the list of that time (?time=).", zh: "请获取当时的列表（?time=）。" },
  },
  STATUS_LIST_FOREIGN: {
    outcome: "FAIL",
    text: {
      en: "This is another status list than the license names, or another issuer's.",
      zh: "该列表不是证照所指向的列表，或其签发方不同。",
    },
    todo: askAgain,
  },
  STATUS_LIST_SIGNATURE: {
    outcome: "FAIL",
    text: {
      en: "The status list is not signed by a key that the hub uses for lists.",
      zh: "状态列表未由枢纽的列表签名密钥签署。",
    },
    todo: distrust,
  },
  STATUS_LIST_MALFORMED: {
    outcome: "FAIL",
    text: { en: "This is no status list, or it is damaged.", zh: "不是状态列表，或已损坏。" },
    todo: askAgain,
  },
  STATUS_LIST_TOO_LARGE: {
    outcome: "FAIL",
    text: { en: "The status list is larger than any of the hub's.", zh: "状态列表超过允许的大小。" },
    todo: distrust,
  },
} as const satisfies Record<string, CodeRow>;
