import type { FastifyRequest } from "fastify";
import { HubError } from "../../errors.ts";

/** Bounds of a body that is read while it comes. */
export type LineLimits = Readonly<{
  maxLineBytes: number;
  /** Between two pieces of it. *Units*: milliseconds. */
  maxIdleMs: number;
  /** Sees how many bytes have come since it was asked last; waits, or throws, when that is too much. */
  onBytes: (count: number) => Promise<void>;
}>;

const newline = 0x0a;

/**
 * The lines of a body, one by one while they come; empty ones are passed over. No more than one piece and one line is in
 * memory, and nobody is read faster than its lines are used.
 * *Trust*: attacker-chosen bytes; a line that is no UTF-8 holds replacement characters.
 * *Throws* INPUT_INVALID (a line too long, named by its number), REQUEST_TIMEOUT, BAD_REQUEST (the sender has gone).
 */
export async function* bodyLines(
  request: FastifyRequest,
  body: AsyncIterable<Buffer>,
  { maxLineBytes, maxIdleMs, onBytes }: LineLimits,
): AsyncGenerator<{ number: number; text: string }> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  for await (const piece of withinIdle(request, body, maxIdleMs)) {
    await onBytes(piece.length);
    let start = 0;
    for (;;) {
      const end = piece.indexOf(newline, start);
      if (end === -1) break;
      number += 1;
      const line =
        start === 0 && rest.length > 0 ? Buffer.concat([rest, piece.subarray(0, end)]) : piece.subarray(start, end);
      if (start === 0) rest = Buffer.alloc(0);
      start = end + 1;
      const text = textOf(line, number, maxLineBytes);
      if (text !== "") yield { number, text };
    }
    const open = piece.subarray(start);
    if (rest.length + open.length > maxLineBytes + 1) throw tooLong(number + 1, maxLineBytes);
    // Copied: a piece may be a small part of a large buffer.
    rest = Buffer.concat([rest, open]);
  }
  const text = textOf(rest, number + 1, maxLineBytes);
  if (text !== "") yield { number: number + 1, text };
}

/** Pieces as they come; one that is waited for too long ends the body. */
async function* withinIdle(
  { raw }: FastifyRequest,
  body: AsyncIterable<Buffer>,
  maxIdleMs: number,
): AsyncGenerator<Buffer> {
  const pieces = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { promise, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(new HubError("REQUEST_TIMEOUT")), maxIdleMs);
      const next = await Promise.race([pieces.next(), promise]).finally(() => clearTimeout(timer));
      if (next.done) return;
      // Only the wait for the sender counts, not the time its lines take here.
      yield next.value;
    }
  } catch (error) {
    // A sender that hangs up is told nothing any more, and is no fault of ours.
    throw error instanceof HubError || !raw.destroyed ? error : new HubError("BAD_REQUEST", {}, { cause: error });
  }
}

function textOf(line: Buffer, number: number, maxLineBytes: number): string {
  const text = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  if (text.length > maxLineBytes) throw tooLong(number, maxLineBytes);
  return text.toString("utf8").trim();
}

function tooLong(number: number, limit: number): HubError {
  return new HubError("INPUT_INVALID", { argument: `line ${number}`, limit });
}
