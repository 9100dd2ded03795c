import { Migration20261122202413_initial } from "./Migration20261122202413_initial.ts";
import { Migration20261122214405_access } from "./Migration20261122214405_access.ts";
import { Migration20261123010000_disclosing } from "./Migration20261123010000_disclosing.ts";
import { Migration20261123040000_standing } from "./Migration20261123040000_standing.ts";
import { Migration20261123050000_ingest } from "./Migration20261123050000_ingest.ts";
import { Migration20261123060000_sources } from "./Migration20261123060000_sources.ts";
import { Migration20261123070000_reconciliation } from "./Migration20261123070000_reconciliation.ts";
import { Migration20261123080000_desk } from "./Migration20261123080000_desk.ts";
import { Migration20261123100000_corrections } from "./Migration20261123100000_corrections.ts";
import { Migration20261123110000_conflicts } from "./Migration20261123110000_conflicts.ts";
import { Migration20261123120000_signatures } from "./Migration20261123120000_signatures.ts";
import { Migration20261123130000_reconciling_sources } from "./Migration20261123130000_reconciling_sources.ts";
import { Migration20261123160000_each_signature } from "./Migration20261123160000_each_signature.ts";
import { Migration20261123170000_log } from "./Migration20261123170000_log.ts";
import { Migration20261123180000_status_lists } from "./Migration20261123180000_status_lists.ts";
import { Migration20261123190000_notices } from "./Migration20261123190000_notices.ts";
import { Migration20261123200000_signing_keys } from "./Migration20261123200000_signing_keys.ts";
import { Migration20261124020000_signing_again } from "./Migration20261124020000_signing_again.ts";
import { Migration20261130094500_holder_kinds } from "./Migration20261130094500_holder_kinds.ts";
import { Migration20261130094800_once_only } from "./Migration20261130094800_once_only.ts";

/** Every migration in order. A test compares this list with the files beside it. */
export const migrationList = [
  Migration20261122202413_initial,
  Migration20261122214405_access,
  Migration20261123010000_disclosing,
  Migration20261123040000_standing,
  Migration20261123050000_ingest,
  Migration20261123060000_sources,
  Migration20261123070000_reconciliation,
  Migration20261123080000_desk,
  Migration20261123100000_corrections,
  Migration20261123110000_conflicts,
  Migration20261123120000_signatures,
  Migration20261123130000_reconciling_sources,
  Migration20261123160000_each_signature,
  Migration20261123170000_log,
  Migration20261123180000_status_lists,
  Migration20261123190000_notices,
  Migration20261123200000_signing_keys,
  Migration20261124020000_signing_again,
  Migration20261130094500_holder_kinds,
  Migration20261130094800_once_only,
] as const;
