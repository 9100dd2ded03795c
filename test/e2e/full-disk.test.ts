import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Client } from "pg";
import { makeRecords } from "../bench/records.ts";
import { openWorkshop, type RunningHub, type Workshop } from "../cli/processes.ts";
import { findSmallDisk, type SmallDisk, startOnSmallDisk } from "../setup/small-disk.ts";
import { acknowledged, sendStream, textOf } from "../setup/streams.ts";

// The disk under the database is full: nothing is lost, everybody is told, and what needs no space goes on.

const way = await findSmallDisk();
if (way.kind === "NONE") console.warn(`A full disk is not tried here: ${way.reason}.`);
// Listed in test/setup/may-be-skipped.txt.
const testOnSmallDisk = way.kind === "NONE" ? test.skip : test;
const records = 3_000;
const firstHolder = 2_000;

let disk: SmallDisk;
let workshop: Workshop;
let hub: RunningHub;
let token: string;
beforeAll(async () => {
  if (way.kind === "NONE") return;
  disk = await startOnSmallDisk(way);
  workshop = openWorkshop();
  const limits = JSON.stringify({ maxPointsPerMinute: 100_000_000 });
  const env = { DATABASE_URL: disk.url, KEYS_DIR: `${workshop.folder}/keys`, DEMO: "on", LIMITS: limits };
  hub = await workshop.startHub(env);
  token = (await workshop.run("src/cli/token.ts", ["approval-bureau"], env)).out.trim();
}, 60_000);
afterAll(async () => {
  if (way.kind === "NONE") return;
  await workshop.clear();
  await disk.stop();
});

const send = (batchId: string, first: number, count: number) =>
  sendStream({ url: hub.url, token, batchId }, textOf(first, count));

async function ask(query: string, variables: object = {}) {
  const response = await fetch(`${hub.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as {
    data: unknown;
    errors?: { extensions: { code: string } }[];
  };
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, retryAfter, data, code: errors?.[0]?.extensions.code };
}

const ready = async () => {
  const response = await fetch(`${hub.url}/readyz`);
  return { code: response.status, body: await response.json() };
};

async function inDatabase(text: string, parameters: readonly unknown[] = []) {
  const client = new Client({ connectionString: disk.url });
  await client.connect();
  return (await client.query(text, [...parameters]).finally(() => client.end())).rows;
}

const stored = async () => {
  const ids = makeRecords(firstHolder, records).map(({ sourceRecordId }) => sourceRecordId);
  const rows = await inDatabase("select identifier from license where source_record_id = any($1)", [ids]);
  return rows.map(({ identifier }) => `ACCEPTED ${identifier}`);
};

testOnSmallDisk(
  "a full disk: acknowledged is stored, the sender and the probe are told why, queries go on, and the stream ends when there is space",
  async () => {
    await disk.fill(6_000);
    const broken = await send("full", firstHolder, records);
    expect(broken).toMatchObject({ status: 200, code: "STORAGE_FULL", broke: false });
    const first = acknowledged(broken);
    expect(first.size).toBeGreaterThan(0);
    expect(broken.lines.at(-1)).toMatchObject({ decided: first.size });
    expect(new Set(await stored())).toEqual(new Set(first.values()));

    expect(await send("none", 900_000, 500)).toMatchObject({ status: 503, retryAfter: "60", code: "STORAGE_FULL" });
    const submit = "mutation ($input: SubmitLicensesInput!) { submitLicenses(input: $input) { accepted } }";
    const input = { batchId: "also-none", records: makeRecords(910_000, 200).slice(0, 800) };
    expect(await ask(submit, { input })).toMatchObject({ status: 503, retryAfter: "60", code: "STORAGE_FULL" });

    const problem =
      "STORAGE_FULL: The hub's database has no space left: it can store nothing for now. Send it again later.";
    expect(await ready()).toEqual({ code: 200, body: { status: "ready", problem } });
    expect((await fetch(`${hub.url}/healthz`)).status).toBe(200);
    expect(await ask("{ permitItems(first: 1) { nodes { code } } }")).toMatchObject({ status: 200, code: undefined });

    await disk.free();
    for (let tries = 0; (await ready()).body.problem !== undefined && tries < 100; tries++) await wait(100);
    expect(await ready()).toEqual({ code: 200, body: { status: "ready" } });
    const whole = await send("full", firstHolder, records);
    expect(whole.lines.at(-1)).toMatchObject({ complete: true, accepted: records, replayed: first.size });
    const second = acknowledged(whole);
    for (const [index, said] of first) expect(second.get(index)).toBe(said);
    expect((await stored()).toSorted()).toEqual([...second.values()].toSorted());
    expect(await ask(submit, { input })).toMatchObject({ status: 200, code: undefined });
    // Rounds of the hub are between two statements for a moment; what the full disk left open would stay.
    const left = () => inDatabase("select state from pg_stat_activity where state like 'idle in transaction%'");
    let open = await left();
    for (let tries = 0; open.length > 0 && tries < 50; tries++) {
      await wait(100);
      open = await left();
    }
    expect(open).toEqual([]);
    expect(hub.error()).toContain('"code":"53100"');
    expect(hub.error()).not.toMatch(/insert into|鲁|有限公司/);
  },
  60_000,
);
