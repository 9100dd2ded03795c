import { defineEntity, p } from "@mikro-orm/core";
import type { HolderIdType } from "../../domain/licenses/license-type.ts";
import type { ReformMode, ReformScope } from "../../domain/materials/permit-item.ts";
import type { ExcludedField, Material } from "../../domain/materials/procedure.ts";

// Calendar dates and instants are strings in rows: the driver hands them over as PostgreSQL prints them.
export const date = () => p.string().columnType("date");
export const instant = () => p.string().columnType("timestamptz");
export const text = () => p.text();
export const texts = () => p.array().columnType("text[]");

/** 部门. */
export const DepartmentTable = defineEntity({
  name: "Department",
  tableName: "department",
  properties: { code: text().primary(), key: text().unique(), name: text(), region: text() },
});

/** 行政区划. */
export const RegionTable = defineEntity({
  name: "Region",
  tableName: "region",
  properties: { code: text().primary(), name: text(), parent: text().nullable(), standard: text() },
});

/** 证照类型. */
export const LicenseTypeTable = defineEntity({
  name: "LicenseType",
  tableName: "license_type",
  properties: {
    code: text().primary(),
    key: text().unique(),
    name: text(),
    codeIsOfficial: p.boolean(),
    issuers: texts(),
    holderIdTypes: texts().$type<readonly HolderIdType[]>(),
    validityRange: text(),
    numberRule: text(),
    attributesSchema: p.json<object>(),
  },
});

/** 政务服务事项 with its materials. */
export const ProcedureTable = defineEntity({
  name: "Procedure",
  tableName: "procedure",
  properties: {
    code: text().primary(),
    name: text(),
    department: text(),
    permitItem: text().nullable(),
    excludedField: text().$type<ExcludedField>().nullable(),
    source: text().nullable(),
    verified: p.boolean().default(false),
    materials: p.json<readonly Material[]>(),
  },
});

/** 涉企经营许可事项: one entry of the reform list. */
export const PermitItemTable = defineEntity({
  name: "PermitItem",
  tableName: "permit_item",
  properties: {
    code: text().primary(),
    department: text(),
    name: text(),
    licenseName: text().nullable(),
    legalBasis: text().nullable(),
    approvalLevel: text().nullable(),
    reformMode: text().$type<ReformMode>(),
    scope: text().$type<ReformScope>(),
    effectiveFrom: date(),
    effectiveTo: date().nullable(),
    source: text().nullable(),
    sourceScope: text().$type<ReformScope>().nullable(),
    verified: p.boolean(),
    note: text().nullable(),
  },
  indexes: [{ properties: ["department", "name"] }],
});

/** 经营范围规范表述. */
export const BusinessScopeTable = defineEntity({
  name: "BusinessScope",
  tableName: "business_scope",
  properties: {
    code: text().primary(),
    expression: text(),
    kind: text(),
    permitItem: text().nullable(),
    filing: text().nullable(),
    verified: p.boolean(),
  },
});

/** Which catalogue of the package was loaded last: one row. */
export const CatalogueLoadTable = defineEntity({
  name: "CatalogueLoad",
  tableName: "catalogue_load",
  properties: { id: p.integer().primary().autoincrement(false), digest: text() },
});
