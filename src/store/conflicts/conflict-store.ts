import { sql } from "kysely";
import type { ClaimStatus, ConflictDecision, ConflictStatus, Origin } from "../../domain/conflicts/conflict.ts";
import type { SideFields } from "../../domain/conflicts/side.ts";
import type { StoredState } from "../../domain/licenses/license.ts";
import type { RawRecord } from "../../domain/licenses/license-record.ts";
import type { Page } from "../catalogue/catalogue-store.ts";
import { type Row, type Sql, statement, toIso } from "../database.ts";

/** 标识冲突, without what its sides say. */
export type Conflict = Readonly<{
  id: number;
  identifier: string;
  issuer: string;
  licenseType: string;
  status: ConflictStatus;
  openedAt: string;
  closedAt: string | null;
  /** The open ones first, then the newest; 50 at most. */
  claims: readonly Claim[];
}>;

/** Somebody's claim, without what it says. */
export type Claim = Origin &
  Readonly<{
    id: number;
    conflictId: number;
    department: string;
    status: ClaimStatus;
    firstReceivedAt: string;
    receivedAt: string;
    closedAt: string | null;
  }>;

/** The license in the way of a claim, as it stands. */
export type Standing = Origin &
  Readonly<{
    identifier: string;
    version: number;
    state: StoredState;
    stateSince: string;
    successor: string | null;
    contentDigest: string;
    sourceUpdatedAt: string;
    receivedAt: string;
    fields: SideFields;
  }>;

/** Both sides of a claim. `raw` null: its content was removed. */
export type Sides = Readonly<{
  claim: Claim & Readonly<{ identifier: string; contentDigest: string; problemId: number | null }>;
  raw: RawRecord | null;
  standing: Standing;
}>;

/** What was decided, as kept. */
export type DecisionRecord = Origin &
  Readonly<{
    id: number;
    conflictId: number;
    claimId: number;
    identifier: string;
    decision: ConflictDecision;
    reason: string;
    operator: string;
    person: string | null;
    decidedAt: string;
    department: string;
    claimDigest: string;
    standingDigest: string;
    standingIssuer: string;
    standingState: StoredState;
    facts: string;
    given: string | null;
  }>;

/** Which conflicts are asked for. `department`: on either side. `openedBefore`: how old they are at least. */
export type ConflictFilter = Readonly<{
  status?: ConflictStatus | undefined;
  department?: string | undefined;
  openedBefore?: Date | undefined;
}>;

/** Conflicts and decisions, in a transaction that entered as an operator's client, as an auditor, or collecting. */
export function conflictStore(db: Sql) {
  return {
    /** The newest first. @param after number of the last conflict seen */
    list: async (
      { status, department, openedBefore }: ConflictFilter,
      first: number,
      after: number | undefined,
    ): Promise<Page<Conflict>> => {
      let query = db
        .selectFrom("identifier_conflict as k")
        .selectAll()
        .orderBy("id", "desc")
        .limit(first + 1);
      if (status !== undefined) query = query.where("status", "=", status);
      if (openedBefore !== undefined) query = query.where("opened_at", "<=", openedBefore.toISOString());
      if (after !== undefined) query = query.where("id", "<", after);
      if (department !== undefined) {
        query = query.where(
          sql<boolean>`(k.issuer_code = ${department} or exists (select from conflict_claim c
            where c.conflict_id = k.id and c.department = ${department}))`,
        );
      }
      const rows = await query.execute();
      const page = rows.slice(0, first);
      const claims = page.length > 0 ? await selectClaims(db, [page.map(({ id }) => id), maxShownClaims]) : [];
      const byConflict = Map.groupBy(claims.map(toClaim), ({ conflictId }) => conflictId);
      return {
        rows: page.map((row) => toConflict(row, byConflict.get(Number(row.id)) ?? [])),
        hasNextPage: rows.length > first,
      };
    },

    /** Both sides of a claim; undefined: there is none with this number. */
    findSides: async (claim: number): Promise<Sides | undefined> => {
      const row = await db.selectFrom("conflict_claim").selectAll().where("id", "=", claim).executeTakeFirst();
      const [license] = row ? await selectStanding(db, [claim]) : [];
      if (!row || !license) return undefined;
      const { identifier, content_digest: contentDigest, problem_id } = row;
      return {
        claim: {
          ...toClaim(row),
          identifier,
          contentDigest,
          problemId: problem_id === null ? null : Number(problem_id),
        },
        raw: row.record === null ? null : (JSON.parse(row.record) as RawRecord), // kept from one
        standing: toStanding(license),
      };
    },

    /** The newest first. @param after number of the last decision seen */
    listDecisions: async (
      conflict: number | undefined,
      first: number,
      after: number | undefined,
    ): Promise<Page<DecisionRecord>> => {
      let query = db
        .selectFrom("conflict_decision")
        .selectAll()
        .orderBy("id", "desc")
        .limit(first + 1);
      if (conflict !== undefined) query = query.where("conflict_id", "=", conflict);
      if (after !== undefined) query = query.where("id", "<", after);
      const rows = await query.execute();
      return { rows: rows.slice(0, first).map(toDecision), hasNextPage: rows.length > first };
    },
  };
}

/** What `conflictStore` offers. */
export type ConflictStore = ReturnType<typeof conflictStore>;

const maxShownClaims = 50;

type ClaimRow = Omit<
  Row<"conflict_claim">,
  "record" | "content_digest" | "problem_id" | "submission_id" | "identifier"
>;

const selectClaims = statement<ClaimRow>(`
  select c.* from unnest($1::bigint[]) as k(id) cross join lateral (
    select id, conflict_id, department, client_id, source_record_id, status, first_received_at, received_at, closed_at
    from conflict_claim where conflict_id = k.id order by status <> 'OPEN', id desc limit $2::int) c`);

const selectStanding = statement<Row<"license">>("select * from hub_conflict_standing($1::bigint)");

function toConflict(row: Row<"identifier_conflict">, claims: readonly Claim[]): Conflict {
  return {
    ...{ id: Number(row.id), identifier: row.identifier, issuer: row.issuer_code, licenseType: row.type_code, claims },
    ...{ status: row.status, openedAt: toIso(row.opened_at) },
    closedAt: row.closed_at === null ? null : toIso(row.closed_at),
  };
}

function toClaim(row: ClaimRow): Claim {
  return {
    ...{ id: Number(row.id), conflictId: Number(row.conflict_id), department: row.department, status: row.status },
    ...{ clientId: row.client_id, sourceRecordId: row.source_record_id },
    ...{ firstReceivedAt: toIso(row.first_received_at), receivedAt: toIso(row.received_at) },
    closedAt: row.closed_at === null ? null : toIso(row.closed_at),
  };
}

function toStanding(row: Row<"license">): Standing {
  return {
    ...{ identifier: row.identifier, version: row.version, state: row.state, stateSince: row.state_since },
    ...{ successor: row.successor, contentDigest: row.content_digest, clientId: row.client_id },
    ...{ sourceRecordId: row.source_record_id, sourceUpdatedAt: toIso(row.source_updated_at) },
    receivedAt: toIso(row.received_at),
    fields: {
      ...{ licenseType: row.type_code, number: row.number, issuer: row.issuer_code, region: row.region },
      holder: { idType: row.holder_id_type, id: row.holder_code, name: row.holder_name },
      ...{ issuedOn: row.issued_on, validFrom: row.valid_from, validUntil: row.valid_until },
      ...{ predecessor: row.predecessor, attributes: row.attributes },
    },
  };
}

function toDecision(row: Row<"conflict_decision">): DecisionRecord {
  return {
    ...{ id: Number(row.id), conflictId: Number(row.conflict_id), claimId: Number(row.claim_id) },
    ...{ identifier: row.identifier, decision: row.decision, reason: row.reason, operator: row.operator },
    ...{ person: row.person, decidedAt: toIso(row.decided_at), department: row.department, clientId: row.client_id },
    ...{ sourceRecordId: row.source_record_id, claimDigest: row.claim_digest, standingDigest: row.standing_digest },
    ...{ standingIssuer: row.standing_issuer, standingState: row.standing_state, facts: row.facts, given: row.given },
  };
}
