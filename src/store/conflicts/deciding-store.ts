import { sql } from "kysely";
import { type Alias, aliasScope, type ClaimStatus } from "../../domain/conflicts/conflict.ts";
import { type Sql, statement } from "../database.ts";
import { conflictStore, type DecisionRecord, type Sides } from "./conflict-store.ts";

/** What deciding about a claim reads and writes; used inside one transaction of collecting. */
export function decidingStore(db: Sql) {
  return {
    /**
     * Both sides, locked for the rest of the transaction in the order in which batches lock: departments, the license, the
     * problem, the conflict. Two clerks, and the departments' own batches, wait for each other.
     */
    lock: async ({ claim, standing }: Sides): Promise<Sides | undefined> => {
      const departments = [...new Set([claim.department, standing.fields.issuer])];
      await lockDepartments(db, [departments]);
      await lockLicense(db, [claim.identifier]);
      await lockProblem(db, [claim.clientId, claim.sourceRecordId]);
      await lockConflict(db, [claim.conflictId]);
      return conflictStore(db).findSides(claim.id);
    },

    /** The number of a decision to be. There may be gaps. */
    takeNumber: async (): Promise<number> => {
      const { rows } = await sql<{ n: string }>`select nextval('conflict_decision_id_seq') as n`.execute(db);
      return Number(rows[0]?.n);
    },

    endClaim: async (id: number, status: ClaimStatus, at: Date): Promise<void> => {
      await db
        .updateTable("conflict_claim")
        .set({ status, closed_at: at.toISOString() })
        .where("id", "=", id)
        .execute();
    },

    /** Says on the claim's problem record what was decided. `isRefusal`: closes it, too. */
    noteProblem: async ({ claim }: Sides, note: string, by: string, at: Date, isRefusal: boolean): Promise<void> => {
      const { problemId, clientId, sourceRecordId } = claim;
      await writeNote(db, [problemId, clientId, sourceRecordId, note, by, at.toISOString(), isRefusal]);
    },

    /** Which identifier is meant from now on. What stands wider is not changed: a narrower one is put beside it. */
    saveAlias: async ({ claim, standing }: Sides, brought: string, given: string, decision: number): Promise<void> => {
      const { clientId, sourceRecordId } = aliasScope({
        claim: { ...claim, issuer: claim.department },
        standing: { ...standing, issuer: standing.fields.issuer },
      });
      const own = [claim.clientId, claim.sourceRecordId];
      await insertAlias(db, [claim.department, brought, clientId, sourceRecordId, given, decision, ...own]);
    },

    /** Writes what was decided. It is never changed. */
    save: async (decision: DecisionRecord): Promise<void> => {
      await db
        .insertInto("conflict_decision")
        .values({
          ...{ id: decision.id, conflict_id: decision.conflictId, claim_id: decision.claimId },
          ...{ identifier: decision.identifier, decision: decision.decision, reason: decision.reason },
          ...{ operator: decision.operator, person: decision.person, decided_at: decision.decidedAt },
          ...{ department: decision.department, client_id: decision.clientId },
          ...{ source_record_id: decision.sourceRecordId, claim_digest: decision.claimDigest },
          ...{ standing_digest: decision.standingDigest, standing_issuer: decision.standingIssuer },
          ...{ standing_state: decision.standingState, facts: decision.facts, given: decision.given },
        })
        .execute();
    },
  };
}

/** What `decidingStore` offers. */
export type DecidingStore = ReturnType<typeof decidingStore>;

/** What the identifiers a batch names mean to its source, from the column `aliases` of the licenses it finds. */
export function aliasesOf(
  rows: readonly Readonly<{
    license: { identifier: string };
    aliases: readonly (readonly [string, string, string])[] | null;
  }>[],
): readonly Alias[] {
  return rows.flatMap(({ license, aliases }) =>
    (aliases ?? []).map(([brought, clientId, sourceRecordId]) => ({
      ...{ brought, clientId, sourceRecordId },
      given: license.identifier,
    })),
  );
}

const lockDepartments = statement<object>(
  "select 1 from department where code = any($1::text[]) order by code for no key update",
);
const lockLicense = statement<object>("select 1 from license where identifier = $1 for no key update");
const lockProblem = statement<object>(`select 1 from problem_record where client_id = $1 and source_record_id = $2
  and status <> 'CORRECTED' for no key update`);
const lockConflict = statement<object>("select 1 from identifier_conflict where id = $1::bigint for no key update");

// What is stored with a doubt stays open: the decision was about the identifier alone.
const writeNote = statement<object>(`update problem_record p set note = $4,
    closed_by = case when p.status <> 'OPEN' or $7::boolean then $5 end,
    closed_at = coalesce(p.closed_at, case when $7::boolean then $6::timestamptz end),
    status = case when p.status = 'OPEN' and $7::boolean then 'DISMISSED' else p.status end
  where p.id = coalesce($1::bigint, (select max(id) from problem_record where client_id = $2 and source_record_id = $3))`);

const insertAlias = statement<object>(`
  insert into identifier_alias (issuer_code, brought, client_id, source_record_id, given, decision_id)
    select $1, $2, case when taken then $7 else $3 end, case when taken then $8 else $4 end, $5, $6::bigint
    from (select exists (select from identifier_alias where issuer_code = $1 and brought = $2 and client_id = $3
      and source_record_id = $4) as taken) t
    on conflict do nothing`);
