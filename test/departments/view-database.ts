import { randomUUID } from "node:crypto";
import { Client } from "pg";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { testDatabaseUrl } from "../setup/postgres.ts";

/** A department's own PostgreSQL, with a view that is opened to the hub's user and nothing else. */
export type ViewDatabase = Readonly<{
  /** Where it is, as a source says it. */
  place: Readonly<{ kind: "POSTGRESQL"; host: string; port: number; database: string; user: string }>;
  /** As its owner. */
  sql: (text: string, parameters?: readonly unknown[]) => Promise<Record<string, unknown>[]>;
  insert: (records: readonly RawRecord[]) => Promise<void>;
  close: () => Promise<void>;
}>;

const tables = `
  create table certificate (
    "编号" bigserial primary key, "内部编码" text, operation text, type_code text, cert_no text, holder_type text,
    holder_code text, holder_name text, issuer text, region text, issued date, valid_from timestamp, valid_to text,
    detail jsonb, changed_at timestamptz not null default now());
  create table secret_file (content text);
  insert into secret_file values ('nobody''s business');
  create view "证照变更" as select * from certificate;`;

/** The names of that view's columns, as a source maps them. */
export const viewMapping = {
  ...{ sourceRecordId: "内部编码", operation: "operation", licenseType: "type_code", number: "cert_no" },
  ...{ "holder.idType": "holder_type", "holder.id": "holder_code", "holder.name": "holder_name" },
  ...{ issuer: { value: "11371000XXXX010118" }, region: "region", issuedOn: "issued", validFrom: "valid_from" },
  ...{ validUntil: "valid_to", attributes: "detail", sourceUpdatedAt: "changed_at" },
} as const;

/** Makes the database and the reader's role on the test server. */
export async function openViewDatabase(): Promise<ViewDatabase> {
  const name = `dept_${randomUUID().replaceAll("-", "")}`;
  const user = `reader_${name}`;
  const url = new URL(testDatabaseUrl());
  await administer(`create database ${name}`);
  await administer(`create role ${user} login password 'geheim'`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const client = new Client({ connectionString: own.href });
  await client.connect();
  await client.query(tables);
  await client.query(`grant select on "证照变更" to ${user}`);
  const sql = async (text: string, parameters: readonly unknown[] = []) =>
    (await client.query(text, [...parameters])).rows;
  return {
    place: { kind: "POSTGRESQL", host: url.hostname, port: Number(url.port), database: name, user },
    sql,
    insert: async (records) => {
      await sql(
        `insert into certificate ("内部编码", operation, type_code, cert_no, holder_type, holder_code, holder_name, issuer,
          region, issued, valid_from, valid_to, detail, changed_at)
         select r->>'sourceRecordId', r->>'operation', r->>'licenseType', r->>'number', r->'holder'->>'idType',
          r->'holder'->>'id', r->'holder'->>'name', r->>'issuer', r->>'region', (r->>'issuedOn')::date,
          (r->>'validFrom')::timestamp, replace(r->>'validUntil', '-', '/'), r->'attributes',
          (r->>'sourceUpdatedAt')::timestamptz from jsonb_array_elements($1::jsonb) r`,
        [JSON.stringify(records)],
      );
    },
    close: async () => {
      await client.end();
      await administer(`drop database ${name} with (force)`);
      await administer(`drop role ${user}`);
    },
  };
}

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: testDatabaseUrl() });
  await client.connect();
  await client.query(statement);
  await client.end();
}
