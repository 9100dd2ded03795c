import { createHash, randomUUID } from "node:crypto";
import { CompactSign, type CryptoKey } from "jose";
import pg from "pg";
import { readConfig } from "../../src/config.ts";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { openKeys } from "../../src/store/keys/key-store.ts";
import { issuer, typeNames } from "./records.ts";
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

type Key = Readonly<{ kid: string; privateKey: CryptoKey }>;

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

type Signed = Readonly<{ record: RawRecord; digest: string; index: number; jws: string }>;
type Facts = Readonly<{ id: string; receivedAt: Date; kid: string }>;

async function sign(
  record: RawRecord,
  digest: string,
  index: number,
  publicUrl: string,
  now: Date,
  key: Key,
): Promise<string> {
  const { holder, licenseType, sourceRecordId, validFrom, validUntil = null } = record;
  const claims = {
    ...{ iss: publicUrl, sub: holder?.id, jti: record.identifier, iat: Math.floor(now.getTime() / 1000) },
    nbf: Date.parse(`${validFrom}T00:00:00+08:00`) / 1000,
    ...(validUntil !== null && { exp: Date.parse(`${validUntil}T23:59:59+08:00`) / 1000 }),
    status: { status_list: { uri: `${publicUrl}/status-lists/0`, idx: index } },
    license: {
      ...{ type: licenseType, typeName: typeNames.get(licenseType), number: record.number, holder },
      ...{ issuer: { code: issuer.department, name: issuer.name }, region: record.region },
      ...{ issuedOn: record.issuedOn, validFrom, validUntil, version: 1, predecessor: null },
      attributes: record.attributes,
    },
    source: { client: issuer.client, recordId: sourceRecordId, digest },
  };
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: "ES256", typ: "license+jwt", kid: key.kid })
    .sign(key.privateKey);
}

const holderColumns = ["code", "id_type", "name", "region", "name_license"];
const licenseColumns = [
  ...["holder_code", "identifier", "type_code", "number", "holder_id_type", "holder_name", "issuer_code", "region"],
  ...["issued_on", "valid_from", "valid_until", "version", "predecessor", "successor", "attributes", "state"],
  ...["state_since", "check_status", "jws", "kid", "status_list", "status_index", "content_digest", "client_id"],
  ...["source_record_id", "source_updated_at", "received_at", "submission_id"],
];
const eventColumns = [
  ...["holder_code", "identifier", "operation", "state", "effective_on", "reason", "client_id", "source_record_id"],
  ...["source_updated_at", "received_at", "content_digest", "submission_id"],
];

function licenseRow({ record, digest, index, jws }: Signed, { id, receivedAt, kid }: Facts): readonly unknown[] {
  const { holder, identifier, issuedOn } = record;
  return [
    ...[
      holder?.id,
      identifier,
      record.licenseType,
      record.number,
      holder?.idType,
      holder?.name,
      record.issuer,
      record.region,
    ],
    ...[issuedOn, record.validFrom, record.validUntil, 1, null, null, JSON.stringify(record.attributes), "VALID"],
    ...[issuedOn, "VALID", jws, kid, 0, index, digest, issuer.client],
    ...[record.sourceRecordId, record.sourceUpdatedAt, receivedAt, id],
  ];
}

function eventRow({ record, digest }: Signed, { id, receivedAt }: Facts): readonly unknown[] {
  return [
    ...[record.holder?.id, record.identifier, record.operation, "VALID", record.issuedOn, null, issuer.client],
    ...[record.sourceRecordId, record.sourceUpdatedAt, receivedAt, digest, id],
  ];
}

function holdersOf(records: readonly RawRecord[]): readonly (readonly unknown[])[] {
  const businessLicenses = records.filter((record) => record.number === record.holder?.id);
  return businessLicenses.map(({ holder, region, identifier }) => [
    holder?.id,
    holder?.idType,
    holder?.name,
    region,
    identifier,
  ]);
}

function resultOf(record: RawRecord, index: number): object {
  const { sourceRecordId, identifier } = record;
  return { index, sourceRecordId, outcome: "ACCEPTED", identifier, problems: [] };
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
