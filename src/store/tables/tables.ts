import {
  AccessRecordTable,
  ClientTable,
  GrantTable,
  MaterialBundleTable,
  MaterialCheckTable,
} from "./access-tables.ts";
import {
  BusinessScopeTable,
  DepartmentTable,
  LicenseTypeTable,
  PermitItemTable,
  ProcedureTable,
  RegionTable,
} from "./catalogue-tables.ts";
import {
  HolderTable,
  LicenseEventTable,
  LicenseTable,
  PendingEventTable,
  StatusListTable,
  SubmissionTable,
} from "./license-tables.ts";

/** Every table of the hub. */
export const tables = [
  DepartmentTable,
  RegionTable,
  LicenseTypeTable,
  ProcedureTable,
  PermitItemTable,
  BusinessScopeTable,
  HolderTable,
  LicenseTable,
  LicenseEventTable,
  PendingEventTable,
  SubmissionTable,
  StatusListTable,
  ClientTable,
  GrantTable,
  AccessRecordTable,
  MaterialCheckTable,
  MaterialBundleTable,
] as const;
