import { defineEntity, p } from "@mikro-orm/core";
import type { LicenseOperation } from "../../domain/licenses/license.ts";
import type { KeptOutcome, ProblemStatus } from "../../domain/licenses/problem-desk.ts";
import { date, instant, text, texts } from "./catalogue-tables.ts";

/** 问题数据: a record that was refused or is doubtful, with what is wrong. One row a record until it is corrected. */
export const ProblemRecordTable = defineEntity({
  name: "ProblemRecord",
  tableName: "problem_record",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    department: text(),
    clientId: text(),
    /** The batch it came in last, and its place there; null: it came earlier and was decided when its license came. */
    submissionId: p.uuid(),
    place: p.integer().nullable(),
    /** Null: none that could be read. Such a record is never known again. */
    sourceRecordId: text().nullable(),
    /** Null: no type, or operation, that the hub knows. */
    licenseType: text().nullable(),
    operation: text().$type<LicenseOperation>().nullable(),
    firstReceivedAt: instant(),
    receivedAt: instant(),
    /** Batches in which it came and was not taken. */
    attempts: p.integer().default(1),
    outcome: text().$type<KeptOutcome>(),
    codes: texts(),
    problems: p.json<readonly KeptProblem[]>(),
    /** JSON as it came: as text, for it may hold what no `jsonb` does. Null once it was removed, or is in `line`. */
    record: text().nullable(),
    /** What could not be read as a record, or is too large to be kept: its beginning. */
    line: text().nullable(),
    status: text().$type<ProblemStatus>().default("OPEN"),
    closedAt: instant().nullable(),
    closedBy: text().nullable(),
    note: text().nullable(),
  },
  indexes: [
    { properties: ["department", "id"] },
    {
      name: "problem_record_content",
      expression: `create index "problem_record_content" on "problem_record" ("closed_at") where "status" <> 'OPEN' and ("record" is not null or "line" is not null)`,
    },
    {
      name: "problem_record_standing",
      expression: `create unique index "problem_record_standing" on "problem_record" ("client_id", "source_record_id") where "status" <> 'CORRECTED'`,
    },
  ],
});

/** One thing wrong, as kept. */
export type KeptProblem = Readonly<{ code: string; path: string }>;

/** What came, a day in Asia/Shanghai. `licenseType` empty: none the hub knows. */
export const RecordCountTable = defineEntity({
  name: "RecordCount",
  tableName: "record_count",
  properties: {
    day: date().primary(),
    department: text().primary(),
    licenseType: text().primary(),
    clean: p.integer(),
    doubtful: p.integer(),
    unchanged: p.integer(),
    rejected: p.integer(),
    pending: p.integer(),
    corrected: p.integer(),
  },
});
