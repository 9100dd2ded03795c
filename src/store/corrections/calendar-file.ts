import { readFile } from "node:fs/promises";
import { type CalendarChanges, parseCalendarChanges } from "../../domain/working-days.ts";

/** Reads the file of holidays and working days. *Throws* an Error with one line that names it and says what is wrong. */
export async function readCalendarFile(file: string): Promise<CalendarChanges> {
  try {
    return parseCalendarChanges(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    throw new Error(`the working days in ${file} (WORKING_DAYS) can not be used: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return "it is no JSON";
  if (typeof error === "object" && error !== null && "code" in error) return String(error.code);
  return error instanceof Error ? error.message : "it can not be read";
}
