import type { BatchDecision } from "../../domain/licenses/batch.ts";
import { isIssuing } from "../../domain/licenses/license.ts";
import type { RawRecord } from "../../domain/licenses/license-record.ts";
import { recordLimits } from "../../domain/licenses/license-record.ts";
import type { Problem } from "../../domain/licenses/problem.ts";
import type { LineReading } from "../../domain/licenses/record-line.ts";
import { legible } from "../../domain/plain-text.ts";
import type { StoredResult } from "../tables/license-tables.ts";

/** What came of each record of a decided batch, in order. @param firstIndex where the part begins in its batch */
export function resultsOf(
  lines: readonly LineReading[],
  firstIndex: number,
  problems: ReadonlyMap<number, readonly Problem[]>,
  decision: BatchDecision,
): readonly StoredResult[] {
  return lines.map((line, index) => {
    const result = resultOf(line, index, problems.get(index) ?? [], decision);
    return { ...result, index: firstIndex + index };
  });
}

function resultOf(
  line: LineReading,
  index: number,
  problems: readonly Problem[],
  decision: BatchDecision,
): StoredResult {
  if (!("raw" in line)) {
    return { index, sourceRecordId: shown(line.sourceRecordId), outcome: "REJECTED", identifier: null, problems };
  }
  const { raw } = line;
  const verdict = decision.verdicts.get(index);
  const sourceRecordId = shown(raw.sourceRecordId);
  if (!verdict)
    return {
      index,
      sourceRecordId,
      outcome: "REJECTED",
      identifier: isIssuing(raw.operation) ? null : (shown(raw.identifier) ?? null),
      problems,
    };
  const all = verdict.outcome === "REJECTED" ? [...problems, verdict.problem] : problems;
  const identifier = verdict.outcome === "REJECTED" ? (shown(raw.identifier) ?? null) : (verdict.identifier ?? null);
  return { index, sourceRecordId, outcome: verdict.outcome, identifier, problems: all };
}

/** A text of a refused record as it may be kept and shown. */
function shown<Text extends string | null | undefined>(text: Text): Text | string {
  return typeof text === "string" ? legible(text, recordLimits.maxCharacters.identifier) : text;
}

/** An identifier that was made in a dry run is nobody's. */
export function withoutMade(
  results: readonly StoredResult[],
  raws: readonly (RawRecord | undefined)[],
): readonly StoredResult[] {
  return results.map((result, place) =>
    result.outcome === "ACCEPTED" && !raws[place]?.identifier ? { ...result, identifier: null } : result,
  );
}
