import { type RawBuilder, sql } from "kysely";
import type { Purpose } from "../../domain/access/caller.ts";
import { type Disclosed, type Extent, extentOf } from "../../domain/access/disclosure.ts";
import type { CalendarDate } from "../../domain/calendar.ts";
import type { LicenseState, StoredState } from "../../domain/licenses/license.ts";
import type { HolderIdType } from "../../domain/licenses/license-type.ts";
import { type Row, type Sql, statement } from "../database.ts";
import { type Reader, readerParameters } from "../reader.ts";

/** A license as stored. *Trust*: checked when it was accepted; `jws` is the signed form. */
export type StoredLicense = Readonly<{
  identifier: string;
  typeCode: string;
  number: string;
  holder: Readonly<{ idType: HolderIdType; id: string; name: string }>;
  issuerCode: string;
  region: string | null;
  issuedOn: CalendarDate;
  validFrom: CalendarDate;
  validUntil: CalendarDate | null;
  version: number;
  predecessor: string | null;
  attributes: Readonly<Record<string, unknown>>;
  state: StoredState;
  jws: string;
}>;

/** A holder as the hub knows it. */
export type Holder = Readonly<{ code: string; idType: HolderIdType; name: string; region: string | null }>;

/** Which licenses of a holder a reader wants, a page at a time. *Order*: newest issue first, then identifier. */
export type LicenseQuery = Readonly<{
  types: readonly string[] | undefined;
  states: readonly LicenseState[] | undefined;
  first: number;
  after: LicensePosition | undefined;
}>;

/** Where a page ended. */
export type LicensePosition = Readonly<{ issuedOn: CalendarDate; identifier: string }>;

/** One holder's page. `withheldCount`: the holder's licenses whose types the reader is not granted, whatever else was asked: a count that followed the filters would tell type and state. */
export type LicensePage = Readonly<{
  licenses: readonly Disclosed<StoredLicense>[];
  hasNextPage: boolean;
  withheldCount: number;
}>;

/** The same as stored, with how much of each may go out. */
export type FoundPage = Omit<LicensePage, "licenses"> &
  Readonly<{ licenses: readonly Readonly<{ license: StoredLicense; extent: Extent }>[] }>;

/** For whom and why a page is read: what its access records say. */
export type Disclosure = Readonly<{ reader: Reader; clientId: string; purpose: Purpose; at: Date }>;

/** Reads of licenses and their holders. */
export function licenseStore(db: Sql) {
  return {
    /**
     * Holders by code, for a client that stands: one statement. @param clientId null: the holder itself asks
     * @returns undefined when the client does not stand; unknown codes are left out
     */
    findHolders: async (codes: readonly string[], clientId: string | null): Promise<readonly Holder[] | undefined> => {
      const rows = await selectHolders(db, [codes, clientId]);
      if (rows.length === 0) return undefined;
      return rows.flatMap(({ code, id_type: idType, name, region }) =>
        code !== null && idType !== null && name !== null ? [{ code, idType, name, region }] : [],
      );
    },

    /**
     * Licenses of many holders and the access records of reading them, in one statement: what is not recorded is not
     * read. The database looks up itself what the reader may read. @returns nothing for a reader that is not let in
     */
    disclose: async (
      holders: readonly string[],
      query: LicenseQuery,
      { reader, clientId, purpose, at }: Disclosure,
    ): Promise<ReadonlyMap<string, FoundPage>> => {
      const [mode, client, procedure, day, holder, member] = readerParameters(reader);
      const rows = await discloseLicenses(db, [
        ...[mode, client, procedure ?? purpose.procedure, day, holder, member],
        ...[holders, query.types ?? null, query.states ?? null, query.after?.issuedOn ?? null],
        ...[query.after?.identifier ?? null, query.first, at.toISOString(), clientId],
        ...[purpose.caseNumber, purpose.reason],
      ]);
      return toPages(rows, query.first);
    },

    /** Licenses in the order they are asked for; those that are not there, or not to be seen, left out. */
    findByIdentifiers: async (identifiers: readonly string[]): Promise<readonly StoredLicense[]> => {
      const rows = await db
        .selectFrom("license")
        .select(licenseColumns)
        .where(isAnyOf("identifier", identifiers))
        .execute();
      const found = new Map(rows.map((row) => [row.identifier, toLicense(row)]));
      return [...new Set(identifiers)].flatMap((identifier) => found.get(identifier) ?? []);
    },

    /** All licenses of some types held by any of the subjects, with the changes of each up to now, in one query. */
    findCandidates: async (holders: readonly string[], types: readonly string[]) => {
      const rows = await db
        .selectFrom("license")
        .select(licenseColumns)
        .select((eb) => [
          eb
            .selectFrom("license_event")
            .select(
              sql<{ effectiveOn: string; state: StoredState }[]>`jsonb_agg(jsonb_build_object('effectiveOn',
              effective_on, 'state', state) order by effective_on, id)`.as("changes"),
            )
            .whereRef("license_event.identifier", "=", "license.identifier")
            .whereRef("license_event.holder_code", "=", "license.holder_code")
            .as("changes"),
        ])
        .where(isAnyOf("holder_code", holders))
        .where(isAnyOf("type_code", types))
        .execute();
      return rows.map((row) => ({ license: toLicense(row), changes: row.changes ?? [] }));
    },
  };
}

/** What `licenseStore` offers. */
export type LicenseStore = ReturnType<typeof licenseStore>;

/** One parameter whatever the number of values, so that the statement's text, and its plan, stay the same. */
function isAnyOf(column: string, values: readonly string[]): RawBuilder<boolean> {
  return sql<boolean>`${sql.ref(column)} = any(${values}::text[])`;
}

/** What is read of a license. */
export const licenseColumns = [
  ...([
    "identifier",
    "type_code",
    "number",
    "holder_code",
    "holder_id_type",
    "holder_name",
    "issuer_code",
    "region",
  ] as const),
  ...(["issued_on", "valid_from", "valid_until", "version", "predecessor", "attributes", "state", "jws"] as const),
] as const;

/** A license as it is read. */
export type LicenseRow = Pick<Row<"license">, (typeof licenseColumns)[number]>;
type DisclosedRow = { subject: string; withheld: number; extent: string | null } & {
  [Name in keyof LicenseRow]: LicenseRow[Name] | null;
};

const discloseLicenses = statement<DisclosedRow>(
  `select * from hub_disclose($1, $2, $3, $4::date, $5, $6::uuid, $7::text[], $8::text[], $9::text[], $10::date, $11,
    $12::int, $13::timestamptz, $14, $15, $16)`,
);

const selectHolders = statement<{ [Name in "code" | "id_type" | "name" | "region"]: Row<"holder">[Name] | null }>(`
  select h.code, h.id_type, h.name, h.region
  from (select 1 where $2::text is null or exists (select from client where id = $2::text and active)) as allowed
  left join holder h on h.code = any($1::text[])`);

function toPages(rows: readonly DisclosedRow[], first: number): ReadonlyMap<string, FoundPage> {
  const pages = new Map<string, FoundPage>();
  for (const [holder, own] of Map.groupBy(rows, (row) => row.subject)) {
    const licenses = own
      .filter(isLicenseRow)
      .map((row) => ({ license: toLicense(row), extent: extentOf(row.extent ?? "") }));
    const withheldCount = own[0]?.withheld ?? 0;
    pages.set(holder, { licenses: licenses.slice(0, first), hasNextPage: licenses.length > first, withheldCount });
  }
  return pages;
}

function isLicenseRow(row: DisclosedRow): row is DisclosedRow & LicenseRow {
  return row.identifier !== null;
}

/** A license out of its row. */
export function toLicense(row: LicenseRow): StoredLicense {
  const { identifier, number, region, version, predecessor, attributes, state, jws } = row;
  return {
    ...{ identifier, number, region, version, predecessor, attributes, state, jws },
    ...{ typeCode: row.type_code, issuerCode: row.issuer_code, issuedOn: row.issued_on },
    ...{ validFrom: row.valid_from, validUntil: row.valid_until },
    holder: { idType: row.holder_id_type, id: row.holder_code, name: row.holder_name },
  };
}
