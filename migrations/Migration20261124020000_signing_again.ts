import { Migration } from "@mikro-orm/migrations";

/** Licenses are signed again when their key was compromised: when that was, and which a key has signed since a moment. */
export class Migration20261124020000_signing_again extends Migration {
  override name = "Migration20261124020000_signing_again";

  override up(): void | Promise<void> {
    this.addSql(`alter table "license" add "signed_at" timestamptz null;`);
    this.addSql(`create index "license_signed" on "license" ("kid", (coalesce("signed_at", "received_at")));`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "license_signed";`);
    this.addSql(`alter table "license" drop column "signed_at";`);
  }
}
