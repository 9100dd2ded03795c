import { askAgain, type CodeRow, distrust } from "../code-row.ts";

const fresh = { en: "Ask the holder to show the license again.", zh: "请持证人重新出示证照。" };

/** Codes about licenses as wallets show them: a part of the one table in verification.ts. */
export const sdJwtCodes = {
  SD_JWT_MALFORMED: {
    outcome: "FAIL",
    text: { en: "The text is not a JWS and its disclosures with ~ between.", zh: "文本不是以 ~ 分隔的签名与披露项。" },
    todo: askAgain,
  },
  SD_JWT_TOO_MANY_DISCLOSURES: {
    outcome: "FAIL",
    text: { en: "It brings more than 256 disclosures.", zh: "披露项超过 256 个。" },
    todo: askAgain,
  },
  SD_JWT_HASH_NOT_SUPPORTED: {
    outcome: "FAIL",
    text: { en: "Its digests are not SHA-256 (_sd_alg).", zh: "摘要算法（_sd_alg）不是 SHA-256。" },
    todo: askAgain,
  },
  SD_JWT_DISCLOSURE_MALFORMED: {
    outcome: "FAIL",
    text: {
      en: "A disclosure is not what stands at its place: salt, name and value, or salt and value.",
      zh: "某个披露项的格式与其位置不符。",
    },
    todo: askAgain,
  },
  SD_JWT_DISCLOSURE_REPEATED: {
    outcome: "FAIL",
    text: { en: "A disclosure is there twice.", zh: "有重复的披露项。" },
    todo: distrust,
  },
  SD_JWT_DISCLOSURE_UNREFERENCED: {
    outcome: "FAIL",
    text: { en: "A disclosure belongs to nothing that was signed.", zh: "某个披露项不属于已签名的内容。" },
    todo: distrust,
  },
  SD_JWT_DIGEST_REPEATED: {
    outcome: "FAIL",
    text: { en: "A digest stands twice in what was signed.", zh: "已签名内容中有重复的摘要。" },
    todo: distrust,
  },
  SD_JWT_NAME_FORBIDDEN: {
    outcome: "FAIL",
    text: {
      en: "A name reserved for disclosures (_sd, _sd_alg, ...) is used otherwise.",
      zh: "披露专用名称（_sd、_sd_alg、...）被误用。",
    },
    todo: distrust,
  },
  SD_JWT_CLAIM_REPEATED: {
    outcome: "FAIL",
    text: { en: "A disclosure names a claim that is there already.", zh: "披露项与已有内容重名。" },
    todo: distrust,
  },
  SD_JWT_CLAIM_NOT_SELECTIVE: {
    outcome: "FAIL",
    text: { en: "A claim that every reader must see was made a disclosure.", zh: "必须公开的项被设为可选披露。" },
    todo: distrust,
  },
  SD_JWT_PARTLY_DISCLOSED: {
    outcome: "SKIPPED",
    text: {
      en: "The license is shown in part, so its content cannot be judged as a whole.",
      zh: "证照仅部分披露，无法判断内容是否完整。",
    },
    todo: { en: "Ask the holder for the whole license when this matters.", zh: "如有需要，请持证人出示完整证照。" },
  },
  SD_JWT_KEY_BINDING_ABSENT: {
    outcome: "SKIPPED",
    text: {
      en: "The license is bound to a key, and nobody has shown to hold it.",
      zh: "证照已绑定密钥，但出示人未证明持有该密钥。",
    },
    todo: { en: "Ask whoever shows it for a fresh presentation.", zh: "请出示人重新出示。" },
  },
  SD_JWT_KEY_BINDING_MISSING: {
    outcome: "FAIL",
    text: { en: "The proof of the holder that was asked for is missing.", zh: "缺少所要求的持证人证明。" },
    todo: fresh,
  },
  SD_JWT_HOLDER_KEY: {
    outcome: "FAIL",
    text: {
      en: "The license names no usable key of its holder (cnf), so the proof shows nothing.",
      zh: "证照未载明可用的持证人密钥（cnf）。",
    },
    todo: distrust,
  },
  SD_JWT_KEY_BINDING_MALFORMED: {
    outcome: "FAIL",
    text: { en: "The proof of the holder is not a key binding JWT.", zh: "持证人证明的格式不符。" },
    todo: fresh,
  },
  SD_JWT_KEY_BINDING_SIGNATURE: {
    outcome: "FAIL",
    text: { en: "The proof was not signed by the key of the holder.", zh: "持证人证明并非由其密钥签名。" },
    todo: distrust,
  },
  SD_JWT_KEY_BINDING_OTHER: {
    outcome: "FAIL",
    text: {
      en: "The proof was made for another choice of disclosures or another license.",
      zh: "持证人证明对应的是其他披露内容或其他证照。",
    },
    todo: fresh,
  },
  SD_JWT_NONCE: {
    outcome: "FAIL",
    text: { en: "The proof answers another question (nonce).", zh: "持证人证明的随机数不符。" },
    todo: fresh,
  },
  SD_JWT_AUDIENCE: {
    outcome: "FAIL",
    text: { en: "The proof was made for somebody else (aud).", zh: "持证人证明的受众不符。" },
    todo: fresh,
  },
  SD_JWT_KEY_BINDING_TIME: {
    outcome: "FAIL",
    text: { en: "The proof was not made within the last five minutes.", zh: "持证人证明并非在五分钟内作出。" },
    todo: fresh,
  },
} as const satisfies Record<string, CodeRow>;
