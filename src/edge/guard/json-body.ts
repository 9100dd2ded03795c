import { Transform } from "node:stream";
import type { FastifyRequest } from "fastify";
import { HubError } from "../../errors.ts";
import type { LimitName, Limits } from "../../limits.ts";

/**
 * Parses a body. Keys such as `__proto__` stay plain keys of their object, so that one in a record is that record's
 * problem; of a key that comes twice the last one counts.
 * *Trust*: attacker-chosen bytes, of bounded length and, by `shapeCounter`, of bounded shape. *Throws* BAD_REQUEST.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new HubError("BAD_REQUEST");
  }
}

/** What a byte outside of a string says about the shape; most say nothing. */
const [opens, closes, separates, quotes] = [1, 2, 3, 4];
const meaning = new Uint8Array(256);
for (const sign of "[{") meaning[sign.charCodeAt(0)] = opens;
for (const sign of "]}") meaning[sign.charCodeAt(0)] = closes;
meaning[",".charCodeAt(0)] = separates;
const [quote, backslash] = ['"'.charCodeAt(0), "\\".charCodeAt(0)];
meaning[quote] = quotes;

/**
 * Counts levels and values of a body piece by piece, without building anything: eight megabytes of brackets are millions
 * of objects. *Throws*, at the piece that is too much: BAD_REQUEST.
 */
export function shapeCounter({ maxBodyDepth, maxBodyValues }: Limits): (piece: Buffer) => void {
  let level = 0;
  let values = 0;
  let isInString = false;
  let isEscaped = false;
  /** Where the string goes on to: behind its closing quote, or the piece's end. */
  const skipString = (piece: Buffer, start: number): number => {
    for (let at = start; at < piece.length; at++) {
      const byte = piece[at];
      if (isEscaped) isEscaped = false;
      else if (byte === backslash) isEscaped = true;
      else if (byte === quote) {
        isInString = false;
        return at + 1;
      }
    }
    return piece.length;
  };
  return (piece) => {
    let at = isInString ? skipString(piece, 0) : 0;
    while (at < piece.length) {
      const says = meaning[piece[at] ?? 0];
      at += 1;
      if (says === 0) continue;
      if (says === quotes) {
        isInString = true;
        at = skipString(piece, at);
      } else if (says === closes) level -= 1;
      else values += 1;
      if (says === opens) level += 1;
      if (level > maxBodyDepth) throw tooMuch("maxBodyDepth", maxBodyDepth);
      if (values > maxBodyValues) throw tooMuch("maxBodyValues", maxBodyValues);
    }
  };
}

function tooMuch(name: LimitName, limit: number): HubError {
  return new HubError("BAD_REQUEST", { name, limit });
}

/** For streams of records: the lines of a packed one would be taken for records that are none. *Throws* MEDIA_TYPE. */
export async function refuseEncodedBody({ headers }: FastifyRequest): Promise<void> {
  const contentEncoding = headers["content-encoding"];
  if (contentEncoding !== undefined && !/^identity$/i.test(contentEncoding))
    throw new HubError("MEDIA_TYPE", { expected: "no Content-Encoding" });
}

/** Requests whose body was counted while it came. */
const counted = new WeakSet<FastifyRequest>();

/** Counts the shape of a body that was there at once; one that was watched is counted already. *Throws* BAD_REQUEST. */
export function checkBodyShape(request: FastifyRequest, bytes: Buffer, limits: Limits): void {
  if (!counted.has(request)) shapeCounter(limits)(bytes);
}

/**
 * Lets a body through while it comes: breaks off at the first byte too many, when nothing comes any more, and when it
 * takes too long as a whole; keeps nothing from the first value too many on. A body that is there already is not touched.
 * *Throws*, in the stream: BODY_TOO_LARGE, BAD_REQUEST, REQUEST_TIMEOUT.
 */
export function watchBody(request: FastifyRequest, payload: NodeJS.ReadableStream, mostBytes: number, limits: Limits) {
  if (request.raw.complete) return payload;
  counted.add(request);
  const countShape = shapeCounter(limits);
  let read = 0;
  let refusal: HubError | undefined;
  const watched = new Transform({
    transform(piece: Buffer, _encoding, done) {
      idle.refresh();
      read += piece.length;
      if (read > mostBytes) return done(new HubError("BODY_TOO_LARGE", { limit: mostBytes }));
      // The rest of a refused body is let in and dropped: its sender is to see the answer, not a broken connection.
      refusal ??= refusalOf(() => countShape(piece));
      done(null, refusal ? undefined : piece);
    },
    flush: (done) => done(refusal),
  });
  const breakOff = () => watched.destroy(new HubError("REQUEST_TIMEOUT"));
  const idle = setTimeout(breakOff, limits.maxBodyIdleMs);
  const total = setTimeout(breakOff, limits.maxBodyMs);
  watched.once("close", () => {
    clearTimeout(idle);
    clearTimeout(total);
  });
  // Whoever hangs up ends the request, too: nobody may wait for the rest of its body.
  const giveUp = () => watched.destroy(new HubError("BAD_REQUEST"));
  payload.once("error", giveUp);
  request.raw.once("close", () => {
    if (!request.raw.complete) giveUp();
  });
  return payload.pipe(watched);
}

function refusalOf(check: () => void): HubError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
}
