import { Migration } from "@mikro-orm/migrations";

export class Migration20261122202413_initial extends Migration {
  override name = "Migration20261122202413_initial";

  override up(): void | Promise<void> {
    // Numbers that become places on status lists. Not known to the ORM: only ever taken, never read.
    this.addSql(`create sequence "license_status_sequence" minvalue 0 start 0;`);

    this.addSql(
      `create table "access_grant" ("id" bigserial primary key, "client_id" text not null, "license_type" text not null, "procedure" text not null, "valid_from" date not null, "valid_until" date null, "legal_basis" text not null, "revoked_at" timestamptz null);`,
    );
    this.addSql(
      `create index "access_grant_client_id_procedure_license_type_index" on "access_grant" ("client_id", "procedure", "license_type");`,
    );

    this.addSql(
      `create table "access_record" ("holder_code" text not null, "id" bigserial not null, "at" timestamptz not null, "caller_kind" text not null, "client_id" text not null, "department" text null, "action" text not null, "outcome" text not null, "refusal" text null, "procedure" text null, "case_number" text null, "reason" text null, "identifiers" text[] not null, "withheld" int not null, primary key ("holder_code", "id"));`,
    );
    this.addSql(`create index "access_record_client_id_id_index" on "access_record" ("client_id", "id");`);
    this.addSql(`create index "access_record_id_index" on "access_record" ("id");`);

    this.addSql(
      `create table "business_scope" ("code" text not null, "expression" text not null, "kind" text not null, "permit_item" text null, "filing" text null, "verified" boolean not null, primary key ("code"));`,
    );

    this.addSql(
      `create table "client" ("id" text not null, "department" text not null, "name" text not null, "active" boolean not null default true, primary key ("id"));`,
    );

    this.addSql(
      `create table "department" ("code" text not null, "key" text not null, "name" text not null, "region" text not null, primary key ("code"));`,
    );
    this.addSql(`alter table "department" add constraint "department_key_unique" unique ("key");`);

    this.addSql(
      `create table "holder" ("code" text not null, "id_type" text not null, "name" text not null, "region" text null, "name_license" text null, primary key ("code"));`,
    );

    this.addSql(
      `create table "license" ("holder_code" text not null, "identifier" text not null, "type_code" text not null, "number" text not null, "holder_id_type" text not null, "holder_name" text not null, "issuer_code" text not null, "region" text null, "issued_on" date not null, "valid_from" date not null, "valid_until" date null, "version" int not null, "predecessor" text null, "successor" text null, "attributes" jsonb not null, "state" text not null, "state_since" date not null, "check_status" text not null, "jws" text not null, "kid" text not null, "status_list" int not null, "status_index" int not null, "content_digest" text not null, "client_id" text not null, "source_record_id" text not null, "source_updated_at" timestamptz not null, "received_at" timestamptz not null, "submission_id" uuid not null, primary key ("holder_code", "identifier"));`,
    );
    this.addSql(`alter table "license" add constraint "license_identifier_unique" unique ("identifier");`);
    this.addSql(`create index "license_holder_code_type_code_index" on "license" ("holder_code", "type_code");`);
    this.addSql(
      `create index "license_client_id_source_record_id_index" on "license" ("client_id", "source_record_id");`,
    );
    this.addSql(
      `create index "license_issuer_code_content_digest_index" on "license" ("issuer_code", "content_digest");`,
    );
    this.addSql(
      `alter table "license" add constraint "license_status_list_status_index_unique" unique ("status_list", "status_index");`,
    );

    this.addSql(
      `create table "license_event" ("holder_code" text not null, "id" bigserial not null, "identifier" text not null, "operation" text not null, "state" text not null, "effective_on" date not null, "reason" text null, "client_id" text not null, "source_record_id" text not null, "source_updated_at" timestamptz not null, "received_at" timestamptz not null, "content_digest" text not null, "submission_id" uuid not null, primary key ("holder_code", "id"));`,
    );
    this.addSql(`create index "license_event_identifier_id_index" on "license_event" ("identifier", "id");`);

    this.addSql(
      `create table "license_type" ("code" text not null, "key" text not null, "name" text not null, "code_is_official" boolean not null, "issuers" text[] not null, "holder_id_type" text not null, "validity_range" text not null, "number_rule" text not null, "attributes_schema" jsonb not null, primary key ("code"));`,
    );
    this.addSql(`alter table "license_type" add constraint "license_type_key_unique" unique ("key");`);

    this.addSql(
      `create table "material_bundle" ("id" uuid not null, "check_id" uuid not null, "client_id" text not null, "holder_code" text not null, "receipt" text not null, "fetched_at" timestamptz not null, primary key ("id"));`,
    );
    this.addSql(`alter table "material_bundle" add constraint "material_bundle_check_id_unique" unique ("check_id");`);

    this.addSql(
      `create table "material_check" ("id" uuid not null, "client_id" text not null, "procedure" text not null, "holder_code" text not null, "case_number" text not null, "reason" text not null, "checked_at" timestamptz not null, "as_of" date not null, "facts" jsonb not null, "used_at" timestamptz null, primary key ("id"));`,
    );

    this.addSql(
      `create table "pending_event" ("identifier" text not null, "content_digest" text not null, "source_updated_at" timestamptz not null, "issuer_code" text not null, "client_id" text not null, "record" jsonb not null, "received_at" timestamptz not null, "submission_id" uuid not null, primary key ("identifier", "content_digest", "source_updated_at"));`,
    );

    this.addSql(
      `create table "permit_item" ("code" text not null, "department" text not null, "name" text not null, "license_name" text null, "legal_basis" text null, "approval_level" text null, "reform_mode" text not null, "scope" text not null, "effective_from" date not null, "effective_to" date null, "verified" boolean not null, "note" text null, primary key ("code"));`,
    );
    this.addSql(`create index "permit_item_department_name_index" on "permit_item" ("department", "name");`);

    this.addSql(
      `create table "procedure" ("code" text not null, "name" text not null, "department" text not null, "permit_item" text null, "materials" jsonb not null, primary key ("code"));`,
    );

    this.addSql(
      `create table "region" ("code" text not null, "name" text not null, "parent" text null, "standard" text not null, primary key ("code"));`,
    );

    this.addSql(`create table "status_list" ("id" int not null, "shuffle_key" text not null, primary key ("id"));`);

    this.addSql(
      `create table "submission" ("id" uuid not null, "client_id" text not null, "batch_id" text not null, "received_at" timestamptz not null, "accepted" int not null default 0, "unchanged" int not null default 0, "rejected" int not null default 0, "pending" int not null default 0, "results" jsonb not null default '[]', primary key ("id"));`,
    );
    this.addSql(
      `alter table "submission" add constraint "submission_client_id_batch_id_unique" unique ("client_id", "batch_id");`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql(`drop sequence if exists "license_status_sequence";`);
    this.addSql(`drop table if exists "access_grant" cascade;`);
    this.addSql(`drop table if exists "access_record" cascade;`);
    this.addSql(`drop table if exists "business_scope" cascade;`);
    this.addSql(`drop table if exists "client" cascade;`);
    this.addSql(`drop table if exists "department" cascade;`);
    this.addSql(`drop table if exists "holder" cascade;`);
    this.addSql(`drop table if exists "license" cascade;`);
    this.addSql(`drop table if exists "license_event" cascade;`);
    this.addSql(`drop table if exists "license_type" cascade;`);
    this.addSql(`drop table if exists "material_bundle" cascade;`);
    this.addSql(`drop table if exists "material_check" cascade;`);
    this.addSql(`drop table if exists "pending_event" cascade;`);
    this.addSql(`drop table if exists "permit_item" cascade;`);
    this.addSql(`drop table if exists "procedure" cascade;`);
    this.addSql(`drop table if exists "region" cascade;`);
    this.addSql(`drop table if exists "status_list" cascade;`);
    this.addSql(`drop table if exists "submission" cascade;`);
  }
}
