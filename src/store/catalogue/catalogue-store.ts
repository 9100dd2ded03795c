import { sql } from "kysely";
import type { LicenseTypeRow } from "../../domain/licenses/license-type.ts";
import type { LicenseEntry, PermitItemEntry, ReformMode, ReformScope } from "../../domain/materials/permit-item.ts";
import type { Procedure } from "../../domain/materials/procedure.ts";
import { type ColumnTypes, insertRows, rowSource } from "../bulk.ts";
import type { Row, Sql } from "../database.ts";

export type Department = Readonly<{ code: string; key: string; name: string; region: string }>;
export type Region = Readonly<{ code: string; name: string; parent: string | null; standard: string }>;
export type BusinessScope = Readonly<{
  code: string;
  expression: string;
  kind: string;
  permitItem: string | null;
  filing: string | null;
  verified: boolean;
}>;

/** Everything the catalogue holds. */
export type CatalogueRows = Readonly<{
  departments: readonly Department[];
  regions: readonly Region[];
  licenseTypes: readonly LicenseTypeRow[];
  procedures: readonly Procedure[];
  permitItems: readonly PermitItemEntry[];
  businessScopes: readonly BusinessScope[];
}>;

/** Departments, regions and license types: small, asked for by nearly every request, read together. */
export type SmallCatalogue = Pick<CatalogueRows, "departments" | "regions" | "licenseTypes">;

/** Page of a list in code order. */
export type Page<T> = Readonly<{ rows: readonly T[]; hasNextPage: boolean }>;

/** Reads and writes of the catalogue. */
export function catalogueStore(db: Sql) {
  return {
    /** SHA-256 of the catalogue that was loaded last; undefined: none was, or by a version that did not note it. */
    loadedDigest: async (): Promise<string | undefined> =>
      (await db.selectFrom("catalogue_load").select("digest").executeTakeFirst())?.digest,

    readSmall: async (): Promise<SmallCatalogue> => {
      const departments = await db
        .selectFrom("department")
        .select(["code", "key", "name", "region"])
        .orderBy("code")
        .execute();
      const regions = await db
        .selectFrom("region")
        .select(["code", "name", "parent", "standard"])
        .orderBy("code")
        .execute();
      const types = await db.selectFrom("license_type").selectAll().orderBy("key").execute();
      return { departments, regions, licenseTypes: types.map(toLicenseType) };
    },

    findProcedure: async (code: string): Promise<Procedure | undefined> => {
      const row = await db.selectFrom("procedure").selectAll().where("code", "=", code).executeTakeFirst();
      return row && toProcedure(row);
    },

    listProcedures: async (
      department: string | undefined,
      first: number,
      after: string | undefined,
    ): Promise<Page<Procedure>> => {
      let query = db
        .selectFrom("procedure")
        .selectAll()
        .orderBy("code")
        .limit(first + 1);
      if (department !== undefined) query = query.where("department", "=", department);
      if (after !== undefined) query = query.where("code", ">", after);
      return toPage((await query.execute()).map(toProcedure), first);
    },

    listPermitItems: async (
      filter: PermitItemFilter,
      first: number,
      after: string | undefined,
    ): Promise<Page<PermitItemEntry>> => {
      let query = db
        .selectFrom("permit_item")
        .selectAll()
        .orderBy("code")
        .limit(first + 1);
      if (filter.text) {
        const text = filter.text;
        query = query.where(sql<boolean>`strpos(name || coalesce(license_name, '') || department, ${text}) > 0`);
      }
      if (filter.mode) query = query.where("reform_mode", "=", filter.mode);
      if (filter.scope) query = query.where("scope", "=", filter.scope);
      if (after !== undefined) query = query.where("code", ">", after);
      return toPage((await query.execute()).map(toPermitItem), first);
    },

    /** All entries of the item that an entry's code belongs to: same department and name, whatever scope and dates. */
    entriesOfItem: async (code: string): Promise<readonly PermitItemEntry[]> => {
      const rows = await db
        .selectFrom("permit_item as item")
        .innerJoin("permit_item as entry", (join) =>
          join.onRef("entry.department", "=", "item.department").onRef("entry.name", "=", "item.name"),
        )
        .selectAll("entry")
        .where("item.code", "=", code)
        .execute();
      return rows.map(toPermitItem);
    },

    /** Every entry whose permit is itself a license type, with that type's code. */
    entriesOfLicenses: async (): Promise<readonly LicenseEntry[]> => {
      const rows = await db
        .selectFrom("permit_item as item")
        .innerJoin("license_type as type", "type.name", "item.license_name")
        .selectAll("item")
        .select("type.code as type_code")
        .execute();
      return rows.map((row) => ({ ...toPermitItem(row), licenseType: row.type_code }));
    },

    listBusinessScopes: async (
      text: string | undefined,
      first: number,
      after: string | undefined,
    ): Promise<Page<BusinessScope>> => {
      let query = db
        .selectFrom("business_scope")
        .selectAll()
        .orderBy("code")
        .limit(first + 1);
      if (text) query = query.where(sql<boolean>`strpos(expression, ${text}) > 0`);
      if (after !== undefined) query = query.where("code", ">", after);
      return toPage(
        (await query.execute()).map((row) => ({ ...row, permitItem: row.permit_item })),
        first,
      );
    },

    /** Writes a whole catalogue: rows of its codes are written over where they differ, others stay. */
    load: async (rows: CatalogueRows, digest: string): Promise<void> => {
      await write(db, "department", rows.departments);
      await write(db, "region", rows.regions);
      await write(db, "license_type", rows.licenseTypes);
      await write(db, "procedure", rows.procedures);
      await write(db, "permit_item", rows.permitItems);
      await write(db, "business_scope", rows.businessScopes);
      await db
        .insertInto("catalogue_load")
        .values({ id: 1, digest })
        .onConflict((conflict) => conflict.column("id").doUpdateSet({ digest }))
        .execute();
    },
  };
}

async function write(db: Sql, table: keyof typeof columns, rows: readonly object[]): Promise<void> {
  const types: ColumnTypes = columns[table];
  const own = Object.keys(types).map((name) => sql.ref(name));
  const theirs = Object.keys(types).map((name) => sql`excluded.${sql.ref(name)}`);
  const stored = Object.keys(types).map((name) => sql.ref(`${table}.${name}`));
  const snake = rows.map(snakeRow);
  // A key moves with its meaning to the code that has it now.
  if ("key" in types)
    await sql`delete from ${sql.table(table)} using ${rowSource(types, snake)}
      where ${sql.ref(`${table}.key`)} = r.key and ${sql.ref(`${table}.code`)} <> r.code`.execute(db);
  await insertRows(
    table,
    types,
    snake,
    sql`on conflict (code) do update set (${sql.join(own)}) = row(${sql.join(theirs)})
      where row(${sql.join(stored)}) is distinct from row(${sql.join(theirs)})`,
  ).execute(db);
}

/** What `catalogueStore` offers. */
export type CatalogueStore = ReturnType<typeof catalogueStore>;

export type PermitItemFilter = Readonly<{
  text?: string | undefined;
  mode?: ReformMode | undefined;
  scope?: ReformScope | undefined;
}>;

const columns = {
  department: { code: "text", key: "text", name: "text", region: "text" },
  region: { code: "text", name: "text", parent: "text", standard: "text" },
  license_type: {
    ...{
      code: "text",
      key: "text",
      name: "text",
      code_is_official: "boolean",
      issuers: "text[]",
      holder_id_types: "text[]",
    },
    ...{ validity_range: "text", number_rule: "text", attributes_schema: "jsonb" },
  },
  procedure: {
    code: "text",
    name: "text",
    department: "text",
    permit_item: "text",
    excluded_field: "text",
    source: "text",
    verified: "boolean",
    materials: "jsonb",
  },
  permit_item: {
    code: "text",
    department: "text",
    name: "text",
    license_name: "text",
    legal_basis: "text",
    approval_level: "text",
    reform_mode: "text",
    scope: "text",
    effective_from: "date",
    effective_to: "date",
    source: "text",
    source_scope: "text",
    verified: "boolean",
    note: "text",
  },
  business_scope: {
    code: "text",
    expression: "text",
    kind: "text",
    permit_item: "text",
    filing: "text",
    verified: "boolean",
  },
} satisfies Record<string, ColumnTypes>;

function snakeRow(row: object): object {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [snake(name), value]));
}

function toPage<T>(rows: readonly T[], first: number): Page<T> {
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
}

function toLicenseType(row: Row<"license_type">): LicenseTypeRow {
  const { code, key, name, issuers } = row;
  return {
    ...{ code, key, name, issuers, codeIsOfficial: row.code_is_official, holderIdTypes: row.holder_id_types },
    ...{ validityRange: row.validity_range, numberRule: row.number_rule, attributesSchema: row.attributes_schema },
  };
}

function toProcedure(row: Row<"procedure">): Procedure {
  return {
    code: row.code,
    name: row.name,
    department: row.department,
    permitItem: row.permit_item,
    excludedField: row.excluded_field,
    source: row.source,
    verified: row.verified,
    materials: row.materials,
  };
}

function toPermitItem(row: Row<"permit_item">): PermitItemEntry {
  return {
    code: row.code,
    department: row.department,
    name: row.name,
    licenseName: row.license_name,
    legalBasis: row.legal_basis,
    approvalLevel: row.approval_level,
    reformMode: row.reform_mode,
    scope: row.scope,
    effectiveFrom: row.effective_from,
    effectiveTo: row.effective_to,
    source: row.source,
    sourceScope: row.source_scope,
    verified: row.verified,
    note: row.note,
  };
}
