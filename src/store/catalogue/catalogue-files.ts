import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse as parseCsv } from "csv-parse/sync";
import type { RawRecord } from "../../domain/licenses/license-record.ts";
import type { LicenseTypeRow } from "../../domain/licenses/license-type.ts";
import { permitItemFaults, procedureFaults } from "../../domain/materials/catalogue-faults.ts";
import type { PermitItemEntry, ReformMode, ReformScope } from "../../domain/materials/permit-item.ts";
import type {
  Deferral,
  LicenseSource,
  Material,
  Procedure,
  RenewalWindow,
  SourceExpression,
} from "../../domain/materials/procedure.ts";
import type { BusinessScope, CatalogueRows, Department, Region } from "./catalogue-store.ts";

/** Where the catalogue's files lie. */
export type CatalogueFolders = Readonly<{ catalogue: string; licenseTypeSchemas: string }>;

/**
 * Reads a whole catalogue. *Trust*: files of the city's own operator; shapes follow migrations/data/README.md.
 * *Throws* an Error with one line that names every procedure, material and permit item that breaks a rule.
 */
export async function readCatalogueFiles(folders: CatalogueFolders): Promise<CatalogueRows> {
  const json = async <T>(name: string) => JSON.parse(await readFile(join(folders.catalogue, name), "utf8")) as T;
  const csv = async (name: string) =>
    parseCsv<Record<string, string>>(await readFile(join(folders.catalogue, name)), {
      columns: true,
      bom: true,
      skip_empty_lines: true,
    });
  const schemas = await readSchemas(folders.licenseTypeSchemas);
  const types = await json<Omit<LicenseTypeRow, "attributesSchema">[]>("license-types.json");
  const procedures = (await json<ProcedureFile[]>("procedures.json")).map(toProcedure);
  const permitItems = (await csv("permit-items.csv")).map(toPermitItem);
  const faults = [...procedureFaults(procedures), ...permitItemFaults(permitItems)];
  if (faults.length > 0)
    throw new Error(`the catalogue in ${folders.catalogue} breaks its rules: ${faults.join("; ")}`);
  return {
    departments: (await json<Department[]>("departments.json")).map(({ code, key, name, region }) => ({
      code,
      key,
      name,
      region,
    })),
    regions: await json<Region[]>("regions.json"),
    licenseTypes: types.map((type) => ({ ...type, attributesSchema: requireSchema(schemas, type.code) })),
    procedures,
    permitItems,
    businessScopes: (await csv("business-scopes.csv")).map(toBusinessScope),
  };
}

/** Attribute schemas by license type code, read from `$id`: urn:zhengzhao:license-type:CODE. */
async function readSchemas(folder: string): Promise<ReadonlyMap<string, object>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  const schemas = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8")) as { $id: string }),
  );
  return new Map(schemas.map((schema) => [schema.$id.replace("urn:zhengzhao:license-type:", ""), schema]));
}

function requireSchema(schemas: ReadonlyMap<string, object>, code: string): object {
  const schema = schemas.get(code);
  if (!schema) throw new Error(`no attribute schema for license type ${code} in schema/license-types`);
  return schema;
}

type SourceFile =
  | { anyOf: readonly SourceFile[] }
  | { allOf: readonly SourceFile[] }
  | {
      licenseType: string;
      subject?: LicenseSource["subject"];
      attributes?: readonly string[];
      status?: LicenseSource["states"];
      expiredWithinDays?: number;
      minimumAgeDays?: number;
      maximumAgeDays?: number;
    };

type Needed<T, Name extends keyof T> = Pick<T, Name> & Partial<Omit<T, Name>>;

/** As in procedures.json: what is left out is false or null. */
type MaterialFile = Needed<Omit<Material, "source" | "deferral" | "renewalWindow">, "code" | "name" | "required"> & {
  source: SourceFile | null;
  deferral?: Needed<Deferral, "phase">;
  renewalWindow?: Needed<RenewalWindow, "opensWorkingDays" | "closesWorkingDays">;
};

type ProcedureFile = Needed<Omit<Procedure, "materials">, "code" | "name" | "department"> & {
  materials: readonly MaterialFile[];
};

function toProcedure(file: ProcedureFile): Procedure {
  return {
    code: file.code,
    name: file.name,
    department: file.department,
    permitItem: file.permitItem ?? null,
    excludedField: file.excludedField ?? null,
    source: file.source ?? null,
    verified: file.verified ?? false,
    materials: file.materials.map(toMaterial),
  };
}

function toMaterial(file: MaterialFile): Material {
  const { deferral, renewalWindow } = file;
  return {
    code: file.code,
    name: file.name,
    required: file.required,
    form: file.form ?? false,
    promise: file.promise ?? false,
    source: file.source && toExpression(file.source),
    commitmentWaivable: file.commitmentWaivable ?? false,
    excludedField: file.excludedField ?? null,
    deferral: deferral
      ? { workingDays: null, calendarDays: null, legalBasis: null, verified: false, ...deferral }
      : null,
    renewalWindow: renewalWindow ? { legalBasis: null, verified: false, ...renewalWindow } : null,
    alternativeDocument: file.alternativeDocument ?? null,
    legalBasis: file.legalBasis ?? null,
    verified: file.verified ?? false,
    note: file.note ?? null,
  };
}

function toExpression(file: SourceFile): SourceExpression {
  if ("anyOf" in file) return { kind: "ANY_OF", of: file.anyOf.map(toExpression) };
  if ("allOf" in file) return { kind: "ALL_OF", of: file.allOf.map(toExpression) };
  const source: LicenseSource = {
    licenseType: file.licenseType,
    subject: file.subject ?? "ENTERPRISE",
    attributes: file.attributes ?? [],
    states: file.status ?? ["VALID"],
    expiredWithinDays: file.expiredWithinDays ?? null,
    minimumAgeDays: file.minimumAgeDays ?? null,
    maximumAgeDays: file.maximumAgeDays ?? null,
  };
  return { kind: "LICENSE", source };
}

function toPermitItem(row: Record<string, string>): PermitItemEntry {
  const orNull = (name: string) => row[name] || null;
  return {
    code: row["code"] ?? "",
    department: row["department"] ?? "",
    name: row["name"] ?? "",
    licenseName: orNull("licenseName"),
    legalBasis: orNull("legalBasis"),
    approvalLevel: orNull("approvalLevel"),
    reformMode: row["reformMode"] as ReformMode,
    scope: row["scope"] as ReformScope,
    effectiveFrom: row["effectiveFrom"] ?? "",
    effectiveTo: orNull("effectiveTo"),
    source: orNull("source"),
    sourceScope: orNull("sourceScope") as ReformScope | null,
    verified: row["verified"] === "true",
    note: orNull("note"),
  };
}

function toBusinessScope(row: Record<string, string>): BusinessScope {
  return {
    ...{ code: row["code"] ?? "", expression: row["expression"] ?? "", kind: row["kind"] ?? "" },
    ...{ permitItem: row["permitItem"] || null, filing: row["filing"] || null, verified: row["verified"] === "true" },
  };
}

/** Reads records in the NDJSON format, one a line. */
export async function readRecordFile(file: string): Promise<readonly RawRecord[]> {
  const lines = (await readFile(file, "utf8")).split("\n");
  return lines.filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as RawRecord);
}
