import pg from "pg";
import { readConfig } from "../../src/config.ts";
import { openKeys } from "../../src/store/keys/key-store.ts";
import { type Key, saveBatch, signBatch } from "./by-hand.ts";
import { answerSubmitOrders, type SubmitBatch } from "./submit-run.ts";

// Child process of submit.ts: what one would write by hand when nothing had to be checked. The same claims signed with
// the same key, the same rows in the same tables, one transaction a batch.
answerSubmitOrders(async ({ env }) => {
  const { databaseUrl, keysDir, publicUrl, tokenIssuer, keyAlgorithm } = readConfig(env);
  const place = { folder: keysDir, issuer: publicUrl, tokenIssuer, algorithm: keyAlgorithm };
  const { license: key } = await openKeys(place, new Date());
  if (!key) throw new Error("there is no license key");
  const pool = new pg.Pool({ connectionString: databaseUrl });
  return { submit: submitWith(pool, publicUrl, key), close: () => pool.end() };
});

function submitWith(pool: pg.Pool, publicUrl: string, key: Key): SubmitBatch {
  let first = 0;
  return async (batchId, records) => {
    const batch = await signBatch(records, first, publicUrl, key);
    first += records.length;
    const client = await pool.connect();
    try {
      await saveBatch(client, { ...batch, batchId, kid: key.kid }, (table, columns, rows) =>
        insert(client, table, columns, rows),
      );
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
