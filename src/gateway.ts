import "./cli/needs-node.js"; // first of all
import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { dirname, extname, join } from "node:path";
import type { GatewayPlugin } from "@graphql-hive/gateway-runtime";
import { type Logger, pino } from "pino";
import { ConfigError, type GatewayConfig, readGatewayConfig } from "./config.ts";
import { findRefusal, type GatewayErrorLog, presentError, refusalBody, statusOf } from "./edge/http/gateway-errors.ts";
import { limitsGuard } from "./edge/limits/limits-plugin.ts";
import type { Limits } from "./limits.ts";

/** How long a stop may wait for requests under way. *Units*: milliseconds. */
const stopDeadlineMs = 10_000;

/** What one subgraph may take of a request, and the whole request. A dead department costs its part of the answer. */
const deadlines = { hubMs: 20_000, departmentMs: 5_000, requestMs: 30_000 } as const;
const maxAnswerBytes = 64 * 1024 * 1024;

/** Joins the hub and both departments. Executed by a test. */
const sampleQuery =
  '{ enterprise(uscc: "91371002XXXX0030XC") { name registration { status registeredOn } credit { grade summary } } }';

/** The gateway is ready as soon as it listens: what it needs is in memory, and subgraphs may come and go. */
const probes: Readonly<Record<string, object>> = { "/healthz": { status: "alive" }, "/readyz": { status: "ready" } };

/** A subgraph's name in the supergraph, where it is, and its process when it was started here. */
type Place = Readonly<{ name: string; url: string; child?: ChildProcess }>;
type Log = Logger<never>;

try {
  await start();
} catch (error) {
  console.error(`The gateway did not start: ${explain(error)}`);
  process.exit(1);
}

async function start(): Promise<void> {
  const config = readGatewayConfig();
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: false }));
  const file = config.supergraphFile ?? join(packageRoot(import.meta.dirname), "schema/supergraph.graphql");
  const supergraph = await readSupergraph(file);
  const [places, hive] = await Promise.all([findPlaces(config), loadHive(log)]);
  const runtime = await makeRuntime(hive, supergraph, places, config.limits, log);
  const server = createServer(makeListener(runtime, log));
  server.requestTimeout = config.limits.maxBodyMs;
  server.headersTimeout = Math.min(config.limits.maxHeaderMs, config.limits.maxBodyMs);
  server.listen(config.port, config.host);
  await once(server, "listening");
  for (const { name, child } of places)
    child?.once("exit", () => log.warn({ department: name }, "a demo department ended"));
  stopOnSignal(async () => {
    server.close();
    await once(server, "close");
    await runtime.dispose();
    await Promise.all(places.map(stopDepartment));
  });
  console.log(welcome(config, server, places));
}

/** *Throws* when the file can not be read or composes no hub; whether the rest can be served the runtime tells. */
async function readSupergraph(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new Error(`the supergraph ${file} (SUPERGRAPH_FILE) can not be read: ${reasonOf(error)}`);
  });
  if (/@join__graph\(\s*name:\s*"hub"/.test(text)) return text;
  throw new Error(`${file} (SUPERGRAPH_FILE) is no supergraph with a subgraph named hub.`);
}

/** Where every subgraph is. A department without an address runs here, as the process of its own that it would be. */
async function findPlaces(config: GatewayConfig): Promise<readonly Place[]> {
  const { hubUrl, marketSupervisionUrl, creditPlatformUrl, departmentsPort: port } = config;
  const findPlace = (name: string, url: string | undefined, demoPort: number) =>
    url === undefined ? startDepartment(name, demoPort) : { name, url };
  return Promise.all([
    { name: "hub", url: hubUrl },
    findPlace("market-supervision", marketSupervisionUrl, port),
    findPlace("credit-platform", creditPlatformUrl, port === 0 ? 0 : port + 1),
  ]);
}

async function startDepartment(name: string, port: number): Promise<Place> {
  const file = join(import.meta.dirname, "../test/departments", `${name}${extname(import.meta.filename)}`);
  const child = fork(file, [String(port)], { env: {}, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const ended = once(child, "exit").then(([code]) => [{ failure: `it ended with exit code ${code}` }]);
  const [message]: unknown[] = await Promise.race([once(child, "message"), ended]);
  const { url, failure } = message as { url?: string; failure?: string };
  if (url !== undefined) return { name, url, child };
  const variable = `${name.toUpperCase().replaceAll("-", "_")}_URL`;
  throw new Error(`demo department ${name}: ${failure}. Set DEPARTMENTS_PORT to another port, or ${variable}.`);
}

async function stopDepartment({ child }: Place): Promise<void> {
  if (!child?.connected) return;
  const ended = once(child.removeAllListeners("exit"), "exit");
  child.disconnect();
  await ended;
}

/**
 * Hive Gateway's code: large, so it loads while the departments start. Its query planner is native; where there is none
 * (Windows, musl), the runtime plans in JavaScript.
 */
async function loadHive(log: Log) {
  const planner = import("@graphql-hive/router-runtime").catch((error: unknown) => {
    log.info({ reason: reasonOf(error) }, "no native query planner here");
    return undefined;
  });
  return {
    ...(await import("@graphql-hive/gateway-runtime")),
    unifiedGraphHandler: (await planner)?.unifiedGraphHandler,
  };
}

/** The gateway itself: it fetches nothing but the subgraphs' answers and reports to nobody. */
async function makeRuntime(
  hive: Awaited<ReturnType<typeof loadHive>>,
  supergraph: string,
  places: readonly Place[],
  limits: Limits,
  log: Log,
) {
  const runtime = hive.createGatewayRuntime({
    supergraph,
    unifiedGraphHandler: hive.unifiedGraphHandler,
    transportEntries: Object.fromEntries(places.map(({ name, url }) => [name, transportTo(name, url)])),
    // The hub alone knows the caller's token: whoever else saw it could use it.
    propagateHeaders: {
      fromClientToSubgraphs: ({ request, subgraphName }) =>
        subgraphName === "hub"
          ? {
              authorization: request.headers.get("authorization"),
              "x-forwarded-for": request.headers.get("x-forwarded-for"),
            }
          : {},
    },
    plugins: () => [hive.useCustomFetch(fetchAnswer), limitsPlugin(limits), errorsPlugin(log)],
    ...{ maskedErrors: false, requestId: false, logging: false },
    // These pages load scripts from elsewhere.
    ...{ graphiql: false, landingPage: false, cors: false },
  });
  // The runtime's own handlers cut off the requests under way; this door lets them finish.
  process.removeAllListeners("SIGINT").removeAllListeners("SIGTERM");
  try {
    await runtime.getSchema();
  } catch (error) {
    throw new Error(`the supergraph (SUPERGRAPH_FILE) can not be served: ${reasonOf(error)}`);
  }
  return runtime;
}

function transportTo(name: string, location: string) {
  const timeout = name === "hub" ? deadlines.hubMs : deadlines.departmentMs;
  // Two equal questions are two disclosures, each recorded by the hub: they may not share an answer.
  return { location, options: { timeout, deduplicateInflightRequests: false } };
}

/** Asks a subgraph: follows no redirect, takes no endless answer. */
async function fetchAnswer(url: string, options?: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...options, redirect: "error" });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new Error("the answer is too long");
    chunks.push(chunk);
  }
  const headers = { "content-type": response.headers.get("content-type") ?? "" };
  return new Response(Buffer.concat(chunks), { status: response.status, headers });
}

/** The hub's limits on queries, held against the joined graph before any subgraph is asked. */
function limitsPlugin(limits: Limits): GatewayPlugin {
  const { options: ours, checkShape, checkDocument } = limitsGuard(limits);
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source, options) => parseFn(source, { ...options, ...ours.parseOptions }));
      return ({ result }) => {
        if (result && !(result instanceof Error)) checkShape(result);
      };
    },
    onExecute({ args }) {
      checkDocument(args.document, args.schema, args.variableValues ?? {}, args.operationName ?? undefined);
    },
  };
}

/** Errors as callers may see them; the HTTP status tells of one only when there is nothing else in the answer. */
function errorsPlugin(log: Log): GatewayPlugin {
  const errorLog: GatewayErrorLog = {
    failed: (subgraph, reason) => log.warn({ subgraph, reason }, "a subgraph did not answer"),
    unexpected: (error) => {
      const errorId = randomUUID();
      log.error({ errorId, err: error }, "unexpected error");
      return errorId;
    },
  };
  return {
    onResultProcess({ result }) {
      if (!("errors" in result)) return;
      for (const error of result.errors ?? []) {
        const shown = presentError(error, errorLog);
        const { message, ...extensions } = shown;
        error.message = message;
        for (const key of Object.keys(error.extensions)) delete error.extensions[key];
        Object.assign(error.extensions, extensions, !("data" in result) && { http: { status: statusOf(shown) } });
      }
    },
  };
}

/** Lets queries through to the runtime, and answers everything else itself. One log line a request: never its content. */
function makeListener(handle: RequestListener, log: Log): RequestListener {
  return (request, response) => {
    const { method = "", url = "", headers } = request;
    const startedAt = performance.now();
    // The hub counts strangers by their address, when it is told to believe this one's word.
    headers["x-forwarded-for"] = [headers["x-forwarded-for"], request.socket.remoteAddress].filter(Boolean).join(", ");
    response.on("close", () => {
      log.info({ method, status: response.statusCode, ms: Math.round(performance.now() - startedAt) });
    });
    response.setHeader("cache-control", "no-store").setHeader("x-content-type-options", "nosniff");
    const probe = method === "GET" ? probes[url] : undefined;
    const refusal = probe ? undefined : findRefusal(method, url, headers);
    if (!probe && !refusal) return handle(request, response);
    // The body of a refused request is not read, so its connection is of no more use.
    if (refusal) response.setHeader("connection", "close");
    if (refusal?.code === "METHOD_NOT_ALLOWED") response.setHeader("allow", "POST");
    response.writeHead(refusal?.status ?? 200, { "content-type": "application/json; charset=utf-8" });
    response.end(JSON.stringify(refusal ? refusalBody(refusal) : probe));
  };
}

/** Ctrl-C once: finish what is under way, then end with 0. Twice, or too slow: end at once with 1. */
function stopOnSignal(stop: () => Promise<void>): void {
  let isStopping = false;
  const onSignal = () => {
    if (isStopping) process.exit(1);
    isStopping = true;
    console.log("Stopping: finishing requests under way. Ctrl-C again ends at once.");
    setTimeout(() => process.exit(1), stopDeadlineMs).unref();
    stop().then(
      () => process.exit(0),
      (error) => {
        console.error(`The stop failed: ${reasonOf(error)}`);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
}

function welcome({ host }: GatewayConfig, server: Server, places: readonly Place[]): string {
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const shownHost = host.includes(":") ? `[${host}]` : host === "0.0.0.0" ? "127.0.0.1" : host;
  const lines = places.map(
    ({ name, url, child }) => `  ${name.padEnd(20)}${url}${child ? " (a demo department, started here)" : ""}`,
  );
  const url = `http://${shownHost}:${port}/graphql`;
  return `The gateway of Zhengzhao 证照 is ready at ${url}
${lines.join("\n")}

A query to paste, which all of them answer together:
  curl -s ${url} -H "content-type: application/json" \\
    -H "authorization: Bearer $(npm run --silent token -- approval-bureau)" \\
    -d '${JSON.stringify({ query: sampleQuery })}'

Ctrl-C stops the gateway.`;
}

/** One line about why it did not start. */
function explain(error: unknown): string {
  if (error instanceof ConfigError) return `${error.message}.`;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return "the port is taken. Stop the other program, or set GATEWAY_PORT to another one.";
  if (code === "EACCES") return "this port needs more rights. Set GATEWAY_PORT to one above 1023.";
  if (code === "ENOTFOUND" || code === "EADDRNOTAVAIL") return "HOST is no address of this machine.";
  return reasonOf(error);
}

/** The first line of an error: a stack helps nobody here. */
function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

/** The folder that holds package.json, whether this runs from src or from dist. */
function packageRoot(from: string): string {
  return existsSync(join(from, "package.json")) ? from : packageRoot(dirname(from));
}
