import { Migration } from "@mikro-orm/migrations";
import { role } from "./Migration20261122214405_access.ts";

/** Sources the hub pulls records from, and every pull of them. */
export class Migration20261123060000_sources extends Migration {
  override name = "Migration20261123060000_sources";

  override up(): void | Promise<void> {
    this.addSql(
      `create table "source" ("id" text not null, "client_id" text not null, "name" text not null, "place" jsonb not null, "mapping" jsonb not null, "every_seconds" int not null, "page_size" int not null, "active" boolean not null default true, "added_at" timestamptz not null, "cursor" text null, "due_at" timestamptz not null, "asked_at" timestamptz null, "lease" uuid null, "lease_until" timestamptz null, "failures" int not null default 0, "failing_since" timestamptz null, primary key ("id"));`,
    );
    this.addSql(`create index "source_due_at_index" on "source" ("due_at");`);

    this.addSql(
      `create table "source_run" ("id" bigserial primary key, "source_id" text not null, "lease" uuid not null, "started_at" timestamptz not null, "ended_at" timestamptz null, "outcome" text null, "detail" text null, "pages" int not null default 0, "fetched" int not null default 0, "accepted" int not null default 0, "unchanged" int not null default 0, "rejected" int not null default 0, "pending" int not null default 0, "cursor_from" text null, "cursor_to" text null);`,
    );
    this.addSql(`alter table "source_run" add constraint "source_run_lease_unique" unique ("lease");`);
    this.addSql(`create index "source_run_source_id_id_index" on "source_run" ("source_id", "id");`);
    // What a pull is begins with it and stays.
    this.addSql(`revoke update on source_run from ${role}`);
    this.addSql(
      `grant update (ended_at, outcome, detail, pages, fetched, accepted, unchanged, rejected, pending, cursor_to) on source_run to ${role}`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "source" cascade;`);
    this.addSql(`drop table if exists "source_run" cascade;`);
  }
}
