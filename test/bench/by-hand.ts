import { createHash, randomUUID } from "node:crypto";
import { CompactSign, type CryptoKey } from "jose";
import type pg from "pg";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { issuer, typeNames } from "./records.ts";

// What one would write by hand when nothing had to be checked: the same claims signed with the same key, the same rows.

/** What signs. */
export type Key = Readonly<{ kid: string; privateKey: CryptoKey }>;

/** A record with its signed form. */
export type Signed = Readonly<{ record: RawRecord; digest: string; index: number; jws: string }>;
/** The batch it comes in. */
type Facts = Readonly<{ id: string; receivedAt: Date; kid: string }>;

/** Signs what the hub would sign, and checks nothing. */
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
    status: { status_list: { uri: `${publicUrl}/status-lists/1`, idx: index } },
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
    ...[issuedOn, "VALID", jws, kid, 1, index, digest, issuer.client],
    ...[record.sourceRecordId, record.sourceUpdatedAt, receivedAt, id],
  ];
}

function eventRow({ record, digest }: Signed, { id, receivedAt }: Facts): readonly unknown[] {
  return [
    ...[record.holder?.id, record.identifier, record.operation, "VALID", record.issuedOn, null, issuer.client],
    ...[record.sourceRecordId, record.sourceUpdatedAt, receivedAt, digest, id],
  ];
}

const toldColumns = [
  ...["client_id", "source_record_id", "license_type", "source_updated_at", "content_digest", "day", "line_hash"],
];

/** What the source has told, with the day and the hash that its own counts are compared with. */
function toldRow({ record, digest }: Signed): readonly unknown[] {
  const at = Date.parse(record.sourceUpdatedAt);
  const hex = createHash("sha256").update(`${record.sourceRecordId}|${at}`).digest("hex").slice(0, 15);
  const day = new Date(at + 8 * 3_600_000).toISOString().slice(0, 10);
  return [
    ...[issuer.client, record.sourceRecordId, record.licenseType, record.sourceUpdatedAt, digest, day],
    BigInt(`0x${hex}`).toString(),
  ];
}

/** How many of each type came on a day. */
async function countTypes(client: pg.ClientBase, signed: readonly Signed[], receivedAt: Date): Promise<void> {
  const counts = [...Map.groupBy(signed, ({ record }) => record.licenseType)].map(([type, some]) => [
    type,
    some.length,
  ]);
  await client.query(
    `insert into record_count (day, department, license_type, clean, doubtful, unchanged, rejected, pending, corrected)
      select $1::date, $2, t ->> 0, (t ->> 1)::int, 0, 0, 0, 0, 0 from jsonb_array_elements($3::jsonb) t
      on conflict (day, department, license_type) do update set clean = record_count.clean + excluded.clean`,
    [new Date(receivedAt.getTime() + 8 * 3_600_000), issuer.department, JSON.stringify(counts)],
  );
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

/** A batch, signed. */
export type SignedBatch = Readonly<{ batchId: string; signed: readonly Signed[]; receivedAt: Date; kid: string }>;

/** Writes many rows of a table at once. */
export type WriteRows = (
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
) => Promise<void>;

/** Stores a batch in one transaction. */
export async function saveBatch(
  client: pg.ClientBase,
  { batchId, signed, receivedAt, kid }: SignedBatch,
  write: WriteRows,
): Promise<void> {
  const facts = { id: randomUUID(), receivedAt, kid };
  const results = signed.map(({ record }, index) => resultOf(record, index));
  await client.query("begin");
  await client.query(
    `insert into submission (id, client_id, batch_id, received_at, accepted, unchanged, rejected, pending, results)
      values ($1, $2, $3, $4, $5, 0, 0, 0, $6)`,
    [facts.id, issuer.client, batchId, receivedAt, signed.length, JSON.stringify(results)],
  );
  await write("holder", holderColumns, holdersOf(signed.map(({ record }) => record)));
  await write(
    "license",
    licenseColumns,
    signed.map((license) => licenseRow(license, facts)),
  );
  await write(
    "license_event",
    eventColumns,
    signed.map((license) => eventRow(license, facts)),
  );
  await write("source_record", toldColumns, signed.map(toldRow));
  await countTypes(client, signed, receivedAt);
  await client.query("commit");
}

/** Signs a batch. @param first index of its first place on the status list */
export async function signBatch(
  records: readonly RawRecord[],
  first: number,
  publicUrl: string,
  key: Key,
): Promise<Pick<SignedBatch, "signed" | "receivedAt">> {
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
