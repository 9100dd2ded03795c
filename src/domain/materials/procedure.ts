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

/** What a procedure asks for. */
export type Material = Readonly<{
  code: string;
  name: string;
  required: boolean;
  /** A form the applicant fills in, never a license. */
  form: boolean;
  /** null: no electronic source exists. */
  source: SourceExpression | null;
  /** Waived by a signed commitment. */
  commitmentWaivable: boolean;
  /** May follow within this many calendar days. */
  deferrableDays: number | null;
  /** A document accepted instead, when the license is not held. */
  alternativeDocument: string | null;
}>;

/** Something a department handles for an applicant. */
export type Procedure = Readonly<{
  code: string;
  name: string;
  department: string;
  permitItem: string | null;
  materials: readonly Material[];
}>;

/** Every source in an expression, in reading order. */
export function sourcesOf(expression: SourceExpression | null): readonly LicenseSource[] {
  if (!expression) return [];
  return expression.kind === "LICENSE" ? [expression.source] : expression.of.flatMap(sourcesOf);
}

/** Every license type the procedure's materials name. What a client needs for its own procedure, and no more. */
export function licenseTypesOf(procedure: Procedure): readonly string[] {
  return [...new Set(procedure.materials.flatMap((material) => sourcesOf(material.source)).map((s) => s.licenseType))];
}
