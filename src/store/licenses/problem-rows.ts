import type { BatchDecision, WaitingEvent } from "../../domain/licenses/batch.ts";
import { type LicenseOperation, licenseOperations } from "../../domain/licenses/license.ts";
import { recordLimits } from "../../domain/licenses/license-record.ts";
import type { Problem } from "../../domain/licenses/problem.ts";
import { closesProblem, type KeptOutcome, maxLineCharacters } from "../../domain/licenses/problem-desk.ts";
import type { LineReading } from "../../domain/licenses/record-line.ts";
import { legible } from "../../domain/plain-text.ts";
import type { KeptProblem } from "../tables/desk-tables.ts";
import type { StoredResult } from "../tables/license-tables.ts";
import type { SubmissionFacts } from "./collecting-rows.ts";

/** A record with something wrong, to be kept. */
export type NewProblem = Readonly<{
  department: string;
  client_id: string;
  submission_id: string;
  place: number | null;
  source_record_id: string | null;
  license_type: string | null;
  operation: LicenseOperation | null;
  received_at: string;
  outcome: KeptOutcome;
  codes: readonly string[];
  problems: readonly KeptProblem[];
  record: string | null;
  line: string | null;
}>;

/** A record that was taken: it may close a problem. */
export type TakenRecord = Readonly<{
  clientId: string;
  sourceRecordId: string;
  outcome: "ACCEPTED" | "UNCHANGED" | "PENDING";
  operation: LicenseOperation;
  licenseType: string | null;
}>;

/** What a day's counts distinguish. */
export type CountName = "clean" | "doubtful" | "unchanged" | "rejected" | "pending" | "corrected";

/** What a batch leaves at the desk. `counts`: by license type, "" for one that the hub does not know. */
export type DeskBatch = Readonly<{
  problems: readonly NewProblem[];
  taken: readonly TakenRecord[];
  counts: ReadonlyMap<string, Record<CountName, number>>;
}>;

/** A decided batch, and what the desk must know of it. */
export type DecidedBatch = Readonly<{
  department: string;
  lines: readonly LineReading[];
  results: readonly StoredResult[];
  decision: BatchDecision;
  submission: SubmissionFacts;
  isType: (code: string) => boolean;
}>;

/** The rows of a decided batch. Of a record that comes more than once the last occurrence counts. */
export function deskRowsOf(batch: DecidedBatch): DeskBatch {
  const { department, lines, results, decision, submission } = batch;
  const desk = new Desk();
  for (const [position, line] of lines.entries()) {
    const result = results[position];
    if (!result) continue;
    const kind = kindOf(line, batch.isType);
    const sourceRecordId = result.sourceRecordId.trim() === "" ? null : result.sourceRecordId;
    desk.count(kind.licenseType, bucketOf(result));
    const { outcome } = result;
    if (outcome !== "REJECTED" && (outcome !== "ACCEPTED" || result.problems.length === 0)) {
      const { licenseType, operation } = kind;
      if (sourceRecordId !== null && operation)
        desk.take({ clientId: submission.clientId, sourceRecordId, outcome, operation, licenseType });
      continue;
    }
    desk.keep({
      ...{ department, client_id: submission.clientId, submission_id: submission.id, place: result.index },
      ...{ source_record_id: sourceRecordId, license_type: kind.licenseType, operation: kind.operation },
      ...{ received_at: submission.receivedAt.toISOString(), ...contentOf(line, result.problems) },
      ...{ outcome, ...problemsOf(result.problems) },
    });
  }
  for (const { event, verdict } of decision.decidedWaiting) {
    const { licenseType, operation, sourceRecordId } = event.record;
    if (verdict.outcome !== "REJECTED") {
      const { outcome } = verdict;
      desk.count(licenseType, bucketOf({ outcome, problems: [] }));
      desk.take({ clientId: event.clientId, sourceRecordId, outcome, operation, licenseType });
      continue;
    }
    desk.count(licenseType, "rejected");
    desk.keep(waitingProblem(event, verdict.problem));
  }
  return desk.rows();
}

/** An event that waited, and that its license did not allow when it came. Its issuer is its sender's department. */
function waitingProblem(event: WaitingEvent, problem: Problem): NewProblem {
  const { record, clientId: client_id, submissionId: submission_id, receivedAt: received_at } = event;
  return {
    ...{ department: record.issuer, client_id, submission_id, place: null, source_record_id: record.sourceRecordId },
    ...{ license_type: record.licenseType, operation: record.operation, received_at, outcome: "REJECTED" },
    ...{ ...problemsOf([problem]), record: JSON.stringify(event.raw), line: null },
  };
}

/** Collects what a batch leaves, by client and source record. */
class Desk {
  readonly #problems = new Map<string, NewProblem>();
  readonly #taken = new Map<string, TakenRecord>();
  readonly #nameless: NewProblem[] = [];
  readonly #counts = new Map<string, Record<CountName, number>>();

  rows(): DeskBatch {
    return {
      problems: [...this.#nameless, ...this.#problems.values()],
      taken: [...this.#taken.values()],
      counts: this.#counts,
    };
  }

  count(licenseType: string | null, name: CountName): void {
    const key = licenseType ?? "";
    const counts = this.#counts.get(key) ?? noCounts();
    counts[name] += 1;
    this.#counts.set(key, counts);
  }

  keep(problem: NewProblem): void {
    if (problem.source_record_id === null) {
      this.#nameless.push(problem);
      return;
    }
    const key = keyOf(problem.client_id, problem.source_record_id);
    this.#problems.set(key, problem);
    this.#taken.delete(key);
  }

  take(taken: TakenRecord): void {
    const key = keyOf(taken.clientId, taken.sourceRecordId);
    const problem = this.#problems.get(key);
    if (problem) {
      const { license_type: licenseType, operation, outcome } = problem;
      if (!closesProblem(taken, { licenseType, operation, outcome })) return;
      this.#problems.delete(key);
    }
    // What was accepted says more than that it came again.
    const before = this.#taken.get(key);
    if (before?.outcome !== "ACCEPTED") this.#taken.set(key, taken);
  }
}

const keyOf = (clientId: string, sourceRecordId: string) => `${clientId} ${sourceRecordId}`;

const noCounts = (): Record<CountName, number> => ({
  ...{ clean: 0, doubtful: 0, unchanged: 0, rejected: 0, pending: 0, corrected: 0 },
});

const bucketOfTaken = { ACCEPTED: "clean", UNCHANGED: "unchanged", PENDING: "pending" } as const;

/** What a record is counted as by its outcome. */
export function bucketOf({ outcome, problems }: Pick<StoredResult, "outcome" | "problems">): CountName {
  if (outcome === "REJECTED") return "rejected";
  return outcome === "ACCEPTED" && problems.length > 0 ? "doubtful" : bucketOfTaken[outcome];
}

function problemsOf(problems: readonly KeptProblem[]): Pick<NewProblem, "problems" | "codes"> {
  return { problems, codes: [...new Set(problems.map((problem) => problem.code))] };
}

function kindOf(line: LineReading, isType: (code: string) => boolean) {
  const { licenseType, operation } = "raw" in line ? line.raw : (line.value ?? {});
  return {
    licenseType: typeof licenseType === "string" && isType(licenseType) ? licenseType : null,
    operation: licenseOperations.find((known) => known === operation) ?? null,
  };
}

/** The record as it came; of one that is too large, or is none, the beginning. */
function contentOf(line: LineReading, problems: readonly KeptProblem[]): Pick<NewProblem, "record" | "line"> {
  const value = "raw" in line ? line.raw : line.value;
  if (!value) return { record: null, line: "line" in line ? (line.line ?? null) : null };
  // Attributes that are too deep are not even written out.
  const isTooLarge = problems.some(({ code }) => code === "RECORD_TOO_LARGE");
  const record = JSON.stringify(isTooLarge ? { ...value, attributes: undefined } : value);
  if (!isTooLarge && Buffer.byteLength(record) <= recordLimits.maxBytes) return { record, line: null };
  return { record: null, line: legible(record, maxLineCharacters) };
}
