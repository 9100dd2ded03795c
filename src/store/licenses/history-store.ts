import type { CalendarDate } from "../../domain/calendar.ts";
import { type Known, type ReceivedChange, withKnowledge } from "../../domain/licenses/history.ts";
import type { HistoryOperation } from "../../domain/licenses/license.ts";
import { type Sql, statement, toInstant } from "../database.ts";
import { type LicenseQuery, type LicenseRow, licenseColumns, type StoredLicense, toLicense } from "./license-store.ts";

/** One change of a license: when it took effect, when it came in, since when it was known, and where it comes from. */
export type LicenseChange = Known<
  ReceivedChange &
    Readonly<{
      operation: HistoryOperation;
      reason: string | null;
      sourceRecordId: string;
      sourceUpdatedAt: Date;
      submissionId: string;
      /** Of the record it came with. */
      contentDigest: string;
    }>
>;

/** Which change of which license: what its signature is found by. */
export type SignedChange = Readonly<
  Pick<LicenseChange, "contentDigest" | "submissionId" | "sourceUpdatedAt"> & { identifier: string }
>;

/** A source's signature over a record that changed a license, and the key that was registered for its records. */
export type SourceSignature = Readonly<{
  jws: string;
  kid: string;
  client: string;
  jwk: object;
  keyAddedAt: Date;
  keyRetiredAt: Date | null;
}>;

/** One holder's page of what was known of its licenses; `state` is the stored state as known then. */
export type KnownPage = Readonly<{ licenses: readonly StoredLicense[]; hasNextPage: boolean }>;

/** Reads of what was known when. Rows are guarded: inside a transaction that entered as a reader. */
export function historyStore(db: Sql) {
  return {
    /** The changes of many licenses, each in the order they became known. */
    findChanges: async (identifiers: readonly string[]): Promise<ReadonlyMap<string, readonly LicenseChange[]>> => {
      const rows = await selectChanges(db, [identifiers]);
      const grouped = Map.groupBy(rows, (row) => row.identifier);
      return new Map([...grouped].map(([identifier, own]) => [identifier, withKnowledge(own.map(toChange))]));
    },

    /** The signatures sources sent the records of these changes with, each in its place; undefined: it came without. */
    findSignatures: async (changes: readonly SignedChange[]): Promise<readonly (SourceSignature | undefined)[]> => {
      const rows = await selectSignatures(db, [
        ...[changes.map(({ identifier }) => identifier), changes.map(({ contentDigest }) => contentDigest)],
        ...[changes.map(({ submissionId }) => submissionId)],
        ...[changes.map(({ sourceUpdatedAt }) => sourceUpdatedAt.toISOString())],
      ]);
      const found = new Map(rows.map((row) => [Number(row.place), toSignature(row)]));
      return changes.map((_, index) => found.get(index + 1));
    },

    /** Licenses of many holders that were known at an instant, a page each, in one statement. @param day that of the instant */
    findKnown: async (
      holders: readonly string[],
      query: LicenseQuery,
      knownAt: Date,
      day: CalendarDate,
    ): Promise<ReadonlyMap<string, KnownPage>> => {
      const { types, states, after, first } = query;
      const rows = await selectKnown(db, [
        ...[holders, knownAt.toISOString(), types ?? null, states ?? null, day],
        ...[after?.issuedOn ?? null, after?.identifier ?? null, first + 1],
      ]);
      const grouped = Map.groupBy(rows, (row) => row.holder_code);
      return new Map(
        [...grouped].map(([holder, own]) => [
          holder,
          { licenses: own.slice(0, first).map(toLicense), hasNextPage: own.length > first },
        ]),
      );
    },

    /** How many licenses of each holder this reader does not see, for its types; holders without one are left out. */
    countWithheld: async (holders: readonly string[]): Promise<ReadonlyMap<string, number>> => {
      const rows = await selectWithheld(db, [holders]);
      return new Map(rows.map((row) => [row.holder, row.withheld]));
    },
  };
}

/** What `historyStore` offers. */
export type HistoryStore = ReturnType<typeof historyStore>;

type ChangeRow = Readonly<{
  identifier: string;
  operation: HistoryOperation;
  state: LicenseChange["state"];
  effective_on: CalendarDate;
  reason: string | null;
  source_record_id: string;
  source_updated_at: string;
  received_at: string;
  submission_id: string;
  content_digest: string;
}>;

type SignatureRow = Readonly<{
  place: string;
  jws: string;
  kid: string;
  client: string;
  jwk: object;
  added_at: string;
  retired_at: string | null;
}>;

const selectChanges = statement<ChangeRow>(`
  select identifier, operation, state, effective_on, reason, source_record_id, source_updated_at, received_at, submission_id,
    content_digest
  from license_event where identifier = any($1::text[]) order by id`);

// Only what is asked for: nobody says how often a license may change.
const selectSignatures = statement<SignatureRow>(`
  select c.place, s.jws, s.kid, s.client_id as client, k.jwk, k.added_at, k.retired_at
  from unnest($1::text[], $2::text[], $3::uuid[], $4::timestamptz[]) with ordinality
      as c(identifier, content_digest, submission_id, source_updated_at, place)
    join record_signature s using (identifier, content_digest, submission_id, source_updated_at)
    join record_key k on k.client_id = s.client_id and k.kid = s.kid`);

// Known are the changes before the first that had not come: see `withKnowledge`. A license none of whose changes is known
// was not known.
const selectKnown = statement<LicenseRow>(`
  select p.* from unnest($1::text[]) as h(code) cross join lateral (
    select ${licenseColumns.map((column) => `${column === "state" ? "k" : "l"}.${column}`).join(", ")}
    from license l cross join lateral (
      select e.state from license_event e
      where e.identifier = l.identifier and e.holder_code = l.holder_code and e.id < coalesce(
        (select min(late.id) from license_event late where late.identifier = l.identifier
          and late.holder_code = l.holder_code and late.received_at > $2::timestamptz), 9223372036854775807)
      order by e.id desc limit 1
    ) k
    where l.holder_code = h.code and ($3::text[] is null or l.type_code = any($3::text[]))
      and ($4::text[] is null or case when k.state = 'VALID' and l.valid_until < $5::date then 'EXPIRED' else k.state end
        = any($4::text[]))
      and ($6::date is null or l.issued_on < $6::date or (l.issued_on = $6::date and l.identifier > $7::text))
    order by l.issued_on desc, l.identifier limit $8::int
  ) p order by p.holder_code, p.issued_on desc, p.identifier`);

const selectWithheld = statement<{ holder: string; withheld: number }>(
  "select holder, withheld from hub_count_withheld($1::text[])",
);

function toChange(row: ChangeRow) {
  const { operation, state, reason } = row;
  return {
    ...{ operation, state, reason, effectiveOn: row.effective_on, receivedAt: toInstant(row.received_at) },
    ...{ sourceRecordId: row.source_record_id, sourceUpdatedAt: toInstant(row.source_updated_at) },
    ...{ submissionId: row.submission_id, contentDigest: row.content_digest },
  };
}

function toSignature({ jws, kid, client, jwk, added_at, retired_at }: SignatureRow): SourceSignature {
  const keyRetiredAt = retired_at === null ? null : toInstant(retired_at);
  return { jws, kid, client, jwk, keyAddedAt: toInstant(added_at), keyRetiredAt };
}
