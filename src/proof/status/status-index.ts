import { hkdfSync } from "node:crypto";

/** Entries of one status list: 2 to the power of this. */
export const statusIndexBits = 20;

/**
 * The place of the sequence-th license in its status list: a permutation that nobody without the list's key can tell
 * from chance, so neighbors in a list say nothing about who was licensed together, and no two ever collide.
 * Shape: both numbers lie in 0 to 2^bits − 1; bits are even, 2 to 22.
 * Throws: RangeError when the sequence lies outside (the list is full: open another one) or the key is too short.
 * Trust: the key is secret and one list's own, at least 16 bytes; what it computes is kept with the array itself, so
 * hand in the same array for a whole batch, and never change its bytes.
 * Source: a balanced Feistel network of 10 rounds, as in NIST SP 800-38G (FF1); its round functions are HKDF with
 * HMAC-SHA256 (RFC 5869). Token Status List, "Unlinkability": indices must not be guessable.
 */
export function statusIndexOf(sequence: number, listKey: Uint8Array, bits: number = statusIndexBits): number {
  if (!(bits % 2 === 0 && bits >= 2 && bits <= 22)) throw new RangeError("The bits are even, 2 to 22.");
  if (listKey.length < 16) throw new RangeError("The key of a list has at least 16 bytes.");
  if (!(Number.isInteger(sequence) && sequence >= 0 && sequence < 2 ** bits)) throw new RangeError("The list is full.");
  const halfBits = bits / 2;
  const mask = 2 ** halfBits - 1;
  let left = sequence >>> halfBits;
  let right = sequence & mask;
  for (const round of roundsOf(listKey, halfBits)) {
    const next = left ^ (round.getUint16(right * 2) & mask);
    left = right;
    right = next;
  }
  return (left << halfBits) | right;
}

type Rounds = readonly DataView[];

const roundCount = 10;
const known = new WeakMap<Uint8Array, Map<number, Rounds>>();

/** One HMAC costs as much as a signature's third, so the round functions are tabled once a key: 20 KiB, about 1 ms. */
function roundsOf(listKey: Uint8Array, halfBits: number): Rounds {
  const byBits = known.get(listKey) ?? new Map<number, Rounds>();
  known.set(listKey, byBits);
  const rounds = byBits.get(halfBits) ?? makeRounds(listKey, halfBits);
  byBits.set(halfBits, rounds);
  return rounds;
}

/** Entry n of a round's table is a random 16-bit number for the half-block n. */
function makeRounds(listKey: Uint8Array, halfBits: number): Rounds {
  return Array.from({ length: roundCount }, (_, round) => {
    const info = `zhengzhao status index, half of ${halfBits} bits, round ${round}`;
    return new DataView(hkdfSync("sha256", listKey, new Uint8Array(0), info, 2 * 2 ** halfBits));
  });
}
