import type { LocalizedText } from "../../errors.ts";

/** ERROR refuses the record; WARNING is kept with it and shown, the record is accepted. */
export type Severity = "ERROR" | "WARNING";

type ProblemRow = Readonly<{ severity: Severity; message: LocalizedText }>;

const error = (en: string, zh: string): ProblemRow => ({ severity: "ERROR", message: { en, zh } });
const warning = (en: string, zh: string): ProblemRow => ({ severity: "WARNING", message: { en, zh } });

/** Everything that can be wrong with a submitted record. Codes are never renamed or reused. */
export const problemTable = {
  RECORD_UNREADABLE: error(
    "The line is not one JSON object in UTF-8 whose keys come once each. Send one record a line.",
    "该行不是一个 UTF-8 编码、键名不重复的 JSON 对象，请每行报送一条记录。",
  ),
  FIELD_INVALID: error(
    "The field holds another kind of value than a record's field does, or a record has no such field.",
    "字段取值的类型错误，或记录没有该字段。",
  ),
  FIELD_MISSING: error("A required field is missing or empty. Send it.", "缺少必填字段或字段为空，请补充。"),
  DATE_INVALID: error(
    "This is not a date that exists. Send YYYY-MM-DD (instants: RFC 3339, not in the future).",
    "日期不存在或格式错误，请使用 YYYY-MM-DD（时间请使用 RFC 3339，且不得晚于当前时间）。",
  ),
  ISSUED_IN_FUTURE: error(
    "The day lies after today in Asia/Shanghai. Send the record when that day has come.",
    "该日期晚于今天（北京时间），请在当日之后再报送。",
  ),
  VALIDITY_ORDER: error(
    "The dates are in the wrong order: validFrom ≤ validUntil, and issuedOn ≤ effectiveOn.",
    "日期先后顺序错误：有效期起不得晚于有效期止，生效日期不得早于签发日期。",
  ),
  HOLDER_ID_FORMAT: error(
    "The holder's code does not have the form its kind requires, or the license type is not for this kind of holder.",
    "持证主体代码格式错误，或该证照类型不适用于此类主体。",
  ),
  HOLDER_ID_CHECK: error(
    "The check character of the holder's code is wrong: at least one character is mistyped.",
    "持证主体代码校验位错误，至少有一位录入有误。",
  ),
  LICENSE_TYPE_UNKNOWN: error("The hub knows no license type with this code.", "未知的证照类型代码。"),
  ISSUER_NOT_AUTHORISED: error(
    "This issuer may not issue this license type, or this client may not speak for the issuer.",
    "该部门无权签发此类证照，或当前业务系统无权代表该部门报送。",
  ),
  REGION_UNKNOWN: error("The hub knows no region with this code.", "未知的行政区划代码。"),
  NUMBER_FORMAT: error("The license number does not follow the rule of its type.", "证照编号不符合该类型的编号规则。"),
  ATTRIBUTE_MISSING: error("The license type requires this attribute.", "缺少该证照类型要求的照面信息项。"),
  ATTRIBUTE_INVALID: error(
    "The attribute's value does not fit the type's schema.",
    "照面信息项取值不符合该类型的模式。",
  ),
  ATTRIBUTE_UNKNOWN: error(
    "The license type has no such attribute. Leave it out.",
    "该证照类型没有此照面信息项，请删除。",
  ),
  TEXT_CONTROL_CHARACTER: error(
    "The text holds a control character or broken Unicode. Remove it.",
    "文本含有控制字符或无效字符，请清除。",
  ),
  PREDECESSOR_NOT_FOUND: error(
    "No license of this type and holder has the predecessor's identifier. Submit the predecessor first.",
    "未找到同类型、同主体的前一版本证照，请先报送前一版本。",
  ),
  TRANSITION_NOT_ALLOWED: error(
    "The license's present state does not allow this operation.",
    "证照当前状态不允许执行此操作。",
  ),
  STALE_UPDATE: error(
    "The hub already holds a newer record of this license (see sourceUpdatedAt). It was left as it is.",
    "枢纽已有该证照更新的记录（以 sourceUpdatedAt 为准），未作改动。",
  ),
  IDENTIFIER_TAKEN: error(
    "A license with this identifier, or of this source record id (see the path), exists with other content. Send a change as CHANGE or RENEW that names its predecessor, another license under an id of its own; when it is another source's, the data bureau decides.",
    "该标识或来源记录号（见问题位置）已对应内容不同的证照。如属变更，请按 CHANGE 或 RENEW 报送并注明前一版本；如属另一证照，请使用不同的记录号；如该证照来自其他数据源，由大数据部门裁定。",
  ),
  RECORD_TOO_LARGE: error(
    "The record is larger than 64 KiB, nested deeper than 8 levels, or one of its fields is too long.",
    "记录超过 64 KiB、嵌套超过 8 层，或某个字段过长。",
  ),
  SIGNATURE_MISSING: error(
    "This source signs its records, and this one is not signed. Send it with `signature`.",
    "该数据源须对记录签名，本条记录未签名，请附 signature 后重新报送。",
  ),
  SIGNATURE_INVALID: error(
    "The signature does not fit the record, or is no compact JWS with detached payload as the hub asks for.",
    "签名与记录不符，或不是所要求的分离载荷紧凑 JWS。",
  ),
  SIGNATURE_KEY_UNKNOWN: error(
    "The signature names a key that does not stand among the keys this source has registered for its records.",
    "签名所用密钥不在该数据源已登记且有效的记录签名密钥之中。",
  ),
  HOLDER_ORG_CODE_CHECK: warning(
    "The organisation code inside the holder's USCC fails its own check. Compare it with the business license.",
    "统一社会信用代码中的组织机构代码校验位不符，请与营业执照核对。",
  ),
  IDENTIFIER_CHECK: warning(
    "The license identifier's check character does not fit. It was stored as it came.",
    "电子证照标识校验位不符，已按原样保存。",
  ),
  HOLDER_NAME_MISMATCH: warning(
    "The holder's name differs from the one on its business license.",
    "持证主体名称与其营业执照不一致。",
  ),
  WAITING_LONG: warning(
    "The event has waited for its license for over 30 days. Submit the license, or the event under the right identifier.",
    "该变动记录等待对应证照已超过 30 天，请报送该证照，或以正确的标识重新报送。",
  ),
} as const satisfies Record<string, ProblemRow>;

/** A stable code of something wrong with a record. */
export type ProblemCode = keyof typeof problemTable;

/** Whether a text is such a code: what was kept may be older than a code. */
export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemTable, code);
}

/** One thing wrong with one record. *Shape*: `path` is dotted (`holder.id`, `attributes.vehicleCount`), "" = the record. */
export type Problem = Readonly<{ code: ProblemCode; path: string }>;

/** Whether any of the problems refuses the record. */
export function isRefused(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problemTable[problem.code].severity === "ERROR");
}
