/**
 * The license or bundle in a text that came through editors, shells and clipboards: white space around it, and the byte
 * order mark some programs write first, are not part of it.
 * Trust: attacker-chosen.
 */
export function givenText(text: string): string {
  return text.trim(); // takes U+FEFF for white space too
}
