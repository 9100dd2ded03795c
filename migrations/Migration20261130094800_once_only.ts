import { Migration } from "@mikro-orm/migrations";

/**
 * The catalogue says where it comes from: sources of procedures and of entries of the reform list, and which catalogue was
 * loaded last. Materials say in which unit and in which phase they may follow; terms so far become working days before the
 * decision, but for promises, which are never deferred.
 */
export class Migration20261130094800_once_only extends Migration {
  override name = "Migration20261130094800_once_only";

  override up(): void | Promise<void> {
    this.addSql(`create table "catalogue_load" ("id" int not null, "digest" text not null, primary key ("id"));`);
    this.addSql(`alter table "permit_item" add "source" text null, add "source_scope" text null;`);
    this.addSql(
      `alter table "procedure" add "excluded_field" text null, add "source" text null, add "verified" boolean not null default false;`,
    );
    this.addSql(materials(newMaterial));
    for (const table of ["procedure", "access_grant"])
      this.addSql(renameFund(table, "food-safety-fund", "catering-technology-fund"));
    this.addSql(settled);
  }

  override down(): void | Promise<void> {
    for (const table of ["procedure", "access_grant"])
      this.addSql(renameFund(table, "catering-technology-fund", "food-safety-fund"));
    this.addSql(materials(oldMaterial));
    this.addSql(settled);
    this.addSql(`alter table "procedure" drop column "excluded_field", drop column "source", drop column "verified";`);
    this.addSql(`alter table "permit_item" drop column "source", drop column "source_scope";`);
    this.addSql(`drop table "catalogue_load";`);
  }
}

// Triggers that wait for the end of the transaction would keep the tables from being altered in it.
const settled = "set constraints all immediate;";

const materials = (made: string) => `update "procedure" set "materials" = (
  select coalesce(jsonb_agg(${made} order by place), '[]')
  from jsonb_array_elements("materials") with ordinality as item (m, place));`;

const isPromise = `(m ->> 'name' like '%承诺书')`;
const newMaterial = `m - 'deferrableDays' || jsonb_build_object(
  'promise', ${isPromise}, 'excludedField', null, 'renewalWindow', null, 'legalBasis', null, 'verified', false,
  'note', null, 'deferral', case when m ->> 'deferrableDays' is not null and not ${isPromise} then jsonb_build_object(
    'phase', 'BEFORE_DECISION', 'workingDays', greatest((m ->> 'deferrableDays')::int, 1), 'calendarDays', null,
    'legalBasis', null, 'verified', false) end)`;
const oldMaterial = `m - array['promise', 'excludedField', 'renewalWindow', 'legalBasis', 'verified', 'note', 'deferral']
  || jsonb_build_object('deferrableDays', m -> 'deferral' -> 'workingDays')`;

const renameFund = (table: string, before: string, after: string) => {
  const name = table === "procedure" ? "code" : "procedure";
  return `update "${table}" set "${name}" = '${after}' where "${name}" = '${before}';`;
};
