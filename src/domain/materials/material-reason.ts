import type { LocalizedText } from "../../errors.ts";

type ReasonRow = Readonly<{ distance: number; message: LocalizedText }>;
const reason = (distance: number, en: string, zh: string): ReasonRow => ({ distance, message: { en, zh } });

/**
 * Why a material was answered as it was. `distance`: how far the case is from FETCH; a near miss beats a far one in
 * the explanation. Codes are never renamed or reused.
 */
export const materialReasons = {
  LICENSE_HELD: reason(
    0,
    "An electronic license already says it. Asking for paper is forbidden.",
    "电子证照已载明该信息，不得要求提交纸质材料。",
  ),
  COMMITMENT_GIVEN: reason(0, "The signed commitment replaces this material.", "已作出告知承诺，免于提交。"),
  DEFERRABLE: reason(
    0,
    "A secondary material: the case is accepted without it, and it follows by the date given, before the decision.",
    "次要材料，可容缺受理，在作出决定前限期补交。",
  ),
  DEFERRABLE_AFTER_LICENSE: reason(
    0,
    "With the signed commitment this material may follow after the license, by the date given.",
    "已作出告知承诺，该材料可在领证后限期补交。",
  ),
  NOT_REQUIRED: reason(0, "The procedure does not require this material.", "该事项不要求提交此材料。"),
  PERMIT_ABOLISHED: reason(
    0,
    "This permit has been abolished; nobody may ask for it.",
    "该许可已直接取消审批，任何单位不得要求提供。",
  ),
  ATTRIBUTE_NOT_HELD: reason(
    1,
    "The license is held, but it does not carry an attribute the material needs.",
    "证照未载明所需的信息项。",
  ),
  TOO_OLD: reason(2, "The license was issued longer ago than the material allows.", "证照签发时间超过要求的期限。"),
  TOO_YOUNG: reason(2, "The license has not been held as long as the material demands.", "证照持有时间未达到要求。"),
  LICENSE_STILL_VALID: reason(
    2,
    "The license is still valid; this material wants one that has ended.",
    "证照仍在有效期内，不符合所需状态。",
  ),
  LICENSE_EXPIRED: reason(3, "The license has expired.", "证照已过有效期。"),
  LICENSE_SUSPENDED: reason(4, "The license is suspended.", "证照已被暂扣。"),
  LICENSE_SUPERSEDED: reason(
    5,
    "A newer version of the license stands, and it does not serve.",
    "证照已被新版本取代。",
  ),
  LICENSE_CANCELLED: reason(6, "The license was given up or transferred away.", "证照已注销或转出。"),
  LICENSE_ANNULLED: reason(7, "The license was annulled as a punishment.", "证照已被吊销。"),
  LICENSE_REVOKED: reason(7, "The license was revoked: it was never rightly granted.", "证照已被撤销。"),
  NO_LICENSE: reason(8, "The hub holds no such license of this subject.", "枢纽中没有该主体的此类证照。"),
  SUBJECT_NOT_NAMED: reason(
    9,
    "The case names no person in this role, or another one than the business license does.",
    "未提供该角色人员，或与营业执照登记的人员不符。",
  ),
  NOT_GRANTED: reason(
    10,
    "This client holds no grant for this license type in this procedure.",
    "当前业务系统未获得此事项调取该类证照的授权。",
  ),
  NO_ELECTRONIC_SOURCE: reason(11, "No electronic license holds this information.", "该材料没有对应的电子证照。"),
} as const satisfies Record<string, ReasonRow>;

/** A stable reason code. */
export type ReasonCode = keyof typeof materialReasons;

/** How far a reason is from FETCH; 0 is FETCH itself or a decision that asks for nothing. */
export function reasonDistance(code: ReasonCode): number {
  return materialReasons[code].distance;
}

const warning = (en: string, zh: string): LocalizedText => ({ en, zh });

/** What a department should look at although the material can be fetched. Never a ground to refuse. Codes as above. */
export const materialWarnings = {
  RENEWAL_EARLY: warning("It is earlier than the term in which this license is renewed.", "早于该证照延续申请的期限。"),
  RENEWAL_LATE: warning(
    "The term in which this license is renewed is over, and the license has not ended yet.",
    "已过该证照延续申请的期限，证照尚在有效期内。",
  ),
  RENEWAL_AFTER_END: warning("The license to be renewed has ended.", "拟延续的证照有效期已届满。"),
} as const satisfies Record<string, LocalizedText>;

/** A stable warning code. */
export type WarningCode = keyof typeof materialWarnings;
