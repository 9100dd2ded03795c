import type { KeyPurpose, Keyring, VerifyingKey } from "./keyring.ts";

/**
 * Remembers the last few that opened well, each known again by every character, for as long as the keys of that purpose stay
 * as they are: a keyring may change while it is used. What is asked for at the same moment is opened once. What did not open is
 * forgotten at once, so nobody can push good ones out with rubbish.
 */
export function openedOnce<T extends object>(keyring: Keyring, purpose: KeyPurpose, most: number) {
  const good = new Map<string, Promise<T>>();
  const opening = new Map<string, Promise<T>>();
  let keys = keyring.ofPurpose(purpose);
  return (text: string, open: () => Promise<T>): Promise<T> => {
    const present = keyring.ofPurpose(purpose);
    if (!isSameKeys(present, keys)) {
      good.clear();
      opening.clear();
      keys = present;
    }
    const known = good.get(text);
    if (known !== undefined) {
      // Long texts are compared at each look: one that is alone need not become the newest.
      if (good.size > 1) {
        good.delete(text);
        good.set(text, known);
      }
      return known;
    }
    const begun = opening.get(text);
    if (begun !== undefined) return begun;
    const mine = open();
    opening.set(text, mine);
    const end = (isGood: boolean) => {
      if (opening.get(text) !== mine) return; // the keys have changed meanwhile
      opening.delete(text);
      if (isGood) good.set(text, mine);
      const [oldest] = good.keys();
      if (good.size > most && oldest !== undefined) good.delete(oldest);
    };
    mine.then(
      (opened) => end(!("code" in opened)),
      () => end(false),
    );
    return mine;
  };
}

/** Whether nothing has changed between two looks at a keyring: one that changes has its keys made anew. */
export function isSameKeys(one: readonly VerifyingKey[], other: readonly VerifyingKey[]): boolean {
  return one.length === other.length && one.every((key, at) => key === other[at]);
}
