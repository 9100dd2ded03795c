import { createHash } from "node:crypto";
import { type CalendarDate, dateOf } from "../domain/calendar.ts";
import { entryInForce, type PermitItemEntry, type ReformScope } from "../domain/materials/permit-item.ts";
import { catalogueCache } from "../store/catalogue/catalogue-cache.ts";
import { type CatalogueRows, catalogueStore, type PermitItemFilter } from "../store/catalogue/catalogue-store.ts";
import type { Database } from "../store/database.ts";

/** The verbs about the catalogue, open to everyone, wired to their tools. */
export function catalogueVerbs({ database, now }: Readonly<{ database: Database; now: () => Date }>) {
  const rows = catalogueStore(database.sql());
  return {
    catalogue: catalogueCache(rows, now),
    findProcedure: rows.findProcedure,
    listProcedures: rows.listProcedures,
    listPermitItems: (filter: PermitItemFilter, first: number, after: string | undefined) =>
      rows.listPermitItems(filter, first, after),
    findPermitItem: async (
      code: string,
      scope: ReformScope,
      asOf: CalendarDate | undefined,
    ): Promise<PermitItemEntry | undefined> =>
      entryInForce(await rows.entriesOfItem(code), scope, asOf ?? dateOf(now())),
    listBusinessScopes: rows.listBusinessScopes,
    /** Writes the package's catalogue into the tables, once for each catalogue: until it changes, the tables count. */
    loadCatalogue: async (shipped: CatalogueRows): Promise<void> => {
      const digest = createHash("sha256").update(JSON.stringify(shipped)).digest("hex");
      if ((await rows.loadedDigest()) === digest) return;
      await database.transaction((db) => catalogueStore(db).load(shipped, digest));
    },
  };
}
