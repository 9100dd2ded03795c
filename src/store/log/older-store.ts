import { sql } from "kysely";
import { payloadDigest } from "../../proof/compact-jws.ts";
import { rowSource } from "../bulk.ts";
import { type Row, type Sql, statement } from "../database.ts";
import { type LoggedEvent, logEvents, takeLogBatch } from "./entry-store.ts";

/** An event without an entry; `jws`: of the license it brought, null when it brought none. */
export type OlderEvent = Readonly<{ row: Row<"license_event">; issuer: string; jws: string | null }>;

/** Events that came before there was a log. The reader must be let in to see them. */
export function olderStore(db: Sql) {
  return {
    /** Locked; those that another copy is at are left out. Only of licenses that are there. */
    findUnlogged: async (most: number): Promise<readonly OlderEvent[]> => {
      const rows = await selectUnlogged(db, [most]);
      return rows.map(({ issuer_code: issuer, jws, is_first, ...row }) => ({
        row,
        issuer,
        jws: is_first ? jws : null,
      }));
    },

    /** Leaves their entries, and notes where. Three statements. */
    log: async (secret: string, events: readonly OlderEvent[], logged: readonly LoggedEvent[]): Promise<void> => {
      const id = await takeLogBatch(db);
      await logEvents(
        db,
        { id, secret },
        logged,
        events.flatMap(({ jws }) => (jws === null ? [] : [payloadDigest(jws)])),
      );
      const places = events.map(({ row, jws }, place) => ({
        ...{ holder_code: row.holder_code, id: row.id, identifier: row.identifier, place, is_first: jws !== null },
      }));
      await sql`update license_event e set log_batch = ${id}, log_place = r.place from ${rowSource(placeColumns, places)}
        where e.holder_code = r.holder_code and e.id = r.id`.execute(db);
      await sql`update license l set log_batch = ${id}, log_place = r.place from ${rowSource(placeColumns, places)}
        where r.is_first and l.holder_code = r.holder_code and l.identifier = r.identifier`.execute(db);
    },
  };
}

/** What `olderStore` offers. */
export type OlderStore = ReturnType<typeof olderStore>;

const placeColumns = { holder_code: "text", id: "bigint", identifier: "text", place: "int", is_first: "boolean" };

const selectUnlogged = statement<Row<"license_event"> & { issuer_code: string; jws: string; is_first: boolean }>(`
  select e.*, l.issuer_code, l.jws, not exists (select from license_event f where f.holder_code = e.holder_code
      and f.identifier = e.identifier and f.id < e.id) as is_first
  from license_event e join license l on l.holder_code = e.holder_code and l.identifier = e.identifier
  where e.log_batch is null order by e.id limit $1::int for update of e skip locked`);
