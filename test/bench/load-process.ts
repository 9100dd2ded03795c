import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { answerOrders } from "./child.ts";
import type { Load, LoadReport } from "./load.ts";

// Child process of load.ts: sends and counts.
answerOrders(drive);

async function drive(load: Load): Promise<LoadReport> {
  const requests = load.bodies.map((body) => requestOf(load, body));
  const latenciesMs: number[] = [];
  const begin = performance.now();
  const end = begin + load.seconds * 1000;
  let wrong: string | undefined;
  const one = async (place: number) => {
    let line = await openLine(load.port);
    for (let turn = place; performance.now() < end && wrong === undefined; turn += 1) {
      const sent = performance.now();
      const answer = await line.ask(requests[turn % requests.length] ?? Buffer.alloc(0));
      latenciesMs.push(performance.now() - sent);
      if (answer.status !== load.expected.status || !answer.body.includes(load.expected.text)) {
        wrong ??= `${answer.status} ${answer.body}`;
      }
      if (answer.closes) {
        line.close();
        line = await openLine(load.port);
      }
      if (load.pauseMs) await pause(load.pauseMs);
    }
    line.close();
  };
  const step = Math.ceil(requests.length / load.connections);
  await Promise.all(Array.from({ length: load.connections }, (_, index) => one(index * step)));
  const seconds = (performance.now() - begin) / 1000;
  return { latenciesMs, seconds, perSecond: latenciesMs.length / seconds, ...(wrong !== undefined && { wrong }) };
}

function requestOf({ port, token }: Load, body: string): Buffer {
  const bytes = Buffer.from(body);
  const head = [
    "POST /graphql HTTP/1.1",
    `host: 127.0.0.1:${port}`,
    "content-type: application/json",
    `content-length: ${bytes.length}`,
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), bytes]);
}

type Answer = Readonly<{ status: number; body: Buffer; closes: boolean }>;
type Line = Readonly<{ ask: (request: Buffer) => Promise<Answer>; close: () => void }>;

/** One kept connection. Our servers say content-length; a hand-made reader costs the client almost nothing. */
async function openLine(port: number): Promise<Line> {
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  let received: Buffer[] = [];
  let missing = 0;
  let head = "";
  let settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
  socket.on("data", (chunk: Buffer) => {
    let rest = chunk;
    if (head === "") {
      const all = Buffer.concat([...received, chunk]);
      const end = all.indexOf("\r\n\r\n");
      received = [all];
      if (end < 0) return;
      head = all.toString("latin1", 0, end);
      missing = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
      rest = all.subarray(end + 4);
      received = [];
    }
    received.push(rest);
    missing -= rest.length;
    if (missing > 0) return;
    const answer = {
      status: Number(head.slice(9, 12)),
      body: Buffer.concat(received),
      closes: /\r\nconnection: *close/i.test(head),
    };
    received = [];
    head = "";
    settle?.resolve(answer);
  });
  socket.on("error", (error) => settle?.reject(error));
  socket.on("close", () => settle?.reject(new Error("The server closed the connection.")));
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}
