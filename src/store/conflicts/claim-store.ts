import { maxOpenClaims } from "../../domain/conflicts/conflict.ts";
import { type DecidedRecords, disputesOf } from "../../domain/conflicts/dispute.ts";
import type { RawRecord } from "../../domain/licenses/license-record.ts";
import { keptContentDays } from "../../domain/licenses/problem-desk.ts";
import { type Sql, statement } from "../database.ts";
import type { SubmissionFacts } from "../licenses/collecting-rows.ts";
import type { StoredResult } from "../tables/license-tables.ts";

/** A record that claims another source's identifier, to be kept. */
export type NewClaim = Readonly<{
  identifier: string;
  issuer_code: string;
  type_code: string;
  department: string;
  client_id: string;
  source_record_id: string;
  problem_id: number | null;
  submission_id: string;
  record: string;
  content_digest: string;
  received_at: string;
}>;

/** A decided batch, and what its claims are made of. `corrects`: the problem its one record is the answer to. */
export type ClaimingBatch = Readonly<
  Pick<DecidedRecords, "entries" | "decision" | "origins"> & {
    raws: readonly (RawRecord | undefined)[];
    results: readonly StoredResult[];
    department: string;
    submission: SubmissionFacts;
    corrects: number | undefined;
  }
>;

/** The claims of a decided batch: none, as a rule, and then nothing but the outcomes is looked at. */
export function claimsOf(batch: ClaimingBatch): readonly NewClaim[] {
  const { results, raws, department, submission, corrects } = batch;
  if (!results.some(({ problems }) => problems.some(({ code }) => code === "IDENTIFIER_TAKEN"))) return [];
  const lastPlaces = new Map(results.map(({ sourceRecordId }, place) => [sourceRecordId, place]));
  const disputes = disputesOf({ ...batch, clientId: submission.clientId, lastPlaces });
  return disputes.map(({ entry, identifier, standingIssuer, licenseType }) => ({
    ...{ identifier, issuer_code: standingIssuer, type_code: licenseType, department, client_id: submission.clientId },
    ...{ source_record_id: entry.record.sourceRecordId, problem_id: corrects ?? null, submission_id: submission.id },
    ...{ record: JSON.stringify(raws[entry.index]), content_digest: entry.contentDigest },
    received_at: submission.receivedAt.toISOString(),
  }));
}

/** Opens a conflict for each identifier, or adds to the one that is open: one statement; none without claims. */
export async function saveClaims(db: Sql, claims: readonly NewClaim[]): Promise<void> {
  if (claims.length > 0) await openClaims(db, [JSON.stringify(claims), maxOpenClaims]);
}

/** Removes the content of claims that were closed long ago; what was decided, and on which digests, stays. */
export async function removeOldClaims(db: Sql, now: Date): Promise<void> {
  await forgetClaims(db, [new Date(now.getTime() - keptContentDays * 24 * 60 * 60_000).toISOString()]);
}

const forgetClaims =
  statement<object>(`update conflict_claim set record = null where id in (select id from conflict_claim
  where status <> 'OPEN' and record is not null and closed_at <= $1::timestamptz order by closed_at limit 1000)`);

// What was refused by decision, or dismissed by its department, opens nothing as long as it says the same. A source record
// has one claim: naming another identifier withdraws the one before.
const openClaims = statement<object>(`
  with came as (
    select * from json_to_recordset($1::json) as r(identifier text, issuer_code text, type_code text, department text,
      client_id text, source_record_id text, problem_id bigint, submission_id uuid, record text, content_digest text,
      received_at timestamptz)
  ),
  moved as (
    update conflict_claim d set status = 'WITHDRAWN', closed_at = c.received_at from came c
      where d.client_id = c.client_id and d.source_record_id = c.source_record_id and d.status = 'OPEN'
        and d.identifier <> c.identifier
  ),
  fresh as (
    select c.*, exists (select from conflict_claim d where d.client_id = c.client_id
        and d.source_record_id = c.source_record_id and d.identifier = c.identifier and d.status = 'OPEN') as is_known
      from came c
      where not exists (select from conflict_claim d where d.identifier = c.identifier and d.department = c.department
        and d.content_digest = c.content_digest and d.status in ('REFUSED', 'DISMISSED'))
  ),
  taken as (
    select f.* from (select *, row_number() over (partition by identifier, is_known order by source_record_id) as place
        from fresh) f
      where f.is_known or f.place + (select count(*) from conflict_claim d where d.identifier = f.identifier
        and d.department = f.department and d.status = 'OPEN') <= $2::int
  ),
  opened as (
    insert into identifier_conflict as k (identifier, issuer_code, type_code, opened_at)
      select distinct identifier, issuer_code, type_code, received_at from taken order by identifier
      on conflict (identifier) where status = 'OPEN' do update set identifier = k.identifier
      returning id, identifier
  )
  insert into conflict_claim as d (conflict_id, identifier, department, client_id, source_record_id, problem_id, submission_id,
      record, content_digest, first_received_at, received_at)
    select o.id, t.identifier, t.department, t.client_id, t.source_record_id, t.problem_id, t.submission_id, t.record,
      t.content_digest, t.received_at, t.received_at
    from taken t join opened o using (identifier)
    on conflict (client_id, source_record_id, conflict_id) where status = 'OPEN' do update set
      problem_id = coalesce(excluded.problem_id, d.problem_id), submission_id = excluded.submission_id,
      record = excluded.record, content_digest = excluded.content_digest, received_at = excluded.received_at`);
