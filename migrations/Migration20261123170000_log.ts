import { Migration } from "@mikro-orm/migrations";
import { role } from "./Migration20261122214405_access.ts";

export class Migration20261123170000_log extends Migration {
  override name = "Migration20261123170000_log";

  override up(): void | Promise<void> {
    this.addSql(
      `create table "log_batch" ("id" bigserial primary key, "count" int not null, "secret" text null, "first_index" bigint null);`,
    );
    this.addSql(`create index "log_batch_first_index_index" on "log_batch" ("first_index");`);
    this.addSql(
      `create table "log_checkpoint" ("size" bigint not null, "root" text not null, "note" text not null, "signed_at" timestamptz not null, primary key ("size"));`,
    );
    this.addSql(
      `create table "log_cosignature" ("size" bigint not null, "witness" text not null, "line" text not null, "seen_at" timestamptz not null, primary key ("size", "witness"));`,
    );
    this.addSql(
      `create table "log_entries" ("index" bigint not null, "count" int not null, "entries" bytea not null, primary key ("index"));`,
    );
    this.addSql(
      `create table "log_head" ("id" int not null, "size" bigint not null, "root" text not null, primary key ("id"));`,
    );
    this.addSql(
      `create table "log_tile" ("level" int not null, "index" bigint not null, "nodes" bytea not null, primary key ("level", "index"));`,
    );
    this.addSql(
      `create table "log_waiting" ("batch" bigint not null, "entries" bytea not null, primary key ("batch"));`,
    );

    for (const table of ["license", "license_event"]) {
      this.addSql(`alter table "${table}" add "log_batch" bigint null, add "log_place" int null;`);
      // What came before there was a log is logged late, once.
      this.addSql(`create index "${table}_unlogged" on "${table}" ("holder_code") where "log_batch" is null;`);
    }
    for (const statement of [...storage, ...writtenOnce]) this.addSql(statement);
  }

  override down(): void | Promise<void> {
    for (const table of ["batch", "checkpoint", "cosignature", "entries", "head", "tile", "waiting"])
      this.addSql(`drop table if exists "log_${table}" cascade;`);
    for (const table of ["license", "license_event"]) {
      this.addSql(`drop index "${table}_unlogged";`);
      this.addSql(`alter table "${table}" drop column "log_batch", drop column "log_place";`);
    }
  }
}

/** Digests do not get smaller by packing. */
const storage = [
  "alter table log_tile alter column nodes set storage external",
  "alter table log_entries alter column entries set storage external",
  "alter table log_waiting alter column entries set storage external",
];

const writtenOnce = [
  `revoke update, delete on log_checkpoint, log_cosignature from ${role}`,
  `revoke delete on log_batch, log_head, log_tile, log_entries from ${role}`,
  `revoke update on log_batch, log_waiting from ${role}`,
  `grant update (first_index) on log_batch to ${role}`,
  // An event of old days gets its place; nothing else of it ever changes.
  `grant update (log_batch, log_place) on license_event to ${role}`,
];
