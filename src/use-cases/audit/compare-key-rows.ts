import type { TableFinding } from "../../proof/audit/table-codes.ts";
import { digestOf } from "../../proof/canonical-json.ts";
import type { AuditStore } from "../../store/audit/audit-store.ts";

/** What comparing needs. */
export type Tools = Readonly<{ store: AuditStore; report: (finding: TableFinding) => void }>;

/**
 * Compares the keys that records are signed with with what the public log says of them, by `CLIENT KID`. For whoever owns the
 * database.
 * @returns how many rows were compared
 */
export async function compareKeyRows(
  { store, report }: Tools,
  logged: ReadonlyMap<string, "ADDED" | "RETIRED">,
): Promise<number> {
  const missing = new Set(logged.keys());
  let rows = 0;
  for await (const { client_id, kid, jwk, retired_at } of store.recordKeys()) {
    rows += 1;
    const key = `${client_id} ${kid}`;
    const where = { table: "record_key", key };
    const event = logged.get(key);
    missing.delete(key);
    if (event === undefined) report({ code: "ROW_UNLOGGED", ...where });
    const columns = [
      ...(isKeyOf(kid, jwk) ? [] : ["jwk"]),
      ...(event !== undefined && (event === "RETIRED") !== (retired_at !== null) ? ["retired_at"] : []),
    ];
    if (columns.length > 0) report({ code: "ROW_CHANGED", ...where, columns });
  }
  for (const key of missing) report({ code: "ROW_MISSING", table: "record_key", key });
  return rows;
}

/** The log names a key by its thumbprint only, and whoever puts another key under it could sign records. */
function isKeyOf(named: string, jwk: object): boolean {
  const { kid, use, ...point }: { kid?: unknown; use?: unknown } = { ...jwk };
  return kid === named && use === "sig" && digestOf(point) === named;
}
