import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { FastifyInstance } from "fastify";
import { Client } from "pg";
import { pino } from "pino";
import { readConfig } from "../../src/config.ts";
import { makeServer } from "../../src/edge/server.ts";
import { type OpenedHub, openHub } from "../../src/open-hub.ts";
import { type Postgres, startPostgres } from "../setup/postgres.ts";

let postgres: Postgres;
let opened: OpenedHub;
let server: FastifyInstance;
let keysDir: string;
const log: string[] = [];

beforeAll(async () => {
  postgres = await startPostgres({ durable: true });
  keysDir = await mkdtemp(join(tmpdir(), "zhengzhao-keys-"));
  const config = readConfig({ DATABASE_URL: postgres.url, KEYS_DIR: keysDir });
  opened = await openHub(config, join(import.meta.dirname, "../.."), () => new Date());
  const logger = pino({ level: "warn" }, { write: (line: string) => log.push(line) });
  const { tokenIssuer, tokenAudience } = config;
  server = await makeServer({ hub: opened.hub, tokenIssuer, tokenAudience, demo: false, logger });
});
afterAll(async () => {
  await server.close();
  await opened.close();
  await postgres.stop();
  await rm(keysDir, { recursive: true, force: true });
});

const ask = async () => {
  const payload = { query: "{ permitItems(first: 1) { nodes { code } } }" };
  const response = await server.inject({ method: "POST", url: "/graphql", payload });
  const body = response.json();
  return body.errors?.[0]?.extensions.code ?? body.data.permitItems.nodes[0].code;
};

describe("a hub whose database is killed and comes back", () => {
  test("stays alive, answers BUSY or the truth, tells no row in its log, and goes on by itself", async () => {
    expect(await ask()).toBe("ITEM-001");
    const during = Promise.all(Array.from({ length: 20 }, ask));
    await postgres.restart();
    for (const answer of await during) expect(["ITEM-001", "BUSY"]).toContain(answer);
    const after = await ask();
    expect(["ITEM-001", "BUSY"]).toContain(after);
    expect(await ask()).toBe("ITEM-001");
    expect((await server.inject("/healthz")).statusCode).toBe(200);
    expect((await server.inject("/readyz")).statusCode).toBe(200);
    expect(log.join("")).not.toMatch(/ITEM-|select /);
  });
});

describe("two hubs started at once on one empty database", () => {
  test("prepare it once, and both serve it", async () => {
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query("create database together");
    const url = new URL(postgres.url);
    url.pathname = "/together";
    const config = readConfig({ DATABASE_URL: url.href, KEYS_DIR: keysDir, DEMO: "on" });
    const root = join(import.meta.dirname, "../..");
    const hubs = await Promise.all([1, 2, 3].map(() => openHub(config, root, () => new Date())));
    expect(hubs.flatMap(({ demo }) => demo ?? [])).toEqual([{ accepted: 1785, unchanged: 0, rejected: 0, pending: 0 }]);
    for (const { hub } of hubs) expect((await hub.catalogue()).departments.size).toBe(32);
    await Promise.all(hubs.map(({ close }) => close()));
    await client.end();
  });
});
