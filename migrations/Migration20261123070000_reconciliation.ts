import { Migration } from "@mikro-orm/migrations";
import { onlyHub } from "./Migration20261122214405_access.ts";

/** What a reader does not see can be counted for what was known at a past instant, too. */
export class Migration20261123070000_reconciliation extends Migration {
  override name = "Migration20261123070000_reconciliation";

  override up(): void | Promise<void> {
    for (const statement of counting) this.addSql(statement);
  }

  override down(): void | Promise<void> {
    this.addSql("drop function hub_count_withheld");
  }
}

const counting = [
  // Counts the licenses of each holder that this transaction's reader can not see for their types, and tells nothing else.
  `create function hub_count_withheld(p_holders text[]) returns table (holder text, withheld int)
    language plpgsql stable security definer set search_path = public, pg_temp as $$
  declare readable text[] := string_to_array(current_setting('hub.types', true), ',');
  begin
    if '*' = any(readable) then return; end if;
    return query select l.holder_code, count(*)::int from license l
      where l.holder_code = any(p_holders) and l.type_code <> all(coalesce(readable, '{}')) group by l.holder_code;
  end $$`,
  ...onlyHub("hub_count_withheld(text[])"),
];
