import { defineEntity, p } from "@mikro-orm/core";
import type { CorrectionRole, CorrectionStatus, CorrectionStep } from "../../domain/corrections/correction.ts";
import type { StoredState } from "../../domain/licenses/license.ts";
import { date, instant, text } from "./catalogue-tables.ts";

/** 校核纠错: a reader's objection to a field of a license, and what its source makes of it. */
export const CorrectionTable = defineEntity({
  name: "Correction",
  tableName: "correction",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    holderCode: text(),
    /** The version objected to. */
    identifier: text(),
    /** The version that stands now: another one once a new version came that says the same. */
    standing: text(),
    typeCode: text(),
    /** The department that has to answer. */
    issuerCode: text(),
    field: text(),
    /** What the version says there, as it was disclosed to the one who objects; null: nothing. */
    says: p.json<unknown>().nullable(),
    shouldSay: text().nullable(),
    reason: text(),
    role: text().$type<Exclude<CorrectionRole, "HUB">>(),
    /** Id of a department's client, or code of the holder. */
    objector: text(),
    department: text().nullable(),
    madeAt: instant(),
    status: text().$type<CorrectionStatus>().default("OPEN"),
    /** Last day of the term that runs: to answer, then to bring the new version; and of the one after it. */
    dueOn: date(),
    secondOn: date(),
    /** How often its being overdue was marked in the term that runs. */
    escalation: p.integer().default(0),
    answer: text().nullable(),
    answeredBy: text().nullable(),
    answeredAt: instant().nullable(),
    correctedBy: text().nullable(),
    /** The state in which the license ended. */
    ground: text().$type<StoredState>().nullable(),
    closedAt: instant().nullable(),
  },
  indexes: [
    { properties: ["issuerCode", "id"] },
    { properties: ["department", "id"] },
    { properties: ["objector", "id"] },
    {
      name: "correction_standing",
      expression: `create unique index "correction_standing" on "correction" ("standing", "field", "objector") where "status" in ('OPEN', 'ACCEPTED')`,
    },
    {
      name: "correction_due",
      expression: `create index "correction_due" on "correction" ("due_on") where "status" in ('OPEN', 'ACCEPTED')`,
    },
  ],
});

/** Everything that happened to a correction. Append-only. */
export const CorrectionEventTable = defineEntity({
  name: "CorrectionEvent",
  tableName: "correction_event",
  properties: {
    id: p.bigint("number").primary().autoincrement(),
    correctionId: p.bigint("number"),
    at: instant(),
    /** Null: the hub itself. */
    clientId: text().nullable(),
    role: text().$type<CorrectionRole>(),
    step: text().$type<CorrectionStep>(),
    /** Of ESCALATED. */
    level: p.integer().nullable(),
    /** Of CORRECTED and UNCHANGED: the new version. */
    identifier: text().nullable(),
    /** Of CLOSED: the state in which the license ended. */
    ground: text().$type<StoredState>().nullable(),
  },
  indexes: [{ properties: ["correctionId", "id"] }],
});
