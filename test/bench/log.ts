import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { openDatabase } from "../../src/store/database.ts";
import { logEntries } from "../../src/store/log/entry-store.ts";
import { logStore } from "../../src/store/log/log-store.ts";
import { sequenceLog } from "../../src/use-cases/log/sequence-log.ts";
import { settledMemory } from "./log-memory.ts";
import { cell, type Outcome, percentile } from "./measure.ts";
import { makeRecords } from "./records.ts";
import { caller, type Ground, hubEnv, makeDatabase, openBenchHub, startHub } from "./stage.ts";

/** Leaves of the large log; `BENCH_LOG_LEAVES` asks for another size. */
const leaves = Number(process.env["BENCH_LOG_LEAVES"] ?? 1_000_000);
const batch = 1_000;
const submissions = 60;

/**
 * The public log. How many leaves a second get their places, and whether the program grows with the log; and, of a hub
 * under submissions, how long it takes from an acknowledgement to a published checkpoint that holds the licenses.
 */
export async function benchLog(ground: Ground): Promise<Outcome> {
  const { perSecond, memory } = await sequence(ground);
  const seconds = await publish(ground);
  const [early = 0, late = 0] = memory;
  return {
    title: `log: ${leaves.toLocaleString("en-US")} leaves; ${submissions} submissions of 20 records`,
    table: [
      ["", "leaves/s", "MiB at a tenth", "MiB at the end", "s to a checkpoint"],
      ["hub", cell(perSecond), early.toFixed(0), late.toFixed(0), cell(seconds, 1)],
    ],
    figures: [
      { name: "leaves left and sequenced a second", values: perSecond, unit: "/s", target: { atLeast: 2_000 } },
      { name: "memory at the end : at a tenth", values: [late / early], target: { below: 1.15 } },
      {
        name: "p99 from acknowledgement to checkpoint",
        values: [percentile(seconds, 99)],
        unit: "s",
        target: { below: 5 },
      },
    ],
  };
}

/** Leaves entries as submissions do, and gives them places, in turn. */
async function sequence(ground: Ground) {
  const env = hubEnv(ground, await makeDatabase(ground, "bench_log"), "off");
  await (await openBenchHub(env)).close();
  const database = await openDatabase({ kind: "SERVER", url: env["DATABASE_URL"] ?? "", poolSize: 4 });
  const perSecond: number[] = [];
  const memory: number[] = [];
  try {
    for (let done = 0; done < leaves; ) {
      const began = performance.now();
      for (let part = 0; part < 20; part += 1, done += batch) {
        await database.transaction((db) => logEntries(db, Array.from({ length: batch }, makeEntry)));
        if (part % 5 === 4)
          await sequenceLog({ transaction: (run) => database.transaction((db) => run(logStore(db))) });
      }
      perSecond.push((20 * batch * 1_000) / (performance.now() - began));
      if (done === Math.ceil(leaves / 10 / 20_000) * 20_000) memory.push(settledMemory());
    }
    memory.push(settledMemory());
    const { size } = await logStore(database.sql()).head();
    if (size < leaves) throw new Error(`The log holds ${size} leaves.`);
  } finally {
    await database.close();
  }
  return { perSecond, memory };
}

function makeEntry() {
  const [event, digest] = [randomBytes(32).toString("base64url"), randomBytes(32).toString("base64url")];
  const [salt, tag] = [randomBytes(16).toString("base64url"), randomBytes(16).toString("base64url")];
  return { kind: "LICENSE", digest, event, salt, issuer: tag, holder: tag } as const;
}

/** A hub as it runs for everyone. *Units*: seconds. */
async function publish(ground: Ground): Promise<readonly number[]> {
  const env = hubEnv(ground, await makeDatabase(ground, "bench_publish"), "on");
  const house = await openBenchHub(env);
  const hub = await startHub(ground, { env });
  const seconds: number[] = [];
  try {
    const sizeAt = async () => {
      const response = await fetch(`http://127.0.0.1:${hub.port}/log/checkpoint`);
      return response.ok ? Number((await response.text()).split("\n")[1]) : 0;
    };
    let expected = await sizeAt();
    await wait(3_000);
    expected = await sizeAt();
    for (let at = 0; at < submissions; at += 1) {
      await wait(Math.random() * 500);
      const records = makeRecords(at * 4, 4);
      const { accepted } = await house.hub.submitUncharged(caller, { batchId: `bench-${at}`, records });
      const acknowledged = performance.now();
      expected += accepted;
      while ((await sizeAt()) < expected) {
        if (performance.now() - acknowledged > 60_000) throw new Error("No checkpoint came.");
        await wait(20);
      }
      seconds.push((performance.now() - acknowledged) / 1_000);
    }
  } finally {
    await hub.stop();
    await house.close();
  }
  return seconds;
}
