import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "pg";
import { makeRecords } from "../bench/records.ts";
import { openWorkshop, type RunningHub, type Workshop } from "../cli/processes.ts";
import { type Postgres, startPostgres } from "../setup/postgres.ts";
import { acknowledged, openStream, type Sent, sendStream, textOf } from "../setup/streams.ts";
import { openTcpProxy, type TcpProxy } from "../setup/tcp-proxy.ts";

// Lines break: between the hub and PostgreSQL, and between a sender and the hub. What was acknowledged is there, once.

const records = 3_000;

let postgres: Postgres;
let proxy: TcpProxy;
let workshop: Workshop;
let hub: RunningHub;
let token: string;
beforeAll(async () => {
  postgres = await startPostgres();
  proxy = await openTcpProxy(postgres.port);
  workshop = openWorkshop();
  const limits = JSON.stringify({ maxPointsPerMinute: 100_000_000, maxStreamIdleMs: 2_000, maxStreams: 2 });
  const url = new URL(postgres.url);
  url.port = String(proxy.port);
  const env = { DATABASE_URL: url.href, KEYS_DIR: `${workshop.folder}/keys`, DEMO: "on", LIMITS: limits };
  hub = await workshop.startHub(env);
  token = (await workshop.run("src/cli/token.ts", ["approval-bureau"], env)).out.trim();
}, 60_000);
afterAll(async () => {
  await workshop.clear();
  await proxy.close();
  await postgres.stop();
});

async function inDatabase(text: string, parameters: readonly unknown[] = []) {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  return (await client.query(text, [...parameters]).finally(() => client.end())).rows;
}

const idsOf = (first: number) => makeRecords(first, records).map(({ sourceRecordId }) => sourceRecordId);
async function stored(first: number): Promise<readonly string[]> {
  const rows = await inDatabase(
    `select l.identifier, (select count(*)::int from license_event e where e.identifier = l.identifier) as events
     from license l where source_record_id = any($1)`,
    [idsOf(first).slice(0, records)],
  );
  for (const { events } of rows) expect(events).toBe(1);
  return rows.map(({ identifier }) => `ACCEPTED ${identifier}`).toSorted();
}

/** Sends a stream, breaks something when a part of it has been answered, and says how that went. */
async function breakAfterFirstPart(batchId: string, first: number, breakIt: () => unknown): Promise<Sent> {
  const stream = openStream({ url: hub.url, token, batchId });
  const [head = "", ...rest] = textOf(first, records);
  stream.request.write(head);
  for (let tries = 0; stream.lines.length === 0 && tries < 500; tries++) await wait(20);
  // The next part is on its way when it happens.
  stream.request.write(rest.join(""));
  await wait(50);
  await breakIt();
  stream.request.end();
  return stream.done;
}

async function sendToTheEnd(batchId: string, first: number): Promise<Sent> {
  for (let tries = 0; tries < 100; tries++) {
    const sent = await sendStream({ url: hub.url, token, batchId }, textOf(first, records));
    if (sent.lines.at(-1)?.complete) return sent;
    expect([sent.status, sent.code]).toEqual([sent.status === 200 ? 200 : 503, "BUSY"]);
    await wait(100);
  }
  throw new Error("the stream never came to its end");
}

async function checkWhole(batchId: string, first: number, broken: Sent): Promise<void> {
  const whole = await sendToTheEnd(batchId, first);
  const all = acknowledged(whole);
  for (const [index, said] of acknowledged(broken)) expect(all.get(index)).toBe(said);
  expect(all.size).toBe(records);
  expect([...all.values()].toSorted()).toEqual(await stored(first));
}

const ask = async () => {
  const response = await fetch(`${hub.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ permitItems(first: 1) { nodes { code } } }" }),
  });
  return response.status;
};

/** Lines of the published checkpoint: name, size, root. */
const checkpoint = async () => (await (await fetch(`${hub.url}/log/checkpoint`)).text()).split("\n");

describe("the line to PostgreSQL", () => {
  test("is cut in the middle of a stream: the sender is told BUSY, the hub lives, and goes on when the line is back", async () => {
    const broken = await breakAfterFirstPart("cut", 10_000, () => proxy.behave("CUT"));
    expect(broken).toMatchObject({ status: 200, code: "BUSY", broke: false });
    expect(broken.lines.at(-1)?.decided).toBe(acknowledged(broken).size);
    const readyz = await fetch(`${hub.url}/readyz`);
    expect([readyz.status, await readyz.json()]).toEqual([
      503,
      { status: "not ready", problem: "BUSY: The database or the key store is not answering. Try again shortly." },
    ]);
    expect((await fetch(`${hub.url}/healthz`)).status).toBe(200);
    expect(await sendStream({ url: hub.url, token, batchId: "none" }, textOf(10_000, 5))).toMatchObject({
      ...{ status: 503, retryAfter: "5", code: "BUSY" },
    });
    proxy.behave("PASS");
    await checkWhole("cut", 10_000, broken);
    expect(await ask()).toBe(200);
  });

  test("is away for a while: the log's round rests longer each time, and publishes at once when the line is back", async () => {
    const before = hub.error().length;
    const failures = () =>
      hub
        .error()
        .slice(before)
        .match(/the public log could not be tended/g)?.length ?? 0;
    proxy.behave("CUT");
    for (let tries = 0; failures() < 3 && tries < 1_000; tries++) await wait(20);
    proxy.behave("PASS");
    await sendToTheEnd("after", 15_000);
    // Its next try, the fourth, were five seconds away at worst; it comes sooner when another round finds the line before.
    for (let tries = 0; (await inDatabase("select from log_waiting limit 1")).length > 0 && tries < 400; tries++)
      await wait(20);
    const [sizes] = await inDatabase("select size as head from log_head");
    expect(Number(sizes["head"])).toBeGreaterThan(records);
    for (let tries = 0; Number((await checkpoint())[1]) < Number(sizes["head"]) && tries < 100; tries++) await wait(20);
    expect(Number((await checkpoint())[1])).toBeGreaterThanOrEqual(Number(sizes["head"]));
    expect(await (await fetch(`${hub.url}/readyz`)).json()).toEqual({ status: "ready" });
  });

  test("swallows everything: the same, within seconds, and no connection is left hanging", async () => {
    const begin = performance.now();
    const broken = await breakAfterFirstPart("swallowed", 20_000, () => proxy.behave("SWALLOW"));
    expect(broken).toMatchObject({ status: 200, code: "BUSY", broke: false });
    expect(performance.now() - begin).toBeLessThan(15_000);
    proxy.behave("PASS");
    await checkWhole("swallowed", 20_000, broken);
    // What was cut off hangs in the server as well, and may hold locks: it has ended, or nothing waits for it.
    expect(await inDatabase("select 1 from pg_stat_activity where wait_event_type = 'Lock'")).toEqual([]);
  }, 40_000);

  test("is taken away from every connection by the server: the stream ends with BUSY or goes on, and the pool is new", async () => {
    const kill = () =>
      inDatabase(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'zhengzhao%' and pid <> pg_backend_pid()",
      );
    const broken = await breakAfterFirstPart("terminated", 30_000, kill);
    if (!broken.lines.at(-1)?.complete) expect(broken).toMatchObject({ status: 200, code: "BUSY", broke: false });
    await checkWhole("terminated", 30_000, broken);
    expect(await Promise.all(Array.from({ length: 30 }, ask))).toEqual(Array.from({ length: 30 }, () => 200));
    expect(hub.error()).not.toMatch(/insert into|鲁|有限公司/);
  });
});

describe("a sender", () => {
  const line = (index: number) => JSON.stringify(makeRecords(40_000, 1)[index]);
  const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  const head = (batchId: string) =>
    `POST /ingest?batchId=${batchId} HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer ${token}\r\n` +
    "content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
  const count = async () =>
    (
      await inDatabase("select count(*)::int as n from license where source_record_id = any($1)", [
        makeRecords(40_000, 1).map(({ sourceRecordId }) => sourceRecordId),
      ])
    )[0]?.n;

  /** Sends one record and half of another, as bytes. */
  async function sendHalf(batchId: string) {
    const socket = connect({ port: Number(new URL(hub.url).port), host: "127.0.0.1", allowHalfOpen: true });
    let answer = "";
    socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
    socket.on("error", () => undefined);
    socket.write(head(batchId) + chunk(`${line(0)}\n${line(1).slice(0, -1)}`));
    for (let tries = 0; !answer.includes('"index":0') && tries < 200; tries++) await wait(20);
    expect(answer).toContain('"index":0');
    return { socket, answer: () => answer };
  }

  test.each([
    ["resets its connection", "RST"],
    ["ends it", "FIN"],
  ])("that %s in the middle of a line: half a record is no record, not even a refused one", async (_, how) => {
    const { socket } = await sendHalf(`half-${how}`);
    if (how === "RST") socket.resetAndDestroy();
    else socket.end();
    await wait(500);
    expect(await count()).toBe(1);
    const parts = await inDatabase("select results from submission where batch_id like $1", [`half-${how}%`]);
    expect(parts.flatMap(({ results }) => results)).toHaveLength(1);
    expect(await sendStream({ url: hub.url, token, batchId: `half-${how}` }, [`${line(0)}\n`])).toMatchObject({
      lines: [{ index: 0 }, { replayed: 1, complete: true }],
    });
    socket.destroy();
  });

  test("that is silent for ever is ended by its time, and takes nobody's place", async () => {
    const silent = await Promise.all([sendHalf("silent-1"), sendHalf("silent-2")]);
    const third = { url: hub.url, token, batchId: "third" };
    expect(await sendStream(third, [`${line(2)}\n`])).toMatchObject({ status: 429, code: "RATE_LIMITED" });
    for (const { answer } of silent)
      for (let tries = 0; !answer().includes("REQUEST_TIMEOUT") && tries < 200; tries++) await wait(50);
    for (const { answer } of silent) expect(answer()).toContain('"error":{"code":"REQUEST_TIMEOUT"');
    expect(await sendStream(third, [`${line(2)}\n`])).toMatchObject({ status: 200, code: undefined });
    expect(await count()).toBe(2);
    for (const { socket } of silent) socket.destroy();
  });
});
