import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { lineOf } from "../hub/command.ts";

/** The connection broke, or the hub asked to come back: worth another attempt. `afterMs` is the hub's own word on when. */
export class Interrupted extends Error {
  readonly afterMs: number | undefined;

  constructor(message: string, afterMs?: number) {
    super(message);
    this.afterMs = afterMs;
  }
}

/** What is sent to the hub. */
export type Sending = Readonly<{ method: "GET" | "POST"; url: string; headers: Readonly<Record<string, string>> }>;

/** An answer that is short. */
export type ShortAnswer = Readonly<{ status: number; json: unknown }>;

/** *Units*: milliseconds, bytes. */
export const lineLimits = {
  /** Without a byte either way. A hub that is busy still says so within its own ten seconds. */
  idleMs: 60_000,
  maxAnswerBytes: 256 * 1024,
  /** Of one result: a record has at most twenty problems. */
  maxLineCharacters: 256 * 1024,
} as const;

/** Asks for something short. *Throws* Interrupted. */
export async function askHub(sending: Sending, body = ""): Promise<ShortAnswer> {
  const request = open(sending);
  request.end(body);
  const response = await answerOf(request);
  return { status: response.statusCode ?? 0, json: await readShort(response) };
}

/**
 * Sends lines as one body and yields the objects the hub answers with, line by line, while it is still sending. Nothing is
 * sent faster than the hub takes it, nor read faster than the results are taken. What the lines' own source throws is
 * thrown here. *Throws* Interrupted; Error when the hub refuses.
 */
export async function* streamToHub(sending: Sending, lines: AsyncIterable<string>): AsyncGenerator<unknown> {
  const request = open({ ...sending, headers: { ...sending.headers, "content-type": "application/x-ndjson" } });
  let fault: unknown;
  const watched = async function* () {
    try {
      yield* inPieces(lines);
    } catch (error) {
      fault = error;
      throw error;
    }
  };
  const answer = answerOf(request);
  // A hub that refuses does so before it has read everything: then its answer counts, not the broken sending.
  const sending_ = pipeline(Readable.from(watched(), { objectMode: false, highWaterMark: pieceCharacters }), request);
  sending_.catch(() => undefined);
  try {
    const response = await answer;
    if (response.statusCode !== 200) throw refusalOf(response, await readShort(response));
    yield* objectsOf(response);
  } catch (error) {
    throw fault ?? error;
  } finally {
    request.destroy();
  }
}

/** What a refusal says; Interrupted when it is one that passes. *Shape*: `error`, or GraphQL's `errors`. */
export function errorOf(json: unknown, afterMs?: number): Error {
  const { error, errors } = membersOf(json);
  const [first] = Array.isArray(errors) ? errors : [error];
  const { code = membersOf(membersOf(first)["extensions"])["code"], message } = membersOf(first);
  const name = typeof code === "string" ? code : "the hub refuses";
  const text = `${name}: ${typeof message === "string" ? lineOf(new Error(message)) : "it does not say why"}`;
  return passing.includes(name) ? new Interrupted(text, afterMs) : new Error(text);
}

/** Refusals that end by themselves. */
const passing: readonly string[] = ["BUSY", "DEADLINE_PASSED", "RATE_LIMITED", "REQUEST_TIMEOUT", "STORAGE_FULL"];
const passingStatus: readonly number[] = [408, 429, 502, 503, 504];

const pieceCharacters = 64 * 1024;
const maxRetryAfterMs = 10 * 60_000;

function open({ method, url, headers }: Sending) {
  const send = url.startsWith("https:") ? httpsRequest : httpRequest;
  const request = send(url, { method, headers: { accept: "application/json, application/x-ndjson", ...headers } });
  request.setTimeout(lineLimits.idleMs, () => request.destroy(new Interrupted("the hub does not answer any more")));
  return request;
}

function answerOf(request: ReturnType<typeof open>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", (error) => reject(interruption(error)));
    // Nobody is told of a request that is destroyed without an error.
    request.once("close", () => reject(new Interrupted("the hub hung up")));
  });
}

function interruption(error: unknown): Interrupted {
  return error instanceof Interrupted ? error : new Interrupted(`the hub can not be reached: ${lineOf(error)}`);
}

async function readShort(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      bytes += chunk.length;
      if (bytes > lineLimits.maxAnswerBytes) throw new Error("the hub's answer is too long: is it a hub?");
      chunks.push(chunk);
    }
  } catch (error) {
    throw bytes > lineLimits.maxAnswerBytes ? error : interruption(error);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

function refusalOf({ statusCode = 0, headers }: IncomingMessage, json: unknown): Error {
  const seconds = Number(headers["retry-after"] ?? Number.NaN);
  const afterMs = seconds >= 0 ? Math.min(seconds * 1000, maxRetryAfterMs) : undefined;
  if (json === undefined) {
    const text = `the hub answered with status ${statusCode}`;
    return passingStatus.includes(statusCode) ? new Interrupted(text, afterMs) : new Error(`${text}: is it a hub?`);
  }
  const error = errorOf(json, afterMs);
  return passingStatus.includes(statusCode) ? new Interrupted(error.message, afterMs) : error;
}

async function* objectsOf(response: IncomingMessage): AsyncGenerator<unknown> {
  let start = "";
  try {
    for await (const piece of response.setEncoding("utf8")) {
      const parts = `${start}${piece}`.split("\n");
      start = parts.pop() ?? "";
      if (start.length > lineLimits.maxLineCharacters) throw new SyntaxError();
      for (const part of parts) if (part.trim() !== "") yield JSON.parse(part);
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error("the hub's answer can not be read: is it a hub?");
    throw error instanceof Interrupted ? error : new Interrupted("the connection to the hub broke");
  }
  // What follows the last line end is a line that broke off.
}

/** Many lines are sent as one piece: a write to the network each would be most of the work. */
async function* inPieces(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = "";
  for await (const line of lines) {
    piece += `${line}\n`;
    if (piece.length < pieceCharacters) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

/** Members of an object, none of anything else. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
