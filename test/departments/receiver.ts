import { once } from "node:events";
import { createServer } from "node:http";

/** What it was sent. */
export type ReceivedCall = Readonly<{ headers: Record<string, string>; body: string }>;

/** How it answers one call; nothing said: with 204. */
export type ReceiverAnswer = Readonly<{
  status?: number;
  headers?: Record<string, string>;
  hang?: boolean;
  cut?: boolean;
  garbage?: boolean;
}>;

/** A department's endpoint for notices, on 127.0.0.1. */
export type Receiver = Readonly<{
  url: string;
  calls: ReceivedCall[];
  /** How the next calls are answered, one after another. */
  answers: ReceiverAnswer[];
  /** Resolves once it was called so often. */
  called: (times: number) => Promise<void>;
  reset: () => void;
  close: () => Promise<void>;
}>;

/** Starts one. */
export async function startReceiver(): Promise<Receiver> {
  const calls: ReceivedCall[] = [];
  const answers: ReceiverAnswer[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
    calls.push({ headers: Object.fromEntries(headers), body: Buffer.concat(chunks).toString() });
    const { status = 204, headers: more = {}, hang, cut, garbage } = answers.shift() ?? {};
    server.emit("call");
    if (hang) return;
    if (cut) request.socket.destroy();
    else if (garbage) request.socket.end("<html>系统维护中</html>\r\n\r\n");
    else response.writeHead(status, more).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    ...{ url: `http://127.0.0.1:${port}/`, calls, answers },
    called: async (times) => {
      while (calls.length < times) await once(server, "call");
    },
    reset: () => {
      calls.length = 0;
      answers.length = 0;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
