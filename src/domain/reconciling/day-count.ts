import { HubError } from "../../errors.ts";
import { type CalendarDate, daysBetween } from "../calendar.ts";

/**
 * How many records of a license type a side holds that were last changed on a day, and the digest of them: the sum of
 * a number a record, in decimal, so that their order does not matter. The number is the first 15 hexadecimal digits of
 * the SHA-256 of `sourceRecordId|milliseconds`, the milliseconds of `sourceUpdatedAt` since 1970 in UTC.
 */
export type DayCount = Readonly<{ day: CalendarDate; licenseType: string; count: number; digest: string }>;

/** A day and type on which the sides differ. A side that holds nothing has the count 0 and the digest "0". */
export type DayDifference = Readonly<{
  day: CalendarDate;
  licenseType: string;
  theirs: Readonly<{ count: number; digest: string }>;
  ours: Readonly<{ count: number; digest: string }>;
}>;

/** Which records are compared: those of a source last changed in a range of days, both included; of one type or of all. */
export type DayRange = Readonly<{ from: CalendarDate; until: CalendarDate; licenseType: string | undefined }>;

/** A source's own counts. `client`: whose records; the caller's own when undefined. *Trust*: attacker-chosen. */
export type DaysInput = Readonly<{ client: string | undefined; range: DayRange; days: readonly DayCount[] }>;

/** Limits of a comparison. *Units*: days, rows, records. */
export const reconcilingLimits = { maxDays: 3_660, maxRows: 10_000, maxRecords: 5_000_000 } as const;

/** Lets counts pass that fit their range, each day and type once. *Trust*: attacker-chosen. *Throws* INPUT_INVALID naming the argument. */
export function checkDayCounts({ from, until, licenseType }: DayRange, counts: readonly DayCount[]): void {
  const { maxDays, maxRows } = reconcilingLimits;
  if (until < from) throw new HubError("INPUT_INVALID", { argument: "until" });
  if (daysBetween(from, until) >= maxDays) throw new HubError("INPUT_INVALID", { argument: "until", limit: maxDays });
  if (counts.length > maxRows)
    throw new HubError("INPUT_INVALID", { argument: "days", limit: maxRows, found: counts.length });
  const seen = new Set<string>();
  for (const [index, count] of counts.entries()) {
    const key = keyOf(count);
    const isInRange = count.day >= from && count.day <= until;
    const isOfType = count.licenseType !== "" && (licenseType === undefined || count.licenseType === licenseType);
    // A day with records has a digest; one without needs no row, and if it has one, it says 0.
    const isFigure = count.count >= 0 && /^\d{1,40}$/.test(count.digest);
    if (!isInRange || !isOfType || !isFigure || count.licenseType.length > 100 || seen.has(key))
      throw new HubError("INPUT_INVALID", { argument: `days[${index}]` });
    seen.add(key);
  }
}

/** Days and types on which two sides differ, by day and then type. *Order*: of neither side matters. */
export function differencesOf(theirs: readonly DayCount[], ours: readonly DayCount[]): readonly DayDifference[] {
  const own = new Map(ours.map((count) => [keyOf(count), count]));
  const their = new Map(theirs.map((count) => [keyOf(count), count]));
  const all = new Map([...own, ...their]);
  const differences: DayDifference[] = [];
  for (const [key, { day, licenseType }] of all) {
    const [one, other] = [figuresOf(their.get(key)), figuresOf(own.get(key))];
    if (one.count !== other.count || one.digest !== other.digest)
      differences.push({ day, licenseType, theirs: one, ours: other });
  }
  return differences.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Adds counts of the same day and type up. */
export function sumCounts(counts: readonly DayCount[]): readonly DayCount[] {
  const sums = new Map<string, DayCount>();
  for (const count of counts) {
    const found = sums.get(keyOf(count));
    const digest = BigInt(found?.digest ?? 0) + BigInt(count.digest);
    sums.set(keyOf(count), { ...count, count: count.count + (found?.count ?? 0), digest: digest.toString() });
  }
  return [...sums.values()];
}

function keyOf({ day, licenseType }: Pick<DayCount, "day" | "licenseType">): string {
  return `${day} ${licenseType}`;
}

/** Spelled in one way: `007` is 7. */
function figuresOf(count: DayCount | undefined): DayDifference["theirs"] {
  return { count: count?.count ?? 0, digest: BigInt(count?.digest ?? 0).toString() };
}
