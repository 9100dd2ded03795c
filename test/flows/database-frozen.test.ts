import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { readConfig } from "../../src/config.ts";
import { makeServer } from "../../src/edge/server.ts";
import { type OpenedHub, openHub } from "../../src/open-hub.ts";
import { type Postgres, startPostgres } from "../setup/postgres.ts";

let postgres: Postgres;
let opened: OpenedHub;
let server: FastifyInstance;
let keysDir: string;
let base: string;

beforeAll(async () => {
  postgres = await startPostgres();
  keysDir = await mkdtemp(join(tmpdir(), "zhengzhao-keys-"));
  const config = readConfig({ DATABASE_URL: postgres.url, KEYS_DIR: keysDir });
  opened = await openHub(config, join(import.meta.dirname, "../.."), () => new Date());
  const { tokenIssuer, tokenAudience } = config;
  server = await makeServer({
    hub: opened.hub,
    tokenIssuer,
    tokenAudience,
    demo: false,
    logger: pino({ level: "silent" }),
  });
  base = await server.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  signalAll("SIGCONT");
  await server.close();
  await opened.close();
  await postgres.stop();
  await rm(keysDir, { recursive: true, force: true });
});

/** The server and every process of it. */
function signalAll(signal: NodeJS.Signals): void {
  const isChild = (id: string) => {
    try {
      const fields = readFileSync(`/proc/${id}/stat`, "utf8").split(") ")[1]?.split(" ");
      return Number(fields?.[1]) === postgres.pid;
    } catch {
      return false;
    }
  };
  for (const id of [
    String(postgres.pid),
    ...readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isChild(name)),
  ])
    try {
      process.kill(Number(id), signal);
    } catch (error) {
      // It was of the server, and has ended by itself between the list and the signal.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
}

async function ask() {
  const begin = performance.now();
  const response = await fetch(`${base}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ permitItems(first: 1) { nodes { code } } }" }),
  });
  const body = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  const seconds = (performance.now() - begin) / 1000;
  return {
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    code: body.errors?.[0]?.extensions.code,
    seconds,
  };
}

test("a frozen PostgreSQL: 503 with Retry-After within five seconds, the hub alive, service back within five", async () => {
  expect(await ask()).toMatchObject({ status: 200 });
  signalAll("SIGSTOP");
  // Those that wait on an open connection, those that want a new one, and those that come later.
  const first = Promise.all(Array.from({ length: 30 }, ask));
  await wait(5_000);
  const later = Promise.all(Array.from({ length: 5 }, ask));
  for (const answer of [...(await first), ...(await later)]) {
    expect(answer).toMatchObject({ status: 503, retryAfter: "5", code: "BUSY" });
    expect(answer.seconds).toBeLessThan(5);
  }
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
  expect((await fetch(`${base}/readyz`)).status).toBe(503);
  signalAll("SIGCONT");
  const back = performance.now();
  while ((await ask()).status !== 200) expect(performance.now() - back).toBeLessThan(5_000);
});
