import { existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { type Config, readConfig } from "../../src/config.ts";
import type { Caller } from "../../src/domain/access/caller.ts";
import { scopesOfKind } from "../../src/domain/access/caller.ts";
import type { Hub } from "../../src/hub.ts";
import { openHub } from "../../src/open-hub.ts";
import { mintAccessToken } from "../../src/proof/access/access-token.ts";
import { findTokenKey } from "../../src/store/keys/key-store.ts";
import { type Postgres, startPostgres } from "../setup/postgres.ts";
import { endProgram, startProgram } from "./child.ts";
import { issuer, licensesPerHolder, makeRecords, procedure, usedTypes } from "./records.ts";

/** What every benchmark stands on: a durable PostgreSQL of this run and a folder for keys and logs. */
export type Ground = Readonly<{ postgres: Postgres; folder: string; stop: () => Promise<void> }>;

/** A database with the sample data, the generated holders and the grants to read them. */
export type Stage = Readonly<{ config: Config; env: Readonly<Record<string, string>>; token: string }>;

/** A server under load. */
export type Running = Readonly<{ port: number; pid: number | undefined; stop: () => Promise<void> }>;

/** The department in whose name the benchmarks act. */
export const caller: Caller = { kind: "DEPARTMENT", clientId: issuer.client, scopes: new Set(scopesOfKind.DEPARTMENT) };

/** Why the benchmarks read. */
export const purpose = { procedure, caseNumber: "BENCH-0001", reason: "性能测试：新办食品经营许可" } as const;

/** Holders whose licenses are read in turn. */
export const holders = 400;

/** Records of one submission. */
export const batchSize = 500;

/** Starts PostgreSQL with fsync and synchronous commit, as in production. */
export async function openGround(): Promise<Ground> {
  const settings = { shared_buffers: "256MB", max_wal_size: "4GB" };
  const postgres = await startPostgres({ durable: true, settings });
  const folder = await mkdtemp(join(tmpdir(), "zhengzhao-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const { stop } = postgres;
  return { postgres, folder, stop };
}

/** Makes an empty database, or a copy of another one. @returns its URL */
export async function makeDatabase({ postgres }: Ground, name: string, template?: string): Promise<string> {
  await runSql(postgres.url, `create database ${name}${template === undefined ? "" : ` template ${template}`}`);
  return postgres.url.replace(/\/postgres$/, `/${name}`);
}

/** Runs one statement on a connection of its own. */
export async function runSql(url: string, text: string, values: readonly unknown[] = []): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(text, [...values]);
  } finally {
    await client.end();
  }
}

/** Environment of a hub on a database of the ground. */
export function hubEnv({ folder }: Ground, databaseUrl: string, demo: "on" | "off"): Readonly<Record<string, string>> {
  const publicUrl = "https://hub.bench.invalid";
  // Load comes from one client, as fast as it is answered.
  const limits = { maxPointsPerMinute: 100_000_000, maxStrangerPointsPerMinute: 100_000_000 };
  const place = { DATABASE_URL: databaseUrl, KEYS_DIR: join(folder, "keys"), PUBLIC_URL: publicUrl };
  return { ...place, DEMO: demo, PORT: "0", LIMITS: JSON.stringify(limits) };
}

/** Opens a hub in this process. */
export function openBenchHub(env: Readonly<Record<string, string>>) {
  return openHub(readConfig(env), packageRoot(), () => new Date());
}

/** Builds the database the reading benchmarks use and a token for its caller. */
export async function setStage(ground: Ground, name: string): Promise<Stage> {
  const env = hubEnv(ground, await makeDatabase(ground, name), "on");
  const config = readConfig(env);
  const { hub, close } = await openBenchHub(env);
  try {
    await submitAll(hub);
  } finally {
    await close();
  }
  // The generated holders have types that the procedure does not need by itself.
  await runSql(
    env["DATABASE_URL"] ?? "",
    `insert into procedure_need (procedure, license_type, attributes)
      select $1, type, '{}' from unnest($2::text[]) as type on conflict do nothing`,
    [procedure, usedTypes],
  );
  await runSql(
    env["DATABASE_URL"] ?? "",
    `insert into access_grant (client_id, license_type, procedure, valid_from, legal_basis, whole_license)
      select $1, type, $2, '2021-11-03', 'benchmark', true from unnest($3::text[]) as type on conflict do nothing`,
    [issuer.client, procedure, usedTypes],
  );
  await runSql(env["DATABASE_URL"] ?? "", "vacuum (analyze)");
  const key = await findTokenKey(config.keysDir, config.tokenIssuer);
  if (!key) throw new Error("The hub made no token key.");
  const identity = {
    sub: issuer.client,
    client_id: issuer.client,
    role: "department",
    scope: scopesOfKind.DEPARTMENT.join(" "),
  } as const;
  const token = { ...identity, aud: config.tokenAudience, jti: "bench", ttlSeconds: 8 * 60 * 60 };
  return { config, env, token: await mintAccessToken(token, key, new Date()) };
}

async function submitAll(hub: Hub): Promise<void> {
  const holdersPerBatch = batchSize / licensesPerHolder;
  for (let first = 0; first < holders; first += holdersPerBatch) {
    const records = makeRecords(first, holdersPerBatch);
    const { accepted, results } = await hub.submitLicenses(caller, { batchId: `bench-${first}`, records });
    if (accepted !== records.length) throw new Error(`Not every record was accepted: ${JSON.stringify(results[0])}`);
  }
}

/** Starts the hub as a person would, `main.js` in a process of its own, its log in a file. */
export async function startHub({ folder }: Ground, { env }: Pick<Stage, "env">): Promise<Running> {
  const logFile = join(folder, "hub.log");
  const log = openSync(logFile, "w");
  const child = startProgram(startArguments(process.env["BENCH_HUB_FLAGS"]?.split(" ") ?? []), {
    ...{ cwd: packageRoot(), env: { ...process.env, NODE_OPTIONS: "", ...env } },
    stdio: ["ignore", log, log],
  });
  let isEnding = false;
  child.once("exit", (code, signal) => {
    if (!isEnding)
      console.error(`The hub ended by itself (${code ?? signal}): ${readFileSync(logFile, "utf8").slice(-2_000)}`);
  });
  const stop = () => {
    isEnding = true;
    return endProgram(child);
  };
  for (let waited = 0; waited < 60_000 && child.exitCode === null; waited += 50) {
    const port = Number(/127\.0\.0\.1:(\d+)\/graphql/.exec(readFileSync(logFile, "utf8"))?.[1] ?? 0);
    if (port > 0) return { port, pid: child.pid, stop };
    await pause(50);
  }
  child.kill("SIGKILL");
  throw new Error(`The hub did not start: ${readFileSync(logFile, "utf8")}`);
}

/** What `npm start` gives to node, and flags that stand after its own, so that they win. */
function startArguments(flags: readonly string[]): readonly string[] {
  const manifest: { scripts: { start: string } } = JSON.parse(
    readFileSync(join(packageRoot(), "package.json"), "utf8"),
  );
  const own = manifest.scripts.start.split(" ").slice(1);
  return [...own.slice(0, -1), ...flags, ...own.slice(-1)];
}

/** The folder that holds package.json, whether this runs from test/ or from dist/test/. */
export function packageRoot(from = import.meta.dirname): string {
  return existsSync(join(from, "package.json")) ? from : packageRoot(dirname(from));
}
