import { deferralPhases, excludedFields } from "../../../domain/materials/procedure.ts";
import { described, register } from "../enums.ts";

export const DeferralPhaseEnum = register(
  "DeferralPhase",
  "When a deferred material follows.",
  described(deferralPhases, {
    BEFORE_DECISION: "容缺受理: the case is accepted without it, and it follows before the decision.",
    AFTER_LICENSE: "领证后补交: with the signed commitment it follows after the license was handed over.",
  }),
);

export const ExcludedFieldEnum = register(
  "ExcludedField",
  "A field in which a commitment replaces nothing (国办发〔2020〕42号, paraphrased).",
  described(excludedFields, {
    NATIONAL_SECURITY: "国家安全.",
    STATE_SECRETS: "国家秘密.",
    PUBLIC_SAFETY: "公共安全, fire safety among it.",
    FINANCIAL_PRUDENCE: "金融业审慎监管.",
    ECOLOGY: "生态环境保护.",
    HUMAN_HEALTH: "人身健康.",
    LIFE_AND_PROPERTY: "生命财产安全.",
    FOREIGN_AFFAIRS: "重要涉外.",
  }),
);
