import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { Client } from "pg";
import { type Postgres, startPostgres } from "./postgres.ts";

const pureTests = /(^|\/)test\/((domain|proof)(\/|$)|(boundaries|errors)\b)/;
type JestConfig = Readonly<{ testPathPatterns: Readonly<{ patterns: readonly string[] }> }>;
let running: Postgres | undefined;
let templates: string | undefined;

/**
 * One PostgreSQL for the whole run, its address in `TEST_DATABASE_URL`, which jest's workers inherit; and in
 * `TEST_TEMPLATES` a folder, after which the databases are called that place.ts prepares once a run, when one is needed.
 * Not started when a server is given by `TEST_DATABASE_URL` or `DATABASE_URL`, nor when only pure tests are asked for.
 */
export default async function globalSetup({ testPathPatterns }: JestConfig): Promise<void> {
  const patterns = testPathPatterns.patterns;
  if (patterns.length > 0 && patterns.every((pattern) => pureTests.test(pattern))) return;
  const given = process.env["TEST_DATABASE_URL"] ?? process.env["DATABASE_URL"];
  if (given && !process.env["TEST_POSTGRES"]) {
    process.env["TEST_DATABASE_URL"] = given;
    await openTemplates(tmpdir());
    return;
  }
  try {
    running = await startPostgres();
  } catch (error) {
    // Jest makes its reporters only after this, so nobody else would say it.
    process.once("exit", () => writeSync(1, "0 passed, 1 failed\n"));
    throw error;
  }
  process.env["TEST_DATABASE_URL"] = running.url;
  // Beside the data: the guard removes both, however this run ends.
  await openTemplates(dirname(running.dataDir));
}

async function openTemplates(parent: string): Promise<void> {
  templates = join(parent, `zhengzhao_templates_${randomUUID().slice(0, 8)}`);
  // It holds keys.
  await mkdir(templates, { mode: 0o700 });
  process.env["TEST_TEMPLATES"] = templates;
}

/** For global-teardown: ends what this run started, and leaves nothing on a server that it was given. */
export async function closeRun(): Promise<void> {
  if (!running) await dropTemplates();
  await running?.stop();
  running = undefined;
  if (templates) await rm(templates, { recursive: true, force: true });
}

async function dropTemplates(): Promise<void> {
  if (!templates) return;
  const client = new Client({ connectionString: process.env["TEST_DATABASE_URL"] });
  await client.connect();
  const { rows } = await client.query("select datname from pg_database where starts_with(datname, $1)", [
    basename(templates),
  ]);
  for (const { datname } of rows) await client.query(`drop database ${datname} with (force)`);
  await client.end();
}
