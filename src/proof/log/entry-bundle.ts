/** Longest entry. Units: bytes. Source: C2SP tlog-tiles, "Log entries". */
const maxEntryBytes = 65_535;

/**
 * Entries one behind another, each with its length before it: two bytes, big-endian.
 * Source: C2SP tlog-tiles, "Log entries".
 */
export function packEntries(entries: readonly Uint8Array[]): Uint8Array {
  const packed = new Uint8Array(entries.reduce((sum, { length }) => sum + 2 + length, 0));
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const entry of entries) {
    if (entry.length > maxEntryBytes) throw new RangeError("An entry of the log has at most 65,535 bytes.");
    view.setUint16(at, entry.length);
    packed.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return packed;
}

/**
 * Takes such a bundle apart, without copying.
 * Undefined: it does not hold exactly so many entries. Trust: attacker-chosen.
 */
export function unpackEntries(packed: Uint8Array, count: number): readonly Uint8Array[] | undefined {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < packed.length) {
    if (at + 2 > packed.length || entries.length === count) return undefined;
    const end = at + 2 + view.getUint16(at);
    if (end > packed.length) return undefined;
    entries.push(packed.subarray(at + 2, end));
    at = end;
  }
  return entries.length === count ? entries : undefined;
}

/**
 * The first so many entries of a bundle, as a bundle of that width has them; without copying.
 * Undefined: it holds fewer. Trust: our own.
 */
export function firstEntries(packed: Uint8Array, count: number): Uint8Array | undefined {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let at = 0;
  for (let entry = 0; entry < count; entry += 1) {
    if (at + 2 > packed.length) return undefined;
    at += 2 + view.getUint16(at);
  }
  return at <= packed.length ? packed.subarray(0, at) : undefined;
}
