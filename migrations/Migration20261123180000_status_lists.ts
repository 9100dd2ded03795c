import { Migration } from "@mikro-orm/migrations";
import { onlyHub, role } from "./Migration20261122214405_access.ts";

/** Status lists: the changes of state that wait for them, and every list as it was signed. */
export class Migration20261123180000_status_lists extends Migration {
  override name = "Migration20261123180000_status_lists";

  override up(): void | Promise<void> {
    this.addSql(
      `create table "status_change" ("id" bigserial primary key, "status_list" int not null, "status_index" int not null, "state" text not null);`,
    );
    this.addSql(`create index "status_change_status_list_id_index" on "status_change" ("status_list", "id");`);
    this.addSql(
      `create table "status_token" ("id" bigserial primary key, "status_list" int not null, "issued_at" timestamptz not null, "expires_at" timestamptz not null, "token" bytea not null);`,
    );
    this.addSql(`create index "status_token_status_list_id_index" on "status_token" ("status_list", "id");`);
    this.addSql(
      `create index "status_token_status_list_issued_at_id_index" on "status_token" ("status_list", "issued_at", "id");`,
    );
    for (const statement of guarding) this.addSql(statement);
  }

  override down(): void | Promise<void> {
    this.addSql("drop function status_token_thin()");
    this.addSql(`drop table if exists "status_change" cascade;`);
    this.addSql(`drop table if exists "status_token" cascade;`);
  }
}

const guarding = [
  `revoke update on status_change from ${role}`,
  `revoke update, delete on status_token from ${role}`,
  // Licenses that changed before there were lists.
  `insert into status_change (status_list, status_index, state)
    select status_list, status_index, state from license where state <> 'VALID'`,
  // The hub takes no list back that it has signed, but for this: of those older than 90 days, the last of each hour stays.
  `create function status_token_thin() returns int
    language plpgsql security definer set search_path = public, pg_temp as $$
  declare gone int;
  begin
    delete from status_token t where t.id in (
      select old.id from status_token old
        where old.issued_at < now() - interval '90 days' and exists (select from status_token later
          where later.status_list = old.status_list and (later.issued_at, later.id) > (old.issued_at, old.id)
            and later.issued_at < date_trunc('hour', old.issued_at, 'UTC') + interval '1 hour')
        limit 5000);
    get diagnostics gone = row_count;
    return gone;
  end $$`,
  ...onlyHub("status_token_thin()"),
];
