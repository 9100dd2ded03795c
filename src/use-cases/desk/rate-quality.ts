import { type Caller, checkMay } from "../../domain/access/caller.ts";
import { type CalendarDate, daysBetween } from "../../domain/calendar.ts";
import { qualityScore } from "../../domain/licenses/problem-desk.ts";
import { HubError } from "../../errors.ts";
import type { ProblemDesk, QualityCount } from "../../store/licenses/problem-desk-store.ts";

/** What rating needs. `read` enters as the client named. */
export type Tools = Readonly<{
  findClient: (id: string) => Promise<{ active: boolean } | undefined>;
  read: <T>(clientId: string, run: (desk: ProblemDesk) => Promise<T>) => Promise<T>;
}>;

/** Both days are in it. */
export type Period = Readonly<{ from: CalendarDate; until: CalendarDate }>;

/** 数据质量: what came of a department's records of one license type. `licenseType` undefined: all of them together. */
export type DataQuality = Readonly<{
  department: string;
  /** Null: records of no type that the hub knows. */
  licenseType: string | null | undefined;
  came: QualityCount["came"];
  kept: QualityCount["kept"];
  score: number | undefined;
}>;

/** The longest period. *Units*: days. */
export const maxPeriodDays = 3_660;

/**
 * The data quality of the caller's own department, or of all of them for an operator: a department's total first, then its
 * license types.
 * *Throws* UNAUTHENTICATED, FORBIDDEN, SCOPE_MISSING, INPUT_INVALID.
 */
export async function rateQuality(
  tools: Tools,
  caller: Caller,
  { from, until }: Period,
): Promise<readonly DataQuality[]> {
  checkMay(caller, caller.kind === "OPERATOR" ? "OVERSEE_QUALITY" : "MEND_RECORDS");
  if (!(await tools.findClient(caller.clientId))?.active) throw new HubError("FORBIDDEN");
  if (until < from || daysBetween(from, until) >= maxPeriodDays)
    throw new HubError("INPUT_INVALID", { argument: "until" });
  const counts = await tools.read(caller.clientId, (desk) => desk.countQuality(from, until));
  return [...Map.groupBy(counts, ({ department }) => department)].flatMap(([department, types]) => [
    rated({ department, licenseType: undefined, came: sumOf(types, "came"), kept: sumOf(types, "kept") }),
    ...types.map(rated),
  ]);
}

function rated<Counted extends Pick<DataQuality, "department" | "licenseType" | "came" | "kept">>(counted: Counted) {
  return { ...counted, score: qualityScore({ clean: counted.came.clean, ...counted.kept }) };
}

function sumOf<Name extends "came" | "kept">(counts: readonly QualityCount[], name: Name): QualityCount[Name] {
  const sum: Record<string, number> = {};
  for (const count of counts) for (const [key, n] of Object.entries(count[name])) sum[key] = (sum[key] ?? 0) + n;
  return sum as QualityCount[Name]; // the same keys
}
