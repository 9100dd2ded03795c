import { CompactSign, type CryptoKey } from "jose";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { issuer, typeNames } from "./records.ts";

// What one would write by hand when nothing had to be checked: the same claims signed with the same key, the same rows.

/** What signs. */
export type Key = Readonly<{ kid: string; privateKey: CryptoKey }>;

/** A record with its signed form. */
export type Signed = Readonly<{ record: RawRecord; digest: string; index: number; jws: string }>;
/** The batch it comes in. */
export type Facts = Readonly<{ id: string; receivedAt: Date; kid: string }>;

/** Signs what the hub would sign, and checks nothing. */
export async function sign(
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

export const holderColumns = ["code", "id_type", "name", "region", "name_license"];
export const licenseColumns = [
  ...["holder_code", "identifier", "type_code", "number", "holder_id_type", "holder_name", "issuer_code", "region"],
  ...["issued_on", "valid_from", "valid_until", "version", "predecessor", "successor", "attributes", "state"],
  ...["state_since", "check_status", "jws", "kid", "status_list", "status_index", "content_digest", "client_id"],
  ...["source_record_id", "source_updated_at", "received_at", "submission_id"],
];
export const eventColumns = [
  ...["holder_code", "identifier", "operation", "state", "effective_on", "reason", "client_id", "source_record_id"],
  ...["source_updated_at", "received_at", "content_digest", "submission_id"],
];

export function licenseRow({ record, digest, index, jws }: Signed, { id, receivedAt, kid }: Facts): readonly unknown[] {
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

export function eventRow({ record, digest }: Signed, { id, receivedAt }: Facts): readonly unknown[] {
  return [
    ...[record.holder?.id, record.identifier, record.operation, "VALID", record.issuedOn, null, issuer.client],
    ...[record.sourceRecordId, record.sourceUpdatedAt, receivedAt, digest, id],
  ];
}

export function holdersOf(records: readonly RawRecord[]): readonly (readonly unknown[])[] {
  const businessLicenses = records.filter((record) => record.number === record.holder?.id);
  return businessLicenses.map(({ holder, region, identifier }) => [
    holder?.id,
    holder?.idType,
    holder?.name,
    region,
    identifier,
  ]);
}

export function resultOf(record: RawRecord, index: number): object {
  const { sourceRecordId, identifier } = record;
  return { index, sourceRecordId, outcome: "ACCEPTED", identifier, problems: [] };
}
