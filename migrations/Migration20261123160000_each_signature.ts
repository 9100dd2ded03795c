import { Migration } from "@mikro-orm/migrations";
import { role } from "./Migration20261122214405_access.ts";

/** A license suspended twice in the same words has two signatures; and a signature goes where its waiting event went. */
export class Migration20261123160000_each_signature extends Migration {
  override name = "Migration20261123160000_each_signature";

  override up(): void | Promise<void> {
    this.addSql(`alter table "record_signature" add "source_updated_at" timestamptz null;`);
    this.addSql(
      `update "record_signature" set "source_updated_at" = date_trunc('milliseconds', (${payload} ->> 'sourceUpdatedAt')::timestamptz);`,
    );
    this.addSql(`alter table "record_signature" alter column "source_updated_at" set not null;`);
    this.addSql(`alter table "record_signature" drop constraint "record_signature_pkey";`);
    this.addSql(
      `alter table "record_signature" add constraint "record_signature_pkey" primary key ("identifier", "content_digest", "submission_id", "source_updated_at");`,
    );
    this.addSql(
      `create policy record_signature_carry on record_signature for select to ${role} using (${mode} = 'COLLECT')`,
    );
  }

  override down(): void | Promise<void> {
    this.addSql("drop policy record_signature_carry on record_signature");
    this.addSql(`delete from "record_signature" s using "record_signature" first where s.identifier = first.identifier
      and s.content_digest = first.content_digest and s.submission_id = first.submission_id
      and first.source_updated_at < s.source_updated_at;`);
    this.addSql(`alter table "record_signature" drop constraint "record_signature_pkey";`);
    this.addSql(`alter table "record_signature" drop column "source_updated_at";`);
    this.addSql(
      `alter table "record_signature" add constraint "record_signature_pkey" primary key ("identifier", "content_digest", "submission_id");`,
    );
  }
}

const mode = "(select current_setting('hub.mode', true))";

/** What was signed, out of the JWS: base64url without padding. */
const part = `translate(split_part("jws", '.', 2), '-_', '+/')`;
const payload = `convert_from(decode(${part} || repeat('=', (4 - length(${part}) % 4) % 4), 'base64'), 'UTF8')::jsonb`;
