import { join } from "node:path";
import { addDays } from "../../../src/domain/calendar.ts";
import { businessLicenseTypeCode } from "../../../src/domain/licenses/license-type.ts";
import { type Candidate, type CaseFacts, decide, type MaterialAnswer } from "../../../src/domain/materials/material.ts";
import type {
  Deferral,
  LicenseSource,
  Material,
  Procedure,
  SourceExpression,
} from "../../../src/domain/materials/procedure.ts";
import { licenseTypesOf } from "../../../src/domain/materials/procedure.ts";
import { chinaCalendar } from "../../../src/domain/working-days.ts";
import { readCatalogueFiles } from "../../../src/store/catalogue/catalogue-files.ts";

const root = join(import.meta.dirname, "../../..");

/** The catalogue of the package: the real procedures. */
export const catalogue = await readCatalogueFiles({
  catalogue: join(root, "migrations/data/catalogue"),
  licenseTypeSchemas: join(root, "schema/license-types"),
});

/** The day every case is asked on, and days before (or after) it. */
export const today = "2026-11-22";
export const daysAgo = (days: number) => addDays(today, -days);

/** License types by their short names. */
export const business = businessLicenseTypeCode;
export const card = typeOf("resident-identity-card");
export const safety = typeOf("fire-safety-inspection");
export const food = typeOf("food-operation-license");
export const health = typeOf("health-certificate");
export const tax = typeOf("tax-good-standing");
export const property = typeOf("real-estate-certificate");

/** The enterprise of every case, and persons. */
export const enterprise = "91371002XXXX00019E";
export const boss = { residentId: "11010519491231002X", name: "郭怡" };
export const clerk = { residentId: "440524188001010014", name: "丛秀" };

function typeOf(key: string): string {
  const type = catalogue.licenseTypes.find((each) => each.key === key);
  if (!type) throw new Error(key);
  return type.code;
}

export function procedureOf(code: string): Procedure {
  const found = catalogue.procedures.find((each) => each.code === code);
  if (!found) throw new Error(code);
  return found;
}

export const license = (licenseType: string, changes: Partial<LicenseSource> = {}): SourceExpression => ({
  kind: "LICENSE",
  source: {
    ...{ licenseType, subject: "ENTERPRISE", attributes: [], states: ["VALID"], expiredWithinDays: null },
    ...{ minimumAgeDays: null, maximumAgeDays: null },
    ...changes,
  },
});
export const anyOf = (...of: readonly SourceExpression[]): SourceExpression => ({ kind: "ANY_OF", of });
export const allOf = (...of: readonly SourceExpression[]): SourceExpression => ({ kind: "ALL_OF", of });

export const material = (changes: Partial<Material> = {}): Material => ({
  code: "material",
  name: "材料",
  required: true,
  form: false,
  promise: false,
  source: license(safety),
  commitmentWaivable: false,
  excludedField: null,
  deferral: null,
  renewalWindow: null,
  alternativeDocument: null,
  legalBasis: null,
  verified: false,
  note: null,
  ...changes,
});

/** A term of working days before the decision, unless it is changed. */
export const deferral = (workingDays: number, changes: Partial<Deferral> = {}): Deferral => ({
  phase: "BEFORE_DECISION",
  workingDays,
  calendarDays: null,
  legalBasis: null,
  verified: false,
  ...changes,
});

export const procedure = (...materials: readonly Material[]): Procedure => ({
  code: "procedure",
  name: "事项",
  department: "11371000XXXX010118",
  permitItem: null,
  excludedField: null,
  source: null,
  verified: false,
  materials,
});

/** A valid license of the enterprise, two years old. */
export const held = (licenseType: string, changes: Partial<Candidate> = {}): Candidate => ({
  ...{ identifier: `${licenseType}-1`, licenseType, holderId: enterprise, holderName: "威海环海旅行社有限责任公司" },
  ...{ state: "VALID", issuedOn: daysAgo(730), validFrom: daysAgo(730), validUntil: null },
  attributes:
    licenseType === business ? { legalRepresentative: boss.name, address: "威海", businessScope: "食品" } : {},
  ...changes,
});

/** A person's license. */
export const heldBy = (
  person: Readonly<{ residentId: string; name: string }>,
  licenseType: string,
  changes: Partial<Candidate> = {},
): Candidate =>
  held(licenseType, {
    ...{ identifier: `${licenseType}-${person.residentId}`, holderId: person.residentId, holderName: person.name },
    ...changes,
  });

/** A case of an enterprise without licenses, without persons, asked by a client that is granted all it needs. */
export const caseOf = (asked: Procedure, facts: Partial<CaseFacts> = {}): CaseFacts => ({
  ...{ procedure: asked, reformMode: "OPTIMISED", abolishedTypes: new Set(), commitment: false },
  ...{ holderId: enterprise, persons: [], candidates: [], grantedTypes: new Set(licenseTypesOf(asked)), asOf: today },
  calendar: chinaCalendar(),
  ...facts,
});

/** The answer for one material of a procedure, the first when no code is given. */
export function answerFor(facts: CaseFacts, code = facts.procedure.materials[0]?.code): MaterialAnswer {
  const answer = decide(facts).find((each) => each.material.code === code);
  if (!answer) throw new Error(code);
  return answer;
}

/** The answer for a single made-up material. */
export const decideOne = (changes: Partial<Material>, facts: Partial<CaseFacts> = {}): MaterialAnswer =>
  answerFor(caseOf(procedure(material(changes)), facts));

/** The answer where one license of the enterprise is held. */
export const decideWith = (source: Partial<LicenseSource>, candidate: Partial<Candidate> = {}): MaterialAnswer =>
  decideOne({ source: license(safety, source) }, { candidates: [held(safety, candidate)] });
