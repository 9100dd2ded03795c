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

/** What a byte outside of a string says about the shape; most say nothing. */
const [opens, closes, separates, quotes] = [1, 2, 3, 4];
const meaning = new Uint8Array(256);
for (const sign of "[{") meaning[sign.charCodeAt(0)] = opens;
for (const sign of "]}") meaning[sign.charCodeAt(0)] = closes;
meaning[",".charCodeAt(0)] = separates;
const [quote, backslash] = ['"'.charCodeAt(0), "\\".charCodeAt(0)];
meaning[quote] = quotes;

/** Counts levels and values without building anything: eight megabytes of brackets are millions of objects. */
function checkShape(bytes: Buffer, { maxBodyDepth, maxBodyValues }: Limits): void {
  let level = 0;
  let values = 0;
  for (let at = 0; at < bytes.length; at++) {
    const says = meaning[bytes[at] ?? 0];
    if (says === 0) continue;
    if (says === quotes) at = endOfString(bytes, at);
    else if (says === closes) level -= 1;
    else values += 1;
    if (says === opens) level += 1;
    if (level > maxBodyDepth) throw tooMuch("maxBodyDepth", maxBodyDepth);
    if (values > maxBodyValues) throw tooMuch("maxBodyValues", maxBodyValues);
  }
}

/** Where the string that begins at `start` ends: its closing quote, or the end of everything. */
function endOfString(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) return at;
    if (byte === backslash) at += 1;
  }
  return bytes.length;
}

function tooMuch(name: LimitName, limit: number): HubError {
  return new HubError("BAD_REQUEST", { name, limit });
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
  // Whoever hangs up ends the request, too: nobody may wait for the rest of its body.
  const giveUp = () => watched.destroy(new HubError("BAD_REQUEST"));
  payload.once("error", giveUp);
  request.raw.once("close", () => {
    if (!request.raw.complete) giveUp();
  });
  return payload.pipe(watched);
}
