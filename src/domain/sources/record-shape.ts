import { type LineReading, readRecordLine, recordFields } from "../licenses/record-line.ts";
import { type ForeignRow, mapForeignRow } from "../mapping/map-foreign-row.ts";
import { mappingOf, type SourceFacts } from "./source.ts";

/**
 * Reads what a source answered as a record. Fields that no record has are left out: a department's answer is its own, and
 * brings more than was asked for. *Trust*: whatever the source sent.
 */
export function shapeRecord(value: unknown): LineReading {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return readRecordLine(value);
  return readRecordLine(Object.fromEntries(Object.entries(value).filter(([name]) => recordFields.has(name))));
}

/** Reads rows of a source: one of a GRAPHQL source speaks of our fields, others are mapped. *Trust*: whatever the source sent. */
export function rowReader(source: Pick<SourceFacts, "place" | "mapping">): (row: unknown) => LineReading {
  if (source.place.kind === "GRAPHQL") return shapeRecord;
  const mapping = mappingOf(source);
  return (row) => {
    if (typeof row !== "object" || row === null || Array.isArray(row)) return shapeRecord(row);
    return shapeRecord(mapForeignRow(mapping, row as ForeignRow)); // any object is a row whose fields are unknown
  };
}
