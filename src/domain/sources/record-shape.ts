import { type LineReading, readRecordLine, recordFields } from "../licenses/record-line.ts";

/**
 * Reads what a source answered as a record. Fields that no record has are left out: a department's answer is its own, and
 * brings more than was asked for. *Trust*: whatever the source sent.
 */
export function shapeRecord(value: unknown): LineReading {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return readRecordLine(value);
  return readRecordLine(Object.fromEntries(Object.entries(value).filter(([name]) => recordFields.has(name))));
}
