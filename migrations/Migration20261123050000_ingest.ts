import { Migration } from "@mikro-orm/migrations";

/** A batch may come as a stream, part after part. */
export class Migration20261123050000_ingest extends Migration {
  override name = "Migration20261123050000_ingest";

  override up(): void | Promise<void> {
    this.addSql(`alter table "submission" drop constraint "submission_client_id_batch_id_unique";`);
    this.addSql(`alter table "submission" add "first_index" int not null default 0, add "digest" text null;`);
    this.addSql(
      `alter table "submission" add constraint "submission_client_id_batch_id_first_index_unique" unique ("client_id", "batch_id", "first_index");`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`delete from "submission" where "first_index" > 0;`);
    this.addSql(`alter table "submission" drop constraint "submission_client_id_batch_id_first_index_unique";`);
    this.addSql(`alter table "submission" drop column "first_index", drop column "digest";`);
    this.addSql(
      `alter table "submission" add constraint "submission_client_id_batch_id_unique" unique ("client_id", "batch_id");`,
    );
  }
}
