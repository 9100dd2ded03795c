import { checkResidentId } from "../resident-id.ts";
import { checkUscc } from "../uscc.ts";
import { compileAttributesSchema, type SchemaFault } from "./license-type-schema.ts";
import type { ProblemCode } from "./problem.ts";

/** What kind of subject holds a license. On the wire elsewhere: 001 = USCC, 111 = resident ID. */
export const holderIdTypes = ["USCC", "RESIDENT_ID"] as const;
export type HolderIdType = (typeof holderIdTypes)[number];

/** The type every enterprise's name and legal representative are read from. */
export const businessLicenseTypeCode = "11100000MB0143028R001";

/** A license type as the catalogue holds it. */
export type LicenseTypeRow = Readonly<{
  code: string;
  key: string;
  name: string;
  codeIsOfficial: boolean;
  issuers: readonly string[];
  /** The kinds of subject that may hold it, at least one. */
  holderIdTypes: readonly HolderIdType[];
  validityRange: string;
  numberRule: string;
  attributesSchema: object;
}>;

/** A license type ready to check records: schema compiled once, number rule parsed once. */
export type LicenseType = LicenseTypeRow & {
  readonly checkAttributes: (attributes: unknown) => readonly SchemaFault[];
  readonly fitsNumber: (number: string, holderId: string) => boolean;
};

/** Prepares a type for checking. *Throws* when the catalogue's schema or number rule is itself broken. */
export function prepareLicenseType(row: LicenseTypeRow): LicenseType {
  return {
    ...row,
    checkAttributes: compileAttributesSchema(row.attributesSchema),
    fitsNumber: numberRuleOf(row.numberRule),
  };
}

const holderCodeRule = "number = holder code";

function numberRuleOf(rule: string): (number: string, holderId: string) => boolean {
  if (rule === holderCodeRule) return (number, holderId) => number === holderId;
  const pattern = new RegExp(rule, "u");
  return (number) => pattern.test(number);
}

/** Problem codes of a holder's code by its kind; empty when nothing is wrong. *Trust*: the code is whatever the source sent. */
export function holderIdProblems(idType: HolderIdType, id: string): readonly ProblemCode[] {
  if (idType === "RESIDENT_ID") {
    const verdict = checkResidentId(id);
    return verdict.ok ? [] : [verdict.reason === "FORMAT" ? "HOLDER_ID_FORMAT" : "HOLDER_ID_CHECK"];
  }
  const verdict = checkUscc(id);
  if (!verdict.ok) return [verdict.reason === "FORMAT" ? "HOLDER_ID_FORMAT" : "HOLDER_ID_CHECK"];
  return verdict.organisationCodeValid ? [] : ["HOLDER_ORG_CODE_CHECK"];
}
