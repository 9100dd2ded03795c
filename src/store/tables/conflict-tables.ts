import { defineEntity, p } from "@mikro-orm/core";
import type { ClaimStatus, ConflictDecision, ConflictStatus } from "../../domain/conflicts/conflict.ts";
import type { StoredState } from "../../domain/licenses/license.ts";
import { instant, text } from "./catalogue-tables.ts";

/** 标识冲突: an identifier that several sources give to their licenses. One row an identifier while it is open. */
export const IdentifierConflictTable = defineEntity({
  name: "IdentifierConflict",
  tableName: "identifier_conflict",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    identifier: text(),
    /** Of the license that stands under it; neither ever changes. */
    issuerCode: text(),
    typeCode: text(),
    status: text().$type<ConflictStatus>().default("OPEN"),
    openedAt: instant(),
    closedAt: instant().nullable(),
  },
  indexes: [
    {
      name: "identifier_conflict_open",
      expression: `create unique index "identifier_conflict_open" on "identifier_conflict" ("identifier") where "status" = 'OPEN'`,
    },
  ],
});

/** A record that claims an identifier which another source's license has. */
export const ConflictClaimTable = defineEntity({
  name: "ConflictClaim",
  tableName: "conflict_claim",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    conflictId: p.bigint("number"),
    identifier: text(),
    department: text(),
    clientId: text(),
    sourceRecordId: text(),
    /** The problem that is kept of it, when the record came as a correction; null: the one of its source record. */
    problemId: p.bigint("number").nullable(),
    submissionId: p.uuid(),
    /** JSON as it came last; null: removed long after the claim was closed. */
    record: text().nullable(),
    contentDigest: text(),
    firstReceivedAt: instant(),
    receivedAt: instant(),
    status: text().$type<ClaimStatus>().default("OPEN"),
    closedAt: instant().nullable(),
  },
  indexes: [
    { properties: ["conflictId", "id"] },
    { properties: ["identifier", "department", "contentDigest"] },
    {
      name: "conflict_claim_open",
      expression: `create unique index "conflict_claim_open" on "conflict_claim" ("client_id", "source_record_id", "conflict_id") where "status" = 'OPEN'`,
    },
    {
      name: "conflict_claim_content",
      expression: `create index "conflict_claim_content" on "conflict_claim" ("closed_at") where "status" <> 'OPEN' and "record" is not null`,
    },
  ],
});

/** What a clerk decided about a claim; written once. */
export const ConflictDecisionTable = defineEntity({
  name: "ConflictDecision",
  tableName: "conflict_decision",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    conflictId: p.bigint("number"),
    claimId: p.bigint("number"),
    identifier: text(),
    decision: text().$type<ConflictDecision>(),
    reason: text(),
    operator: text(),
    /** Who acted under the operator's client, when the token names somebody. */
    person: text().nullable(),
    decidedAt: instant(),
    department: text(),
    clientId: text(),
    sourceRecordId: text(),
    /** What the claim and the license said when it was decided: their digests, and one over all that was shown. */
    claimDigest: text(),
    standingDigest: text(),
    standingIssuer: text(),
    standingState: text().$type<StoredState>(),
    facts: text(),
    /** The identifier the claim's license got; null: none. */
    given: text().nullable(),
  },
  uniques: [{ properties: ["claimId"] }],
});

/** Which identifier a source means when it names one that is another's; written once. An empty text stands for any. */
export const IdentifierAliasTable = defineEntity({
  name: "IdentifierAlias",
  tableName: "identifier_alias",
  properties: {
    issuerCode: text().primary(),
    brought: text().primary(),
    clientId: text().primary(),
    sourceRecordId: text().primary(),
    given: text(),
    decisionId: p.bigint("number"),
  },
  indexes: [{ properties: ["given"] }],
});
