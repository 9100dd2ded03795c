import "./cli/needs-node.js"; // first of all
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { Presets, SingleBar } from "cli-progress";
import { type Logger, pino } from "pino";
import { type Config, ConfigError, isOfThisMachine, readConfig } from "./config.ts";
import type { OpenedHub, OpeningSteps } from "./open-hub.ts";
import { startRounds } from "./rounds.ts";
import { welcome } from "./welcome.ts";

/** How long a stop may wait for requests under way. *Units*: milliseconds. */
const stopDeadlineMs = 10_000;

/** `npm start` sends on the Ctrl-C that the terminal has sent already: that is one wish, not two. *Units*: milliseconds. */
const sameCtrlCMs = 500;

/** What ends a start that somebody stopped. */
const stopped = new Error("stopped");

let isReady = false;
try {
  await run();
  process.exit(0);
} catch (error) {
  if (error === stopped) process.exit(0);
  console.error(`The hub did not ${isReady ? "stop cleanly" : "start"}: ${explain(error)}.`);
  process.exit(1);
}

/** Starts, serves until somebody stops it, and closes what it opened. */
async function run(): Promise<void> {
  const config = readConfig();
  await checkAddress(config);
  const stop = stopOnSignal();
  const parts = await loadParts();
  const logger = makeLogger(config.logLevel, parts);
  const opened = await open(config, parts, logger, stop);
  try {
    stop.throwIfAborted();
    await serve(config, opened, parts, logger, stop);
  } finally {
    await opened.close();
  }
}

type Parts = Awaited<ReturnType<typeof loadParts>>;

/** All that a hub stands on takes a second to load: a wrong variable or a taken port is told before. */
async function loadParts() {
  const [{ openHub }, { makeServer }, { describeError }] = await Promise.all([
    import("./open-hub.ts"),
    import("./edge/server.ts"),
    import("./edge/format-error.ts"),
  ]);
  return { openHub, makeServer, describeError };
}

async function serve(
  config: Config,
  { hub, demo: loaded }: OpenedHub,
  { makeServer }: Parts,
  logger: Logger,
  stop: AbortSignal,
): Promise<void> {
  const { host, demo } = config;
  await hub.tendLog(); // the checkpoint of a new log is there from the first moment on; a trouble is told by the rounds
  await hub.publishStatusLists(); // whoever is given a license can check it from the first moment on
  const server = await makeServer({ ...config, hub, logger });
  await server.listen({ host, port: config.port });
  const [address] = server.addresses();
  const port = typeof address === "object" ? address.port : config.port;
  console.log(welcome({ host, port, demo, loaded }));
  if (!config.demo && isOfThisMachine(config.publicUrl))
    logger.warn("licenses are signed in the name of an address of this machine: set PUBLIC_URL");
  isReady = true;
  const endRounds = startRounds(hub, logger, Math.random);
  if (!stop.aborted) await once(stop, "abort");
  await endRounds();
  await server.close();
}

/** The first load takes a while: an address that cannot be listened on is better told before it. */
async function checkAddress({ host, port }: Config): Promise<void> {
  const probe = createServer().listen({ host, port });
  try {
    await once(probe, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "EADDRINUSE")
      throw new ConfigError(`port ${port} is taken: stop the other program, or set PORT to another one`);
    if (code === "EACCES") throw new ConfigError(`port ${port} needs more rights: set PORT to one above 1023`);
    if (/^(EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN)$/.test(code))
      throw new ConfigError(`HOST is ${JSON.stringify(host)}; expected an address of this machine`);
    throw error;
  }
  probe.close();
  await once(probe, "close");
}

async function open(config: Config, { openHub }: Parts, logger: Logger, stop: AbortSignal): Promise<OpenedHub> {
  const show = progress();
  const onDemoProgress = (done: number, total: number) => {
    show(done, total, stop.aborted);
    stop.throwIfAborted();
  };
  try {
    const onIssuerFailure = (err: unknown) => logger.warn({ err }, "the token issuer's keys could not be fetched");
    const onKeyTrouble: OpeningSteps["onKeyTrouble"] = (trouble, err) => {
      if (trouble) logger.error({ ...trouble, err }, "the private half of a key is not here");
      else logger.info("every key is here again");
    };
    const onKeyNews: OpeningSteps["onKeyNews"] = ({ event, ...news }) => logger.warn(news, keyNews[event]);
    const steps = { onDemoProgress, onIssuerFailure, onKeyTrouble, onKeyNews };
    return await openHub(config, packageRoot(import.meta.dirname), () => new Date(), steps);
  } catch (error) {
    if (error === stopped || error instanceof ConfigError || !config.databaseUrl) throw error;
    const { host } = new URL(config.databaseUrl);
    throw new Error(`the database at ${host} (DATABASE_URL) can not be used: ${explain(error)}`);
  }
}

const keyNews = {
  TAKEN_UP: "a key of the key folder that the database did not know was taken up: it may sign from now on",
  REMEMBERED: "a key is compromised, which the database had forgotten: declared again, as the key folder says",
  NOT_REMEMBERED: "which keys are compromised could not be written into the key folder",
};

/** JSON lines on standard error. What Fastify logs of an error may hold the packet it came from, with its token. */
function makeLogger(level: Config["logLevel"], { describeError }: Parts): Logger {
  const logger = pino(
    { level, base: null, redact: ["*.authorization", "req", "res"], serializers: { err: describeError } },
    pino.destination({ dest: 2, sync: false }),
  );
  process.on("uncaughtException", (err) => {
    if (isReady) logger.fatal({ err }, "unexpected error, the hub ends");
    else console.error(`The hub did not start: ${explain(err)}.`);
    process.exit(1);
  });
  return logger;
}

/** Ctrl-C once: finish what is under way, then end with 0. Twice, or too slow: end at once with 1. */
function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  let askedAt = 0;
  const onSignal = () => {
    if (stop.signal.aborted && performance.now() - askedAt > sameCtrlCMs) process.exit(1);
    if (stop.signal.aborted) return;
    askedAt = performance.now();
    console.log("Stopping: finishing what is under way. Ctrl-C again ends at once.");
    setTimeout(() => process.exit(1), stopDeadlineMs).unref();
    stop.abort(stopped);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return stop.signal;
}

/** A bar on a terminal, a line every quarter elsewhere. */
function progress(): (done: number, total: number, isStopped: boolean) => void {
  if (!process.stdout.isTTY) {
    let shown = 0;
    return (done, total) => {
      const quarter = Math.floor((done / total) * 4);
      if (quarter > shown) console.log(`Loading sample records: ${done} of ${total}`);
      shown = quarter;
    };
  }
  const format = "Loading sample records  {bar} {value}/{total}";
  const bar = new SingleBar({ format }, Presets.shades_classic);
  return (done, total, isStopped) => {
    if (!bar.isActive) bar.start(total, done);
    bar.update(done);
    if (isStopped || done >= total) bar.stop();
  };
}

/** One line about why, without its full stop; a stack helps nobody here. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const line = error.message.split("\n")[0]?.replace(/\.$/, "");
  return line || ("code" in error ? String(error.code) : error.name);
}

/** The folder that holds package.json, whether this runs from src or from dist. */
function packageRoot(from: string): string {
  return existsSync(join(from, "package.json")) ? from : packageRoot(dirname(from));
}
