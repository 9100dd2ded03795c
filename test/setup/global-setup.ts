import { writeSync } from "node:fs";
import { type Postgres, startPostgres } from "./postgres.ts";

const pureTests = /(^|\/)test\/((domain|proof)(\/|$)|(boundaries|errors)\b)/;
type JestConfig = Readonly<{ testPathPatterns: Readonly<{ patterns: readonly string[] }> }>;
let running: Postgres | undefined;

/**
 * One PostgreSQL for the whole run, its address in `TEST_DATABASE_URL`, which jest's workers inherit.
 * Not started when a server is given by `TEST_DATABASE_URL` or `DATABASE_URL`, nor when only pure tests are asked for.
 */
export default async function globalSetup({ testPathPatterns }: JestConfig): Promise<void> {
  const patterns = testPathPatterns.patterns;
  if (patterns.length > 0 && patterns.every((pattern) => pureTests.test(pattern))) return;
  const given = process.env["TEST_DATABASE_URL"] ?? process.env["DATABASE_URL"];
  if (given && !process.env["TEST_POSTGRES"]) {
    process.env["TEST_DATABASE_URL"] = given;
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
}

/** For global-teardown: ends what this run started. */
export async function stopPostgres(): Promise<void> {
  await running?.stop();
  running = undefined;
}
