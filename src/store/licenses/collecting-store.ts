import { sql } from "kysely";
import type { RawRecord } from "../../domain/licenses/license-record.ts";
import { insertRows, rowSource } from "../bulk.ts";
import { settleCorrections } from "../corrections/settle-corrections.ts";
import type { Row, Sql } from "../database.ts";
import { type LogBatch, type LoggedEvent, logEvents, takeLogBatch } from "../log/entry-store.ts";
import { leaveNotices } from "../notices/leave-notices.ts";
import { saveTold, type ToldRecord } from "../reconciling/told-records.ts";
import { statusPlaces } from "../status/status-places.ts";
import type { StoredResult } from "../tables/license-tables.ts";
import { together } from "../together.ts";
import { decidedColumns, eventColumns, holderColumns, licenseColumns, pendingColumns } from "./collecting-columns.ts";
import { type KnownRow, toKnown } from "./known-row.ts";
import { type CarriedSignature, type NewRecordSignature, saveSignatures } from "./record-signatures.ts";
import { type StateUpdate, saveStates } from "./save-states.ts";

/** A batch as kept, or a part of one that came as a stream. */
export type StoredSubmission = Readonly<{
  id: string;
  clientId: string;
  batchId: string;
  /** Where the part begins in its batch: 0 for what came whole. */
  firstIndex: number;
  /** SHA-256 of the lines it was made of, base64url; null: it did not come as lines. */
  digest: string | null;
  receivedAt: string;
  accepted: number;
  unchanged: number;
  rejected: number;
  pending: number;
  results: readonly StoredResult[];
}>;

export type NewLicense = Omit<Row<"license">, "attributes" | "signed_at"> & {
  attributes: Readonly<Record<string, unknown>>;
};
export type NewEvent = Omit<Row<"license_event">, "id">;
export type NewPendingEvent = Readonly<{
  identifier: string;
  content_digest: string;
  source_updated_at: string;
  issuer_code: string;
  client_id: string;
  record: RawRecord;
  received_at: string;
  submission_id: string;
}>;

/** A holder seen in a batch. `name_license`: the business license its name was read from, if it was. */
export type SeenHolder = Pick<Row<"holder">, "code" | "id_type" | "name" | "region" | "name_license">;

/** Everything collecting reads and writes; used inside one transaction. */
export function collectingStore(db: Sql) {
  return {
    /**
     * Takes the batch for this transaction. A repeat waits for the first to end and gets what it answered.
     * Then the department is locked: its batches are decided one after another, others' go on.
     */
    begin: async (
      batch: Pick<StoredSubmission, "id" | "clientId" | "batchId" | "firstIndex" | "digest" | "receivedAt"> & {
        department: string;
      },
    ) => {
      const fresh = await db
        .insertInto("submission")
        .values({
          ...{ id: batch.id, client_id: batch.clientId, batch_id: batch.batchId, received_at: batch.receivedAt },
          ...{ first_index: batch.firstIndex, digest: batch.digest },
          ...{ accepted: 0, unchanged: 0, rejected: 0, pending: 0, results: sql<StoredResult[]>`'[]'::jsonb` },
        })
        .onConflict((conflict) => conflict.columns(["client_id", "batch_id", "first_index"]).doNothing())
        .returning("id")
        .executeTakeFirst();
      if (fresh) await sql`select 1 from department where code = ${batch.department} for no key update`.execute(db);
      return fresh !== undefined;
    },

    findSubmission: async (
      clientId: string,
      where: { id: string } | { batchId: string; firstIndex: number },
    ): Promise<StoredSubmission | undefined> => {
      const query = db.selectFrom("submission").selectAll().where("client_id", "=", clientId);
      const row = await ("id" in where
        ? query.where("id", "=", where.id)
        : query.where("batch_id", "=", where.batchId).where("first_index", "=", where.firstIndex)
      ).executeTakeFirst();
      return (
        row && {
          ...{ id: row.id, clientId: row.client_id, batchId: row.batch_id, receivedAt: row.received_at },
          ...{ firstIndex: row.first_index, digest: row.digest },
          ...{
            accepted: row.accepted,
            unchanged: row.unchanged,
            rejected: row.rejected,
            pending: row.pending,
            results: row.results,
          },
        }
      );
    },

    finish: (
      id: string,
      counts: Pick<StoredSubmission, "accepted" | "unchanged" | "rejected" | "pending">,
      results: readonly StoredResult[],
    ) =>
      db
        .updateTable("submission")
        .set({ ...counts, results: sql<StoredResult[]>`${JSON.stringify(results)}::jsonb` })
        .where("id", "=", id)
        .execute(),

    /**
     * Licenses by identifier, also those an identifier means to the issuer (`aliases`), and by source record of this client
     * (for records that bring no identifier); rows locked.
     */
    findKnown: async (named: {
      identifiers: readonly string[];
      clientId: string;
      sourceRecordIds: readonly string[];
      issuer: string;
      contentDigests: readonly string[];
    }) => {
      const { rows } = await sql<KnownRow>`
        with alias as materialized (select given, brought, client_id, source_record_id from identifier_alias
          where issuer_code = ${named.issuer} and brought = any(${named.identifiers}::text[])
            and client_id in ('', ${named.clientId}))
        select l.identifier, l.type_code, l.issuer_code, l.holder_code, l.version, l.issued_on, l.content_digest, l.state,
          l.state_since, l.successor, l.source_updated_at, l.source_record_id, l.client_id,
          array(select e.content_digest from license_event e
            where e.identifier = l.identifier and e.holder_code = l.holder_code) as event_digests,
          (select jsonb_agg(jsonb_build_array(a.brought, a.client_id, a.source_record_id)) from alias a
            where a.given = l.identifier) as aliases
        from license l
        where l.identifier = any(${named.identifiers}::text[] || array(select given from alias))
          or (l.client_id = ${named.clientId} and l.source_record_id = any(${named.sourceRecordIds}::text[]))
          or (l.issuer_code = ${named.issuer} and l.content_digest = any(${named.contentDigests}::text[]))
        order by l.identifier for no key update of l`.execute(db);
      return rows.map((row) => ({
        sourceRecordId: row.source_record_id,
        clientId: row.client_id,
        holderCode: row.holder_code,
        aliases: row.aliases,
        license: toKnown(row),
      }));
    },

    findPending: (identifiers: readonly string[]) =>
      db
        .selectFrom("pending_event")
        .selectAll()
        .where("identifier", "in", [...identifiers])
        .orderBy("received_at")
        .execute(),

    findHolderNames: async (codes: readonly string[]): Promise<ReadonlyMap<string, string>> => {
      const rows = await db
        .selectFrom("holder")
        .select(["code", "name"])
        .where("code", "in", [...codes])
        .where("name_license", "is not", null)
        .execute();
      return new Map(rows.map((row) => [row.code, row.name]));
    },

    ...statusPlaces(db),

    /** Writes a decided batch but for its licenses: at most one statement a table, whatever its size. */
    save: (batch: {
      holders: readonly SeenHolder[];
      events: readonly NewEvent[];
      signatures: readonly NewRecordSignature[];
      carried: readonly CarriedSignature[];
      told: readonly ToldRecord[];
      pending: readonly NewPendingEvent[];
      decidedPending: readonly Pick<NewPendingEvent, "identifier" | "content_digest" | "source_updated_at">[];
    }): Promise<void> => {
      const { holders, events, signatures, carried, told, pending, decidedPending } = batch;
      const statements = [
        ...(holders.length > 0 ? [insertRows("holder", holderColumns, holders, keepRegisteredName)] : []),
        ...(events.length > 0 ? [insertRows("license_event", eventColumns, events)] : []),
        ...(pending.length > 0
          ? [insertRows("pending_event", pendingColumns, pending, sql`on conflict do nothing`)]
          : []),
        ...(decidedPending.length > 0 ? [removePending(decidedPending)] : []),
      ];
      return together([
        ...statements.map((statement) => statement.execute(db)),
        saveTold(db, told),
        saveSignatures(db, signatures, carried),
      ]);
    },

    takeLogBatch: () => takeLogBatch(db),
    logEvents: (batch: LogBatch, events: readonly LoggedEvent[], licenseDigests: readonly string[]) =>
      logEvents(db, batch, events, licenseDigests),

    /**
     * Writes new versions, and then the present state of every license that was met; leaves it to its status list, and word
     * to whoever relies on one.
     */
    saveLicenses: async (licenses: readonly NewLicense[], updates: readonly StateUpdate[], at: Date): Promise<void> => {
      if (licenses.length > 0) await insertRows("license", licenseColumns, licenses).execute(db);
      if (updates.length === 0) return;
      const changed = await saveStates(db, updates);
      await settleCorrections(db, updates);
      await leaveNotices(db, changed, at);
    },
  };
}

/** Everything collecting does with the database. */
export type CollectingStore = ReturnType<typeof collectingStore>;

const removePending = (decided: readonly object[]) => sql`delete from pending_event p
  using ${rowSource(decidedColumns, decided)} where p.identifier = r.identifier and p.content_digest = r.content_digest
    and p.source_updated_at = r.source_updated_at`;

// A name read from a business license is only replaced by one read from a business license.
const keepRegisteredName = sql`on conflict (code) do update set
  name = case when excluded.name_license is not null or holder.name_license is null then excluded.name else holder.name end,
  region = case when excluded.name_license is not null or holder.name_license is null then coalesce(excluded.region, holder.region) else holder.region end,
  name_license = coalesce(excluded.name_license, holder.name_license)
  where excluded.name_license is not null or (holder.name_license is null and holder.name <> excluded.name)`;
