import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";

/** The approval bureau's sample licenses: as many as asked for, 720 at most, in the order they were changed. */
export function sampleChanges(count: number): readonly RawRecord[] {
  const lines = readFileSync(join("migrations/data/demo/licenses.ndjson"), "utf8").trimEnd().split("\n");
  return lines
    .map((line) => JSON.parse(line) as RawRecord)
    .filter(({ issuer }) => issuer === "11371000XXXX010118")
    .toSorted((one, other) => compare(positionOf(one), positionOf(other)))
    .slice(0, count);
}

/** Where a change stands in that order. */
export function positionOf({ sourceUpdatedAt, sourceRecordId }: RawRecord): string {
  return `${sourceUpdatedAt} ${sourceRecordId}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
