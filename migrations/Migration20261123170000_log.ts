import { Migration } from "@mikro-orm/migrations";

export class Migration20261123170000_log extends Migration {
  override name = "Migration20261123170000_log";

  override up(): void | Promise<void> {
    this.addSql(
      `create table "log_batch" ("id" bigserial primary key, "count" int not null, "first_index" bigint null);`,
    );
    this.addSql(
      `create table "log_waiting" ("batch" bigint not null, "entries" bytea not null, primary key ("batch"));`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "log_batch" cascade;`);
    this.addSql(`drop table if exists "log_waiting" cascade;`);
  }
}
