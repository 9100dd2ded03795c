import { request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { compactVerify, createLocalJWKSet } from "jose";
import { Client } from "pg";
import { licensesPerHolder, makeRecords } from "../bench/records.ts";
import { openWorkshop, type RunningHub, type Workshop } from "../cli/processes.ts";
import { type Postgres, startPostgres } from "../setup/postgres.ts";

// What was acknowledged is there, once, whatever is killed and whenever. The full measure (50,000 records, the hub killed 20
// times, PostgreSQL 5 times) is CRASH_RECORDS=50000 CRASH_HUB=20 CRASH_POSTGRES=5.
const records = Number(process.env["CRASH_RECORDS"] ?? 5_000);
const hubKills = Number(process.env["CRASH_HUB"] ?? 3);
const postgresKills = Number(process.env["CRASH_POSTGRES"] ?? 1);
const client = "approval-bureau";

let postgres: Postgres;
let workshop: Workshop;
let token: string;
let env: Record<string, string>;
beforeAll(async () => {
  postgres = await startPostgres({ durable: true });
  workshop = openWorkshop(900_000);
  const limits = JSON.stringify({ maxPointsPerMinute: 100_000_000 });
  env = { DATABASE_URL: postgres.url, KEYS_DIR: `${workshop.folder}/keys`, DEMO: "on", LIMITS: limits };
  await (await workshop.startHub(env)).stop();
  token = (await workshop.run("src/cli/token.ts", [client], env)).out.trim();
});
afterAll(async () => {
  await workshop.clear();
  await postgres.stop();
});

type Line = Readonly<{ index?: number; outcome?: string; identifier?: string; complete?: boolean; error?: object }>;

/** Every answer a record ever got. */
type Acknowledged = Map<number, string>;

function* textOf(first: number): Generator<string> {
  const atOnce = 100;
  for (let done = 0; done * licensesPerHolder < records; done += atOnce) {
    const some = makeRecords(first + done, atOnce).slice(0, records - done * licensesPerHolder);
    yield some.map((record) => `${JSON.stringify(record)}\n`).join("");
  }
}

/** Sends the whole stream once, and notes what is acknowledged. @returns whether it came to its end */
function sendOnce(url: string, batchId: string, first: number, acknowledged: Acknowledged): Promise<boolean> {
  return new Promise((resolve) => {
    let rest = "";
    let isComplete = false;
    const sending = request(`${url}/ingest?batchId=${batchId}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/x-ndjson" },
    });
    const end = () => resolve(isComplete);
    sending.once("response", (response) => {
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        const texts = `${rest}${piece}`.split("\n");
        rest = texts.pop() ?? "";
        for (const text of texts) {
          if (text === "") continue;
          const line = JSON.parse(text) as Line;
          isComplete ||= line.complete === true;
          if (line.index === undefined) continue;
          const said = `${line.outcome} ${line.identifier}`;
          expect(acknowledged.get(line.index) ?? said).toBe(said);
          acknowledged.set(line.index, said);
        }
      });
      response.once("end", end);
      response.once("error", end);
      response.once("close", end);
    });
    sending.once("error", end);
    pipeline(Readable.from(textOf(first)), sending).catch(end);
  });
}

async function sendToTheEnd(hub: () => RunningHub | undefined, batchId: string, first: number): Promise<Acknowledged> {
  const acknowledged: Acknowledged = new Map();
  for (let tries = 0; tries < 2_000; tries++) {
    const url = hub()?.url;
    if (url && (await sendOnce(url, batchId, first, acknowledged))) return acknowledged;
    await wait(100);
  }
  throw new Error("the stream never came to its end");
}

/** Everything acknowledged is stored: once, with one valid signature and one history. */
async function checkStored(hub: RunningHub, acknowledged: Acknowledged, holdersFrom: number): Promise<void> {
  const keys = createLocalJWKSet(
    (await (await fetch(`${hub.url}/.well-known/jwks.json`)).json()) as { keys: object[] },
  );
  const sql = new Client({ connectionString: postgres.url });
  await sql.connect();
  const { rows } = await sql.query<{ identifier: string; jws: string; events: number }>(
    `select l.identifier, l.jws, (select count(*)::int from license_event e where e.identifier = l.identifier) as events
      from license l where l.source_record_id = any($1::text[])`,
    [makeRecords(holdersFrom, Math.ceil(records / licensesPerHolder)).map((record) => record.sourceRecordId)],
  );
  await sql.end();
  expect(rows).toHaveLength(records);
  expect(new Set(rows.map((row) => `ACCEPTED ${row.identifier}`))).toEqual(new Set(acknowledged.values()));
  for (const row of rows) {
    expect(row.events).toBe(1);
    const { payload } = await compactVerify(row.jws, keys);
    expect(JSON.parse(new TextDecoder().decode(payload)).jti).toBe(row.identifier);
  }
  await checkLog(hub);
}

/** The public log holds all of it, without gap or fork: as an auditor sees it, and row by row against the tables. */
async function checkLog(hub: RunningHub): Promise<void> {
  const sql = new Client({ connectionString: postgres.url });
  await sql.connect();
  const left = `select (select count(*) from log_waiting) + (select size from log_head)
    - (select max(size) from log_checkpoint) as left`;
  while (Number((await sql.query(left)).rows[0].left) > 0) await wait(100);
  await sql.end();
  for (const place of [[hub.url], ["--database", postgres.url]]) {
    const done = await workshop.run("src/cli/fsck.ts", [...place, "--json"], {});
    expect([done.code, done.out.includes("IN_ORDER")]).toEqual([0, true]);
  }
}

describe("a stream of records", () => {
  test(`survives ${hubKills} times kill -9 of the hub`, async () => {
    let hub: RunningHub | undefined = await workshop.startHub(env);
    const sent = sendToTheEnd(() => hub, "hub-killed", 1_000);
    for (let kill = 0; kill < hubKills; kill++) {
      await wait(300 + Math.random() * 1_500);
      const doomed = hub;
      hub = undefined;
      doomed.child.kill("SIGKILL");
      await doomed.ended;
      hub = await workshop.startHub(env);
    }
    const acknowledged = await sent;
    expect(acknowledged.size).toBe(records);
    await checkStored(hub, acknowledged, 1_000);
    await hub.stop();
  }, 900_000);

  test(`survives ${postgresKills} times kill -9 of PostgreSQL, the hub alive all along`, async () => {
    const hub = await workshop.startHub(env);
    const sent = sendToTheEnd(() => hub, "postgres-killed", 500_000);
    for (let kill = 0; kill < postgresKills; kill++) {
      await wait(500 + Math.random() * 2_000);
      await postgres.restart();
    }
    const acknowledged = await sent;
    expect(acknowledged.size).toBe(records);
    await checkStored(hub, acknowledged, 500_000);
    await hub.stop();
  }, 900_000);
});
