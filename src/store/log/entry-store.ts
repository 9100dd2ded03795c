import { packEntries } from "../../proof/log/entry-bundle.ts";
import { type EventFacts, entryBytes, entrySecret, type LogEntry, licenseEntry } from "../../proof/log/log-entry.ts";
import { type Sql, statement, toIso } from "../database.ts";
import type { NewEvent } from "../licenses/collecting-store.ts";

/** A number of entries that one transaction leaves: its id, and the secret of the entries that have one. */
export type LogBatch = Readonly<{ id: number; secret: string }>;

/** An event as its row has it, and the department whose license it is about. */
export type LoggedEvent = Readonly<{ row: Omit<NewEvent, "log_batch" | "log_place">; issuer: string }>;

/**
 * Leaves entries to the public log, in the transaction that they speak of: they are in the log when it commits, and
 * nothing of them is when it does not. One statement.
 */
export async function logEntries(db: Sql, entries: readonly LogEntry[]): Promise<void> {
  await insertBatch(db, [await takeLogBatch(db), null, entries.length, packEntries(entries.map(entryBytes))]);
}

/** The number of a batch that is going to be left. It may have gaps: a transaction that fails leaves none. */
export async function takeLogBatch(db: Sql): Promise<number> {
  const [row] = await takeNumber(db, []);
  return Number(row?.id);
}

/**
 * Leaves the entries of events: the first ones brought licenses, whose digests are given, in their order. An entry's place
 * is that of its event.
 */
export async function logEvents(
  db: Sql,
  batch: LogBatch,
  events: readonly LoggedEvent[],
  licenseDigests: readonly string[],
): Promise<void> {
  if (events.length === 0) return;
  const entries = events.map(({ row, issuer }, place) =>
    licenseEntry({ secret: entrySecret(batch.secret, place), issuer, facts: factsOf(row) }, licenseDigests[place]),
  );
  await insertBatch(db, [batch.id, batch.secret, entries.length, packEntries(entries.map(entryBytes))]);
}

/** What an event says, from its row, whether it comes from the program or from the database. */
export function factsOf(row: Omit<NewEvent, "log_batch" | "log_place">): EventFacts {
  return {
    ...{ client: row.client_id, contentDigest: row.content_digest, effectiveOn: row.effective_on },
    ...{ holder: row.holder_code, identifier: row.identifier, operation: row.operation, reason: row.reason },
    ...{ receivedAt: isoOf(row.received_at), sourceRecordId: row.source_record_id },
    ...{ sourceUpdatedAt: isoOf(row.source_updated_at), state: row.state, submission: row.submission_id },
  };
}

/** An instant is printed by the program with a T, and by the database without. */
function isoOf(text: string): string {
  return text.endsWith("Z") ? text : toIso(text);
}

const takeNumber = statement<{ id: string }>("select nextval('log_batch_id_seq') as id");

const insertBatch = statement<object>(`
  with batch as (insert into log_batch (id, secret, count) values ($1::bigint, $2, $3::int))
  insert into log_waiting (batch, entries) values ($1::bigint, $4::bytea)`);
