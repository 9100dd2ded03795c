import { randomUUID } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Client, DatabaseError } from "pg";
import { readConfig } from "../../src/config.ts";
import { openHub } from "../../src/open-hub.ts";
import { testDatabaseUrl } from "./postgres.ts";

/** The day every flow test lives on, and its sample data was loaded on. */
export const testNow = new Date("2026-11-22T12:00:00+08:00");

/** The package's folder. */
export const root = join(import.meta.dirname, "../..");

/** A database and a folder of keys. */
export type TestPlace = Readonly<{ url: string; keysDir: string }>;

/** What a place holds: nothing; catalogue, clients and grants of the demo; the demo whole. */
export type Holding = "NOTHING" | "CATALOGUE" | "DEMO";

/** Number of the lock under which one worker at a time prepares a template. */
const templateLock = 20_211_104;

/**
 * A place of its own. What it holds was loaded once a run, by a hub on an empty database at `testNow`, and is copied:
 * a hub opens it as one that it has worked on before.
 * @param keys false: the hub makes its own, as one must that lives on another day or under another address
 */
export async function makePlace(holding: Holding, { keys = true } = {}): Promise<TestPlace> {
  const name = `t_${randomUUID().replaceAll("-", "")}`;
  const keysDir = await mkdtemp(join(tmpdir(), "zhengzhao-keys-"));
  if (holding === "NOTHING") await administer(`create database ${name}`);
  else {
    const template = templateOf(holding);
    await copyDatabase(name, template.name).catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      await prepare(holding);
      await copyDatabase(name, template.name);
    });
    if (keys) await cp(template.keysDir, keysDir, { recursive: true });
  }
  return { url: urlOf(name), keysDir };
}

/** Ends whoever is still in the database, and removes it and its keys. */
export async function removePlace({ url, keysDir }: TestPlace): Promise<void> {
  await administer(`drop database ${new URL(url).pathname.slice(1)} with (force)`);
  await rm(keysDir, { recursive: true, force: true });
}

/** Runs a statement on the test run's server, outside of any place. */
export async function administer(statement: string): Promise<void> {
  await onServer((client) => client.query(statement));
}

/** The address of a database of the test run's server. */
export function urlOf(database: string): string {
  return Object.assign(new URL(testDatabaseUrl()), { pathname: `/${database}` }).href;
}

/** A copy made while the template is just being left by another copy is refused after some seconds: once more then. */
async function copyDatabase(name: string, template: string, attempt = 1): Promise<void> {
  try {
    await administer(`create database ${name} template ${template}`);
  } catch (error) {
    const isInUse = error instanceof DatabaseError && error.code === "55006";
    if (!isInUse || attempt === 3) throw error;
    await copyDatabase(name, template, attempt + 1);
  }
}

/** Makes the template, unless another worker did it meanwhile. Under its name it is whole, and nobody can enter it. */
async function prepare(holding: "CATALOGUE" | "DEMO"): Promise<void> {
  const { name, keysDir } = templateOf(holding);
  await onServer(async (client) => {
    await client.query("select pg_advisory_lock($1)", [templateLock]);
    const { rows } = await client.query("select from pg_database where datname = $1", [name]);
    if (rows.length > 0) return;
    const unfinished = `${name}_unfinished`;
    await client.query(`drop database if exists ${unfinished} with (force)`);
    await rm(keysDir, { recursive: true, force: true });
    await client.query(`create database ${unfinished}`);
    const steps = { skipDemoRecords: holding !== "DEMO" };
    // A hub with data has had its keys for long: tests let it live on earlier days, too.
    for (const [demo, now] of [["off", yearsAgo] as const, ["on", testNow] as const]) {
      const config = readConfig({ DATABASE_URL: urlOf(unfinished), KEYS_DIR: keysDir, DEMO: demo, PORT: "0" });
      await (await openHub(config, root, () => now, steps)).close();
    }
    await client.query(`alter database ${unfinished} allow_connections false`);
    await client.query(`alter database ${unfinished} rename to ${name}`);
  });
}

const yearsAgo = new Date("2006-11-22T00:00:00Z");

function templateOf(holding: "CATALOGUE" | "DEMO"): Readonly<{ name: string; keysDir: string }> {
  const folder = process.env["TEST_TEMPLATES"];
  if (!folder)
    throw new Error("This test needs prepared databases, but global-setup.ts made no folder for their keys.");
  return { name: `${basename(folder).toLowerCase()}_${holding.toLowerCase()}`, keysDir: join(folder, holding) };
}

function isMissing(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === "3D000";
}

async function onServer<T>(run: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: testDatabaseUrl() });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}
