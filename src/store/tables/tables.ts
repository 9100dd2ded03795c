import {
  AccessDayTable,
  AccessObjectionTable,
  AccessRecordTable,
  AccessSealPositionTable,
  AccessSealTable,
  ClientKeyTable,
  ClientStandingTable,
  ClientTable,
  GrantTable,
  HolderMemberTable,
  MaterialBundleTable,
  MaterialCheckTable,
  OperatorRecordTable,
  ProcedureNeedTable,
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
  ConflictClaimTable,
  ConflictDecisionTable,
  IdentifierAliasTable,
  IdentifierConflictTable,
} from "./conflict-tables.ts";
import { CorrectionEventTable, CorrectionTable } from "./correction-tables.ts";
import { ProblemRecordTable, RecordCountTable } from "./desk-tables.ts";
import {
  HolderTable,
  LicenseEventTable,
  LicenseTable,
  PendingEventTable,
  StatusListTable,
  SubmissionTable,
} from "./license-tables.ts";
import { LogBatchTable, LogWaitingTable } from "./log-tables.ts";
import { DpopProofTable, OauthArtifactTable, RateWindowTable } from "./oauth-tables.ts";
import { ReconciliationLineTable, ReconciliationTable, SourceRecordTable } from "./reconciling-tables.ts";
import { KeyEventTable, RecordKeyTable, RecordSignatureTable, SigningKeyTable } from "./signature-tables.ts";
import { SourceRunTable, SourceTable } from "./source-tables.ts";

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
  ClientKeyTable,
  ProcedureNeedTable,
  ClientStandingTable,
  HolderMemberTable,
  OperatorRecordTable,
  AccessSealTable,
  AccessDayTable,
  AccessSealPositionTable,
  AccessObjectionTable,
  OauthArtifactTable,
  DpopProofTable,
  RateWindowTable,
  SourceRecordTable,
  RecordKeyTable,
  RecordSignatureTable,
  ReconciliationTable,
  ReconciliationLineTable,
  SourceTable,
  SourceRunTable,
  ProblemRecordTable,
  RecordCountTable,
  IdentifierConflictTable,
  ConflictClaimTable,
  ConflictDecisionTable,
  IdentifierAliasTable,
  CorrectionTable,
  CorrectionEventTable,
  LogBatchTable,
  LogWaitingTable,
  SigningKeyTable,
  KeyEventTable,
] as const;
