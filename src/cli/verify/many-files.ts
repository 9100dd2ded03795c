import { SingleBar } from "cli-progress";
import type { VerificationReport } from "../../use-cases/licenses/verify-license.ts";
import { readBytes } from "../license-files.ts";
import { jsonOf, type Language, printable, UsageError } from "../program.ts";
import { type FileResult, lineOfFile, summaryOf, verdictOf } from "./report-text.ts";

/** How many files are read and verified at a time. */
const inFlight = 16;

type Way = Readonly<{
  json: boolean;
  language: Language;
  /** The day asked about, when it was told without a time. */
  day: string | undefined;
  acceptsUncheckedState: boolean;
  verify(bytes: Buffer): Promise<VerificationReport>;
}>;

/**
 * Verifies many files: one line for each that is not VALID and a summary, or as JSON one line for every file. On a
 * terminal a bar shows how far it is.
 * *Order*: as given. @returns the exit code: 1 when one is invalid, else 2 when one could not be told, else 0
 */
export async function verifyMany(files: readonly string[], way: Way): Promise<number> {
  const tally = { VALID: 0, INVALID: 0, STATE_UNCHECKED: 0, UNDECIDED: 0 };
  const bar =
    process.stderr.isTTY && !way.json ? new SingleBar({ stream: process.stderr, clearOnComplete: true }) : null;
  const lines: string[] = [];
  bar?.start(files.length, 0);
  for (let from = 0; from < files.length; from += inFlight) {
    for (const result of await Promise.all(files.slice(from, from + inFlight).map((file) => verifyOne(file, way)))) {
      const verdict = "unreadable" in result ? "UNDECIDED" : verdictOf(result);
      tally[verdict] += 1;
      if (way.json) console.log(jsonOf("unreadable" in result ? { ...result, outcome: "UNDECIDED" } : result));
      else if (verdict !== "VALID") lines.push(lineOfFile(result, way.language));
      bar?.increment();
    }
    // Without a bar nothing is in the way, so nobody waits for the last file to read of the first.
    if (!bar) for (const line of lines.splice(0)) console.log(line);
  }
  bar?.stop();
  for (const line of lines) console.log(line);
  if (!way.json) for (const line of summaryOf(tally, way.language, way.day)) console.log(line);
  const untold = tally.UNDECIDED + (way.acceptsUncheckedState ? 0 : tally.STATE_UNCHECKED);
  return tally.INVALID > 0 ? 1 : untold > 0 ? 2 : 0;
}

async function verifyOne(file: string, way: Way): Promise<FileResult> {
  try {
    return { file, ...(await way.verify(await readBytes(file))) };
  } catch (error) {
    if (error instanceof UsageError) return { file, unreadable: printable(error.message) };
    throw error;
  }
}
