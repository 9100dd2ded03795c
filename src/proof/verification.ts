import type { LocalizedText } from "../errors.ts";
import { bundleCodes } from "./bundle/bundle-codes.ts";
import { askAgain, type CodeRow, distrust } from "./code-row.ts";
import { logCodes } from "./log/log-codes.ts";
import { sdJwtCodes } from "./sd-jwt/codes.ts";
import { statusCodes } from "./status/status-codes.ts";

/** The steps of every verification, in the order of the report, with their names in plain words. */
export const verificationSteps = [
  { name: "FORMAT", text: { en: "Format", zh: "格式" } },
  { name: "SIGNATURE", text: { en: "Signature", zh: "签名" } },
  { name: "ISSUER_TRUST", text: { en: "Issuer", zh: "签发方" } },
  { name: "KEY_VALIDITY", text: { en: "Key in use", zh: "密钥使用期" } },
  { name: "TYPE_SCHEMA", text: { en: "Content", zh: "内容结构" } },
  { name: "VALIDITY_PERIOD", text: { en: "Validity", zh: "有效期" } },
  { name: "STATUS", text: { en: "Status", zh: "状态" } },
  { name: "LOG_INCLUSION", text: { en: "Public log", zh: "公开日志" } },
  { name: "HOLDER_BINDING", text: { en: "Holder", zh: "持证人" } },
] as const;

/** A step of a verification. */
export type VerificationStep = (typeof verificationSteps)[number]["name"];

const nothing = { en: "Nothing to do.", zh: "无需处理。" };

/**
 * Every code a verification step can carry: whether the step failed or was skipped, what that means, what to do.
 * Codes are never renamed or reused. A step that passed has no code.
 */
export const verificationCodes = {
  TOKEN_TOO_LARGE: {
    outcome: "FAIL",
    text: { en: "The text is larger than 128 KiB; no license is.", zh: "文本超过 128 KiB，不可能是证照。" },
    todo: askAgain,
  },
  NOT_COMPACT_JWS: {
    outcome: "FAIL",
    text: {
      en: "The text is not three base64url parts with dots between.",
      zh: "文本不是以点号分隔的三段 base64url。",
    },
    todo: askAgain,
  },
  BASE64URL_NOT_CANONICAL: {
    outcome: "FAIL",
    text: { en: "A part is not written as base64url must be.", zh: "某一段的 base64url 写法不规范。" },
    todo: askAgain,
  },
  JSON_INVALID: {
    outcome: "FAIL",
    text: { en: "A part does not hold a JSON object in UTF-8.", zh: "某一段不是 UTF-8 编码的 JSON 对象。" },
    todo: askAgain,
  },
  JSON_DUPLICATE_KEY: {
    outcome: "FAIL",
    text: { en: "An object names a member twice.", zh: "JSON 对象中有重复的成员名。" },
    todo: distrust,
  },
  JSON_TOO_DEEP: {
    outcome: "FAIL",
    text: { en: "The JSON is nested too deeply.", zh: "JSON 嵌套层数过多。" },
    todo: distrust,
  },
  HEADER_MALFORMED: {
    outcome: "FAIL",
    text: { en: "The header lacks alg or kid as text.", zh: "头部缺少文本形式的 alg 或 kid。" },
    todo: askAgain,
  },
  HEADER_CRITICAL: {
    outcome: "FAIL",
    text: { en: "The header demands extensions (crit); none is supported.", zh: "头部要求扩展（crit），均不支持。" },
    todo: distrust,
  },
  HEADER_KEY_INJECTION: {
    outcome: "FAIL",
    text: {
      en: "The header brings its own key; keys come from the key set only.",
      zh: "头部自带密钥，密钥只能来自密钥集。",
    },
    todo: distrust,
  },
  TYP_UNEXPECTED: {
    outcome: "FAIL",
    text: { en: "This is a token of another kind (typ).", zh: "这是另一类令牌（typ 不符）。" },
    todo: { en: "Check that the right file was given.", zh: "请确认文件是否正确。" },
  },
  CLAIMS_MALFORMED: {
    outcome: "FAIL",
    text: { en: "The content lacks a claim, or a claim has the wrong shape.", zh: "内容缺少必需项，或某项格式不符。" },
    todo: distrust,
  },
  FORMAT_NOT_SUPPORTED: {
    outcome: "SKIPPED",
    text: { en: "A bundle inside a bundle is not read.", zh: "不支持证据包内嵌证据包。" },
    todo: { en: "Give the license as a compact JWS, an SD-JWT or a bundle.", zh: "请提供紧凑 JWS、SD-JWT 或证据包。" },
  },
  ...bundleCodes,
  ALGORITHM_NOT_ALLOWED: {
    outcome: "FAIL",
    text: { en: "The signature algorithm is not the one of the key.", zh: "签名算法与密钥规定的算法不符。" },
    todo: distrust,
  },
  SIGNATURE_WRONG: {
    outcome: "FAIL",
    text: { en: "The signature does not fit: content or signature was changed.", zh: "签名不符：内容或签名被改动。" },
    todo: distrust,
  },
  ALGORITHM_NOT_AVAILABLE: {
    outcome: "SKIPPED",
    text: {
      en: "The cryptography of this program cannot use the signing key.",
      zh: "本程序所用的密码组件不支持该签名密钥。",
    },
    todo: { en: "Verify with a newer browser or with the command.", zh: "请使用较新的浏览器或命令行工具验证。" },
  },
  NO_KEYS: {
    outcome: "SKIPPED",
    text: { en: "The key set holds no usable key.", zh: "密钥集中没有可用的密钥。" },
    todo: { en: "Fetch /.well-known/jwks.json of the hub.", zh: "请获取枢纽的 /.well-known/jwks.json。" },
  },
  KEY_UNKNOWN: {
    outcome: "FAIL",
    text: { en: "The key set does not hold the signing key.", zh: "密钥集中没有该签名密钥。" },
    todo: {
      en: "Fetch the hub's newest key set; if the key is still missing, do not rely on it.",
      zh: "请更新密钥集；如仍缺少，请勿采信。",
    },
  },
  KEY_PURPOSE: {
    outcome: "FAIL",
    text: { en: "The key exists but may not sign this kind of token.", zh: "该密钥无权签署此类令牌。" },
    todo: distrust,
  },
  ISSUER_MISMATCH: {
    outcome: "FAIL",
    text: { en: "The named issuer is not the one the key belongs to.", zh: "所称签发方与密钥所属方不符。" },
    todo: distrust,
  },
  KEY_OUTSIDE_PERIOD: {
    outcome: "FAIL",
    text: { en: "It was signed outside the key's period of use.", zh: "签发时间不在密钥使用期内。" },
    todo: distrust,
  },
  KEY_COMPROMISED: {
    outcome: "FAIL",
    text: {
      en: "It was signed when the key was no longer the hub's alone.",
      zh: "签发时该密钥已泄露，可能为他人签署。",
    },
    todo: {
      en: "Do not rely on this copy; get the license anew from the holder or the hub, which signs again what it signed itself.",
      zh: "请勿采信此文件；请向持证人或枢纽重新获取，枢纽会为其本身签发的证照重新签名。",
    },
  },
  KEY_COMPROMISED_UNLOGGED: {
    outcome: "SKIPPED",
    text: {
      en: "It says that it was signed before its key was compromised, but only a log proof can show that.",
      zh: "其签发时间早于密钥泄露，但只有公开日志证明才能证实。",
    },
    todo: {
      en: "Ask the holder or the hub for its bundle, or for the license anew.",
      zh: "请向持证人或枢纽索取证据包，或重新获取该证照。",
    },
  },
  TYPE_UNKNOWN: {
    outcome: "SKIPPED",
    text: { en: "This verifier does not know the license type.", zh: "本验证器未收录该证照类型。" },
    todo: { en: "Update the license types.", zh: "请更新证照类型目录。" },
  },
  ATTRIBUTES_INVALID: {
    outcome: "FAIL",
    text: { en: "The attributes do not fit the license type.", zh: "证照属性与证照类型不符。" },
    todo: distrust,
  },
  NOT_YET_VALID: {
    outcome: "FAIL",
    text: { en: "The license was not yet valid at the time asked about.", zh: "所询时间证照尚未生效。" },
    todo: {
      en: "Ask about a later day, or for the license that was valid then.",
      zh: "请查询之后的日期，或索取当时有效的证照。",
    },
  },
  EXPIRED: {
    outcome: "FAIL",
    text: { en: "The license had expired at the time asked about.", zh: "所询时间证照已过期。" },
    todo: { en: "Ask for the renewed license.", zh: "请索取延续后的证照。" },
  },
  ...logCodes,
  ...statusCodes,
  NOT_CHECKED: {
    outcome: "SKIPPED",
    text: { en: "This file carries no proof for this step.", zh: "此文件未附带该项证明。" },
    todo: { en: "Ask the hub itself when this matters.", zh: "如有需要，请直接向枢纽查询。" },
  },
  NOT_APPLICABLE: {
    outcome: "SKIPPED",
    text: { en: "A plain license is not bound to who shows it.", zh: "普通证照不与出示人绑定。" },
    todo: nothing,
  },
  ...sdJwtCodes,
  NOT_REACHED: {
    outcome: "SKIPPED",
    text: { en: "Not judged, because of an earlier result.", zh: "因前述结果未作判断。" },
    todo: nothing,
  },
} as const satisfies Record<string, CodeRow>;

/** A code of a verification step. */
export type VerificationCode = keyof typeof verificationCodes;

/** What one step found. `detail` never holds attacker-chosen text or a personal identifier. */
export type Finding = Readonly<{
  name: VerificationStep;
  outcome: "PASS" | "FAIL" | "SKIPPED";
  code?: VerificationCode;
  detail?: LocalizedText;
}>;

/** The verdict over all steps. */
export type VerificationOutcome = "VALID" | "INVALID" | "UNDECIDED";

/** The finding that a step passed. */
export function passed(name: VerificationStep, detail?: LocalizedText): Finding {
  return detail ? { name, outcome: "PASS", detail } : { name, outcome: "PASS" };
}

/** The finding that a step failed or was skipped, whichever its code stands for. */
export function found(name: VerificationStep, code: VerificationCode, detail?: LocalizedText): Finding {
  const { outcome } = verificationCodes[code];
  return detail ? { name, outcome, code, detail } : { name, outcome, code };
}

/** All nine findings in the report's order; a step nobody judged is SKIPPED as NOT_REACHED. */
export function completeFindings(findings: readonly Finding[]): readonly Finding[] {
  return verificationSteps.map(
    ({ name }) => findings.findLast((finding) => finding.name === name) ?? found(name, "NOT_REACHED"),
  );
}

/**
 * INVALID when any step failed; VALID when none did and every step that carries trust passed; else UNDECIDED,
 * so a step that was forgotten can never make a license valid.
 */
export function outcomeOf(findings: readonly Finding[]): VerificationOutcome {
  if (findings.some((finding) => finding.outcome === "FAIL")) return "INVALID";
  return openSteps(findings).length === 0 ? "VALID" : "UNDECIDED";
}

/**
 * Whether only the state is open: the signature holds and the period is right, but nothing at hand says whether the license
 * was suspended, revoked or superseded since. Such a report is UNDECIDED.
 */
export function lacksStateOnly(findings: readonly Pick<Finding, "name" | "outcome">[]): boolean {
  const hasFailed = findings.some(({ outcome }) => outcome === "FAIL");
  return !hasFailed && openSteps(findings).join() === "STATUS";
}

/** The steps without which nothing is VALID. A signature does not change when a license is revoked, so the state is one. */
export const essentialSteps = [
  "FORMAT",
  "SIGNATURE",
  "ISSUER_TRUST",
  "KEY_VALIDITY",
  "VALIDITY_PERIOD",
  "STATUS",
] as const satisfies readonly VerificationStep[];

function openSteps(findings: readonly Pick<Finding, "name" | "outcome">[]): readonly VerificationStep[] {
  return essentialSteps.filter((step) => !findings.some(({ name, outcome }) => name === step && outcome === "PASS"));
}
