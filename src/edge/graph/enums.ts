import { registerEnumType } from "type-graphql";
import { historyOperations, licenseOperations, licenseStates } from "../../domain/licenses/license.ts";
import { holderIdTypes } from "../../domain/licenses/license-type.ts";
import { materialDecisions } from "../../domain/materials/material.ts";
import { reformModes, reformScopes } from "../../domain/materials/permit-item.ts";
import { personRoles } from "../../domain/materials/procedure.ts";
import { verificationSteps } from "../../proof/verification.ts";
import { accessActions, accessOutcomes } from "../../store/tables/access-tables.ts";
import { dayFaults } from "../../use-cases/access/check-access-day.ts";

type EnumObject<Value extends string> = { readonly [Name in Value]: Name };

/** Makes a GraphQL enum of described values. */
export function register<const Value extends string>(
  name: string,
  description: string,
  values: Record<Value, string>,
): EnumObject<Value> {
  const names = Object.keys(values) as Value[];
  const object = Object.fromEntries(names.map((value) => [value, value])) as EnumObject<Value>;
  const valuesConfig: Partial<Record<Value, { description: string }>> = {};
  for (const value of names) valuesConfig[value] = { description: values[value] };
  registerEnumType(object, { name, description, valuesConfig });
  return object;
}

/** Makes sure that every value of the domain has its description, and no other is described. */
export function described<const Value extends string>(
  _all: readonly Value[],
  values: Record<Value, string>,
): Record<Value, string> {
  return values;
}

export const LicenseStateEnum = register(
  "LicenseState",
  "State of a license version.",
  described(licenseStates, {
    VALID: "有效: in force.",
    SUSPENDED: "暂扣: taken away for a time.",
    EXPIRED: "Past its last day; derived, never stored.",
    REVOKED: "撤销: never rightly granted. Final.",
    CANCELLED: "注销: given up. Final.",
    ANNULLED: "吊销: taken away as a punishment. Final.",
    LAPSED: "失效: ended by law.",
    TRANSFERRED: "办理转出: moved to another authority.",
    SUPERSEDED: "A newer version stands. Final.",
    OTHER: "Another state, described in the event's reason.",
  }),
);

const operations = described(licenseOperations, {
  ISSUE: "新发: a new license.",
  RENEW: "延续: a new version with a new period; names its predecessor.",
  CHANGE: "变更: a new version with other content; names its predecessor.",
  TRANSFER_IN: "转入: a license moved here; names its predecessor.",
  SUSPEND: "暂扣.",
  REINSTATE: "暂扣发还: ends a suspension.",
  CANCEL: "注销: ends the license; `outcome` says how.",
  LAPSE: "过期失效.",
  CANCEL_TRANSFER: "取消转出: undoes a transfer.",
  OTHER: "Anything else; `reason` is required.",
});

export const LicenseOperationEnum = register("LicenseOperation", "What a record does to a license.", operations);

export const HistoryOperationEnum = register(
  "HistoryOperation",
  "What happened to a license: what a record did, or the hub itself.",
  described(historyOperations, {
    ...operations,
    SIGN_AGAIN:
      "重新签署: the hub signed the same words again, because the key that had signed them was compromised. State and day are those of the change before.",
  }),
);

export const HolderIdTypeEnum = register(
  "HolderIdType",
  "What identifies a holder.",
  described(holderIdTypes, { USCC: "统一社会信用代码, GB 32100-2015.", RESIDENT_ID: "公民身份号码, GB 11643." }),
);

export const SubmissionOutcomeEnum = register("SubmissionOutcome", "What became of a record.", {
  ACCEPTED: "Stored; a new version was signed.",
  UNCHANGED: "The hub already holds exactly this.",
  REJECTED: "Refused; `problems` say why.",
  PENDING: "An event whose license has not come yet; kept, and applied when it does.",
});

export const SeverityEnum = register("Severity", "How bad a problem is.", {
  ERROR: "The record is refused.",
  WARNING: "The record is accepted; the doubt is kept with it.",
});

export const MaterialDecisionEnum = register(
  "MaterialDecision",
  "免提交判定: what becomes of a material.",
  described(materialDecisions, {
    FETCH: "Held electronically: it may be fetched, and paper may not be asked for.",
    SUBMIT: "The applicant hands it in; the reasons say why it cannot be fetched.",
    WAIVED: "Not held, and replaced by the signed commitment.",
    DEFERRED: "May follow by `dueOn`; `phase` says whether before the decision or after the license.",
    NOT_NEEDED: "Nobody may ask for it in this case.",
  }),
);

export const PersonRoleEnum = register(
  "PersonRole",
  "In which role a case names a person.",
  described(personRoles, { LEGAL_REPRESENTATIVE: "法定代表人（负责人）.", STAFF: "从业人员." }),
);

export const ReformModeEnum = register(
  "ReformMode",
  "改革方式 of a permit item.",
  described(reformModes, {
    CANCELLED: "直接取消审批: no permit any more.",
    FILING: "审批改为备案: a filing, which cannot be refused.",
    COMMITMENT: "实行告知承诺: decided on the spot against a signed commitment.",
    OPTIMISED: "优化审批服务: a permit, made easier.",
  }),
);

export const ReformScopeEnum = register(
  "ReformScope",
  "Where an entry of the reform list, or the text it was read in, applies.",
  described(reformScopes, {
    NATIONAL: "全国.",
    PROVINCIAL: "本省: this city's province.",
    FREE_TRADE_ZONE: "自贸试验区.",
    OTHER_PROVINCE: "Another province's list: kept for comparison, never applied here.",
    CITY: "This city's own adjustment.",
  }),
);

export const VerificationOutcomeEnum = register("VerificationOutcome", "Outcome of a verification.", {
  VALID: "No check failed, and format, signature, issuer, key, validity and state all passed.",
  INVALID: "A check failed.",
  UNDECIDED:
    "No check failed, but one that VALID needs was not made. When it is STATUS alone, the signature is valid and the state was not checked.",
});

export const CheckOutcomeEnum = register("CheckOutcome", "Outcome of one check.", {
  PASS: "Passed.",
  FAIL: "Failed.",
  SKIPPED: "Not made; `code` says why.",
});

export const VerificationStepEnum = register(
  "VerificationStep",
  "A step of a verification, in order.",
  Object.fromEntries(verificationSteps.map((step) => [step.name, `${step.text.en} ${step.text.zh}`])) as Record<
    (typeof verificationSteps)[number]["name"],
    string
  >,
);

export const AccessActionEnum = register(
  "AccessAction",
  "What was asked.",
  described(accessActions, {
    READ: "Licenses were read.",
    CONFIRM: "Claims were confirmed or not.",
    CHECK: "Materials were checked.",
    FETCH: "Materials were fetched into a case.",
    NOTIFY: "Nothing: the hub told a case that relies on a license of its new state.",
  }),
);

export const AccessOutcomeEnum = register(
  "AccessOutcome",
  "What went out.",
  described(accessOutcomes, { DISCLOSED: "Content.", ANSWERED: "An answer without content.", REFUSED: "Nothing." }),
);

export const AccessDayFaultEnum = register(
  "AccessDayFault",
  "What is wrong with a day of the access ledger.",
  described(dayFaults, {
    RECORD_MISSING: "A sealed record is gone.",
    RECORD_CHANGED: "A record no longer says what was sealed.",
    PLACE: "A place of the chain is missing.",
    CHAIN: "A link of the chain was changed.",
    ROOT: "The chain does not end in the root of the closed day.",
  }),
);
