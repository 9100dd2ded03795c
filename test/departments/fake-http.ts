import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** What can be wrong with any system behind HTTP. */
export const httpTroubles = [
  ...(["HANG", "TRICKLE", "BREAK_OFF", "GARBAGE", "HUGE", "BOMB", "REDIRECT", "DENY", "FAIL", "NOT_UTF8"] as const),
] as const;
export type HttpTrouble = (typeof httpTroubles)[number];

/** What was asked of it. */
export type HttpQuestion = Readonly<{ path: string; headers: IncomingMessage["headers"]; body: string }>;

/** A system of a department, listening on 127.0.0.1. Set `trouble`, and it has it from the next call on. */
export type FakeHttp<Trouble extends string> = {
  readonly url: string;
  readonly asked: HttpQuestion[];
  trouble: HttpTrouble | Trouble | undefined;
  /** Calls that are still answered in order before the trouble begins. */
  calmCalls: number;
  close: () => Promise<void>;
};

/** Starts one. @param answer of a call, as JSON; it sees the troubles that are its own */
export async function startFakeHttp<Trouble extends string>(
  answer: (question: HttpQuestion, trouble: Trouble | undefined) => object | Promise<object>,
  ownTroubles: readonly Trouble[],
): Promise<FakeHttp<Trouble>> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const question = { path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() };
    fake.asked.push(question);
    const isCalm = fake.calmCalls-- > 0;
    const trouble = isCalm ? undefined : fake.trouble;
    const own = ownTroubles.find((one) => one === trouble);
    const text = JSON.stringify(await answer(question, own));
    if (trouble !== undefined && own === undefined) misbehave[trouble as HttpTrouble](response, text);
    else response.writeHead(200, { "content-type": "application/json" }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const fake: FakeHttp<Trouble> = {
    ...{ url: `http://127.0.0.1:${port}`, asked: [], trouble: undefined, calmCalls: 0 },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return fake;
}

const json = { "content-type": "application/json" };

const misbehave: Readonly<Record<HttpTrouble, (response: ServerResponse, text: string) => void>> = {
  HANG: () => undefined,
  TRICKLE: (response, text) => {
    response.writeHead(200, json);
    let sent = 0;
    const drip = setInterval(() => response.write(text[sent++] ?? " "), 20);
    response.on("close", () => clearInterval(drip));
  },
  BREAK_OFF: (response, text) => {
    response.writeHead(200, { ...json, "content-length": text.length + 1_000 });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  },
  GARBAGE: (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>系统维护中</html>"),
  HUGE: (response) => {
    response.writeHead(200, json);
    const more = () => {
      while (!response.destroyed && response.write(" ".repeat(65_536)) === true);
    };
    response.on("drain", more);
    more();
  },
  // 1,029 bytes on the wire, 1 MiB when unpacked: four of them.
  BOMB: (response) => {
    void import("node:zlib").then(({ gzipSync }) =>
      response.writeHead(200, { ...json, "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(4 * 1_048_576, " "))),
    );
  },
  REDIRECT: (response) => response.writeHead(302, { location: "http://127.0.0.1:1/elsewhere" }).end(),
  DENY: (response) => response.writeHead(401).end(),
  FAIL: (response) => response.writeHead(503).end("password=hunter2"),
  NOT_UTF8: (response) => response.writeHead(200, json).end(Buffer.from([0x22, 0xff, 0xfe, 0x22])),
};
