import type { Disclosed } from "../access/disclosure.ts";
import type { CalendarDate } from "../calendar.ts";
import type { StoredState } from "../licenses/license.ts";
import { isPlainText } from "../plain-text.ts";
import { addWorkingDays, type WorkingCalendar } from "../working-days.ts";

/** Where a correction stands. OPEN and ACCEPTED wait for the source; the others are final. */
export const correctionStatuses = ["OPEN", "ACCEPTED", "REFUSED", "CORRECTED", "CLOSED"] as const;
export type CorrectionStatus = (typeof correctionStatuses)[number];

/** What a source may answer. */
export const correctionAnswers = ["ACCEPTED", "REFUSED"] as const;
export type CorrectionAnswer = (typeof correctionAnswers)[number];

/** Who did something to a correction; HUB: the hub itself, when a term was over. */
export const correctionRoles = ["DEPARTMENT", "HOLDER", "HUB"] as const;
export type CorrectionRole = (typeof correctionRoles)[number];

/** Everything that happens to a correction. UNCHANGED: a new version came, and says the same there. */
export const correctionSteps = [
  ...(["OBJECTED", "ACCEPTED", "REFUSED", "UNCHANGED", "CORRECTED", "CLOSED", "ESCALATED"] as const),
] as const;
export type CorrectionStep = (typeof correctionSteps)[number];

/** How long a source has. *Units*: working days. `escalation`: from the end of either term to the second level. */
export type CorrectionTerms = Readonly<{ answer: number; change: number; escalation: number }>;

/** Limits of what an objection and its answer say. *Units*: characters. */
export const correctionLimits = {
  shouldSay: { least: 1, most: 500 },
  reason: { least: 2, most: 500 },
} as const;

/** The fields of a license that can be objected to, besides `attributes.NAME`. */
export const plainFields = [
  ...(["number", "holder.id", "holder.name", "region", "issuedOn", "validFrom", "validUntil"] as const),
] as const;

/** Whether a text can be the path of a field: a plain one, or an attribute. *Trust*: attacker-chosen. */
export function isFieldPath(text: string): boolean {
  return plainFields.some((field) => field === text) || /^attributes\.[A-Za-z]\w{0,59}$/.test(text);
}

/** The attribute a path names; undefined: it names a plain field. */
export function attributeOf(field: string): string | undefined {
  return field.startsWith("attributes.") ? field.slice("attributes.".length) : undefined;
}

/** What a field is read from. */
type Content = Disclosed<
  Readonly<{
    number: string;
    holder: Readonly<{ idType: string; id: string; name: string }>;
    region: string | null;
    issuedOn: CalendarDate;
    validFrom: CalendarDate;
    validUntil: CalendarDate | null;
    attributes: Readonly<Record<string, unknown>>;
    jws: string;
  }>
>;

/**
 * What a license says in a field, as it was disclosed; null where it says nothing. Undefined: the reader does not see such
 * a field, whether or not there is one. @param known attributes that licenses of its type may have
 */
export function fieldValue(license: Content, field: string, known: readonly string[]): unknown {
  const { number, holder, region, issuedOn, validFrom, validUntil, attributes, extent } = license;
  const attribute = attributeOf(field);
  if (attribute !== undefined) {
    if (extent !== "WHOLE" && !extent.includes(attribute)) return undefined;
    if (Object.hasOwn(attributes, attribute)) return attributes[attribute];
    return known.includes(attribute) ? null : undefined;
  }
  const plain = { number, region, issuedOn, validFrom, validUntil, "holder.id": holder.id, "holder.name": holder.name };
  return new Map<string, unknown>(Object.entries(plain)).get(field);
}

/** Whether a reader to whom this much of a license goes out sees a field of it. */
export function seesField(extent: Content["extent"], field: string): boolean {
  const attribute = attributeOf(field);
  return attribute === undefined || extent === "WHOLE" || extent.includes(attribute);
}

/** Which argument of an objection is wrong, or undefined. *Trust*: attacker-chosen texts. */
export function objectionFault(objection: {
  field: string;
  shouldSay: string | undefined;
  reason: string;
}): "field" | "shouldSay" | "reason" | undefined {
  const { field, shouldSay, reason } = objection;
  if (!isFieldPath(field)) return "field";
  if (shouldSay !== undefined && !isPlainText(shouldSay, correctionLimits.shouldSay)) return "shouldSay";
  return isPlainText(reason, correctionLimits.reason) ? undefined : "reason";
}

/** States that nothing follows but a new version of another: what such a license says is no longer anybody's to correct. */
const ended: readonly StoredState[] = ["REVOKED", "CANCELLED", "ANNULLED", "TRANSFERRED", "SUPERSEDED"];

/** Whether a version can be objected to: the one that stands. */
export function isOpenToCorrection(state: StoredState): boolean {
  return !ended.includes(state);
}

/** The last day of a term, and the last day before the second level. */
export type Deadline = Readonly<{ dueOn: CalendarDate; secondOn: CalendarDate }>;

/** The deadline of a term that began on a day, which does not count. @param days *Units*: working days */
export function deadlineOf(
  from: CalendarDate,
  days: number,
  terms: CorrectionTerms,
  calendar: WorkingCalendar,
): Deadline {
  const dueOn = addWorkingDays(from, days, calendar);
  return { dueOn, secondOn: addWorkingDays(dueOn, terms.escalation, calendar) };
}

/** How far a correction is overdue on a day: 0 not, 1 its term is over, 2 the term after it as well. */
export function overdueLevel(
  correction: Readonly<{ status: CorrectionStatus }> & Deadline,
  today: CalendarDate,
): 0 | 1 | 2 {
  const { status, dueOn, secondOn } = correction;
  if ((status !== "OPEN" && status !== "ACCEPTED") || today <= dueOn) return 0;
  return today <= secondOn ? 1 : 2;
}
