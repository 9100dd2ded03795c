import { setTimeout as wait } from "node:timers/promises";
import { importSigningKey, makeKeyPair } from "../../src/proof/keyring.ts";
import { entriesOfOwn, newEntries, setEntry, signStatusList } from "../../src/proof/status/sign-status-list.ts";
import { entryOf } from "../../src/proof/status/status-list.ts";
import { cell, type Outcome } from "./measure.ts";
import { type Ground, hubEnv, makeDatabase, openBenchHub, runSql, startHub } from "./stage.ts";

const rounds = 10;
const licenses = 1_000_000;
const revoked = licenses / 100;

/** Places for the revoked, all different: what chance picks is the worst a packer can get. */
function places(): readonly number[] {
  const taken = new Set<number>();
  while (taken.size < revoked) taken.add(Math.floor(Math.random() * licenses));
  return [...taken];
}

/**
 * A status list of 1,000,000 licenses, 1 % revoked: how long it takes to build and sign, and how large it is. Then a hub
 * that has it: how long after its commit a change is on the list that is served.
 */
export async function benchStatus(ground: Ground): Promise<Outcome> {
  const built = await build();
  const seconds = await watch(ground);
  const kilobytes = built.map(({ bytes }) => bytes / 1000);
  const milliseconds = built.map(({ ms }) => ms);
  return {
    title: `status: a list of ${licenses.toLocaleString("en-US")} licenses, ${revoked.toLocaleString("en-US")} revoked`,
    table: [
      ["", "ms to build", "kB packed", "kB as token", "s from commit to served"],
      [
        ...["hub", cell(milliseconds), cell(kilobytes, 1)],
        ...[cell(built.map(({ characters }) => characters / 1000)), cell(seconds, 1)],
      ],
    ],
    figures: [
      { name: "building and signing", values: milliseconds, unit: "ms", target: { below: 200 } },
      { name: "entries, packed", values: kilobytes, unit: "kB", target: { below: 15 } },
      { name: "slowest change on the list", values: [Math.max(...seconds)], unit: "s", target: { below: 5 } },
    ],
  };
}

async function build() {
  const issuer = "https://hub.bench.invalid";
  const { privateJwk } = await makeKeyPair("status", issuer, new Date());
  const key = await importSigningKey(privateJwk);
  const built: { ms: number; bytes: number; characters: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const chosen = places();
    const began = performance.now();
    const entries = newEntries();
    for (const index of chosen) setEntry(entries, index, 1);
    const input = { uri: `${issuer}/status-lists/0`, aggregationUri: `${issuer}/status-lists`, entries };
    const { token } = await signStatusList({ ...input, issuedAt: new Date() }, key);
    const ms = performance.now() - began;
    if (!Buffer.from(entriesOfOwn(token)).equals(entries)) throw new Error("The list does not hold what went in.");
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    built.push({ ms, bytes: Buffer.byteLength(claims.status_list.lst, "base64url"), characters: token.length });
  }
  return built;
}

/** The hub runs as it does for everyone, and a change is committed at any moment of its second. *Units*: seconds. */
async function watch(ground: Ground): Promise<readonly number[]> {
  const env = hubEnv(ground, await makeDatabase(ground, "bench_status"), "off");
  await (await openBenchHub(env)).close();
  const url = env["DATABASE_URL"] ?? "";
  const change = (indices: readonly number[], state: string) =>
    runSql(url, "insert into status_change (status_list, status_index, state) select 0, unnest($1::int[]), $2", [
      ...[indices, state],
    ]);
  await runSql(url, "insert into status_list (id, shuffle_key) values (0, 'bench')");
  await change(places(), "REVOKED");
  const hub = await startHub(ground, { env });
  const address = `http://127.0.0.1:${hub.port}/status-lists/0`;
  const shows = async (index: number, value: number) => {
    const response = await fetch(address);
    const entries = response.ok ? entriesOfOwn(await response.text()) : newEntries();
    return entryOf({ bits: 2, entries }, index) === value;
  };
  try {
    const seconds: number[] = [];
    for (let round = -1; round < rounds; round += 1) {
      await wait(Math.random() * 1_000);
      await change([round + 1], "SUSPENDED");
      const committed = performance.now();
      while (!(await shows(round + 1, 2))) {
        if (performance.now() - committed > 60_000) throw new Error("The change never came.");
        await wait(20);
      }
      if (round >= 0) seconds.push((performance.now() - committed) / 1000);
    }
    return seconds;
  } finally {
    await hub.stop();
  }
}
