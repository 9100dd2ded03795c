import type { StoredState } from "../../domain/licenses/license.ts";

/**
 * What an entry of a status list says.
 * Source: Token Status List §7.1 (0 VALID, 1 INVALID, 2 SUSPENDED); 3 is left to applications: here, SUPERSEDED.
 */
export const statusValues = { VALID: 0, INVALID: 1, SUSPENDED: 2, SUPERSEDED: 3 } as const;

/** Bits of an entry in the lists of the hub: four values. */
export const statusBits = 2;

/**
 * The entry of a license in a state. Whatever is neither valid, suspended nor followed by a newer version is INVALID:
 * a list tells strangers whether to rely on a license, not why not. INVALID is not always for ever: a transfer can be
 * taken back. EXPIRED is no state: the license itself says until when it is valid.
 */
export function statusValueOf(state: StoredState): number {
  if (state === "VALID" || state === "SUSPENDED" || state === "SUPERSEDED") return statusValues[state];
  return statusValues.INVALID;
}
