import type { KnownCaller } from "../domain/access/caller.ts";
import type { CalendarDate } from "../domain/calendar.ts";
import { businessLicenseTypeCode } from "../domain/licenses/license-type.ts";
import { type Sql, statement } from "./database.ts";

/**
 * For whom a transaction reads. Without one the database shows no license, event, batch, check or access record at all:
 * a check forgotten above leaks nothing.
 */
export type Reader =
  /** Collecting writes, and compares with everything that is stored. */
  | Readonly<{ mode: "COLLECT" }>
  /** A client sees what it is granted for the procedure, its own batches and checks, its department's access records. */
  | Readonly<{ mode: "CLIENT"; clientId: string; procedure: string; day: CalendarDate; also?: string }>
  /** A holder sees its own; a person who acts for it, what the membership covers. */
  | Readonly<{ mode: "HOLDER"; holder: string; member: string | undefined; day: CalendarDate }>
  /** The auditor sees every access record and no license. */
  | Readonly<{ mode: "AUDIT" }>;

/** In place of a procedure: whatever the client is granted for any of them. */
export const anyProcedure = "*";

/** The reader a caller is. @param procedure of its purpose; `anyProcedure` for what states none */
export function readerOf(caller: KnownCaller, procedure: string, day: CalendarDate): Reader {
  if (caller.kind === "HOLDER") return { mode: "HOLDER", holder: caller.holder.id, member: caller.member, day };
  if (caller.kind === "AUDITOR") return { mode: "AUDIT" };
  return { mode: "CLIENT", clientId: caller.clientId, procedure, day };
}

/** The same reader while a case is judged: the business license too, whose legal representative decides whom a person is. */
export function judgingReader(reader: Reader): Reader {
  return reader.mode === "CLIENT" ? { ...reader, also: businessLicenseTypeCode } : reader;
}

/** The parameters of `hub_enter`, in its order: mode, client, procedure, day, holder, member, also. */
export function readerParameters(reader: Reader): readonly (string | null)[] {
  const { mode } = reader;
  if (mode === "CLIENT") {
    return [mode, reader.clientId, reader.procedure, reader.day, null, null, reader.also ?? null];
  }
  if (mode === "HOLDER") return [mode, null, null, reader.day, reader.holder, reader.member ?? null, null];
  return [mode, null, null, null, null, null, null];
}

/**
 * Tells the database for whom this transaction reads; the database looks up itself what that reader is granted.
 * @param db inside a transaction: it ends with it
 */
export async function enter(db: Sql, reader: Reader): Promise<void> {
  await enterStatement(db, readerParameters(reader));
  // Plans are kept, and the ledger grows: a plan made while it was empty would read all of it later.
  if (reader.mode === "AUDIT") await useIndexes(db, []);
}

const useIndexes = statement<object>(
  "select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)",
);

const enterStatement = statement<object>("select from hub_enter($1, $2, $3, $4::date, $5, $6::uuid, $7)");
