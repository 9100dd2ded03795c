import { HubError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import { type Line, type LineSource, lineLimits } from "../../use-cases/licenses/ingest-licenses.ts";

/** How long more lines are waited for when some are there. *Units*: milliseconds. */
const flushMs = 200;

/** How much is kept of lines that nobody has taken yet. *Units*: bytes. */
const maxHeldBytes = 2 ** 20;

/** How much is read between two payments. *Units*: bytes. */
const bytesPerPayment = 2 ** 20;

/** A source of lines that can be told to stop. `drain`: stops, and throws away what still comes until the body ends. */
export type LineReader = LineSource & Readonly<{ stop: () => void; drain: () => Promise<void> }>;

const [lineFeed, byteOrderMark] = [10, Buffer.from("\ufeff")];

/**
 * Reads a body line by line, only as fast as lines are taken: what is not taken waits at its sender. A line is ended by
 * LF or CRLF, the last one by the body's end. *Trust*: attacker-chosen bytes, endless.
 * @param pay takes what reading so many bytes costs; may take its time
 * *Throws*, in `take`: REQUEST_TIMEOUT; BUSY after `stop`; BATCH_CHANGED for a part that has grown.
 */
export function readLines(
  body: AsyncIterable<Buffer>,
  { maxStreamIdleMs }: Limits,
  pay: (bytes: number) => Promise<void>,
): LineReader {
  const pieces = body[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<Buffer>> | undefined;
  const lines: Line[] = [];
  let held = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let isTooLong = false;
  let isFirst = true;
  let isEnded = false;
  let unpaid = 0;
  let isStopped = false;
  let wake = () => {};

  const endLine = (): void => {
    let line: Line = isTooLong ? "TOO_LARGE" : begun.length === 1 && begun[0] ? begun[0] : Buffer.concat(begun);
    begun = [];
    begunBytes = 0;
    isTooLong = false;
    if (isFirst && line !== "TOO_LARGE" && byteOrderMark.equals(line.subarray(0, 3))) line = line.subarray(3);
    isFirst = false;
    if (line !== "TOO_LARGE" && line.at(-1) === 13) line = line.subarray(0, -1);
    if (line !== "TOO_LARGE" && isBlank(line)) return;
    lines.push(line);
    held += line.length;
  };

  const addPart = (part: Buffer): void => {
    begunBytes += part.length;
    isTooLong ||= begunBytes > lineLimits.maxBytes;
    if (isTooLong) begun = [];
    else if (part.length > 0) begun.push(part);
  };

  const addPiece = (piece: Buffer): void => {
    let start = 0;
    for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, start)) {
      addPart(piece.subarray(start, end));
      endLine();
      start = end + 1;
    }
    addPart(piece.subarray(start));
  };

  /** Whether a piece came within the time; the one that is late is still waited for the next time. */
  const readPiece = async (ms: number): Promise<boolean> => {
    next ??= pieces.next();
    const late = Symbol();
    let timer: NodeJS.Timeout | undefined;
    const clock = new Promise<typeof late>((resolve) => {
      timer = setTimeout(resolve, ms, late);
      wake = () => resolve(late);
    });
    const came = await Promise.race([next, clock]).finally(() => clearTimeout(timer));
    if (came === late) return false;
    next = undefined;
    if (!came.done) {
      addPiece(came.value);
      unpaid += came.value.length;
      if (unpaid >= bytesPerPayment) {
        await pay(unpaid);
        unpaid = 0;
      }
    } else if (!isEnded) {
      isEnded = true;
      if (begunBytes > 0) endLine();
    }
    return true;
  };

  const stop = (): void => {
    isStopped = true;
    wake();
  };

  return {
    take: async (most, exactly) => {
      while (lines.length < most && !isEnded) {
        if (isStopped) throw new HubError("BUSY");
        if (!exactly && held > maxHeldBytes) break;
        // A part that is sent again was no longer than this when it came first.
        if (held > maxHeldBytes * 2) throw new HubError("BATCH_CHANGED");
        const mayFlush = lines.length > 0 && !exactly;
        if (await readPiece(mayFlush ? flushMs : maxStreamIdleMs)) continue;
        if (mayFlush || isStopped) break;
        throw new HubError("REQUEST_TIMEOUT");
      }
      if (isStopped && lines.length === 0 && !isEnded) throw new HubError("BUSY");
      const taken = lines.splice(0, most);
      for (const line of taken) held -= line.length;
      return taken;
    },
    stop,
    drain: async () => {
      stop();
      for (let piece = await (next ?? pieces.next()); !piece.done; ) piece = await pieces.next();
    },
  };
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 32 || byte === 9 || byte === 13);
}
