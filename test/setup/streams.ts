import { type ClientRequest, request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { licensesPerHolder, makeRecords } from "../bench/records.ts";

/** A line of an answer. */
export type Line = Readonly<{
  index?: number;
  outcome?: string;
  identifier?: string;
  problems?: readonly Readonly<{ code: string; path: string }>[];
  complete?: boolean;
  error?: Readonly<{ code: string }>;
  decided?: number;
  accepted?: number;
  replayed?: number;
}>;

/** What came of a stream. `lines`: whole ones, as far as they came; `broke`: the connection ended before the answer did. */
export type Sent = Readonly<{
  status: number;
  retryAfter: string | undefined;
  lines: readonly Line[];
  code: string | undefined;
  broke: boolean;
}>;

/** A stream that is under way. */
export type Sending = Readonly<{ request: ClientRequest; lines: readonly Line[]; done: Promise<Sent> }>;

/** Where and as whom a stream is sent. */
export type Door = Readonly<{ url: string; token: string; batchId: string }>;

/** So many records of generated holders, as text in pieces. */
export function* textOf(first: number, count: number): Generator<string> {
  const atOnce = 100;
  for (let done = 0; done * licensesPerHolder < count; done += atOnce) {
    const some = makeRecords(first + done, atOnce).slice(0, count - done * licensesPerHolder);
    yield some.map((record) => `${JSON.stringify(record)}\n`).join("");
  }
}

/** Opens a stream; whoever opens it writes to `request`. */
export function openStream({ url, token, batchId }: Door): Sending {
  const lines: Line[] = [];
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/x-ndjson" };
  const sending = request(`${url}/ingest?batchId=${batchId}`, { method: "POST", headers });
  const done = new Promise<Sent>((resolve) => {
    let [status, retryAfter, rest, isWhole]: [number, string | undefined, string, boolean] = [0, undefined, "", false];
    const end = () => {
      const refusal = status === 200 ? undefined : firstCode(rest);
      const code = lines.find(({ error }) => error)?.error?.code ?? refusal;
      resolve({ status, retryAfter, lines, code, broke: !isWhole });
    };
    sending.once("response", (response) => {
      status = response.statusCode ?? 0;
      retryAfter = response.headers["retry-after"];
      response.setEncoding("utf8").on("data", (piece: string) => {
        if (status !== 200) {
          rest += piece;
          return;
        }
        const texts = `${rest}${piece}`.split("\n");
        rest = texts.pop() ?? "";
        for (const text of texts) if (text !== "") lines.push(JSON.parse(text) as Line);
      });
      response.once("end", () => {
        isWhole = true;
        end();
      });
      response.once("error", end);
      response.once("close", end);
    });
    sending.once("error", end);
    sending.once("close", end);
  });
  return { request: sending, lines, done };
}

/** Sends a stream to its end. */
export function sendStream(door: Door, texts: Iterable<string | Buffer>): Promise<Sent> {
  const { request: sending, done } = openStream(door);
  pipeline(Readable.from(texts, { objectMode: false }), sending).catch(() => undefined);
  return done;
}

/** Every record that has an outcome, by its index: `OUTCOME IDENTIFIER`. */
export function acknowledged({ lines }: Pick<Sent, "lines">): ReadonlyMap<number, string> {
  return new Map(
    lines.flatMap(({ index, outcome, identifier }) =>
      index === undefined ? [] : [[index, `${outcome} ${identifier}`] as const],
    ),
  );
}

function firstCode(text: string): string | undefined {
  try {
    return JSON.parse(text).errors[0].extensions.code;
  } catch {
    return undefined;
  }
}
