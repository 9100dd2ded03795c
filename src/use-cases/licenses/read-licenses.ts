import { judgeAdmission } from "../../domain/access/admission.ts";
import { type Caller, checkPurpose, type Purpose } from "../../domain/access/caller.ts";
import { disclosedPart, type Extents } from "../../domain/access/disclosure.ts";
import { dateOf } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import type { Permit, Refuse } from "../../store/access/access-store.ts";
import type { FoundPage, LicensePage, LicenseQuery, LicenseStore } from "../../store/licenses/license-store.ts";
import { readerOf } from "../../store/reader.ts";

/** What reading licenses needs. */
export type Tools = Readonly<{ now: () => Date; permit: Permit; refuse: Refuse; licenses: LicenseStore }>;

/** Whose licenses are asked for, why, and which page. */
export type LicensesQuestion = Readonly<{ holders: readonly string[]; purpose: Purpose; query: LicenseQuery }>;

/**
 * Licenses of several holders for one purpose, a page each, as much of each as is granted. Types without a grant are
 * left out and counted. The hottest path: one statement looks up what the caller may read, reads it and records it.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, PROCEDURE_NOT_FOUND, PURPOSE_NOT_ALLOWED,
 * PURPOSE_EXCEEDED (a type asked for by name that the procedure does not need).
 */
export async function readLicenses(
  tools: Tools,
  caller: Caller,
  { holders, purpose, query }: LicensesQuestion,
): Promise<ReadonlyMap<string, LicensePage>> {
  const request = { action: "READ", purpose, holders } as const;
  const known = await tools.permit(caller, request);
  checkPurpose(purpose);
  const at = tools.now();
  const reader = readerOf(known, purpose.procedure, dateOf(at));
  const { clientId } = known;
  const { access, found } = await tools.licenses.disclose(holders, query, { reader, clientId, purpose, at });
  if (known.kind === "HOLDER") {
    return found.size > 0 ? disclosedPages(found, null) : tools.refuse(known, request, "FORBIDDEN");
  }
  const judged = judgeAdmission(access, purpose.procedure, query.types);
  if ("refusal" in judged) return tools.refuse(known, request, judged.refusal, judged.details, judged.department);
  // The database decided by the same grants: whom it did not let in, nobody does.
  if (found.size === 0) throw new HubError("INTERNAL");
  return disclosedPages(found, judged.extents);
}

function disclosedPages(
  found: ReadonlyMap<string, FoundPage>,
  extents: Extents | null,
): ReadonlyMap<string, LicensePage> {
  return new Map(
    [...found].map(([holder, page]) => {
      const licenses = page.licenses.map((license) =>
        disclosedPart(license, extents ? (extents.get(license.typeCode) ?? []) : "WHOLE"),
      );
      return [holder, { ...page, licenses }];
    }),
  );
}
