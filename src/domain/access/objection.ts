import { isPlainText } from "../plain-text.ts";

/** Limits of an objection's text, and of its answer. *Units*: characters. */
export const objectionLimits = { least: 2, most: 500 } as const;

/** What an objection is measured by: parts of the access record it is about. */
export type ObjectedAccess = Readonly<{ department: string | null; refusal: string | null }>;

/** Whether the text of an objection or of an answer is acceptable. *Trust*: attacker-chosen. */
export function isObjectionText(text: string): boolean {
  return isPlainText(text, objectionLimits);
}

/**
 * Whether a holder can object to an access: there is a department to answer, and it knows whom it asked about. One that
 * was told "no such license" would learn from the objection that there is one.
 */
export function isOpenToObjection({ department, refusal }: ObjectedAccess): boolean {
  return department !== null && refusal !== "NOT_FOUND";
}
