import { Transform } from "node:stream";
import type { FastifyRequest } from "fastify";
import { HubError } from "../../errors.ts";
import type { LimitName, Limits } from "../../limits.ts";

/**
 * Parses a body. Keys such as `__proto__` stay plain keys of their object, so that one in a record is that record's
 * problem; of a key that comes twice the last one counts. *Trust*: attacker-chosen bytes, of bounded length.
 * *Throws* BAD_REQUEST.
 */
export function parseJsonBody(bytes: Buffer, limits: Limits): unknown {
  checkShape(bytes, limits);
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw new HubError("BAD_REQUEST");
  }
}

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace, comma] = [...'"\\[]{},'].map((sign) =>
  sign.charCodeAt(0),
);

/** Counts levels and values without building anything: eight megabytes of brackets are millions of objects. */
function checkShape(bytes: Buffer, { maxBodyDepth, maxBodyValues }: Limits): void {
  let level = 0;
  let values = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      at = endOfString(bytes, at);
    } else if (byte === openBracket || byte === openBrace) {
      level += 1;
      values += 1;
      if (level > maxBodyDepth) throw tooMuch("maxBodyDepth", maxBodyDepth);
    } else if (byte === closeBracket || byte === closeBrace) {
      level -= 1;
    } else if (byte === comma) {
      values += 1;
    }
    if (values > maxBodyValues) throw tooMuch("maxBodyValues", maxBodyValues);
  }
}

function tooMuch(name: LimitName, limit: number): HubError {
  return new HubError("BAD_REQUEST", { name, limit });
}

/** Where the string that begins at `start` ends: its closing quote, or the end of everything. */
function endOfString(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === backslash) at += 1;
    else if (bytes[at] === quote) return at;
  }
  return bytes.length;
}

/**
 * Lets a body through while it comes, and breaks off at the first byte too many, when nothing comes any more, and when
 * it takes too long as a whole. A body that is there already is not touched.
 * *Throws*, in the stream: BODY_TOO_LARGE, REQUEST_TIMEOUT.
 */
export function watchBody(request: FastifyRequest, payload: NodeJS.ReadableStream, mostBytes: number, limits: Limits) {
  if (request.raw.complete) return payload;
  let read = 0;
  const watched = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      idle.refresh();
      read += chunk.length;
      if (read > mostBytes) done(new HubError("BODY_TOO_LARGE", { limit: mostBytes }));
      else done(null, chunk);
    },
  });
  const breakOff = () => watched.destroy(new HubError("REQUEST_TIMEOUT"));
  const idle = setTimeout(breakOff, limits.maxBodyIdleMs);
  const total = setTimeout(breakOff, limits.maxBodyMs);
  watched.once("close", () => {
    clearTimeout(idle);
    clearTimeout(total);
  });
  payload.once("error", () => watched.destroy());
  request.raw.once("close", () => {
    if (!request.raw.complete) watched.destroy();
  });
  return payload.pipe(watched);
}
