import type { Row } from "../database.ts";
import type { AuditDatabase } from "./audit-database.ts";

type LogRow<Table extends "log_tile" | "log_entries" | "log_head" | "log_checkpoint"> = Row<Table>;

/** An event with its batch and the license it names. Null where there is none. */
export type AuditedEvent = Row<"license_event"> &
  Readonly<{
    batch: string | null;
    secret: string | null;
    batch_count: number | null;
    first_index: string | null;
    license_identifier: string | null;
    issuer_code: string | null;
    jws: string | null;
    license_batch: string | null;
    license_place: number | null;
    /** Each time the license was signed again: the event, and the digest of the text it replaced. In their order. */
    signed_again: readonly (readonly [event: string, replaced: string])[] | null;
  }>;

/** What a license's own row is compared with, of each of its events. */
export type EventOfLicense = Readonly<{
  index: number | null;
  operation: Row<"license_event">["operation"];
  state: string;
  effective_on: string;
  client_id: string;
  source_record_id: string;
  source_updated_at: string;
  received_at: string;
  content_digest: string;
  submission_id: string;
  log_batch: number | null;
  log_place: number | null;
}>;

/** A license with its events in their order, and with those that name it as the version they replace. */
export type AuditedLicense = Row<"license"> &
  Readonly<{ events: readonly EventOfLicense[] | null; successors: readonly string[] | null }>;

/** A batch of entries with what still waits of it. */
export type AuditedBatch = Readonly<{
  id: string;
  count: number;
  first_index: string | null;
  has_secret: boolean;
  has_events: boolean;
  is_waiting: boolean;
  entries: Uint8Array | null;
}>;

/** A place of the ledger with its record; the record's columns are null when it is gone. */
export type AuditedSeal = Row<"access_seal"> & {
  [Name in keyof Row<"access_record">]: Row<"access_record">[Name] | null;
};

/** Everything an auditor reads of the hub's tables. *Order*: as said; each is streamed. */
export function auditStore({ stream, rows }: AuditDatabase) {
  return {
    findHead: async () => (await rows<LogRow<"log_head">>("select * from log_head where id = 1"))[0],
    findTile: async (level: number, index: number) =>
      (await rows<LogRow<"log_tile">>("select * from log_tile where level = $1 and index = $2", [level, index]))[0],
    findBundle: async (index: number) =>
      (await rows<LogRow<"log_entries">>("select * from log_entries where index = $1", [index]))[0],
    /** How many leaves there are, by everything that can tell but the head. */
    sizes: async () => (await rows<{ size: string | null }>(selectSizes)).map(({ size }) => Number(size ?? 0)),
    /** Tiles and bundles that a tree of that size has not. */
    findBeyond: (size: number) => rows<{ table: string; key: string }>(selectBeyond, [size]),
    /** Of the newest checkpoint; 0: there is none. */
    newestSize: async () => Number((await rows<{ size: string | null }>(selectNewest))[0]?.size ?? 0),
    /** Of the checkpoint of that size, as its row repeats it. */
    findRootAt: async (size: number) =>
      (await rows<{ root: string }>("select root from log_checkpoint where size = $1", [size]))[0]?.root,
    /** What has no place yet. */
    waiting: () => stream<{ batch: string; count: number; entries: Uint8Array }>(selectWaiting),
    /** By size. */
    checkpoints: () => stream<LogRow<"log_checkpoint">>("select * from log_checkpoint order by size"),
    /** By place in the log; those without one last. */
    batches: () => stream<AuditedBatch>(selectBatches),
    /** By place in the log; those without one last. */
    events: () => stream<AuditedEvent>(selectEvents),
    findWaiting: async (batch: number) =>
      (await rows<{ entries: Uint8Array }>("select entries from log_waiting where batch = $1", [batch]))[0]?.entries,
    /** By holder and identifier. */
    licenses: () => stream<AuditedLicense>(selectLicenses),
    /** By day and place. */
    seals: () => stream<AuditedSeal>(selectSeals),
    days: () => rows<Row<"access_day">>("select * from access_day order by day"),
    findPosition: async () =>
      (await rows<Row<"access_seal_position">>("select * from access_seal_position where id = 1"))[0],
    /** Records that sealing has come past. */
    passedOver: () => stream<Row<"access_record">>(selectPassedOver),
    /** By the number they were added under. */
    signingKeys: () => rows<Row<"signing_key">>("select * from signing_key order by id"),
    /** By number. */
    keyEvents: () => rows<Row<"key_event">>("select * from key_event order by id"),
    recordKeys: () => stream<Row<"record_key">>("select * from record_key order by client_id, kid"),
  };
}

/** What `auditStore` offers. */
export type AuditStore = ReturnType<typeof auditStore>;

const selectNewest = "select max(size) as size from log_checkpoint";

const selectWaiting =
  "select w.batch, b.count, w.entries from log_waiting w join log_batch b on b.id = w.batch order by w.batch";

const selectSizes = `
  (select index * 256 + count as size from log_entries order by index desc limit 1)
  union all select sum(count) from log_entries
  union all select max(first_index + count) from log_batch
  union all select sum(count) from log_batch where first_index is not null
  union all select sum(length(nodes)) / 32 from log_tile where level = 0
  union all select max(size) from log_checkpoint`;

const selectBeyond = `
  select 'log_tile' as table, level || '/' || index as key from log_tile
  where level not between 0 and 6 or index < 0
    or index * 256 >= floor($1::numeric / 256::numeric ^ greatest(least(level, 6), 0))
  union all select 'log_entries', index::text from log_entries where index < 0 or index * 256 >= $1::bigint`;

const selectBatches = `
  select b.id, b.count, b.first_index, b.secret is not null as has_secret,
    b.id in (select log_batch from license_event) as has_events, w.batch is not null as is_waiting, w.entries
  from log_batch b left join log_waiting w on w.batch = b.id order by b.first_index nulls last, b.id`;

const selectEvents = `
  select e.*, b.id as batch, b.secret, b.count as batch_count, b.first_index, l.identifier as license_identifier,
    l.issuer_code, l.jws, l.log_batch as license_batch, l.log_place as license_place, a.signed_again
  from license_event e left join log_batch b on b.id = e.log_batch
    left join license l on l.holder_code = e.holder_code and l.identifier = e.identifier
    left join (select holder_code, identifier, json_agg(json_build_array(id::text, content_digest) order by id) as signed_again
      from license_event where operation = 'SIGN_AGAIN' group by holder_code, identifier) a
      on a.holder_code = e.holder_code and a.identifier = e.identifier
  order by b.first_index + e.log_place nulls last, e.log_batch nulls last, e.log_place nulls last, e.id`;

const selectLicenses = `
  select l.*, e.events, s.successors from license l
    left join (select e.holder_code, e.identifier, json_agg(json_build_object('index', b.first_index + e.log_place,
        'operation', e.operation, 'state', e.state, 'effective_on', e.effective_on::text, 'client_id', e.client_id,
        'source_record_id', e.source_record_id, 'source_updated_at', e.source_updated_at::text,
        'received_at', e.received_at::text, 'content_digest', e.content_digest, 'submission_id', e.submission_id,
        'log_batch', e.log_batch, 'log_place', e.log_place) order by e.id) as events
      from license_event e left join log_batch b on b.id = e.log_batch group by e.holder_code, e.identifier) e
      on e.holder_code = l.holder_code and e.identifier = l.identifier
    left join (select predecessor, array_agg(identifier order by identifier) as successors from license
      where predecessor is not null group by predecessor) s on s.predecessor = l.identifier
  order by l.holder_code, l.identifier`;

const selectSeals = `
  select s.day, s.place, s.record_id, s.digest, s.chain, r.*
  from access_seal s left join access_record r on r.id = s.record_id order by s.day, s.place`;

const selectPassedOver = `
  select r.* from access_record r, access_seal_position p
  where p.id = 1 and (r.transaction, r.id) <= (p.transaction, p.record_id)
    and not exists (select from access_seal s where s.record_id = r.id) order by r.id`;
