import { type LicenseType, type LicenseTypeRow, prepareLicenseType } from "../../domain/licenses/license-type.ts";
import { runForAll } from "../statement-deadline.ts";
import type { CatalogueStore, Department, Region } from "./catalogue-store.ts";

/** Departments, regions and prepared license types, by code. */
export type Catalogue = Readonly<{
  departments: ReadonlyMap<string, Department>;
  regions: ReadonlyMap<string, Region>;
  licenseTypes: ReadonlyMap<string, LicenseType>;
}>;

/** How long a copy of the hub may go on with the catalogue it read. *Units*: milliseconds. */
export const catalogueMaxAgeMs = 10_000;

/**
 * The small catalogue, read again when it is too old. Types are prepared (schema compiled) once and kept while their
 * row stays the same. Concurrent askers share one read; a failed read is not kept.
 */
export function catalogueCache(store: Pick<CatalogueStore, "readSmall">, now: () => Date): () => Promise<Catalogue> {
  let kept: { readAt: number; reading: Promise<Catalogue> } | undefined;
  const prepared = new Map<string, { row: string; type: LicenseType }>();

  const prepare = (row: LicenseTypeRow): LicenseType => {
    const text = JSON.stringify(row);
    const before = prepared.get(row.code);
    if (before?.row === text) return before.type;
    const type = prepareLicenseType(row);
    prepared.set(row.code, { row: text, type });
    return type;
  };

  const read = async (): Promise<Catalogue> => {
    const { departments, regions, licenseTypes } = await store.readSmall();
    return {
      departments: new Map(departments.map((department) => [department.code, department])),
      regions: new Map(regions.map((region) => [region.code, region])),
      licenseTypes: new Map(licenseTypes.map((row) => [row.code, prepare(row)])),
    };
  };

  return () => {
    const at = now().getTime();
    if (kept && at - kept.readAt <= catalogueMaxAgeMs) return kept.reading;
    const reading = runForAll(read);
    kept = { readAt: at, reading };
    reading.catch(() => {
      if (kept?.reading === reading) kept = undefined;
    });
    return reading;
  };
}
