import type { LocalizedText } from "../../../../errors.ts";
import type { VerificationStep } from "../../../../proof/verification.ts";

/** What each step asks, and what it means that it passed; what else came of it, the codes' own texts say. */
export const stepWords: Readonly<Record<VerificationStep, Readonly<{ asks: LocalizedText; passed: LocalizedText }>>> = {
  FORMAT: {
    asks: { zh: "文件是否为格式规范的电子证照？", en: "Is the file a well-formed electronic license?" },
    passed: { zh: "是格式规范的电子证照。", en: "It is a well-formed electronic license." },
  },
  SIGNATURE: {
    asks: { zh: "内容在签署之后是否被改动？", en: "Was the content changed after it was signed?" },
    passed: {
      zh: "签名与内容相符，签署后未被改动。",
      en: "The signature fits: nothing was changed since it was signed.",
    },
  },
  ISSUER_TRUST: {
    asks: { zh: "签名的密钥是否属于可信的签发方？", en: "Does the signing key belong to an issuer you trust?" },
    passed: {
      zh: "密钥在信任的公钥之列，且属于所称的签发方。",
      en: "The key is among the trusted ones and belongs to the issuer named.",
    },
  },
  KEY_VALIDITY: {
    asks: { zh: "签署时密钥是否在使用期内？", en: "Was the key in use when it signed?" },
    passed: { zh: "签署时密钥在使用期内。", en: "The key was in use when it signed." },
  },
  TYPE_SCHEMA: {
    asks: { zh: "照面信息是否符合该类证照的规定？", en: "Do the details fit this type of license?" },
    passed: { zh: "照面信息齐全，符合该类证照的规定。", en: "The details are complete and fit this type of license." },
  },
  VALIDITY_PERIOD: {
    asks: { zh: "所询时间是否在有效期内？", en: "Does the time asked about lie in the period of validity?" },
    passed: { zh: "所询时间在有效期内。", en: "The time asked about lies in the period of validity." },
  },
  STATUS: {
    asks: {
      zh: "证照是否已被暂扣、撤销、注销或更换？",
      en: "Was the license suspended, revoked, cancelled or replaced?",
    },
    passed: {
      zh: "状态列表显示：未被暂扣、撤销、注销或更换。",
      en: "The status list says: not suspended, revoked, cancelled or replaced.",
    },
  },
  LOG_INCLUSION: {
    asks: { zh: "证照是否记入任何人可查的公开日志？", en: "Does the license stand in the public log?" },
    passed: { zh: "已记入公开日志。", en: "It stands in the public log." },
  },
  HOLDER_BINDING: {
    asks: { zh: "出示人是否就是持证主体？", en: "Is it shown by its holder?" },
    passed: { zh: "由持证主体出示。", en: "It is shown by its holder." },
  },
};
