import type { Caller, Purpose } from "../domain/access/caller.ts";
import { type Admit, accessStore, type Permit } from "../store/access/access-store.ts";
import type { Database, Sql } from "../store/database.ts";
import { historyStore, type SignedChange } from "../store/licenses/history-store.ts";
import { enter, type Reader } from "../store/reader.ts";
import { readChanges } from "../use-cases/licenses/read-changes.ts";
import { type KnownLicensesQuestion, readKnownLicenses } from "../use-cases/licenses/read-known-licenses.ts";
import { readSignatures } from "../use-cases/licenses/read-signatures.ts";

/** What the verbs about records are made of. */
export type RecordParts = Readonly<{
  database: Database;
  now: () => Date;
  permit: Permit;
  admit: Admit;
}>;

/** The verbs about what the hub knew when, wired to their tools. */
export function recordVerbs({ database, now, permit, admit }: RecordParts) {
  const stores = (db: Sql) => ({
    ...{ access: accessStore(db), history: historyStore(db) },
  });
  const read = <T>(reader: Reader, run: (inside: ReturnType<typeof stores>) => Promise<T>) =>
    database.transaction(async (db) => {
      await enter(db, reader);
      return run(stores(db));
    });
  return {
    readChanges: (caller: Caller, question: { identifiers: readonly string[]; purpose: Purpose }) =>
      readChanges({ now, read }, caller, question),
    readSignatures: (caller: Caller, question: { changes: readonly SignedChange[]; purpose: Purpose }) =>
      readSignatures({ now, read }, caller, question),
    readKnownLicenses: (caller: Caller, question: KnownLicensesQuestion) =>
      readKnownLicenses({ now, permit, admit, read }, caller, question),
  };
}
