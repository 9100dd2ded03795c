import { type Action, type Caller, checkMay } from "../../domain/access/caller.ts";
import { type ActingHolder, maySpeakFor } from "../../domain/access/member.ts";
import { dateOf } from "../../domain/calendar.ts";
import { HubError } from "../../errors.ts";
import type { AccessFilter, AccessRecord, AccessStore } from "../../store/access/access-store.ts";
import type { Page } from "../../store/catalogue/catalogue-store.ts";
import { type Reader, readerOf } from "../../store/reader.ts";

/** What reading access records needs. */
export type Tools = Readonly<{
  now: () => Date;
  permit: (caller: Caller, action: Action) => Promise<ActingHolder>;
  read: <T>(reader: Reader, run: (stores: { access: AccessStore }) => Promise<T>) => Promise<T>;
}>;

/** Narrowing filters a caller may add; whose records it sees at all is decided by who it is. */
export type RecordQuery = Readonly<{ filter: AccessFilter; first: number; after: number | undefined }>;

/**
 * 调用留痕, newest first: a department sees its own, a holder everything about itself, an auditor all.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING.
 */
export async function readAccessRecords(
  tools: Tools,
  caller: Caller,
  { filter, first, after }: RecordQuery,
): Promise<Page<AccessRecord>> {
  checkMay(caller, "READ_ACCESS_RECORDS");
  const none = { rows: [], hasNextPage: false };
  // A clerk is held to some license types; records name them all.
  if (caller.kind === "HOLDER" && !maySpeakFor((await tools.permit(caller, "READ_ACCESS_RECORDS")).acting)) {
    throw new HubError("FORBIDDEN");
  }
  const today = dateOf(tools.now());
  return tools.read(readerOf(caller, "", today), async ({ access }) => {
    if (caller.kind === "AUDITOR") return access.list(filter, first, after);
    if (caller.kind === "HOLDER") {
      const { holder } = caller;
      if (filter.holder !== undefined && filter.holder !== holder.id) return none;
      return access.list({ ...filter, holder: holder.id }, first, after);
    }
    const client = await access.findClient(caller.clientId);
    if (!client?.active) throw new HubError("FORBIDDEN");
    if (filter.department !== undefined && filter.department !== client.department) return none;
    // Asked for by the holder, a refusal that hides whether the license exists would tell after all; and so would its holder.
    const own = { ...filter, department: client.department, tellsHolder: filter.holder !== undefined };
    const page = await access.list(own, first, after);
    return { ...page, rows: page.rows.map((row) => (row.refusal === "NOT_FOUND" ? { ...row, holder: "" } : row)) };
  });
}
