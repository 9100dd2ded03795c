import type { LicenseState } from "../licenses/license.ts";

/** Whose license a material wants. */
export const materialSubjects = ["ENTERPRISE", "LEGAL_REPRESENTATIVE", "STAFF"] as const;
export type MaterialSubject = (typeof materialSubjects)[number];

/** Roles in which a case names a person. */
export const personRoles = ["LEGAL_REPRESENTATIVE", "STAFF"] as const;
export type PersonRole = (typeof personRoles)[number];

/** One license type that can stand in for a material, with what it must satisfy. *Units*: days are calendar days. */
export type LicenseSource = Readonly<{
  licenseType: string;
  subject: MaterialSubject;
  /** Attributes the procedure needs from it; empty: the license as such. */
  attributes: readonly string[];
  /** Accepted states on the day asked. */
  states: readonly LicenseState[];
  /** An expired license is accepted only this long after its end; null: any time. */
  expiredWithinDays: number | null;
  /** Held for at least this long, counted from validFrom. */
  minimumAgeDays: number | null;
  /** Issued at most this long ago, counted from issuedOn. */
  maximumAgeDays: number | null;
}>;

/** An expression over sources: any one of, or all of. */
export type SourceExpression =
  | Readonly<{ kind: "LICENSE"; source: LicenseSource }>
  | Readonly<{ kind: "ANY_OF" | "ALL_OF"; of: readonly SourceExpression[] }>;

/**
 * Fields in which a commitment stands for nothing, in the order of the text. *Source*: 国办发〔2020〕42号, paraphrased:
 * 国家安全、国家秘密、公共安全、金融业审慎监管、生态环境保护、人身健康、生命财产安全、重要涉外.
 */
export const excludedFields = [
  "NATIONAL_SECURITY",
  "STATE_SECRETS",
  "PUBLIC_SAFETY",
  "FINANCIAL_PRUDENCE",
  "ECOLOGY",
  "HUMAN_HEALTH",
  "LIFE_AND_PROPERTY",
  "FOREIGN_AFFAIRS",
] as const;
export type ExcludedField = (typeof excludedFields)[number];

/** 容缺受理 is before the decision; 领证后补交 is after the license was handed over, against a commitment. */
export const deferralPhases = ["BEFORE_DECISION", "AFTER_LICENSE"] as const;
export type DeferralPhase = (typeof deferralPhases)[number];

/**
 * A material may follow within a term: working days, or calendar days where a text says so. Exactly one of them is set.
 * *Source*: 行政许可法 第八十二条 (working days).
 */
export type Deferral = Readonly<{
  phase: DeferralPhase;
  workingDays: number | null;
  calendarDays: number | null;
  /** The text that gives the term, in Chinese; null: none is known, the city sets it. */
  legalBasis: string | null;
  /** Whether the term was read in that text. */
  verified: boolean;
}>;

/**
 * When a license is renewed: from the working day that lies `opensWorkingDays` before its last day, until the one that
 * lies `closesWorkingDays` before it. Outside of it a case is warned, never refused.
 */
export type RenewalWindow = Readonly<{
  opensWorkingDays: number;
  closesWorkingDays: number;
  legalBasis: string | null;
  verified: boolean;
}>;

/** What a procedure asks for. */
export type Material = Readonly<{
  code: string;
  name: string;
  required: boolean;
  /** A form the applicant fills in, never a license. */
  form: boolean;
  /** 承诺书: a promise is itself the material. It can not follow later, and no other promise replaces it. */
  promise: boolean;
  /** null: no electronic source exists. */
  source: SourceExpression | null;
  /** Waived by a signed commitment. */
  commitmentWaivable: boolean;
  /** The field that keeps a commitment from replacing it; null: none. */
  excludedField: ExcludedField | null;
  /** null: it may not follow. */
  deferral: Deferral | null;
  /** Where the license it names is what the case renews. */
  renewalWindow: RenewalWindow | null;
  /** A document accepted instead, when the license is not held. */
  alternativeDocument: string | null;
  /** The text that asks for it, in Chinese; null: none is known. */
  legalBasis: string | null;
  /** Whether it was read in that text. */
  verified: boolean;
  /** What its reader should know about it. */
  note: string | null;
}>;

/** Something a department handles for an applicant. */
export type Procedure = Readonly<{
  code: string;
  name: string;
  department: string;
  permitItem: string | null;
  /** Holds for every material. */
  excludedField: ExcludedField | null;
  /** Where the list of materials comes from, in Chinese; null: nowhere but general knowledge. */
  source: string | null;
  /** Whether the whole list was read there. */
  verified: boolean;
  materials: readonly Material[];
}>;

/** Whether a signed commitment may replace a material. */
export function isWaivable(procedure: Procedure, material: Material): boolean {
  return material.commitmentWaivable && material.excludedField === null && procedure.excludedField === null;
}

/** Every source in an expression, in reading order. */
export function sourcesOf(expression: SourceExpression | null): readonly LicenseSource[] {
  if (!expression) return [];
  return expression.kind === "LICENSE" ? [expression.source] : expression.of.flatMap(sourcesOf);
}

/** Every license type the procedure's materials name. What a client needs for its own procedure, and no more. */
export function licenseTypesOf(procedure: Procedure): readonly string[] {
  return [...new Set(procedure.materials.flatMap((material) => sourcesOf(material.source)).map((s) => s.licenseType))];
}
