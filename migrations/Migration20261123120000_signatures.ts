import { Migration } from "@mikro-orm/migrations";
import { role } from "./Migration20261122214405_access.ts";

/** Departments may sign their records: with which keys, what they signed, and what becomes of what they did not sign. */
export class Migration20261123120000_signatures extends Migration {
  override name = "Migration20261123120000_signatures";

  override up(): void | Promise<void> {
    this.addSql(
      `create table "record_key" ("client_id" text not null, "kid" text not null, "jwk" jsonb not null, "added_at" timestamptz not null, "retired_at" timestamptz null, primary key ("client_id", "kid"));`,
    );
    this.addSql(
      `create table "record_signature" ("identifier" text not null, "content_digest" text not null, "submission_id" uuid not null, "client_id" text not null, "kid" text not null, "jws" text not null, primary key ("identifier", "content_digest", "submission_id"));`,
    );
    this.addSql(`alter table "client" add "unsigned_records" text not null default 'ACCEPTED';`);
    for (const statement of guarding) this.addSql(statement);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "record_signature" cascade;`);
    this.addSql(`drop table if exists "record_key" cascade;`);
    this.addSql(`alter table "client" drop column "unsigned_records";`);
  }
}

const mode = "(select current_setting('hub.mode', true))";

const guarding = [
  // A key stays, so that what was signed with it can be checked for ever; only that it was retired is added.
  `revoke update, delete on record_key from ${role}`,
  `grant update (retired_at) on record_key to ${role}`,
  `revoke update, delete on record_signature from ${role}`,
  "alter table record_signature enable row level security",
  `create policy record_signature_collect on record_signature for insert to ${role} with check (${mode} = 'COLLECT')`,
  // A signature holds the whole record: whoever may not see the license does not see it.
  `create policy record_signature_read on record_signature for select to ${role} using (
    ${mode} in ('CLIENT', 'HOLDER') and exists (select from license l where l.identifier = record_signature.identifier))`,
];
