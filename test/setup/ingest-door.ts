import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { checkForm, type RawRecord } from "../../src/domain/licenses/license-record.ts";
import { type Problem, problemTable } from "../../src/domain/licenses/problem.ts";

/** What a door does otherwise than well, a request at a time; the last one goes on for ever. */
export type Mood = Readonly<{
  /** Refuses before the first result. */
  refuse?: Readonly<{ status: number; code: string; retryAfter?: string }>;
  /** After so many results of this request: hangs up, ends its answer as if it were whole, or says that it is busy. */
  stop?: Readonly<{ after: number; how: "HANG_UP" | "END" | "BUSY" | "FORBIDDEN" }>;
  /** Between two answers to a chunk. *Units*: milliseconds. */
  delayMs?: number;
}>;

/** What reached the door in one request. */
export type Asked = { headers: IncomingHttpHeaders; batchId: string; dryRun: boolean; lines: number };

/** A hub's door for files, listening. */
export type IngestDoor = Readonly<{
  url: string;
  asked: readonly Asked[];
  /** Every record decided and stored, in order, by batch. */
  stored: ReadonlyMap<string, readonly RawRecord[]>;
  close: () => Promise<void>;
}>;

/** How a request is let in: a refusal's code, or nothing. */
type Admit = (request: IncomingMessage) => Promise<string | undefined>;

/** Options of a door. `forward`: a hub that answers everything else, such as the token endpoint. */
export type DoorOptions = Readonly<{ moods?: readonly Mood[]; admit?: Admit; forward?: string }>;

type Batch = { texts: string[]; answers: object[]; records: RawRecord[] };

/** Records decided together: their results are written when all of them have come. */
const chunkRecords = 100;

/**
 * Opens a door that keeps to the contract of `POST /ingest` and decides by the form of a record alone. It remembers what
 * it has decided, answers while it still reads, and reads no faster than it is read.
 */
export async function openIngestDoor({ moods = [], admit, forward }: DoorOptions = {}): Promise<IngestDoor> {
  const asked: Asked[] = [];
  const batches = new Map<string, Batch>();
  const server = createServer((request, response) => {
    // Whoever hangs up is no fault of the door.
    request.on("error", () => undefined);
    const url = new URL(request.url ?? "", "http://door");
    const work =
      url.pathname === "/ingest"
        ? ingest(request, response, url)
        : forward === undefined
          ? refuse(response, { status: 404, code: "NOT_FOUND" })
          : pass(request, response, forward);
    work.catch(() => response.destroy());
  });

  const ingest = async (request: IncomingMessage, response: ServerResponse, url: URL) => {
    const mood = moods[Math.min(asked.length, moods.length - 1)] ?? {};
    const [batchId, dryRun] = [url.searchParams.get("batchId") ?? "", url.searchParams.get("dryRun") === "true"];
    const entry: Asked = { headers: request.headers, batchId, dryRun, lines: 0 };
    asked.push(entry);
    const refusal = await admit?.(request);
    if (refusal !== undefined) return refuse(response, { status: 401, code: refusal });
    if (mood.refuse) return refuse(response, mood.refuse);
    const kept = batches.get(batchId);
    const batch: Batch = dryRun || !kept ? { texts: [], answers: [], records: [] } : kept;
    if (!dryRun) batches.set(batchId, batch);
    await answer({ request, response, batch, mood, entry, dryRun });
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    asked,
    get stored() {
      return new Map([...batches].map(([id, { records }]) => [id, records]));
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
}

type Work = Readonly<{
  request: IncomingMessage;
  response: ServerResponse;
  batch: Batch;
  mood: Mood;
  entry: Asked;
  dryRun: boolean;
}>;

async function answer({ request, response, batch, mood, entry }: Work): Promise<void> {
  let written = 0;
  let chunk: string[] = [];
  const flush = async () => {
    if (mood.delayMs) await wait(mood.delayMs);
    for (const text of chunk) {
      if (mood.stop && written === mood.stop.after) return true;
      const result = decide(batch, written, text);
      if (!response.headersSent) response.writeHead(200, { "content-type": "application/x-ndjson" });
      if (!response.write(`${JSON.stringify(result)}\n`)) await once(response, "drain");
      written += 1;
    }
    chunk = [];
    return mood.stop?.after === written;
  };
  for await (const text of linesOf(request)) {
    if (text.trim() === "") continue;
    entry.lines += 1;
    chunk.push(text);
    if (chunk.length === chunkRecords && (await flush())) return stop(response, mood, written);
  }
  if (await flush()) return stop(response, mood, written);
  const count = (outcome: string) => batch.answers.filter((one) => "outcome" in one && one.outcome === outcome).length;
  const counts = { accepted: count("ACCEPTED"), unchanged: 0, rejected: count("REJECTED"), pending: count("PENDING") };
  response.end(`${JSON.stringify({ batchId: entry.batchId, records: written, ...counts, complete: true })}\n`);
}

/** Whoever stops in the middle still has to answer: the request is not destroyed. */
async function* linesOf(request: IncomingMessage): AsyncGenerator<string> {
  let start = "";
  for await (const piece of request.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    const parts = `${start}${piece}`.split("\n");
    start = parts.pop() ?? "";
    yield* parts;
  }
  yield start;
}

function decide(batch: Batch, index: number, text: string): object {
  const before = batch.answers[index];
  if (before) {
    if (batch.texts[index] !== text) throw new Error("another record under the same batch");
    return before;
  }
  const record = JSON.parse(text) as RawRecord;
  const { problems } = checkForm(record, new Date());
  const isRefused = problems.some(({ code }) => problemTable[code].severity === "ERROR");
  const made = `1.2.156.3005.2.${record.licenseType}.${record.issuer}.${index}.001.X`;
  const result = {
    ...{ index, sourceRecordId: record.sourceRecordId, outcome: isRefused ? "REJECTED" : "ACCEPTED" },
    ...{ identifier: isRefused ? null : (record.identifier ?? made), problems: problems.map(tell) },
  };
  batch.texts.push(text);
  batch.records.push(record);
  batch.answers.push(result);
  return result;
}

function tell({ code, path }: Problem) {
  const { severity, message } = problemTable[code];
  return { code, path, severity, message: message.en, messageZh: message.zh };
}

function stop(response: ServerResponse, { stop: how }: Mood, decided: number): void {
  if (how?.how === "HANG_UP") response.socket?.destroySoon();
  else if (how?.how === "END") response.end();
  else {
    const error = {
      code: how?.how,
      message: "The database does not answer.",
      messageZh: "数据库未应答。",
      details: {},
    };
    response.end(`${JSON.stringify({ error, decided })}\n`);
  }
}

async function refuse(response: ServerResponse, { status, code, retryAfter }: Required<Mood>["refuse"]): Promise<void> {
  const headers = {
    "content-type": "application/json",
    ...(retryAfter !== undefined && { "retry-after": retryAfter }),
  };
  const error = { code, message: `Refused: ${code}.`, messageZh: "已拒绝。", details: {} };
  response.writeHead(status, headers).end(JSON.stringify({ error }));
}

async function pass(request: IncomingMessage, response: ServerResponse, hub: string): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { dpop, "content-type": type } = request.headers;
  const headers = { ...(typeof dpop === "string" && { dpop }), ...(type !== undefined && { "content-type": type }) };
  const body = request.method === "POST" ? { method: "POST", body: Buffer.concat(chunks) } : {};
  const answered = await fetch(`${hub}${request.url}`, { headers, ...body });
  response.writeHead(answered.status, { "content-type": answered.headers.get("content-type") ?? "" });
  response.end(await answered.text());
}
