import { judgeAdmission } from "../../domain/access/admission.ts";
import { type Caller, checkPurpose, type Purpose } from "../../domain/access/caller.ts";
import { disclosedPart } from "../../domain/access/disclosure.ts";
import { dateOf } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import type { AccessStore, Permit, Refuse } from "../../store/access/access-store.ts";
import type { FoundPage, LicensePage, LicenseQuery, LicenseStore } from "../../store/licenses/license-store.ts";
import { readerOf } from "../../store/reader.ts";

/** What reading licenses needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: Permit;
  refuse: Refuse;
  findClientAccess: AccessStore["findClientAccess"];
  licenses: LicenseStore;
}>;

/** Whose licenses are asked for, why, and which page. */
export type LicensesQuestion = Readonly<{ holders: readonly string[]; purpose: Purpose; query: LicenseQuery }>;

/**
 * Licenses of several holders for one purpose, a page each, as much of each as is granted. Types without a grant are
 * left out and counted. The hottest path: one statement looks up what the caller may read, reads it and records it.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, PROCEDURE_NOT_FOUND, PURPOSE_NOT_ALLOWED,
 * PURPOSE_EXCEEDED (a type asked for by name that the procedure does not need), BUSY.
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
  const found = await tools.licenses.disclose(holders, query, { reader, clientId, purpose, at });
  if (found.size > 0) return disclosedPages(found);
  if (known.kind === "HOLDER") return tools.refuse(known, request, "FORBIDDEN");
  const access = await tools.findClientAccess(clientId, purpose.procedure, dateOf(at));
  const judged = judgeAdmission(access, purpose.procedure, query.types);
  if ("refusal" in judged) return tools.refuse(known, request, judged.refusal, judged.details, judged.department);
  // Refused a moment ago, and let in by now: somebody changes the client's standing, and nothing was read.
  throw new HubError("BUSY");
}

function disclosedPages(found: ReadonlyMap<string, FoundPage>): ReadonlyMap<string, LicensePage> {
  const pages = new Map<string, LicensePage>();
  for (const [holder, page] of found) {
    const licenses = page.licenses.map(({ license, extent }) => disclosedPart(license, extent));
    pages.set(holder, { ...page, licenses });
  }
  return pages;
}
