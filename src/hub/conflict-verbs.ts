import type { Caller } from "../domain/access/caller.ts";
import { dateOf } from "../domain/calendar.ts";
import type { LineReading, ReadBatch } from "../domain/licenses/record-line.ts";
import { accessStore } from "../store/access/access-store.ts";
import { clientStore } from "../store/access/client-store.ts";
import { conflictStore } from "../store/conflicts/conflict-store.ts";
import { decidingStore } from "../store/conflicts/deciding-store.ts";
import type { Database, Sql } from "../store/database.ts";
import { enter, type Reader } from "../store/reader.ts";
import { type DecisionInput, decideConflict } from "../use-cases/conflicts/decide-conflict.ts";
import { type DecisionQuery, readConflictDecisions } from "../use-cases/conflicts/read-conflict-decisions.ts";
import { readConflictSides } from "../use-cases/conflicts/read-conflict-sides.ts";
import { type ConflictQuery, readConflicts } from "../use-cases/conflicts/read-conflicts.ts";
import type { SubmitWithin } from "./collecting-verbs.ts";

/** What the verbs about conflicts are made of. */
export type ConflictParts = Readonly<{
  database: Database;
  now: () => Date;
  newId: () => string;
  read: (caller: Caller, records: readonly LineReading[]) => Promise<ReadBatch>;
  /** One transaction of collecting, in which batches can be handed in. */
  decide: <T>(run: (db: Sql, submitWithin: SubmitWithin) => Promise<T>) => Promise<T>;
}>;

/** The verbs about identifiers that several sources claim, wired to their tools. */
export function conflictVerbs({ database, now, newId, read, decide }: ConflictParts) {
  const findClient = clientStore(database.sql()).find;
  const enterAs = <T>(reader: Reader, run: (db: Sql) => Promise<T>) =>
    database.transaction(async (db) => {
      await enter(db, reader);
      return run(db);
    });
  const operating = (clientId: string): Reader => ({ mode: "CLIENT", clientId, procedure: "", day: dateOf(now()) });
  const look = { now, findClient };
  return {
    readConflicts: (caller: Caller, query: ConflictQuery) =>
      readConflicts(
        { ...look, read: (clientId, run) => enterAs(operating(clientId), (db) => run(conflictStore(db))) },
        caller,
        query,
      ),
    readConflictSides: (caller: Caller, claim: number) =>
      readConflictSides(
        {
          ...look,
          read: (clientId, run) => enterAs(operating(clientId), (db) => run(conflictStore(db), accessStore(db))),
        },
        caller,
        claim,
      ),
    decideConflict: (caller: Caller, input: DecisionInput) =>
      decideConflict(
        {
          ...{ ...look, newId },
          readRecords: read,
          find: (clientId, claim) => enterAs(operating(clientId), (db) => conflictStore(db).findSides(claim)),
          transaction: (run) => decide((db, submit) => run(decidingStore(db), submit)),
        },
        caller,
        input,
      ),
    readConflictDecisions: (caller: Caller, query: DecisionQuery) =>
      readConflictDecisions(
        {
          findClient,
          read: (known, run) =>
            enterAs(known.kind === "AUDITOR" ? { mode: "AUDIT" } : operating(known.clientId), (db) =>
              run(conflictStore(db)),
            ),
        },
        caller,
        query,
      ),
  };
}
