import { HubError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import { type Line, type LineSource, lineLimits } from "../../use-cases/licenses/ingest-licenses.ts";

/** How long more lines are waited for when some are there. *Units*: milliseconds. */
const flushMs = 200;

/** How much is kept of lines that nobody has taken yet. *Units*: bytes. */
const maxHeldBytes = 4 * 2 ** 20;

const [lineFeed, byteOrderMark] = [10, Buffer.from("\ufeff")];

/**
 * Reads a body line by line, only as fast as lines are taken: what is not taken waits at its sender. A line is ended by
 * LF or CRLF, the last one by the body's end. *Trust*: attacker-chosen bytes, endless.
 */
export function readLines(body: AsyncIterable<Buffer>, { maxStreamIdleMs }: Limits): LineSource {
  const pieces = body[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<Buffer>> | undefined;
  let lines: Line[] = [];
  let held = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let isTooLong = false;
  let isFirst = true;
  let isEnded = false;

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
    });
    const came = await Promise.race([next, clock]).finally(() => clearTimeout(timer));
    if (came === late) return false;
    next = undefined;
    if (!came.done) addPiece(came.value);
    else if (!isEnded) {
      isEnded = true;
      if (begunBytes > 0) endLine();
    }
    return true;
  };

  return {
    take: async (most, exactly) => {
      while (lines.length < most && !isEnded) {
        if (exactly ? held > maxHeldBytes * 2 : held > maxHeldBytes) break;
        const mayFlush = lines.length > 0 && !exactly;
        if (await readPiece(mayFlush ? flushMs : maxStreamIdleMs)) continue;
        if (mayFlush) break;
        throw new HubError("REQUEST_TIMEOUT");
      }
      const taken = lines.slice(0, most);
      lines = lines.slice(most);
      held = lines.reduce((bytes, line) => bytes + line.length, 0);
      return taken;
    },
  };
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 32 || byte === 9 || byte === 13);
}
