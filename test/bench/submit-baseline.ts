import { createHash, randomUUID } from "node:crypto";
import pg from "pg";
import { readConfig } from "../../src/config.ts";
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
  sign,
} from "./by-hand.ts";
import { issuer } from "./records.ts";
import { answerSubmitOrders, type SubmitBatch } from "./submit-run.ts";

// Child process of submit.ts: what one would write by hand when nothing had to be checked. The same claims signed with
// the same key, the same rows in the same tables, one transaction a batch.
answerSubmitOrders(async ({ env }) => {
  const { databaseUrl, keysDir, publicUrl, tokenIssuer, keyAlgorithm } = readConfig(env);
  const place = { folder: keysDir, issuer: publicUrl, tokenIssuer, algorithm: keyAlgorithm };
  const { license: key } = await openKeys(place, new Date());
  const pool = new pg.Pool({ connectionString: databaseUrl });
  return { submit: submitWith(pool, publicUrl, key), close: () => pool.end() };
});

function submitWith(pool: pg.Pool, publicUrl: string, key: Key): SubmitBatch {
  let statusIndex = 0;
  return async (batchId, records) => {
    const id = randomUUID();
    const receivedAt = new Date();
    const firstIndex = statusIndex;
    statusIndex += records.length;
    const signed = await Promise.all(
      records.map(async (record, place) => {
        const digest = createHash("sha256").update(JSON.stringify(record)).digest("base64url");
        const index = firstIndex + place;
        return { record, digest, index, jws: await sign(record, digest, index, publicUrl, receivedAt, key) };
      }),
    );
    const client = await pool.connect();
    try {
      await client.query("begin");
      const results = signed.map(({ record }, index) => resultOf(record, index));
      await client.query(
        `insert into submission (id, client_id, batch_id, received_at, accepted, unchanged, rejected, pending, results)
          values ($1, $2, $3, $4, $5, 0, 0, 0, $6)`,
        [id, issuer.client, batchId, receivedAt, records.length, JSON.stringify(results)],
      );
      await insert(client, "holder", holderColumns, holdersOf(records));
      const facts = { id, receivedAt, kid: key.kid };
      await insert(
        client,
        "license",
        licenseColumns,
        signed.map((license) => licenseRow(license, facts)),
      );
      await insert(
        client,
        "license_event",
        eventColumns,
        signed.map((license) => eventRow(license, facts)),
      );
      await client.query("commit");
    } finally {
      client.release();
    }
  };
}

/** One INSERT of many rows. */
async function insert(
  client: pg.PoolClient,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
): Promise<void> {
  const places = rows.map((row, at) => `(${row.map((_, column) => `$${at * row.length + column + 1}`).join()})`);
  await client.query(`insert into ${table} (${columns.join()}) values ${places.join()}`, rows.flat());
}
