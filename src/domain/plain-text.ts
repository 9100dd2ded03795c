/** How long a text may be. *Units*: characters as people count them, not UTF-16 units. */
export type TextLimits = Readonly<{ least: number; most: number }>;

/**
 * Whether a text is one line of words within its limits: white space around it does not fill it, but is counted against
 * the most, because it is stored; no control characters, no half characters, nothing that makes it read otherwise than it
 * is stored. *Trust*: attacker-chosen. *Source*: Unicode TR 36 §3.4 (direction overrides).
 */
export function isPlainText(text: string, { least, most }: TextLimits): boolean {
  if ([...text.trim()].length < least || [...text].length > most) return false;
  return !unshowable.test(text) && text.isWellFormed();
}

/** Controls, line and paragraph separators, and what turns the direction of the text around it. */
const unshowable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** A text nobody has looked at, as it may be kept and shown: cut, and without what no database or screen takes. */
export function legible(text: string, most: number): string {
  return text
    .slice(0, most)
    .toWellFormed()
    .replace(/\p{Cc}/gu, "\ufffd");
}
