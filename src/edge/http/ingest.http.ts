import { Readable } from "node:stream";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { type ProblemCode, problemTable } from "../../domain/licenses/problem.ts";
import { errorTable, HubError } from "../../errors.ts";
import type { Hub } from "../../hub.ts";
import type { Limits } from "../../limits.ts";
import type { StoredResult } from "../../store/tables/license-tables.ts";
import type { IngestPart } from "../../use-cases/licenses/ingest-licenses.ts";
import type { ChargedCaller } from "../guard/charged-caller.ts";
import { refuseEncodedBody } from "../guard/json-body.ts";
import { withLeanHeap } from "../guard/lean-heap.ts";
import { type LineReader, readLines } from "../guard/line-reader.ts";

/** However long the stream, under 350 MiB; with 20 it takes a fifth more processor time. *Units*: percent. */
const heapGrowth = 100;

/**
 * How long the rest of a stream is read and thrown away after its answer. A connection that is closed while its sender is
 * still sending is reset, and the answer with it. *Source*: RFC 9112 §9.6. *Units*: milliseconds.
 */
const lingerMs = 2_000;

/** What collecting a stream needs. */
export type IngestParts = Readonly<{
  hub: Pick<Hub, "ingestLicenses" | "chargeStream">;
  callerOf: ChargedCaller;
  limits: Limits;
  toHubError: (error: unknown) => HubError;
}>;

/**
 * `POST /ingest?batchId=ID`: records as NDJSON in, a line for each out as it is decided, and a last line that counts
 * them. Query: `batchId`; `dryRun=true` stores nothing; `results=problems` leaves out what was taken without a word.
 * Until the first record is decided a refusal is an HTTP error; after that it is the last line, and the connection ends.
 */
export function ingestRoutes({ hub, callerOf, limits, toHubError }: IngestParts): FastifyPluginAsync {
  const open = new Map<LineReader, string>();
  const readers = new WeakMap<FastifyRequest, LineReader>();

  const respond = async (request: FastifyRequest, reply: FastifyReply) => {
    const { batchId, isDryRun, onlyProblems } = readQuery(request.query);
    const caller = request.caller ?? { kind: "STRANGER" };
    if (!(request.body instanceof Readable)) throw new HubError("INPUT_INVALID", { argument: "records" });
    const client = caller.kind === "STRANGER" ? "" : caller.clientId;
    if ([...open.values()].filter((sender) => sender === client).length >= limits.maxStreams)
      throw new HubError("RATE_LIMITED", { limit: limits.maxStreams, retryAfterSeconds: 5 });
    const lineReader = readLines(request.body, limits, (bytes) => hub.chargeStream(caller, bytes));
    open.set(lineReader, client);
    readers.set(request, lineReader);
    reply.raw.once("close", () => open.delete(lineReader));
    const parts = hub.ingestLicenses(caller, { batchId, isDryRun }, lineReader);
    const first = await parts.next();
    const lines = answerLines({ batchId, onlyProblems, first, parts, toHubError });
    return reply
      .type("application/x-ndjson")
      .header("cache-control", "no-store")
      .header("x-accel-buffering", "no")
      .send(Readable.from(withLeanHeap(lines, heapGrowth), { objectMode: false, highWaterMark: 64 * 1024 }));
  };
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addHook("onRequest", refuseEncodedBody);
    app.addContentTypeParser(/^application\/(x-)?ndjson\s*(;|$)/i, (_request, payload, done) => done(null, payload));
    // A hub that stops ends its streams after the part under way; their senders go on elsewhere.
    app.addHook("preClose", async () => {
      for (const lineReader of open.keys()) lineReader.stop();
    });
    app.addHook("onResponse", async (request) => {
      const { raw } = request;
      if (raw.complete !== false) return;
      // A rest without end is not waited for.
      const timer = setTimeout(() => raw.socket.destroy(), lingerMs);
      raw.once("close", () => clearTimeout(timer));
      const lineReader = readers.get(request);
      if (lineReader) lineReader.drain().catch(() => raw.socket.destroy());
      else raw.resume();
    });
    app.route({
      method: "POST",
      url: "/ingest",
      bodyLimit: Number.MAX_SAFE_INTEGER,
      config: { isStream: true, lingers: true },
      onRequest: async (request) => {
        await callerOf(request);
      },
      handler: respond,
    });
  };
}

type Answer = Readonly<{
  batchId: string;
  onlyProblems: boolean;
  first: IteratorResult<IngestPart>;
  parts: AsyncGenerator<IngestPart>;
  toHubError: (error: unknown) => HubError;
}>;

async function* answerLines({ batchId, onlyProblems, first, parts, toHubError }: Answer): AsyncGenerator<string> {
  let decided = 0;
  try {
    for (let part = first; !part.done; part = await parts.next()) {
      const { value } = part;
      if ("total" in value) yield lineOf({ batchId, ...value.total, complete: true });
      else {
        decided += value.results.length;
        const shown = onlyProblems ? value.results.filter(isWorthALine) : value.results;
        // Also when none is shown: whoever waits sees that it goes on.
        yield shown.map((result) => lineOf(resultLine(result))).join("") || "\n";
      }
    }
  } catch (thrown) {
    const { code, message, details } = toHubError(thrown);
    yield lineOf({ error: { code, message, messageZh: errorTable[code].message.zh, details }, decided });
  } finally {
    await parts.return(undefined);
  }
}

function isWorthALine({ outcome, problems }: StoredResult): boolean {
  return outcome === "REJECTED" || problems.length > 0;
}

function resultLine({ index, sourceRecordId, outcome, identifier, problems }: StoredResult): object {
  return { index, sourceRecordId, outcome, identifier, problems: problems.map(explained) };
}

function explained({ code, path }: StoredResult["problems"][number]): object {
  const { severity, message } = problemTable[code as ProblemCode] ?? problemTable.ATTRIBUTE_INVALID;
  return { code, path, severity, message: message.en, messageZh: message.zh };
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function readQuery(query: unknown): { batchId: string; isDryRun: boolean; onlyProblems: boolean } {
  const given: Readonly<Record<string, unknown>> = typeof query === "object" ? { ...query } : {};
  const { batchId, dryRun = "false", results = "all", ...others } = given;
  const wrong = (argument: string) => new HubError("INPUT_INVALID", { argument });
  if (typeof batchId !== "string") throw wrong("batchId");
  if (dryRun !== "true" && dryRun !== "false") throw wrong("dryRun");
  if (results !== "all" && results !== "problems") throw wrong("results");
  if (Object.keys(others).length > 0) throw wrong("query");
  return { batchId, isDryRun: dryRun === "true", onlyProblems: results === "problems" };
}
