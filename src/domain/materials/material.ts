import { type CalendarDate, daysBetween } from "../calendar.ts";
import type { LicenseState } from "../licenses/license.ts";
import { businessLicenseTypeCode } from "../licenses/license-type.ts";
import type { WorkingCalendar } from "../working-days.ts";
import { type Ground, grounds } from "./ground.ts";
import { type ReasonCode, reasonDistance, type WarningCode } from "./material-reason.ts";
import type { ReformMode } from "./permit-item.ts";
import {
  type DeferralPhase,
  isWaivable,
  type LicenseSource,
  type Material,
  type MaterialSubject,
  type PersonRole,
  type Procedure,
  type SourceExpression,
} from "./procedure.ts";
import { deferralDueOn, renewalWarnings } from "./terms.ts";

/** 免提交判定: what becomes of a material. */
export const materialDecisions = ["FETCH", "SUBMIT", "WAIVED", "DEFERRED", "NOT_NEEDED"] as const;
export type MaterialDecision = (typeof materialDecisions)[number];

/** A license that may stand in for a material, with its state on the day asked. */
export type Candidate = Readonly<{
  identifier: string;
  licenseType: string;
  holderId: string;
  holderName: string;
  state: LicenseState;
  issuedOn: CalendarDate;
  validFrom: CalendarDate;
  validUntil: CalendarDate | null;
  attributes: Readonly<Record<string, unknown>>;
}>;

/** Everything the decision rests on; nothing is looked up on the way. */
export type CaseFacts = Readonly<{
  procedure: Procedure;
  /** Mode of the procedure's permit item on the day; null when it has none (no permit is needed, mode rules do not apply). */
  reformMode: ReformMode | null;
  /** License types that are themselves an abolished permit on the day. */
  abolishedTypes: ReadonlySet<string>;
  commitment: boolean;
  holderId: string;
  persons: readonly Readonly<{ role: PersonRole; residentId: string }>[];
  candidates: readonly Candidate[];
  /** License types the asking client is granted for this procedure. */
  grantedTypes: ReadonlySet<string>;
  asOf: CalendarDate;
  /** Which days count as working days. */
  calendar: WorkingCalendar;
}>;

/** A license the answer rests on, and which of its attributes the material needs (empty: the license as such). */
export type UsedLicense = Readonly<{ identifier: string; licenseType: string; attributes: readonly string[] }>;

/** The answer for one material, always with its reasons. *Order*: nearest reason first. */
export type MaterialAnswer = Readonly<{
  material: Material;
  decision: MaterialDecision;
  reasons: readonly ReasonCode[];
  warnings: readonly WarningCode[];
  sources: readonly UsedLicense[];
  /** Last day on which a deferred material may follow; null: it is not deferred. */
  dueOn: CalendarDate | null;
  /** Whether a deferred material follows before the decision or after the license; null: it is not deferred. */
  phase: DeferralPhase | null;
  ground: Ground | null;
}>;

/** A case as its caller states it, once let in. */
export type MaterialCase = Readonly<{
  procedure: Procedure;
  holder: string;
  persons: CaseFacts["persons"];
  commitment: boolean;
  grantedTypes: readonly string[];
  asOf: CalendarDate;
}>;

/** What came of a case. `holderOf`: whose license each identifier is, for the access records. */
export type Judgement = Readonly<{
  reformMode: ReformMode | null;
  answers: readonly MaterialAnswer[];
  holderOf: ReadonlyMap<string, string>;
}>;

/**
 * Answers for every material of a case. The order of the steps is the rule: what nobody may ask for, then what is held (a
 * fact beats a promise), then what a promise replaces, then what may follow; the rest is asked for.
 */
export function decide(facts: CaseFacts): readonly MaterialAnswer[] {
  return facts.procedure.materials.map((material) => decideMaterial(material, facts));
}

function decideMaterial(material: Material, facts: CaseFacts): MaterialAnswer {
  const answer = (decision: MaterialDecision, reasons: readonly ReasonCode[], ground: Ground | null = null) =>
    ({
      material,
      decision,
      reasons,
      warnings: [],
      sources: [],
      dueOn: null,
      phase: null,
      ground,
    }) satisfies MaterialAnswer;

  if (isAbolishedPermit(material.source, facts.abolishedTypes)) {
    return answer("NOT_NEEDED", ["PERMIT_ABOLISHED"], grounds.abolished);
  }
  if (!material.required) return answer("NOT_NEEDED", ["NOT_REQUIRED"], grounds.listed);

  const found = material.source ? resolve(material.source, facts) : missing(["NO_ELECTRONIC_SOURCE"]);
  if (found.ok) {
    const warnings = warningsOf(material, found.used, facts);
    return { ...answer("FETCH", ["LICENSE_HELD"], grounds.onceOnly), warnings, sources: found.used };
  }
  const reasons = [...new Set(found.reasons)].sort((a, b) => reasonDistance(a) - reasonDistance(b));

  const hasCommitment = facts.commitment && facts.reformMode === "COMMITMENT";
  if (hasCommitment && isWaivable(facts.procedure, material)) {
    return answer("WAIVED", ["COMMITMENT_GIVEN", ...reasons], grounds.commitment);
  }
  const { deferral } = material;
  if (deferral?.phase === "BEFORE_DECISION") {
    const dueOn = deferralDueOn(deferral, facts.asOf, facts.calendar);
    const deferred = answer("DEFERRED", ["DEFERRABLE", ...reasons], grounds.deferralBeforeDecision);
    return { ...deferred, dueOn, phase: deferral.phase };
  }
  // What follows after the license rests on the commitment, against which the decision is made on the spot.
  if (deferral && hasCommitment) {
    const dueOn = deferralDueOn(deferral, facts.asOf, facts.calendar);
    const deferred = answer("DEFERRED", ["DEFERRABLE_AFTER_LICENSE", ...reasons], grounds.deferralAfterLicense);
    return { ...deferred, dueOn, phase: deferral.phase };
  }
  return answer("SUBMIT", reasons);
}

function warningsOf(material: Material, used: readonly UsedLicense[], facts: CaseFacts): readonly WarningCode[] {
  const { renewalWindow } = material;
  if (!renewalWindow) return [];
  const identifiers = new Set(used.map((license) => license.identifier));
  const ends = facts.candidates.flatMap(({ identifier, validUntil }) =>
    identifiers.has(identifier) && validUntil !== null ? [validUntil] : [],
  );
  const warnings = ends.flatMap((validUntil) => renewalWarnings(renewalWindow, validUntil, facts.asOf, facts.calendar));
  return [...new Set(warnings)];
}

/** A material that can only be an abolished permit may not be asked for by anybody. */
function isAbolishedPermit(expression: SourceExpression | null, abolished: ReadonlySet<string>): boolean {
  if (!expression) return false;
  if (expression.kind === "LICENSE") return abolished.has(expression.source.licenseType);
  const parts = expression.of.map((part) => isAbolishedPermit(part, abolished));
  return parts.length > 0 && (expression.kind === "ANY_OF" ? parts.every(Boolean) : parts.some(Boolean));
}

type Resolution =
  | Readonly<{ ok: true; used: readonly UsedLicense[] }>
  | Readonly<{ ok: false; reasons: readonly ReasonCode[] }>;

const missing = (reasons: readonly ReasonCode[]): Resolution => ({ ok: false, reasons });

function resolve(expression: SourceExpression, facts: CaseFacts): Resolution {
  if (expression.kind === "LICENSE") return resolveLicense(expression.source, facts);
  if (expression.of.length === 0) return missing(["NO_ELECTRONIC_SOURCE"]);
  const parts = expression.of.map((part) => resolve(part, facts));
  if (expression.kind === "ANY_OF") {
    return parts.find((part) => part.ok) ?? missing(parts.flatMap((part) => (part.ok ? [] : part.reasons)));
  }
  const failed = parts.flatMap((part) => (part.ok ? [] : part.reasons));
  return failed.length > 0 ? missing(failed) : { ok: true, used: parts.flatMap((part) => (part.ok ? part.used : [])) };
}

function resolveLicense(source: LicenseSource, facts: CaseFacts): Resolution {
  // Asked first: a client without the grant must not learn from a finer reason what the holder has.
  if (!facts.grantedTypes.has(source.licenseType)) return missing(["NOT_GRANTED"]);
  const subjects = subjectIds(source.subject, facts);
  if (subjects.length === 0) return missing(["SUBJECT_NOT_NAMED"]);
  const used: UsedLicense[] = [];
  const reasons: ReasonCode[] = [];
  // Several named persons: each of them needs one.
  for (const subject of subjects) {
    const result = bestLicense(source, subject, facts);
    if (result.ok) used.push(...result.used);
    else reasons.push(...result.reasons);
  }
  return reasons.length > 0 ? missing(reasons) : { ok: true, used };
}

function subjectIds(subject: MaterialSubject, facts: CaseFacts): readonly string[] {
  if (subject === "ENTERPRISE") return [facts.holderId];
  const roleIds = facts.persons.filter((person) => person.role === subject).map((person) => person.residentId);
  const named = [...new Set(roleIds)];
  if (subject === "STAFF") return named;
  // 重名: of two that fit, one is a stranger of the same name, and which of them can not be told.
  const fitting = named.filter((id) => mayBeLegalRepresentative(id, facts));
  return fitting.length > 1 ? [] : fitting;
}

/**
 * Only the person whose name the enterprise's business license bears is its legal representative, and without one
 * nobody is known to be: otherwise anybody's identity card could be fetched by naming them. Whether the business
 * license is suspended or ended plays no part; a former version of it does not count.
 */
function mayBeLegalRepresentative(residentId: string, facts: CaseFacts): boolean {
  const business = facts.candidates
    .filter((license) => license.licenseType === businessLicenseTypeCode && license.holderId === facts.holderId)
    .filter((license) => license.state !== "SUPERSEDED" && license.state !== "TRANSFERRED")
    .sort(compareNewest)[0];
  const name = business?.attributes["legalRepresentative"];
  if (typeof name !== "string" || name === "") return false;
  const own = facts.candidates.filter((license) => license.holderId === residentId);
  // Somebody the hub knows nothing of is answered like somebody else: naming a person must not tell what is held of them.
  return own.some((license) => license.holderName === name);
}

function bestLicense(source: LicenseSource, subject: string, facts: CaseFacts): Resolution {
  const own = facts.candidates.filter(
    (license) => license.licenseType === source.licenseType && license.holderId === subject,
  );
  const judged = own
    .map((license) => ({ license, reasons: reasonsAgainst(license, source, facts.asOf) }))
    .sort((a, b) => distance(a.reasons) - distance(b.reasons) || compareNewest(a.license, b.license));
  const best = judged[0];
  if (!best) return missing(["NO_LICENSE"]);
  if (best.reasons.length > 0) return missing(best.reasons);
  const attributes = source.attributes;
  return { ok: true, used: [{ identifier: best.license.identifier, licenseType: source.licenseType, attributes }] };
}

function compareNewest(a: Candidate, b: Candidate): number {
  if (a.issuedOn !== b.issuedOn) return a.issuedOn < b.issuedOn ? 1 : -1;
  return a.identifier < b.identifier ? 1 : -1;
}

/** How far a candidate is from being usable: its worst fault first, then how many. */
function distance(reasons: readonly ReasonCode[]): number {
  return Math.max(0, ...reasons.map(reasonDistance)) * 10 + reasons.length;
}

const stateReasons: Readonly<Record<Exclude<LicenseState, "VALID">, ReasonCode>> = {
  EXPIRED: "LICENSE_EXPIRED",
  SUSPENDED: "LICENSE_SUSPENDED",
  REVOKED: "LICENSE_REVOKED",
  CANCELLED: "LICENSE_CANCELLED",
  ANNULLED: "LICENSE_ANNULLED",
  SUPERSEDED: "LICENSE_SUPERSEDED",
  LAPSED: "LICENSE_EXPIRED",
  TRANSFERRED: "LICENSE_CANCELLED",
  OTHER: "LICENSE_SUSPENDED",
};

function reasonsAgainst(license: Candidate, source: LicenseSource, asOf: CalendarDate): readonly ReasonCode[] {
  const reasons: ReasonCode[] = [];
  if (!source.states.includes(license.state)) {
    reasons.push(license.state === "VALID" ? "LICENSE_STILL_VALID" : stateReasons[license.state]);
  } else if (license.state === "EXPIRED" && license.validUntil !== null && source.expiredWithinDays !== null) {
    if (daysBetween(license.validUntil, asOf) > source.expiredWithinDays) reasons.push("LICENSE_EXPIRED");
  }
  if (license.validFrom > asOf) reasons.push("TOO_YOUNG");
  else if (source.minimumAgeDays !== null && daysBetween(license.validFrom, asOf) < source.minimumAgeDays)
    reasons.push("TOO_YOUNG");
  if (source.maximumAgeDays !== null && daysBetween(license.issuedOn, asOf) > source.maximumAgeDays)
    reasons.push("TOO_OLD");
  if (source.attributes.some((name) => !holds(license.attributes[name]))) reasons.push("ATTRIBUTE_NOT_HELD");
  return reasons;
}

function holds(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return false;
  return !Array.isArray(value) || value.length > 0;
}
