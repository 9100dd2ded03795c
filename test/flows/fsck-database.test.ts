import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "pg";
import { logKeysIn, readNewest } from "../../src/cli/audit/auditing.ts";
import { auditTables } from "../../src/cli/audit/database-door.ts";
import { readWanted } from "../../src/cli/audit/wanted-licenses.ts";
import { logReader } from "../../src/connectors/log-reader.ts";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { makeClientKey } from "../../src/proof/access/client-key.ts";
import type { AuditFinding } from "../../src/proof/audit/audit-codes.ts";
import type { SignedCheckpoint } from "../../src/proof/audit/log-note.ts";
import type { TableFinding } from "../../src/proof/audit/table-codes.ts";
import { importSigningKey, type Keyring, makeKeyPair, parseJwks } from "../../src/proof/keyring.ts";
import { signLicense } from "../../src/proof/signing/sign-license.ts";
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
  // Prepared databases have keys whose beginning was moved by hand, which is what fsck finds.
  house = await openTestHub({ demo: false, fresh: true });
  await house.hub.tendLog();
  const records = await readRecordFile(join(root, "migrations/data/demo/licenses.ndjson"));
  await submitSome(records.filter((_, at) => at % 2 === 0));
  await signAgain();
  await submitSome(records);
  await changeKeys();
  const holders = records.flatMap(({ holder }) => (holder?.idType === "USCC" ? [holder.id ?? ""] : []));
  for (const day of ["2026-11-22", "2026-11-23", "2026-11-24"]) {
    house.clock.now = new Date(`${day}T12:00:00+08:00`);
    for (let number = 0; number < 6; number += 1)
      await house.graphql(read(holders[number] ?? "", number), { as: "approval-bureau" });
    for (let round = 0; round < 1_000 && (await unsealed()) > 0; round += 1) await house.hub.sealAccessRecords();
    await house.hub.tendLog();
  }
  house.clock.now = testNow;
  await house.hub.refreshKeys();
  jwks = (await house.server.inject("/.well-known/jwks.json")).json();
  owner = new Client({ connectionString: house.config.databaseUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await house.close();
});

/** A key that took over, one that leaked, and a department's keys for records, one of them retired. */
async function changeKeys(): Promise<void> {
  const [first] = await house.sql("select kid from signing_key where purpose = 'receipt'");
  const operator = async (field: string, input: string, answer: string) => {
    const { errors } = await house.graphql(`mutation { ${field}(input: ${input}) { ${answer} } }`, { as: "operator" });
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
  };
  await operator("rotateKey", '{ purpose: RECEIPT, reason: "轮换", atOnce: true }', "kid");
  const since = new Date(testNow.getTime() - 1_000).toISOString();
  const leaked = `{ kid: "${first?.["kid"]}", since: "${since}", reason: "泄露" }`;
  await operator("declareKeyCompromised", leaked, "signedSince");
  for (const isRetired of [false, true]) {
    const { publicJwk } = await makeClientKey("EdDSA");
    const { kty, crv, x, kid } = publicJwk;
    const jwk = `{ kty: "${kty}", crv: "${crv}", x: "${x}" }`;
    await operator("addRecordKeys", `{ client: "approval-bureau", keys: [${jwk}] }`, "id");
    if (isRetired) await operator("retireRecordKey", `{ client: "approval-bureau", kid: "${kid}" }`, "id");
  }
  // A key of the folder that the database does not know, and that was compromised long ago: a copy takes it up.
  const [own] = (await house.server.inject("/.well-known/jwks.json")).json().keys;
  const { publicJwk } = await makeKeyPair("receipt", own.iss, new Date("2025-01-01T00:00:00Z"));
  const old = { ...publicJwk, exp: publicJwk.nbf + 1_000, compromised: publicJwk.nbf + 500 };
  const name = join(house.place.keysDir, "public", `receipt-${old.kid.slice(0, 12)}.jwk.json`);
  writeFileSync(name, JSON.stringify(old));
  await (await openTestHub({ demo: false, database: house.place })).close();
  await house.hub.tendLog();
}

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

test("tables that lack what the published log has shown, or hold something else in its place, are found out", async () => {
  const [row] = await house.sql("select size::int, root from log_head");
  const [size, root] = [Number(row?.["size"]), Buffer.from(String(row?.["root"]), "base64")];
  const after = (shown: Pick<SignedCheckpoint, "size" | "root">) =>
    foundAfter(async () => undefined, { origin: "hub.example/log", note: "", ...shown });
  const head = { table: "log_head", key: "1" };
  expect(await after({ size, root })).toEqual([]);
  expect(await after({ size: size + 1, root })).toEqual([
    { code: "ROW_MISSING", ...head, detail: `the published log has ${size + 1} entries` },
  ]);
  expect(await after({ size, root: Buffer.alloc(32) })).toEqual([
    { code: "ROW_CHANGED", ...head, columns: ["root"], detail: `the published log has ${size} entries` },
  ]);
});

async function unsealed(): Promise<number> {
  const [row] = await house.sql(
    "select count(*)::int as n from access_record r where not exists (select from access_seal s where s.record_id = r.id)",
  );
  return Number(row?.["n"]);
}

/** What is found after statements that nobody keeps. As the owner, whom neither triggers nor roles stop. */
async function foundAfter(change: () => Promise<unknown>, shown?: SignedCheckpoint): Promise<readonly TableFinding[]> {
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
      shown,
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
  signing_key: [
    ...["kid", "purpose", "issuer", "point", "not_before", "not_after", "compromised_at", "created_at", "reason"],
  ],
  key_event: ["kid", "event", "moment"],
  record_key: ["client_id", "kid", "jwk"],
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
  signing_key: "kid",
  key_event: "id::text || ' (' || kid",
  record_key: "client_id || ' ' || kid",
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

/** A missing event of a key is named by its key. */
function kidOf(table: string, key: string): string {
  return table === "key_event" ? `of ${key.split("(")[1]}` : "";
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
  const names = [
    key,
    ...(table === "license_event" ? [`entry ${row["place"]}`] : []),
    kidOf(table, key),
    String(row["span"]),
  ].filter(Boolean);
  // A checkpoint that is gone, the newest apart, only those miss who have kept it.
  const isNewest = rows.every((other) => Number(other["key"]) <= Number(key));
  const mayGo = table !== "log_checkpoint" || isNewest;
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
    expect(await house.sql("select 1 from signing_key where compromised_at < '2026-01-01'")).toHaveLength(1);
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

  test("names what was done to the hub's keys and their events by hand", async () => {
    const [leaked] = await house.sql(
      "select kid from signing_key where compromised_at > '2026-01-01' and purpose = 'receipt'",
    );
    const kid = String(leaked?.["kid"]);
    const events = await house.sql("select id, event from key_event where kid = $1 order by id", [kid]);
    const [, ended, compromised] = events.map(({ id }) => `${id} (${kid})`);
    const { publicJwk } = await makeClientKey("ES256");
    const smuggled = publicJwk.kid;
    const point = JSON.stringify({ crv: "P-256", kty: "EC", x: publicJwk.x, y: publicJwk.y });
    const told = async (...statements: readonly string[]) => {
      const found = await foundAfter(async () => {
        for (const statement of statements) await owner.query(statement);
      });
      return found.map(({ code, table, key, columns }) => [code, table, key, ...(columns ?? [])].join(" "));
    };
    const ofKey = `where kid = '${kid}'`;
    expect(await told(`update signing_key set not_after = not_after + interval '1 year' ${ofKey}`)).toEqual([
      `ROW_CHANGED signing_key ${kid} not_after`,
    ]);
    expect(
      await told(
        `update signing_key set compromised_at = null ${ofKey}`,
        `delete from key_event ${ofKey} and event = 'COMPROMISED'`,
      ),
    ).toEqual([`ROW_CHANGED signing_key ${kid} compromised_at`, `ROW_MISSING key_event of ${kid}`]);
    const columns = "purpose, issuer, source, name, not_before, created_at, reason";
    expect(
      await told(
        `insert into signing_key (kid, point, ${columns}) select '${smuggled}', '${point}', ${columns}
          from signing_key where purpose = 'license' and compromised_at is null`,
        `insert into key_event (kid, event, at, operator, reason) values ('${smuggled}', 'ADDED', now(), 'hub', 'x')`,
        `update key_event set at = k.created_at, reason = k.reason from signing_key k
          where k.kid = '${smuggled}' and key_event.kid = k.kid`,
      ),
    ).toEqual([`ROW_UNLOGGED signing_key ${smuggled}`, expect.stringMatching(`ROW_UNLOGGED key_event .*${smuggled}`)]);
    expect(await told(`delete from signing_key ${ofKey}`)).toEqual([`ROW_MISSING signing_key ${kid}`]);
    expect(await told(`update key_event set moment = moment + interval '1 hour' ${ofKey} and event = 'ENDED'`)).toEqual(
      [`ROW_CHANGED key_event ${ended} moment`],
    );
    expect(
      await told(`update key_event set event = 'CERTIFIED', moment = null ${ofKey} and event = 'COMPROMISED'`),
    ).toEqual([`ROW_MISSING key_event of ${kid}`]);
    expect(await told(`update key_event set kid = '${smuggled}' where id = ${compromised?.split(" ")[0]}`)).toEqual(
      expect.arrayContaining([
        `ROW_MISSING key_event of ${kid}`,
        `ROW_UNLOGGED key_event ${compromised?.replace(kid, smuggled)}`,
      ]),
    );
    expect(await told("update record_key set retired_at = null where retired_at is not null")).toEqual([
      expect.stringMatching(/^ROW_CHANGED record_key approval-bureau .* retired_at$/),
    ]);
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
  test("says of every file of licenses what came of it, whatever it holds, and goes on", async () => {
    const log = logReader(async (path) => {
      const { statusCode, rawPayload } = await house.server.inject(`/log/${path}`);
      return statusCode === 200 ? rawPayload : undefined;
    });
    const keyring = parseJwks(jwks);
    const newest = await readNewest(log, logKeysIn(keyring));
    const folder = mkdtempSync(join(house.place.keysDir, "held-"));
    const [one, other] = (await house.sql("select jws from license order by identifier limit 2")).map(({ jws }) =>
      String(jws),
    );
    const [header, payload, signature] = one?.split(".") ?? [];
    const headed = (alg: string, typ: string) =>
      Buffer.from(JSON.stringify({ alg, kid: "x", typ })).toString("base64url");
    const claims = JSON.parse(Buffer.from(payload ?? "", "base64url").toString());
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: "91371002XXXX0030XC" })).toString("base64url");
    // Signed by the hub, and in no log: what a thief of its key would make.
    const { kid } = JSON.parse(Buffer.from(header ?? "", "base64url").toString());
    const secret = readdirSync(house.place.keysDir).find((name) => name.includes(kid.slice(0, 12))) ?? "";
    const thief = await importSigningKey(JSON.parse(readFileSync(join(house.place.keysDir, secret), "utf8")));
    const files: Readonly<Record<string, string | Uint8Array>> = {
      "binary.jws": Uint8Array.from({ length: 300_000 }, (_, at) => (at * 37) % 256),
      "bundle.json": JSON.stringify({ version: 1, license: one, keys: [] }),
      "bundle-marked.json": `\ufeff${JSON.stringify({ version: 1, license: one, keys: [] })}`,
      "bundle-newer.json": JSON.stringify({ version: 2, license: one }),
      "bundle-forged.json": JSON.stringify({ version: 1, license: `${header}.${changed}.${signature}`, keys: [] }),
      "empty.jws": "",
      "forged.jws": `${header}.${changed}.${signature}`,
      "good.jws": `${other}\r\n\r\n`,
      "huge.json": `{"version":1,"license":"${"x".repeat(4 * 1024 * 1024)}"}`,
      "huge.jws": "x.".repeat(100_000),
      "none.jws": `${headed("none", "license+jwt")}.${payload}.`,
      "presented.txt": `${headed("ES256", "dc+sd-jwt")}.${payload}.${signature}~`,
      "tilde.jws": `${one}~`,
      "receipt.jws": `${headed("ES256", "receipt+jwt")}.${payload}.${signature}`,
      "stolen.jws": await signLicense({ ...claims, sub: "91371002XXXX0030XC" }, thief),
      "unsigned.jws": `${header}.${payload}.${"A".repeat(86)}`,
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const told = async (trusted: Keyring | undefined) => {
      const findings: AuditFinding[] = [];
      const wanted = await readWanted([folder], trusted, (finding) => findings.push(finding));
      const quiet = { progress: () => undefined, remember: async () => undefined, isStopped: () => false };
      const { outcome } = await checkLog(
        { ...quiet, log, report: (finding) => findings.push(finding) },
        { checkpoint: newest, known: [], onEntries: wanted.look },
      );
      expect(outcome).toBe("IN_ORDER");
      const all = [...findings, ...wanted.findings(newest.size)];
      return Object.fromEntries(
        all.map(({ file, code, detail }) => [basename(file ?? ""), [code, detail].join(" ").trim()]),
      );
    };
    const kinds = {
      "binary.jws": "NOT_A_LICENSE TOKEN_TOO_LARGE",
      "bundle.json": "LICENSE_LOGGED",
      "bundle-marked.json": "LICENSE_LOGGED",
      "bundle-newer.json": "BUNDLE_VERSION",
      "bundle-forged.json": "LICENSE_SIGNATURE SIGNATURE_WRONG",
      "empty.jws": "NOT_A_LICENSE NOT_COMPACT_JWS",
      "forged.jws": "LICENSE_SIGNATURE SIGNATURE_WRONG",
      "good.jws": "LICENSE_LOGGED",
      "huge.json": "NOT_A_LICENSE BUNDLE_TOO_LARGE",
      "huge.jws": "NOT_A_LICENSE TOKEN_TOO_LARGE",
      "none.jws": "LICENSE_SIGNATURE ALGORITHM_NOT_ALLOWED",
      "presented.txt": "LICENSE_SIGNATURE KEY_UNKNOWN",
      "receipt.jws": "NOT_A_LICENSE TYP_UNEXPECTED",
      "stolen.jws": "LICENSE_MISSING",
      "tilde.jws": "NOT_A_LICENSE TYP_UNEXPECTED",
      "unsigned.jws": "LICENSE_SIGNATURE SIGNATURE_WRONG",
    };
    expect(await told(keyring)).toEqual(kinds);
    // Without keys a signature says nothing, and the log must.
    const unverified = ["LICENSE_MISSING", "LICENSE_MISSING", "LICENSE_LOGGED", "LICENSE_IN_PART", "LICENSE_LOGGED"];
    const names = ["bundle-forged.json", "forged.jws", "none.jws", "presented.txt", "unsigned.jws"];
    expect(await told(undefined)).toEqual({
      ...kinds,
      ...Object.fromEntries(names.map((name, at) => [name, unverified[at]])),
    });
    await expect(readWanted([join(folder, "nothing")], keyring, () => undefined)).rejects.toThrow(/there is no/);
  });
});
