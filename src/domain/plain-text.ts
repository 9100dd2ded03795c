/** How long a text may be. *Units*: characters as people count them, not UTF-16 units. */
export type TextLimits = Readonly<{ least: number; most: number }>;

/**
 * Whether a text is one line of words within its limits: white space around it does not fill it, but is counted against
 * the most, because it is stored; no control characters, no half characters. *Trust*: attacker-chosen.
 */
export function isPlainText(text: string, { least, most }: TextLimits): boolean {
  if ([...text.trim()].length < least || [...text].length > most) return false;
  return !/\p{Cc}/u.test(text) && text.isWellFormed();
}

/** A text nobody has looked at, as it may be kept and shown: cut, and without what no database or screen takes. */
export function legible(text: string, most: number): string {
  return text
    .slice(0, most)
    .toWellFormed()
    .replace(/\p{Cc}/gu, "\ufffd");
}
