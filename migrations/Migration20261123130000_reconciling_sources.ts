import { Migration } from "@mikro-orm/migrations";

/** Sources are compared with what the hub holds of them, when they are due; which copy does it stands with the source. */
export class Migration20261123130000_reconciling_sources extends Migration {
  override name = "Migration20261123130000_reconciling_sources";

  override up(): void | Promise<void> {
    this.addSql(`alter table "reconciliation_line" add "license_type" text null;`);
    this.addSql(`alter table "source" ${columns.map(([name, type]) => `add "${name}" ${type} null`).join(", ")};`);
    this.addSql(`create index "source_reconcile_due_at_index" on "source" ("reconcile_due_at");`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "reconciliation_line" drop column "license_type";`);
    this.addSql(`drop index "source_reconcile_due_at_index";`);
    this.addSql(`alter table "source" ${columns.map(([name]) => `drop column "${name}"`).join(", ")};`);
  }
}

const columns = [
  ["reconcile_every_seconds", "int"],
  ["reconcile_days", "int"],
  ["reconcile_due_at", "timestamptz"],
  ["reconcile_lease", "uuid"],
  ["reconcile_lease_until", "timestamptz"],
  ["reconcile_began_at", "timestamptz"],
  ["reconcile_ended_at", "timestamptz"],
  ["reconcile_outcome", "text"],
  ["reconcile_detail", "text"],
  ["reconciliation_id", "uuid"],
  ["reconcile_differing", "int"],
] as const;
