import { Migration } from "@mikro-orm/migrations";

/** A license type may be held by several kinds of subject: a house by a person or by an enterprise. */
export class Migration20261130094500_holder_kinds extends Migration {
  override name = "Migration20261130094500_holder_kinds";

  override up(): void | Promise<void> {
    this.addSql(`alter table "license_type" add "holder_id_types" text[] null;`);
    this.addSql(`update "license_type" set "holder_id_types" = array["holder_id_type"];`);
    this.addSql(
      `alter table "license_type" alter column "holder_id_types" set not null, drop column "holder_id_type";`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "license_type" add "holder_id_type" text null;`);
    this.addSql(`update "license_type" set "holder_id_type" = "holder_id_types"[1];`);
    this.addSql(
      `alter table "license_type" alter column "holder_id_type" set not null, drop column "holder_id_types";`,
    );
  }
}
