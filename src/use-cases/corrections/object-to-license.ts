import type { Action, Caller, Purpose } from "../../domain/access/caller.ts";
import { disclosedPart, extentText } from "../../domain/access/disclosure.ts";
import { type ActingHolder, maySpeakFor } from "../../domain/access/member.ts";
import type { Misses } from "../../domain/access/rate.ts";
import { dateOf } from "../../domain/calendar.ts";
import {
  attributeOf,
  type CorrectionTerms,
  deadlineOf,
  fieldValue,
  isOpenToCorrection,
  objectionFault,
} from "../../domain/corrections/correction.ts";
import type { WorkingCalendar } from "../../domain/working-days.ts";
import { HubError } from "../../errors.ts";
import type { AccessStore, Admit, Permit } from "../../store/access/access-store.ts";
import type { Correction } from "../../store/corrections/correction-rows.ts";
import type { CorrectionStore } from "../../store/corrections/correction-store.ts";
import type { LicenseStore } from "../../store/licenses/license-store.ts";
import type { Reader } from "../../store/reader.ts";

/** What objecting needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: Permit;
  permitMember: (caller: Caller, action: Action) => Promise<ActingHolder>;
  admit: Admit;
  misses: Misses;
  terms: CorrectionTerms;
  calendar: WorkingCalendar;
  /** Most that one reader may have waiting. */
  maxOpen: number;
  /** Attributes that licenses of each type may have. */
  attributes: () => Promise<(licenseType: string) => readonly string[]>;
  read: <T>(
    reader: Reader,
    run: (stores: { access: AccessStore; licenses: LicenseStore; corrections: CorrectionStore }) => Promise<T>,
  ) => Promise<T>;
}>;

/** An objection as a reader makes it. `field`: a plain field, or `attributes.NAME`. *Trust*: attacker-chosen. */
export type Objection = Readonly<{
  identifier: string;
  field: string;
  shouldSay: string | undefined;
  reason: string;
  purpose: Purpose;
}>;

/**
 * 校核纠错: a reader of a license, or its holder, objects to what it says in a field; its source answers within a term. What
 * it says the hub reads itself, and reading it is recorded like any other. While one waits, the same reader's next one to
 * the same field is that one. A license that the caller may not read is one that does not exist.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, PROCEDURE_NOT_FOUND, PURPOSE_NOT_ALLOWED,
 * RATE_LIMITED, LICENSE_NOT_FOUND, LICENSE_ENDED, CORRECTIONS_FULL.
 */
export async function objectToLicense(tools: Tools, caller: Caller, objection: Objection): Promise<Correction> {
  const { identifier, field, shouldSay, reason, purpose } = objection;
  const known = await tools.permit(caller, { action: "READ", purpose, holders: [] });
  if (known.kind === "HOLDER") {
    const { acting } = await tools.permitMember(known, "OBJECT_TO_LICENSE");
    if (!maySpeakFor(acting)) throw new HubError("FORBIDDEN");
  }
  const fault = objectionFault(objection);
  if (fault) throw new HubError("INPUT_INVALID", { argument: fault });
  const { extents, reader, record } = await tools.admit(known, { action: "READ", purpose, holders: [] });
  await tools.misses.check(known);
  const attributesOf = await tools.attributes();
  const deadline = deadlineOf(dateOf(record.at), tools.terms.answer, tools.terms, tools.calendar);
  const objector =
    known.kind === "HOLDER"
      ? ({ role: "HOLDER", objector: known.holder.id } as const)
      : ({ role: "DEPARTMENT", objector: known.clientId } as const);

  // What is said to the caller here is on record: a refusal ends the transaction with it, and is thrown after.
  const made = await tools.read(reader, async ({ access, licenses, corrections }) => {
    const [found] = await licenses.findByIdentifiers([identifier]);
    if (!found) {
      const words = known.kind === "DEPARTMENT" ? record : { ...record, purpose: null };
      await access.recordMisses([identifier], words);
      return "LICENSE_NOT_FOUND";
    }
    const { typeCode, issuerCode, holder } = found;
    const license = disclosedPart(found, extents ? (extents.get(typeCode) ?? []) : "WHOLE");
    const says = fieldValue(license, field, attributesOf(typeCode));
    const read = {
      ...record,
      holder: holder.id,
      outcome: "DISCLOSED",
      withheld: 0,
      identifiers: [identifier],
    } as const;
    // Also that there is no such field tells that the license is there.
    const attribute = says === undefined ? undefined : attributeOf(field);
    await access.record([{ ...read, extents: [extentText(attribute === undefined ? [] : [attribute])] }]);
    if (says === undefined) return "INPUT_INVALID";
    const state = await corrections.lockLicense(identifier);
    if (!state || !isOpenToCorrection(state)) return "LICENSE_ENDED";
    const waiting = await corrections.countWaiting(objector.role, objector.objector);
    const same = await corrections.findWaiting({ ...objector, identifier, field });
    if (same) return same;
    if (waiting >= tools.maxOpen) return "CORRECTIONS_FULL";
    return corrections.add({
      ...{
        ...objector,
        ...deadline,
        identifier,
        holder: holder.id,
        typeCode,
        issuerCode,
        field,
        says,
        shouldSay,
        reason,
      },
      ...{ department: record.department, clientId: known.clientId, madeAt: record.at },
    });
  });
  await tools.misses.note(known, made === "LICENSE_NOT_FOUND" ? 1 : 0);
  if (made === "CORRECTIONS_FULL") throw new HubError(made, { limit: tools.maxOpen });
  if (made === "INPUT_INVALID") throw new HubError(made, { argument: "field" });
  if (typeof made === "string") throw new HubError(made);
  return made;
}
