import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { readConfig } from "../../src/config.ts";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { openKeys } from "../../src/store/keys/key-store.ts";
import {
  eventColumns,
  eventRow,
  holderColumns,
  holdersOf,
  type Key,
  licenseColumns,
  licenseRow,
  resultOf,
  type Signed,
  sign,
} from "./by-hand.ts";
import { answerOrders } from "./child.ts";
import { issuer } from "./records.ts";
import { batchSize } from "./stage.ts";

/** What the process is told: the file of records, and where to. */
export type IngestOrders = Readonly<{ env: Readonly<Record<string, string>>; file: string }>;

// Child process of ingest.ts: what one would write by hand when nothing had to be checked. The next batch is read and
// signed while the last one is copied in. Answers with the seconds it took.
answerOrders<IngestOrders, number>(async ({ env, file }) => {
  const { databaseUrl, keysDir, publicUrl, tokenIssuer, keyAlgorithm } = readConfig(env);
  const place = { folder: keysDir, issuer: publicUrl, tokenIssuer, algorithm: keyAlgorithm };
  const { license: key } = await openKeys(place, new Date());
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const begin = performance.now();
  let saving = Promise.resolve();
  let first = 0;
  for await (const records of batchesOf(file)) {
    const batch = await signBatch(records, first, publicUrl, key);
    await saving;
    saving = save(client, batch, `hand-${first}`, key.kid);
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

async function signBatch(records: readonly RawRecord[], first: number, publicUrl: string, key: Key) {
  const receivedAt = new Date();
  const signed = await Promise.all(
    records.map(async (record, place): Promise<Signed> => {
      const digest = createHash("sha256").update(JSON.stringify(record)).digest("base64url");
      const index = first + place;
      return { record, digest, index, jws: await sign(record, digest, index, publicUrl, receivedAt, key) };
    }),
  );
  return { signed, receivedAt };
}

async function save(
  client: pg.Client,
  { signed, receivedAt }: Awaited<ReturnType<typeof signBatch>>,
  batchId: string,
  kid: string,
): Promise<void> {
  const facts = { id: randomUUID(), receivedAt, kid };
  const results = signed.map(({ record }, index) => resultOf(record, index));
  await client.query("begin");
  await client.query(
    `insert into submission (id, client_id, batch_id, received_at, accepted, unchanged, rejected, pending, results)
      values ($1, $2, $3, $4, $5, 0, 0, 0, $6)`,
    [facts.id, issuer.client, batchId, receivedAt, signed.length, JSON.stringify(results)],
  );
  await copy(client, "holder", holderColumns, holdersOf(signed.map(({ record }) => record)));
  await copy(
    client,
    "license",
    licenseColumns,
    signed.map((license) => licenseRow(license, facts)),
  );
  await copy(
    client,
    "license_event",
    eventColumns,
    signed.map((license) => eventRow(license, facts)),
  );
  await client.query("commit");
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
