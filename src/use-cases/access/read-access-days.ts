import { type Caller, checkMay } from "../../domain/access/caller.ts";
import type { CalendarDate } from "../../domain/calendar.ts";
import type { LedgerDay, LedgerStore } from "../../store/access/ledger-store.ts";
import type { Page } from "../../store/catalogue/catalogue-store.ts";

/** What reading days needs. */
export type Tools = Readonly<{ ledger: LedgerStore }>;

/**
 * The closed days of the ledger with their roots, newest first.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function readAccessDays(
  tools: Tools,
  caller: Caller,
  { first, after }: Readonly<{ first: number; after: CalendarDate | undefined }>,
): Promise<Page<LedgerDay>> {
  checkMay(caller, "EXPORT_ACCESS_RECORDS");
  return tools.ledger.listDays(first, after);
}
