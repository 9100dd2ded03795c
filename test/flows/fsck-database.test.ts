import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "pg";
import { logKeysIn, readNewest } from "../../src/cli/audit/auditing.ts";
import { auditTables } from "../../src/cli/audit/database-door.ts";
import { readWanted } from "../../src/cli/audit/wanted-licenses.ts";
import { logReader } from "../../src/connectors/log-reader.ts";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import type { TableFinding } from "../../src/proof/audit/table-codes.ts";
import { parseJwks } from "../../src/proof/keyring.ts";
import { auditDatabase } from "../../src/store/audit/audit-database.ts";
import { readRecordFile } from "../../src/store/catalogue/catalogue-files.ts";
import { checkLog } from "../../src/use-cases/log/check-log.ts";
import { openWorkshop } from "../cli/processes.ts";
import { department, openTestHub, type TestHub, testNow } from "../setup/hub.ts";
import { root } from "../setup/place.ts";

const read = (holder: string, number: number) => `{ enterprise(uscc: "${holder}") { licenses(purpose: {
  procedure: "food-operation-new", caseNumber: "C-${number}", reason: "for the ledger" }) { nodes { number } } } }`;

let house: TestHub;
let owner: Client;
let jwks: unknown;
beforeAll(async () => {
  house = await openTestHub({ demo: false });
  await house.hub.tendLog();
  const records = await readRecordFile(join(root, "migrations/data/demo/licenses.ndjson"));
  await submitSome(records.filter((_, at) => at % 2 === 0));
  await signAgain();
  await submitSome(records);
  const holders = records.flatMap(({ holder }) => (holder?.idType === "USCC" ? [holder.id ?? ""] : []));
  for (const day of ["2026-11-22", "2026-11-23", "2026-11-24"]) {
    house.clock.now = new Date(`${day}T12:00:00+08:00`);
    for (let number = 0; number < 6; number += 1)
      await house.graphql(read(holders[number] ?? "", number), { as: "approval-bureau" });
    for (let round = 0; round < 1_000 && (await unsealed()) > 0; round += 1) await house.hub.sealAccessRecords();
    await house.hub.tendLog();
  }
  house.clock.now = testNow;
  jwks = (await house.server.inject("/.well-known/jwks.json")).json();
  owner = new Client({ connectionString: house.config.databaseUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await house.close();
});

/** All licenses there are by now get new texts. */
async function signAgain(): Promise<void> {
  const caller = { kind: "OPERATOR", clientId: "operator", scopes: new Set(["hub:operate"]) } as const;
  const { kid } = house.hub.publicKeys().find(({ purpose }) => purpose === "license") ?? { kid: "" };
  await house.hub.declareKeyCompromised(caller, { kid, since: testNow, reason: "服务器被入侵" });
  const { signed } = await house.hub.signLicensesAgain(new AbortController().signal, () => undefined);
  expect(signed).toBeGreaterThan(10);
}

/** Hands in licenses that something happened to, and some that nothing did, in batches of ten. */
async function submitSome(records: readonly RawRecord[]): Promise<void> {
  const keys = new Map(
    (await house.sql("select code, key from department")).map(({ code, key }) => [code, String(key)]),
  );
  const touched = records.filter(({ operation }) => operation !== "ISSUE").filter((_, at) => at % 9 === 0);
  const names = new Set(touched.flatMap(({ identifier, predecessor }) => [identifier, predecessor]));
  const some = records.filter((record, at) => at < 12 || names.has(record.identifier) || touched.includes(record));
  let batch = 0;
  for (const [issuer, own] of Map.groupBy(some, (record) => record.issuer))
    for (let at = 0; at < own.length; at += 10) {
      batch += 1;
      const client = department(keys.get(issuer) ?? "");
      await house.hub.submitLicenses(client, { batchId: `fsck-${batch}`, records: own.slice(at, at + 10) });
      if (batch % 3 === 0) await house.hub.tendLog();
    }
  await house.hub.tendLog();
}

async function unsealed(): Promise<number> {
  const [row] = await house.sql(
    "select count(*)::int as n from access_record r where not exists (select from access_seal s where s.record_id = r.id)",
  );
  return Number(row?.["n"]);
}

/** What is found after statements that nobody keeps. As the owner, whom neither triggers nor roles stop. */
async function foundAfter(change: () => Promise<unknown>): Promise<readonly TableFinding[]> {
  const keyring = parseJwks(jwks);
  const findings: TableFinding[] = [];
  await owner.query("begin");
  try {
    await owner.query("set local session_replication_role = replica");
    await change();
    await auditTables(auditDatabase(owner), {
      keyring,
      keys: logKeysIn(keyring),
      newestLater: async () => 0,
      report: (finding) => findings.push(finding),
    });
  } finally {
    await owner.query("rollback");
  }
  return findings;
}

/** Tables and those of their columns that a signature, the log or the ledger vouches for. */
const columns: Readonly<Record<string, readonly string[]>> = {
  license: [
    ...["holder_code", "identifier", "type_code", "number", "holder_id_type", "holder_name", "issuer_code", "region"],
    ...["issued_on", "valid_from", "valid_until", "version", "predecessor", "successor", "attributes", "state"],
    ...["state_since", "check_status", "jws", "kid", "status_list", "status_index", "content_digest", "client_id"],
    ...["source_record_id", "source_updated_at", "received_at", "signed_at", "submission_id", "log_batch", "log_place"],
  ],
  license_event: [
    ...["holder_code", "identifier", "operation", "state", "effective_on", "reason", "client_id", "source_record_id"],
    ...["source_updated_at", "received_at", "content_digest", "submission_id", "log_batch", "log_place"],
  ],
  access_record: [
    ...[
      "holder_code",
      "id",
      "at",
      "caller_kind",
      "client_id",
      "department",
      "action",
      "outcome",
      "refusal",
      "procedure",
    ],
    ...["case_number", "reason", "identifiers", "withheld", "attributes", "member", "salt"],
  ],
  access_seal: ["day", "place", "record_id", "digest", "chain"],
  access_day: ["day", "count", "root"],
  log_batch: ["count", "secret", "first_index"],
  log_tile: ["level", "index", "nodes"],
  log_entries: ["index", "count", "entries"],
  log_checkpoint: ["size", "root", "note"],
  log_head: ["id", "size", "root"],
};

/** How a row is named in a finding, as SQL. */
const keys: Readonly<Record<string, string>> = {
  license: "identifier",
  license_event: "id::text || ' ('",
  access_record: "id::text",
  access_seal: "to_char(day, 'YYYY-MM-DD') || '/' || place",
  access_day: "to_char(day, 'YYYY-MM-DD')",
  log_batch: "id::text",
  log_tile: "level || '/' || index",
  log_entries: "index::text",
  log_checkpoint: "size::text",
  log_head: "id::text",
};

/** Another value of a column's type. */
const others: Readonly<Record<string, string>> = {
  text: "coalesce(C, '') || 'x'",
  integer: "coalesce(C, 0) + N",
  bigint: "coalesce(C, 0) + N",
  date: "coalesce(C, '2026-01-01') + N",
  "timestamp with time zone": "coalesce(C, '2026-11-22') + interval '1 day'",
  jsonb: `C || '{"slipped": "in"}'`,
  bytea: "set_byte(C, length(C) / 2, 255 - get_byte(C, length(C) / 2))",
  uuid: "gen_random_uuid()",
  ARRAY: "coalesce(C, '{}') || '{x}'",
};

type Edit = Readonly<{ what: string; table: string; names: readonly string[]; run: () => Promise<unknown> }>;

/** Numbers below 1 that come out the same at every run. Source: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An edit or deletion of a row, column and kind drawn at random. */
async function drawEdit(table: string, random: () => number): Promise<Edit> {
  const pick = <T>(list: readonly T[]): T => {
    const one = list[Math.floor(random() * list.length)];
    if (one === undefined) throw new Error("nothing to choose from");
    return one;
  };
  const place =
    table === "license_event" ? "(select first_index from log_batch b where b.id = log_batch) + log_place" : "0";
  const rows = await house.sql(`select ctid::text as ctid, ${keys[table]} as key, ${place} as place,
    ${table === "log_batch" ? "'entries ' || first_index || ' to ' || first_index + count - 1" : "''"} as span from ${table} order by 2`);
  const row = pick(rows);
  const [key, at] = [String(row["key"]), `where ctid = '${row["ctid"]}'`];
  const names = [key, ...(table === "license_event" ? [`entry ${row["place"]}`] : []), String(row["span"])].filter(
    Boolean,
  );
  // A checkpoint that is gone, the newest apart, only those miss who have kept it.
  const mayGo = table !== "log_checkpoint" || row === rows.at(-1);
  if (mayGo && random() < 0.25)
    return { what: `delete ${table} ${key}`, table, names, run: () => owner.query(`delete from ${table} ${at}`) };
  const column = pick(columns[table] ?? []);
  const [type] = await house.sql(
    "select data_type as name from information_schema.columns where table_name = $1 and column_name = $2",
    [table, column],
  );
  const other = others[String(type?.["name"])]
    ?.replaceAll("C", `"${column}"`)
    .replaceAll("N", String(1000 + Math.floor(random() * 1000)));
  const run = () => owner.query(`update ${table} set "${column}" = ${other} ${at}`);
  return { what: `update ${table} ${key} ${column}`, table, names, run };
}

describe("fsck at the database", () => {
  test("finds nothing where nobody has touched anything", async () => {
    expect(await foundAfter(async () => undefined)).toEqual([]);
  });

  test("names every one of a hundred edits and deletions at random, by table and row", async () => {
    const seed = Number(process.env["FSCK_SEED"] ?? 20261123);
    const random = randomOf(seed);
    const missed: string[] = [];
    const tables = Object.keys(columns);
    for (let number = 0; number < 100; number += 1) {
      const edit = await drawEdit(tables[Math.floor(random() * tables.length)] ?? "", random);
      const found = await foundAfter(edit.run);
      const own = found.filter(({ table }) => table === edit.table);
      const isNamed = own.some(({ key, detail }) =>
        edit.names.some((name) => key.startsWith(name) || detail === `size ${name}`),
      );
      if (!isNamed) missed.push(`${edit.what} → ${JSON.stringify(found.slice(0, 3))}`);
    }
    expect({ seed, missed }).toEqual({ seed, missed: [] });
  });

  test("names a license that says it was never signed again, though it was", async () => {
    const [one] = await house.sql("select identifier from license where signed_at is not null limit 1");
    const key = one?.["identifier"];
    expect(
      await foundAfter(() => owner.query("update license set signed_at = null where identifier = $1", [key])),
    ).toEqual([{ code: "ROW_CHANGED", table: "license", key, columns: ["signed_at"] }]);
  });

  test("is told by the program, with exit code 1", async () => {
    const [one] = await house.sql("select identifier, holder_name as name from license order by identifier limit 1");
    const rename = (name: unknown) =>
      owner.query("update license set holder_name = $1 where identifier = $2", [name, one?.["identifier"]]);
    const file = join(house.place.keysDir, "jwks.json");
    writeFileSync(file, JSON.stringify(jwks));
    await rename("x");
    const workshop = openWorkshop();
    const args = ["--database", house.config.databaseUrl ?? "", "--keys", file];
    const { code, out, error } = await workshop.run("src/cli/fsck.ts", args);
    await workshop.clear();
    await rename(one?.["name"]);
    expect([code, error]).toEqual([1, ""]);
    expect(out).toContain(`ROW_CHANGED     license ${one?.["identifier"]} holder_name`);
  });
});

describe("fsck of the log a hub serves", () => {
  test("finds it in order, and of the licenses somebody holds the one that does not stand in it", async () => {
    const log = logReader(async (path) => {
      const { statusCode, rawPayload } = await house.server.inject(`/log/${path}`);
      return statusCode === 200 ? rawPayload : undefined;
    });
    const newest = await readNewest(log, logKeysIn(parseJwks(jwks)));
    const folder = mkdtempSync(join(house.place.keysDir, "held-"));
    const rows = await house.sql("select jws from license order by identifier limit 5");
    for (const [at, { jws }] of rows.entries()) writeFileSync(join(folder, `${at}.jws`), `${String(jws)}\n`);
    writeFileSync(join(folder, "bundle.json"), JSON.stringify({ version: 1, license: rows[0]?.["jws"], keys: [] }));
    writeFileSync(join(folder, "other.jws"), "e30.e30.");
    const wanted = await readWanted([folder]);
    const findings: unknown[] = [];
    const quiet = { progress: () => undefined, remember: async () => undefined, isStopped: () => false };
    const { outcome } = await checkLog(
      { ...quiet, log, report: (finding) => findings.push(finding) },
      { checkpoint: newest, known: [], onEntries: wanted.look },
    );
    expect([outcome, findings]).toEqual(["IN_ORDER", []]);
    expect([wanted.count, wanted.missing()]).toEqual([7, [join(folder, "other.jws")]]);
  });
});
