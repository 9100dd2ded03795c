import { createHash } from "node:crypto";
import { SourceError } from "./source-call.ts";

/** A member of an answer that must be an object. *Throws* SourceError naming the path. */
export function objectAt(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>; // checked in this line
  throw invalid(path, "an object");
}

/** A member that must be a list of at most so many. *Throws* SourceError. */
export function listAt(value: unknown, path: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(path, "a list");
  if (value.length > most) throw new SourceError("ANSWER_INVALID", `${path} holds more than was asked for`);
  return value;
}

/** A member that must be a text of at most so many characters. *Throws* SourceError. */
export function textAt(value: unknown, path: string, most: number): string {
  if (
    typeof value === "string" &&
    value !== "" &&
    value.length <= most &&
    value.isWellFormed() &&
    !value.includes("\0")
  )
    return value;
  throw invalid(path, `a text of 1 to ${most} characters`);
}

/** What was expected and is not there. */
export function invalid(path: string, expected: string): SourceError {
  return new SourceError("ANSWER_INVALID", `${path} is not ${expected}`);
}

/** Digest of a page, by what lies on top of each record: what lies below may be deeper than a stack is. "": nothing does. */
export function digestOfRows(rows: readonly unknown[]): string {
  const hash = createHash("sha256");
  let isEmpty = true;
  for (const row of rows) {
    const fields = typeof row === "object" && row !== null ? Object.entries(row) : [["", row]];
    const plain = fields.filter(([, value]) => typeof value !== "object");
    isEmpty &&= plain.length === 0;
    hash.update(JSON.stringify(plain));
  }
  return isEmpty ? "" : hash.digest("base64url");
}
