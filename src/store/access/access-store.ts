import { sql } from "kysely";
import type { ClientAccess, Needs } from "../../domain/access/admission.ts";
import type { Caller, CallerKind, KnownCaller, Purpose, Scope } from "../../domain/access/caller.ts";
import type { ClientKind } from "../../domain/access/client.ts";
import { type Extent, type Extents, widerExtent } from "../../domain/access/disclosure.ts";
import type { CalendarDate } from "../../domain/calendar.ts";
import type { ErrorCode, ErrorDetails } from "../../errors.ts";
import { type ColumnTypes, insertRows } from "../bulk.ts";
import type { Page } from "../catalogue/catalogue-store.ts";
import { type Sql, statement } from "../database.ts";
import type { Reader } from "../reader.ts";
import type { AccessAction, AccessOutcome, AskedAction } from "../tables/access-tables.ts";

/** An access record to be written. `holder` "" when it is not known whose license was asked for. */
export type NewAccessRecord = Readonly<{
  holder: string;
  at: Date;
  callerKind: CallerKind;
  clientId: string;
  department: string | null;
  action: AccessAction;
  outcome: AccessOutcome;
  refusal: string | null;
  purpose: Purpose | null;
  identifiers: readonly string[];
  withheld: number;
  /** How much of each identifier's license went out or was compared, see `extentText`; absent: nothing did. */
  extents?: readonly string[];
  /** The membership a person acted under for the holder. */
  member?: string | undefined;
}>;

/** An access record as read back. */
export type AccessRecord = Omit<NewAccessRecord, "at" | "extents" | "member"> &
  Readonly<{ id: number; at: string; extents: readonly string[]; member: string | null }>;

/** Who is to be let in: what is wanted of whom, and why. */
export type AdmissionRequest = Readonly<{
  action: AskedAction;
  purpose: Purpose;
  holders: readonly string[];
  /** License types asked for by name: the procedure must need each. */
  types?: readonly string[] | undefined;
}>;

/** Whether a person may act for the holder on the day. */
export type IsMember = (member: string, holder: string, day: CalendarDate) => Promise<boolean>;

/** A caller let in for a purpose, with the access record of whatever it does next begun. */
export type Admission = Readonly<{
  /** For whom the database is read from here on. */
  reader: Reader;
  /** What is granted for the purpose's procedure, and how much of it; null: the holder itself sees all of its own. */
  extents: Extents | null;
  record: Pick<
    NewAccessRecord,
    "at" | "callerKind" | "clientId" | "department" | "action" | "purpose" | "refusal" | "member"
  >;
}>;

/** Whether a caller may ask such a thing at all; a refusal is recorded (a stranger's is not: nobody is known). */
export type Permit = (caller: Caller, request: RefusableRequest) => Promise<KnownCaller>;

/** Lets a permitted caller in for a purpose, or refuses and records it. */
export type Admit = (caller: KnownCaller, request: AdmissionRequest) => Promise<Admission>;

/** Records a refusal and throws it. */
export type Refuse = (
  caller: KnownCaller,
  request: RefusableRequest,
  code: ErrorCode,
  details?: ErrorDetails,
  department?: string | null,
) => Promise<never>;

/** What a refusal record can say when nothing else is known yet. */
export type RefusableRequest = Readonly<{ action: AskedAction; purpose: Purpose | null; holders: readonly string[] }>;

/** Whose records are asked for; every set field narrows. */
export type AccessFilter = Readonly<{
  holder?: string | undefined;
  client?: string | undefined;
  department?: string | undefined;
  procedure?: string | undefined;
  caseNumber?: string | undefined;
  outcome?: AccessOutcome | undefined;
  from?: Date | undefined;
  until?: Date | undefined;
  /** Leaves out refusals that would tell whose a license is: those a department is answered like "no such license". */
  tellsHolder?: boolean | undefined;
}>;

/** A client to be registered. `department` null: it speaks for none. `redirectUris`: where a wallet gets its codes. */
export type NewClient = Readonly<{
  id: string;
  kind: ClientKind;
  department: string | null;
  name: string;
  scopes: readonly Scope[];
  redirectUris?: readonly string[];
}>;

/** Clients, grants and access records. */
export function accessStore(db: Sql) {
  return {
    /** The client, the procedure's department, and the grants in force. Undefined: no such client. */
    findClientAccess: async (
      clientId: string,
      procedure: string,
      day: CalendarDate,
    ): Promise<ClientAccess | undefined> => {
      const [row] = await selectClientAccess(db, [clientId, procedure, day]);
      if (!row || row.department === null) return undefined;
      const { department, active, procedure_department: procedureDepartment, needs } = row;
      return { department, active, procedureDepartment, needs: needs ?? {} };
    },

    /** A department's client. */
    findClient: (clientId: string) =>
      db
        .selectFrom("client")
        .select(["department", "active"])
        .where("id", "=", clientId)
        .where("kind", "=", "DEPARTMENT")
        .$narrowType<{ department: string }>()
        .executeTakeFirst(),

    /** The most a client is granted of a license type for any procedure on the day. */
    findWidestExtent: async (clientId: string, licenseType: string, day: CalendarDate): Promise<Extent> => {
      const rows = await selectExtents(db, [clientId, licenseType, day]);
      return rows.reduce<Extent>((widest, row) => widerExtent(widest, row.whole ? "WHOLE" : row.attributes), []);
    },

    record: async (records: readonly NewAccessRecord[]): Promise<void> => {
      if (records.length > 0) await insertRows("access_record", recordColumns, records.map(toRecordRow)).execute(db);
    },

    /** Records that licenses were asked for that the reader does not see: each under its holder, who may see that. */
    recordMisses: async (identifiers: readonly string[], shared: Admission["record"]): Promise<void> => {
      const { at, callerKind, clientId, department, action, purpose, member } = shared;
      await recordMisses(db, [
        ...[identifiers, at.toISOString(), callerKind, clientId, department, action],
        ...[purpose?.procedure ?? null, purpose?.caseNumber ?? null, purpose?.reason ?? null, member ?? null],
      ]);
    },

    /** Newest first. @param after id of the last record seen */
    list: async (filter: AccessFilter, first: number, after: number | undefined): Promise<Page<AccessRecord>> => {
      const rows = await recordsOf(db, filter, first + 1, after).execute();
      const records = rows.map((row) => ({
        ...{
          id: Number(row.id),
          at: row.at,
          holder: row.holder_code,
          callerKind: row.caller_kind,
          clientId: row.client_id,
        },
        ...{ department: row.department, action: row.action, outcome: row.outcome, refusal: row.refusal },
        ...{ identifiers: row.identifiers, withheld: row.withheld, purpose: toPurpose(row) },
        ...{ extents: row.attributes ?? [], member: row.member },
      }));
      return { rows: records.slice(0, first), hasNextPage: records.length > first };
    },

    /** Registers clients that do not stand yet, with their grants; call it inside a transaction. */
    register: async (
      clients: readonly NewClient[],
      grants: readonly Readonly<{
        clientId: string;
        licenseType: string;
        procedure: string;
        validFrom: CalendarDate;
        legalBasis: string;
        wholeLicense: boolean;
      }>[],
    ): Promise<void> => {
      const added = sql`on conflict do nothing returning id`;
      const { rows: fresh } = await insertRows("client", clientColumns, clients.map(toClientRow), added).execute(db);
      const isFresh = new Set(fresh.map((row) => (row as { id: string }).id));
      const columns = {
        client_id: "text",
        license_type: "text",
        procedure: "text",
        valid_from: "date",
        legal_basis: "text",
        whole_license: "boolean",
      };
      const rows = grants.map((grant) => ({
        ...{ client_id: grant.clientId, license_type: grant.licenseType, procedure: grant.procedure },
        ...{ valid_from: grant.validFrom, legal_basis: grant.legalBasis, whole_license: grant.wholeLicense },
      }));
      await insertRows(
        "access_grant",
        columns,
        rows.filter((row) => isFresh.has(row.client_id)),
      ).execute(db);
    },
  };
}

/** What `accessStore` offers. */
export type AccessStore = ReturnType<typeof accessStore>;

function recordsOf(db: Sql, filter: AccessFilter, most: number, after: number | undefined) {
  let query = db.selectFrom("access_record").selectAll().orderBy("id", "desc").limit(most);
  if (filter.holder !== undefined) query = query.where("holder_code", "=", filter.holder);
  if (filter.tellsHolder) query = query.where(sql<boolean>`refusal is distinct from 'NOT_FOUND'`);
  if (filter.client !== undefined) query = query.where("client_id", "=", filter.client);
  if (filter.department !== undefined) query = query.where("department", "=", filter.department);
  if (filter.procedure !== undefined) query = query.where("procedure", "=", filter.procedure);
  if (filter.caseNumber !== undefined) query = query.where("case_number", "=", filter.caseNumber);
  if (filter.outcome !== undefined) query = query.where("outcome", "=", filter.outcome);
  if (filter.from) query = query.where("at", ">=", filter.from.toISOString());
  if (filter.until) query = query.where("at", "<=", filter.until.toISOString());
  if (after !== undefined) query = query.where("id", "<", after);
  if (filter.department === undefined || filter.holder !== undefined || filter.client !== undefined) return query;
  // A department has a few clients: the newest of each, by the clients' index, and of those the newest.
  const own = query.where(sql<boolean>`client_id = client.id`).as("access_record");
  return db
    .selectFrom("client")
    .innerJoinLateral(own, (join) => join.onTrue())
    .where("client.department", "=", filter.department)
    .selectAll("access_record")
    .orderBy("id", "desc")
    .limit(most);
}

const selectClientAccess = statement<{
  department: string | null;
  active: boolean;
  procedure_department: string | null;
  needs: Needs | null;
}>("select department, active, procedure_department, needs from hub_access($1, $2, $3::date)");

const selectExtents = statement<{ whole: boolean; attributes: string[] }>(`
  select g.whole_license as whole, n.attributes from access_grant g
    join procedure_need n on n.procedure = g.procedure and n.license_type = g.license_type
  where g.client_id = $1 and g.license_type = $2 and g.revoked_at is null and g.valid_from <= $3::date
    and (g.valid_until is null or g.valid_until >= $3::date)`);

const recordMisses = statement<object>(
  "select hub_record_misses($1::text[], $2::timestamptz, $3, $4, $5, $6, $7, $8, $9, $10::uuid)",
);

const recordColumns: ColumnTypes = {
  ...{
    holder_code: "text",
    at: "timestamptz",
    caller_kind: "text",
    client_id: "text",
    department: "text",
    action: "text",
  },
  ...{ outcome: "text", refusal: "text", procedure: "text", case_number: "text", reason: "text" },
  ...{ identifiers: "text[]", withheld: "int", attributes: "text[]", member: "uuid" },
};

const clientColumns: ColumnTypes = {
  ...{ id: "text", kind: "text", department: "text", name: "text" },
  ...{ scopes: "text[]", redirect_uris: "text[]" },
};

function toClientRow({ redirectUris = [], ...client }: NewClient): object {
  return { ...client, redirect_uris: redirectUris };
}

function toRecordRow(record: NewAccessRecord): object {
  return {
    ...{ holder_code: record.holder, at: record.at, caller_kind: record.callerKind, client_id: record.clientId },
    ...{ department: record.department, action: record.action, outcome: record.outcome, refusal: record.refusal },
    ...{
      procedure: record.purpose?.procedure,
      case_number: record.purpose?.caseNumber,
      reason: record.purpose?.reason,
    },
    ...{
      identifiers: record.identifiers,
      withheld: record.withheld,
      attributes: record.extents,
      member: record.member,
    },
  };
}

/** The purpose a record keeps, if it keeps one. */
export function toPurpose(row: {
  procedure: string | null;
  case_number: string | null;
  reason: string | null;
}): Purpose | null {
  const { procedure, case_number: caseNumber, reason } = row;
  return procedure !== null && caseNumber !== null && reason !== null ? { procedure, caseNumber, reason } : null;
}
