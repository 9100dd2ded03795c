import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { compileCache } from "../cli/processes.ts";

const program = join(import.meta.dirname, "../../src/gateway.ts");

/** A gateway as a process of its own, as `npm run gateway` starts it. */
export type Gateway = Readonly<{
  url: string;
  /** What it printed when it was ready. */
  welcome: string;
  /** Everything it wrote to its log so far. */
  log: () => string;
  child: ChildProcess;
  /** Ctrl-C; gives the exit code. */
  stop: () => Promise<number | null>;
}>;

/** How a gateway that did not start ended. */
export type Ending = Readonly<{ code: number | null; out: string; error: string }>;

type Variables = Readonly<Record<string, string>>;

/** Starts a gateway and waits until it is ready. *Throws* with its last words when it ends before. */
export async function startGateway(variables: Variables): Promise<Gateway> {
  const { child, read } = launch(variables);
  let hasEnded = false;
  const ended = once(child, "close").then(() => {
    hasEnded = true;
  });
  while (!read.out.includes("Ctrl-C stops")) {
    await Promise.race([ended, once(child.stdout, "data")]);
    if (hasEnded) throw new Error(`The gateway ended: ${read.out}${read.error}`);
  }
  const stop = async () => {
    if (!hasEnded) child.kill("SIGINT");
    await ended;
    return child.exitCode;
  };
  const url = /ready at (\S+)/.exec(read.out)?.[1] ?? "";
  // A department that outlives its gateway holds these open; the test run is not to wait for it.
  for (const stream of [child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();
  return { url, welcome: read.out, log: () => read.error, child, stop };
}

/** Starts a gateway that is not to start. */
export async function failGateway(variables: Variables): Promise<Ending> {
  const { child, read } = launch(variables);
  await once(child, "close");
  return { code: child.exitCode, ...read };
}

function launch(variables: Variables) {
  const child = spawn(process.execPath, [program], {
    env: { ...compileCache, ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const read = { out: "", error: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    read.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    read.error += text;
  });
  return { child, read };
}

/** What came back over HTTP, and the same as text. */
export type Reply = Readonly<{
  status: number;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the answer as it stands
  data: any;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the answer as it stands
  errors: any[];
}>;

/** Asks a gateway over HTTP. */
export async function ask(url: string, query: string, token?: string, variables: object = {}): Promise<Reply> {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const text = await response.text();
  const { data, errors = [] } = JSON.parse(text);
  return { status: response.status, text, data, errors };
}

/** Stands in for a system on that port (0: any free one) while `run` runs. */
export async function withServer<T>(
  port: number,
  listener: RequestListener,
  run: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer(listener).listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  try {
    return await run(`http://127.0.0.1:${actual}/graphql`);
  } finally {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }
}

/** Whether nothing listens at an address any more, within five seconds. */
export async function isGone(url: string): Promise<boolean> {
  for (let round = 0; round < 50; round += 1) {
    const isThere = await fetch(url).then(
      () => true,
      () => false,
    );
    if (!isThere) return true;
    await pause(100);
  }
  return false;
}
