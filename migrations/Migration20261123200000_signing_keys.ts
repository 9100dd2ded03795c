import { Migration } from "@mikro-orm/migrations";
import { role } from "./Migration20261122214405_access.ts";

/** The hub's own keys: which there are, when each may sign, and what happened to them. */
export class Migration20261123200000_signing_keys extends Migration {
  override name = "Migration20261123200000_signing_keys";

  override up(): void | Promise<void> {
    this.addSql(
      `create table "key_event" ("id" bigserial primary key, "kid" text not null, "event" text not null, "at" timestamptz not null, "operator" text not null, "reason" text not null, "moment" timestamptz null);`,
    );
    this.addSql(`create index "key_event_kid_id_index" on "key_event" ("kid", "id");`);
    this.addSql(
      `create table "signing_key" ("id" bigserial primary key, "kid" text not null, "purpose" text not null, "issuer" text not null, "point" jsonb not null, "source" text not null, "name" text not null, "not_before" timestamptz not null, "not_after" timestamptz null, "compromised_at" timestamptz null, "x5c" jsonb null, "created_at" timestamptz not null, "reason" text not null);`,
    );
    this.addSql(`alter table "signing_key" add constraint "signing_key_kid_unique" unique ("kid");`);
    this.addSql(`create index "signing_key_purpose_issuer_index" on "signing_key" ("purpose", "issuer");`);
    for (const statement of guarding) this.addSql(statement);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "key_event" cascade;`);
    this.addSql(`drop table if exists "signing_key" cascade;`);
    this.addSql("drop function signing_key_guard");
  }
}

const guarding = [
  // What a key once signed can be checked for ever; what is added later is only when it ended, and how.
  `revoke update, delete on signing_key from ${role}`,
  `grant update (not_after, compromised_at, x5c) on signing_key to ${role}`,
  `revoke update, delete on key_event from ${role}`,
  // A key that has ended never comes back, and a compromise is never taken back: both only move to an earlier time.
  `create function signing_key_guard() returns trigger language plpgsql set search_path = public, pg_temp as $$
  begin
    if coalesce(new.not_after, 'infinity') > coalesce(old.not_after, 'infinity')
      or coalesce(new.compromised_at, 'infinity') > coalesce(old.compromised_at, 'infinity') then
      raise exception 'the end of a key, and its compromise, only become earlier';
    end if;
    return new;
  end $$`,
  `create trigger signing_key_guard before update on signing_key for each row execute function signing_key_guard()`,
];
