import type { Caller, Purpose } from "../../domain/access/caller.ts";
import type { Admit, Permit } from "../../store/access/access-store.ts";
import type { LicensePage, LicenseQuery, LicenseStore } from "../../store/licenses/license-store.ts";

/** What reading licenses needs. */
export type Tools = Readonly<{ permit: Permit; admit: Admit; licenses: LicenseStore }>;

/** Whose licenses are asked for, why, and which page. */
export type LicensesQuestion = Readonly<{ holders: readonly string[]; purpose: Purpose; query: LicenseQuery }>;

/**
 * Licenses of several holders for one purpose, a page each. Types without a grant are left out and counted. One
 * statement reads and records: what is not recorded is not read.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID, PROCEDURE_NOT_FOUND, PURPOSE_NOT_ALLOWED,
 * PURPOSE_EXCEEDED (a type asked for by name that the procedure does not need).
 */
export async function readLicenses(
  tools: Tools,
  caller: Caller,
  { holders, purpose, query }: LicensesQuestion,
): Promise<ReadonlyMap<string, LicensePage>> {
  const known = await tools.permit(caller, { action: "READ", purpose, holders });
  const admission = await tools.admit(known, { action: "READ", purpose, holders, types: query.types });
  return tools.licenses.disclose(holders, query, admission);
}
