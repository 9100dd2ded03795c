import { createReadStream, createWriteStream } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { startChild } from "./child.ts";
import type { IngestOrders } from "./ingest-baseline.ts";
import { runLoad } from "./load.ts";
import { cell, memoryOf, type Outcome, ratios } from "./measure.ts";
import { queryAnswer, queryBodies } from "./query.ts";
import { issuer, licensesPerHolder, makeRecords } from "./records.ts";
import { type Ground, holders, makeDatabase, type Running, runSql, type Stage, setStage, startHub } from "./stage.ts";

const [small, large] = [20_000, Number(process.env["BENCH_INGEST_RECORDS"] ?? 200_000)];
const maxMegabytes = 350;
const querySeconds = 10;

/**
 * A stream of records into a hub of its own process, against a pipeline by hand that signs and copies and checks nothing;
 * how speed and memory stay as the stream grows, and what is left for queries while it runs.
 */
export async function benchIngest(ground: Ground): Promise<Outcome> {
  const stage = await setStage(ground, "bench_ingest");
  const [few, many] = [join(ground.folder, "few.ndjson"), join(ground.folder, "many.ndjson")];
  await writeRecords(few, small);
  await writeRecords(many, large);
  // The first of each is not counted: compiled code and warm files are not what is asked.
  await byHand(ground, stage, few, small);
  const handSmall = await byHand(ground, stage, few, small);
  const handLarge = await byHand(ground, stage, many, large);
  const ownSmall = await byHub(ground, stage, few, small);
  const ownLarge = await byHub(ground, stage, many, large);
  const shared = await whileQueried(ground, stage, few);
  const row = (name: string, hand: number, own: number) => [name, cell([hand]), cell([own])];
  return {
    title: `ingest: ${large.toLocaleString("en-US")} records as one stream, signed and stored`,
    table: [
      ["records/s", "by hand: jose + COPY, no checks", "the hub"],
      row(`${small.toLocaleString("en-US")} records`, small / handSmall, small / ownSmall.seconds),
      row(`${large.toLocaleString("en-US")} records`, large / handLarge, large / ownLarge.seconds),
    ],
    figures: [
      {
        name: "records/s, hub : by hand",
        values: ratios([large / ownLarge.seconds], [large / handLarge]),
        target: { atLeast: 0.5 },
      },
      {
        name: `time a record, ${small.toLocaleString("en-US")} : ${large.toLocaleString("en-US")} records`,
        values: ratios([ownSmall.seconds / small], [ownLarge.seconds / large]),
        target: { atLeast: 1 / 1.3 },
      },
      {
        name: "peak resident memory of the hub",
        values: [ownLarge.peakBytes / 2 ** 20],
        unit: "MiB",
        target: { below: maxMegabytes },
      },
      {
        name: "queries/s, while a stream comes in : without",
        values: ratios([shared.during], [shared.alone]),
        target: { atLeast: 0.5 },
      },
    ],
  };
}

async function writeRecords(file: string, count: number): Promise<void> {
  const holdersAtOnce = 200;
  const lines = function* () {
    // Behind the holders of the stage, whose licenses are queried.
    for (let done = 0; done * licensesPerHolder < count; done += holdersAtOnce) {
      const records = makeRecords(holders + done, holdersAtOnce).slice(0, count - done * licensesPerHolder);
      yield records.map((record) => `${JSON.stringify(record)}\n`).join("");
    }
  };
  await pipeline(Readable.from(lines()), createWriteStream(file));
}

let databases = 0;

/** A copy of the stage for one run. */
async function copyStage(ground: Ground, stage: Stage): Promise<Stage> {
  databases += 1;
  const url = await makeDatabase(ground, `bench_ingest_${databases}`, "bench_ingest");
  return { ...stage, env: { ...stage.env, DATABASE_URL: url } };
}

async function dropStage(ground: Ground, { env }: Stage): Promise<void> {
  const name = new URL(env["DATABASE_URL"] ?? "").pathname.slice(1);
  await runSql(ground.postgres.url, `drop database ${name} with (force)`);
  await runSql(ground.postgres.url, "checkpoint");
}

/** @returns seconds */
async function byHand(ground: Ground, stage: Stage, file: string, count: number): Promise<number> {
  const own = await copyStage(ground, stage);
  const orders: IngestOrders = { env: own.env, file };
  const { answer: seconds, end } = await startChild<number>("ingest-baseline.js", orders);
  await end();
  await checkRows(own, count);
  await dropStage(ground, own);
  return seconds;
}

async function byHub(ground: Ground, stage: Stage, file: string, count: number) {
  const own = await copyStage(ground, stage);
  const hub = await startHub(ground, own);
  try {
    const seconds = await sendFile(hub, own.token, file, count, "stream");
    await checkRows(own, count);
    return { seconds, peakBytes: memoryOf(hub.pid, "VmHWM") };
  } finally {
    await hub.stop();
    await dropStage(ground, own);
  }
}

async function whileQueried(ground: Ground, stage: Stage, file: string): Promise<{ alone: number; during: number }> {
  const own = await copyStage(ground, stage);
  const hub = await startHub(ground, own);
  try {
    const load = (seconds: number) =>
      runLoad({
        port: hub.port,
        token: own.token,
        bodies: queryBodies,
        connections: 32,
        seconds,
        expected: queryAnswer,
      });
    await load(5);
    const { perSecond: alone } = await load(querySeconds);
    const sent = sendFile(hub, own.token, file, small, "beside");
    const { perSecond: during } = await load(querySeconds);
    await sent;
    return { alone, during };
  } finally {
    await hub.stop();
    await dropStage(ground, own);
  }
}

/** Sends a file as one stream. @returns seconds until the last answer */
async function sendFile(
  { port }: Running,
  token: string,
  file: string,
  count: number,
  batchId: string,
): Promise<number> {
  const begin = performance.now();
  const last = await new Promise<string>((resolve, reject) => {
    const sending = request(
      {
        ...{ host: "127.0.0.1", port, method: "POST", path: `/ingest?batchId=${batchId}` },
        headers: { authorization: `Bearer ${token}`, "content-type": "application/x-ndjson" },
      },
      (response) => {
        let tail = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          tail = `${tail}${text}`.slice(-2_000);
        });
        response.once("end", () => resolve(tail.trimEnd().split("\n").at(-1) ?? ""));
        response.once("error", reject);
      },
    );
    pipeline(createReadStream(file), sending).catch(reject);
  });
  if (JSON.parse(last).accepted !== count) throw new Error(`Not every record was accepted: ${last}`);
  return (performance.now() - begin) / 1000;
}

/** Both sides must have written all rows. */
async function checkRows({ env }: Stage, count: number): Promise<void> {
  const { rows } = await runSql(
    env["DATABASE_URL"] ?? "",
    `select count(*)::int as n from license l join license_event e using (holder_code, identifier)
      join submission s on s.id = l.submission_id where l.client_id = $1`,
    [issuer.client],
  );
  const before = holders * licensesPerHolder;
  if (Number(rows[0]?.n) < count + before) throw new Error(`Not every row was written: ${JSON.stringify(rows)}`);
}
