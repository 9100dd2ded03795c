import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What the invented business licenses say of an enterprise: all that the two departments derive their facts from. */
export type SampleEnterprise = Readonly<{ uscc: string; name: string; region: string; establishedOn: string }>;

/** One line of the sample file, as far as it is read here. */
type SampleRecord = Readonly<{
  sourceRecordId: string;
  holder: Readonly<{ id: string; name: string }>;
  region: string;
  attributes: Readonly<{ establishedOn: string }>;
}>;

/** Reads the enterprises of migrations/data/demo, by unified social credit code. */
export function readSampleEnterprises(): ReadonlyMap<string, SampleEnterprise> {
  const file = join(packageRoot(import.meta.dirname), "migrations/data/demo/licenses.ndjson");
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const records = lines.map((line) => JSON.parse(line) as SampleRecord);
  return new Map(
    records
      .filter(({ sourceRecordId }) => sourceRecordId.startsWith("business-license-"))
      .map(({ holder, region, attributes }) => {
        const { establishedOn } = attributes;
        return [holder.id, { uscc: holder.id, name: holder.name, region, establishedOn }];
      }),
  );
}

/** A die of so many sides that falls the same way whenever it is asked the same question about the same enterprise. */
export function draw(uscc: string, question: string, sides: number): number {
  return createHash("sha256").update(`${uscc} ${question}`).digest().readUInt32BE(0) % sides;
}

/** A day of that year's first `days` days, the same for every run. *Shape*: `2026-11-22`. */
export function drawDay(uscc: string, question: string, year: number, days: number): string {
  return new Date(Date.UTC(year, 0, 1 + draw(uscc, question, days))).toISOString().slice(0, 10);
}

/** The folder that holds package.json, whether this runs from test or from dist. */
function packageRoot(from: string): string {
  return existsSync(join(from, "package.json")) ? from : packageRoot(dirname(from));
}
