import { readFileSync } from "node:fs";

/** One benchmark's outcome: a table to print, and the figures that have targets. */
export type Outcome = Readonly<{
  title: string;
  /** First row: headings. */
  table: readonly (readonly string[])[];
  figures: readonly Figure[];
}>;

/** A figure, always relative to a baseline of the same run unless it says its unit itself. */
export type Figure = Readonly<{
  name: string;
  /** One value a round. */
  values: readonly number[];
  unit?: string;
  target?: Readonly<{ atLeast: number } | { below: number }>;
}>;

/** Runs the sides one after another (A B A B …), so that what disturbs the machine disturbs all of them. *Order*: as given. */
export async function interleave<T>(
  rounds: number,
  sides: readonly (() => Promise<T>)[],
): Promise<readonly (readonly T[])[]> {
  const measured: T[][] = sides.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, run] of sides.entries()) measured[index]?.push(await run());
  }
  return measured;
}

/** The quotients of two sides, round by round. */
export function ratios(side: readonly number[], baseline: readonly number[]): readonly number[] {
  return side.map((value, round) => value / (baseline[round] ?? Number.NaN));
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}

/** The value that `percent` of all values do not exceed (nearest rank). */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}

/** Median and quartiles for a table cell, like `1,234 (1,200–1,260)`. */
export function cell(values: readonly number[], decimals = 0): string {
  const show = (value: number) =>
    value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return `${show(median(values))} (${show(percentile(values, 25))}–${show(percentile(values, 75))})`;
}

/** Whether a figure's median keeps its target. */
export function isKept({ values, target }: Figure): boolean {
  if (!target) return true;
  return "atLeast" in target ? median(values) >= target.atLeast : median(values) < target.below;
}

/**
 * Processor time a process has used so far, all threads. Other programs on the machine change it little, so quotients
 * of it are the steadier figure. *Units*: milliseconds. NaN where the system does not tell (not Linux).
 */
export function processorMs(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}

/** What the kernel counts of a process, now (VmRSS) or at most (VmHWM). *Units*: bytes; 0 where it does not tell (not Linux). */
export function memoryOf(pid: number | undefined, name: "VmRSS" | "VmHWM"): number {
  try {
    const status = readFileSync(`/proc/${pid ?? "self"}/status`, "utf8");
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
