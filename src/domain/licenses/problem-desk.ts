import type { LicenseOperation } from "./license.ts";

/** What becomes of a problem that is kept: it waits, its record was taken, or somebody says that it is none. */
export const problemStatuses = ["OPEN", "CORRECTED", "DISMISSED"] as const;
export type ProblemStatus = (typeof problemStatuses)[number];

/** What became of a record that is kept: refused, accepted with a doubt, or an event that has waited for long. */
export const keptOutcomes = ["REJECTED", "ACCEPTED", "PENDING"] as const;
export type KeptOutcome = (typeof keptOutcomes)[number];

/** Of a reason to dismiss a problem. *Units*: characters. */
export const noteLimits = { least: 2, most: 200 } as const;

/** Of a line that is no record, as kept. *Units*: characters. */
export const maxLineCharacters = 2_000;

/** After so long an event that waits for its license is a problem of its sender. *Units*: days. */
export const longWaitDays = 30;

/** So long the content of a record is kept when its problem is closed. *Units*: days. */
export const keptContentDays = 90;

type Kind = Readonly<{ operation: LicenseOperation | null; licenseType: string | null }>;

/**
 * Whether a record that was taken closes a problem of the same client and source record. Accepted without a word: always.
 * UNCHANGED: when it is the record that was refused, not another operation under the same source id; a doubt about what is
 * stored stands. PENDING: when the event was refused before; that it waits does not end its waiting.
 */
export function closesProblem(
  taken: Kind & Readonly<{ outcome: "ACCEPTED" | "UNCHANGED" | "PENDING" }>,
  problem: Kind & Readonly<{ outcome: KeptOutcome }>,
): boolean {
  if (taken.outcome === "ACCEPTED") return true;
  if (taken.outcome === "PENDING") return problem.outcome === "REJECTED";
  const isSame = (mine: string | null, other: string | null) => other === null || mine === other;
  return (
    problem.outcome !== "ACCEPTED" &&
    isSame(taken.operation, problem.operation) &&
    isSame(taken.licenseType, problem.licenseType)
  );
}

/** Records of a period, each counted once, by what became of it. */
export type QualityTally = Readonly<Record<keyof typeof qualityWeights, number>>;

/** What a record is worth, by what became of it. *Units*: tenths of a point. */
export const qualityWeights = { clean: 10, correctedSoon: 8, correctedLate: 5, doubtful: 5, refused: 0 } as const;

/** A correction is soon within so long of the first time the record came. *Units*: days. */
export const soonDays = 7;

/**
 * 数据质量得分: the mean worth of a period's records. *Units*: 0 to 100, one decimal, cut and never rounded up: 100 says that
 * every record was right at once. Undefined: no record came.
 */
export function qualityScore(tally: QualityTally): number | undefined {
  const names = Object.keys(qualityWeights) as (keyof QualityTally)[]; // its own keys
  const records = names.reduce((sum, name) => sum + tally[name], 0);
  if (records === 0) return undefined;
  const worth = names.reduce((sum, name) => sum + tally[name] * qualityWeights[name], 0);
  return Math.floor((worth * 100) / records) / 10;
}
