import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { readConfig } from "../../src/config.ts";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { openKeys } from "../../src/store/keys/key-store.ts";
import { saveBatch, signBatch } from "./by-hand.ts";
import { answerOrders } from "./child.ts";
import { batchSize } from "./stage.ts";

/** What the process is told: the file of records, and where to. */
export type IngestOrders = Readonly<{ env: Readonly<Record<string, string>>; file: string }>;

// Child process of ingest.ts: what one would write by hand when nothing had to be checked. The next batch is read and
// signed while the last one is copied in. Answers with the seconds it took.
answerOrders<IngestOrders, number>(async ({ env, file }) => {
  const { databaseUrl, keysDir, publicUrl, tokenIssuer, keyAlgorithm } = readConfig(env);
  const place = { folder: keysDir, issuer: publicUrl, tokenIssuer, algorithm: keyAlgorithm };
  const { license: key } = await openKeys(place, new Date());
  if (!key) throw new Error("there is no license key");
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const begin = performance.now();
  let saving = Promise.resolve();
  let first = 0;
  for await (const records of batchesOf(file)) {
    const batch = await signBatch(records, first, publicUrl, key);
    await saving;
    saving = saveBatch(client, { ...batch, batchId: `hand-${first}`, kid: key.kid }, (table, columns, rows) =>
      copy(client, table, columns, rows),
    );
    first += records.length;
  }
  await saving;
  const seconds = (performance.now() - begin) / 1000;
  await client.end();
  return seconds;
});

async function* batchesOf(file: string): AsyncGenerator<readonly RawRecord[]> {
  let batch: RawRecord[] = [];
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    batch.push(JSON.parse(line));
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function copy(
  client: pg.Client,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
): Promise<void> {
  const text = rows.map((row) => `${row.map(cellOf).join("\t")}\n`).join("");
  await pipeline(Readable.from([text]), client.query(copyFrom(`copy ${table} (${columns.join()}) from stdin`)));
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return "\\N";
  if (value instanceof Date) return value.toISOString();
  return String(value).replace(/[\\\t\n\r]/g, (sign) => escapes[sign] ?? sign);
}
