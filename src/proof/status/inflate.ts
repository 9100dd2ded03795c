import { joined } from "../bytes/joined.ts";

/** Why bytes could not be unpacked. */
export type InflateFault = "DAMAGED" | "TOO_LARGE";

/**
 * Unpacks zlib data and stops after the most bytes allowed, so that a small text can never fill the memory. Runs in
 * browsers as in Node. What is cut off, changed (Adler-32) or followed by more is DAMAGED.
 * Trust: the bytes are attacker-chosen.
 * Source: RFC 1950; RFC 1951; Compression Streams §5.
 */
export async function inflate(packed: Uint8Array, maxBytes: number): Promise<Uint8Array | { fault: InflateFault }> {
  const { readable, writable } = new DecompressionStream("deflate");
  const writer = writable.getWriter();
  // What fails here fails the reader, too.
  const written = [writer.write(Uint8Array.from(packed)), writer.close()].map((done) => done.catch(() => undefined));
  const reader: ReadableStreamDefaultReader<Uint8Array> = readable.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > maxBytes) {
        await reader.cancel().catch(() => undefined);
        return { fault: "TOO_LARGE" };
      }
      parts.push(value);
    }
  } catch {
    return { fault: "DAMAGED" };
  } finally {
    await Promise.all(written);
  }
  return joined(...parts);
}
