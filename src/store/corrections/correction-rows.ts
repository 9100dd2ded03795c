import type {
  CorrectionRole,
  CorrectionStatus,
  CorrectionStep,
  Deadline,
} from "../../domain/corrections/correction.ts";
import type { StoredState } from "../../domain/licenses/license.ts";
import { type Row, toIso } from "../database.ts";

/** What everybody who oversees may see of a correction: that it stands, and how. */
export type CorrectionOutline = Deadline &
  Readonly<{
    id: number;
    typeCode: string;
    issuerCode: string;
    field: string;
    role: CorrectionRole;
    department: string | null;
    madeAt: string;
    status: CorrectionStatus;
  }>;

/** 校核纠错, as its parties see it. */
export type Correction = CorrectionOutline &
  Readonly<{
    identifier: string;
    standing: string;
    says: unknown;
    shouldSay: string | null;
    reason: string;
    answer: string | null;
    answeredBy: string | null;
    answeredAt: string | null;
    correctedBy: string | null;
    ground: StoredState | null;
    closedAt: string | null;
  }>;

/** What happened to a correction. `clientId` null: the hub itself. */
export type CorrectionEvent = Readonly<{
  correction: number;
  at: string;
  clientId: string | null;
  role: CorrectionRole;
  step: CorrectionStep;
  level: number | null;
  identifier: string | null;
  ground: StoredState | null;
}>;

/** An objection to a license, as its readers see it. */
export type LicenseObjection = Deadline &
  Readonly<{ identifier: string; field: string; status: CorrectionStatus; madeAt: string }>;

/** What an outline is read from. */
export type OutlineRow = Pick<
  Row<"correction">,
  ("type_code" | "issuer_code" | "field" | "role" | "department" | "made_at" | "status") | ("due_on" | "second_on")
> & { id: number | string };

const isoOrNull = (instant: string | null) => (instant === null ? null : toIso(instant));

/** An outline out of its row. */
export function toOutline(row: OutlineRow): CorrectionOutline {
  const { field, role, department, status, due_on: dueOn, second_on: secondOn } = row;
  return {
    ...{ id: Number(row.id), typeCode: row.type_code, issuerCode: row.issuer_code, field, role, department },
    ...{ madeAt: toIso(row.made_at), status, dueOn, secondOn },
  };
}

/** A correction out of its row. */
export function toCorrection(row: Row<"correction">): Correction {
  const { identifier, standing, says, reason, answer, ground } = row;
  return {
    ...toOutline(row),
    ...{ identifier, standing, says, shouldSay: row.should_say, reason, answer, ground },
    ...{ answeredBy: row.answered_by, answeredAt: isoOrNull(row.answered_at) },
    ...{ correctedBy: row.corrected_by, closedAt: isoOrNull(row.closed_at) },
  };
}

/** An event out of its row. */
export function toEvent(row: Row<"correction_event">): CorrectionEvent {
  const { role, step, level, identifier, ground, client_id: clientId } = row;
  return { correction: Number(row.correction_id), at: toIso(row.at), clientId, role, step, level, identifier, ground };
}
