import { HubError } from "../../errors.ts";
import { parseInstant } from "../calendar.ts";

/** A record as its source lists it. `contentDigest`: of what the record says, when the source can make it. */
export type ListedRecord = Readonly<{
  sourceRecordId: string;
  sourceUpdatedAt: Date;
  contentDigest?: string | undefined;
  /** Of a list the hub made itself, from a source it read. */
  licenseType?: string | undefined;
}>;

/**
 * What comes of one record: MISSING (the source has it, the hub does not), EXTRA (the hub has it, the source does not),
 * STALE (the hub holds an older one), NEWER (the hub holds a newer one), DIFFERENT (of one time, and other content).
 */
export const recordOutcomes = ["MISSING", "EXTRA", "STALE", "NEWER", "DIFFERENT"] as const;
export type RecordOutcome = (typeof recordOutcomes)[number];

/** A record on which the sides differ. An instant is null where that side does not hold the record. */
export type RecordDifference = Readonly<{
  outcome: RecordOutcome;
  sourceRecordId: string;
  theirs: Date | null;
  ours: Date | null;
  licenseType: string | null;
}>;

/** Figures of a whole list. `duplicates`: lines that name a record again; the newest counts. */
export type ListSummary = Readonly<{
  listed: number;
  duplicates: number;
  same: number;
  missing: number;
  extra: number;
  stale: number;
  newer: number;
  different: number;
}>;

/** What is told of a comparison: each record on which the sides differ, then, once, the figures. */
export type ReconciledPart = Readonly<{ differences: readonly RecordDifference[] } | { summary: ListSummary }>;

/** Longest line of a list. *Units*: bytes. */
export const maxLineBytes = 1_024;

/**
 * Parses a line of a list. *Trust*: attacker-chosen. @param number of the line, from 1: what a refusal names
 * *Throws* INPUT_INVALID.
 */
export function parseListedRecord(line: string, number: number): ListedRecord {
  const record = readObject(line);
  const { sourceRecordId, sourceUpdatedAt, contentDigest } = record ?? {};
  const updatedAt = typeof sourceUpdatedAt === "string" ? parseInstant(sourceUpdatedAt) : undefined;
  const isNamed = typeof sourceRecordId === "string" && /^.{1,200}$/su.test(sourceRecordId) && isClean(sourceRecordId);
  const isDigest =
    contentDigest === undefined || (typeof contentDigest === "string" && /^[\w-]{43}$/.test(contentDigest));
  if (!isNamed || !updatedAt || !isDigest) throw new HubError("INPUT_INVALID", { argument: `line ${number}` });
  return { sourceRecordId, sourceUpdatedAt: updatedAt, contentDigest: contentDigest ?? undefined };
}

function isClean(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text);
}

function readObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
