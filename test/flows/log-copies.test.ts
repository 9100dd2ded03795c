import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { pino } from "pino";
import { startRounds } from "../../src/rounds.ts";
import { issuer, makeRecords } from "../bench/records.ts";
import { department, openTestHub, type TestHub } from "../setup/hub.ts";
import { parsed, readLog } from "../setup/log.ts";
import { administer, makePlace, removePlace, type TestPlace, urlOf } from "../setup/place.ts";

const nameOf = ({ url }: TestPlace) => new URL(url).pathname.slice(1);
const submit = ({ hub }: TestHub, batchId: string, firstHolder: number) =>
  hub.submitLicenses(department(issuer.client), { batchId, records: makeRecords(firstHolder, 4) });

describe("two copies of the hub", () => {
  let place: TestPlace;
  let copies: TestHub[] = [];
  beforeAll(async () => {
    place = await makePlace("CATALOGUE");
    copies = [await openTestHub({ demo: false, database: place }), await openTestHub({ demo: false, database: place })];
  });
  afterAll(async () => {
    for (const copy of copies) await copy.close();
    await removePlace(place);
  });

  test("write and sign at the same time, and there is one log: no gap, nothing twice, and no checkpoint older than one seen before", async () => {
    const [one, other] = copies;
    if (!one || !other) throw new Error("no copies");
    let isWriting = true;
    const tending = copies.map(async ({ hub }) => {
      while (isWriting) expect(await hub.tendLog()).toBeUndefined();
    });
    // As through a balancer: each question goes to the other copy, and several ask at once.
    const sizes: number[][] = [[], [], []];
    const sizeAt = async ({ server }: TestHub) =>
      Number((await server.inject("/log/checkpoint")).body.split("\n")[1] ?? 0);
    const watching = sizes.map(async (seen) => {
      while (isWriting) for (const copy of copies) seen.push(await sizeAt(copy));
    });
    await Promise.all(
      copies.map(async (copy, at) => {
        for (let batch = 0; batch < 8; batch += 1) await submit(copy, `${at}-${batch}`, (at * 8 + batch) * 4);
      }),
    );
    isWriting = false;
    await Promise.all([...tending, ...watching]);
    for (const { hub } of copies) await hub.tendLog();
    const { entries } = await readLog(other.server);
    const [counts] = await one.sql("select count(*) from license_event");
    const events = parsed(entries).filter(({ kind }) => kind === "LICENSE" || kind === "STATE");
    expect(events).toHaveLength(Number(counts?.["count"]));
    expect(new Set(events.map(({ event }) => event)).size).toBe(events.length);
    for (const seen of sizes) expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(new Set(sizes.flat()).size).toBeGreaterThan(2);
    const gaps = await one.sql(`select * from (select first_index, count, lag(first_index + count, 1, 0) over
      (order by first_index) as expected from log_batch) b where first_index is distinct from expected`);
    expect(gaps).toEqual([]);
    expect(await one.sql("select * from log_waiting")).toEqual([]);
    // A checkpoint each of them has signed is a beginning of the log there is.
    expect((await one.sql("select size from log_checkpoint")).length).toBeGreaterThan(2);
  });

  test("leave nothing in the log of a transaction that is rolled back", async () => {
    const [one] = copies;
    if (!one) throw new Error("no copies");
    const before = await readLog(one.server);
    await one.sql(`create function stop_it() returns trigger language plpgsql as $$
      begin raise exception 'stopped' using errcode = '22000'; end $$`);
    await one.sql("create trigger stop_it before insert on license for each row execute function stop_it()");
    await expect(submit(one, "stopped", 1_000)).rejects.toThrow();
    await one.sql("drop trigger stop_it on license");
    await one.hub.tendLog();
    expect((await readLog(one.server)).note).toBe(before.note);
    await submit(one, "stopped", 1_000);
    await one.hub.tendLog();
    expect((await readLog(one.server)).checkpoint.size).toBe(before.checkpoint.size + 20);
  });
});

describe("a machine's memory of the log", () => {
  test("that can not be read or written stops the signing and nothing else, and /readyz says so until it is mended", async () => {
    const place = await makePlace("CATALOGUE");
    const house = await openTestHub({ demo: false, database: place });
    await submit(house, "one", 0);
    await house.hub.tendLog();
    const file = join(place.keysDir, "log-seen.txt");
    const kept = await readFile(file, "utf8");
    const problem = async () => (await house.server.inject("/readyz")).json().problem;
    const { note } = await readLog(house.server);
    for (const damage of ["", kept.slice(0, 20), "12\nnonsense\n"]) {
      await writeFile(file, damage);
      expect((await submit(house, `damaged ${damage.length}`, 10 + 10 * damage.length)).accepted).toBeGreaterThan(0);
      await expect(house.hub.tendLog()).rejects.toThrow(`${file} does not say which head of the log was seen last`);
      expect(await problem()).toMatch(/^LOG_MEMORY: /);
      expect((await readLog(house.server)).note).toBe(note);
    }
    await writeFile(file, kept);
    expect(await house.hub.tendLog()).toBeUndefined();
    expect(await problem()).toBeUndefined();
    expect((await readLog(house.server)).note).not.toBe(note);
    await house.close();
    await removePlace(place);
  });
});

describe("a database that is put back to an older day", () => {
  const places: TestPlace[] = [];
  const backup = async ({ url, keysDir }: TestPlace): Promise<TestPlace> => {
    const name = `${nameOf({ url, keysDir })}_b`;
    await administer(`create database ${name} template ${nameOf({ url, keysDir })}`);
    const place = { url: urlOf(name), keysDir };
    places.push(place);
    return place;
  };
  afterAll(async () => {
    for (const place of places) await removePlace(place);
  });

  test("is noticed: no checkpoint is signed, the hub says so, and goes on answering", async () => {
    const place = await makePlace("CATALOGUE");
    places.push(place);
    const first = await openTestHub({ demo: false, database: place });
    await submit(first, "one", 0);
    expect(await first.hub.tendLog()).toBeUndefined();
    await first.close();
    const older = await backup(place);
    const second = await openTestHub({ demo: false, database: place });
    await submit(second, "two", 10);
    expect(await second.hub.tendLog()).toBeUndefined();
    const published = await readLog(second.server);
    await second.close();

    const restored = await openTestHub({ demo: false, database: older });
    expect(await restored.hub.tendLog()).toBe("LOG_ROLLED_BACK");
    await submit(restored, "three", 20);
    await submit(restored, "four", 30);
    expect(await restored.hub.tendLog()).toBe("LOG_ROLLED_BACK");
    const ready = await restored.server.inject("/readyz");
    expect([ready.statusCode, ready.json().problem]).toEqual([200, expect.stringMatching(/^LOG_ROLLED_BACK: /)]);
    expect((await readLog(restored.server)).checkpoint.size).toBeLessThan(published.checkpoint.size);
    // It does not go by itself, so it is an error in the log file: 50 is pino's number of that level.
    expect(await firstLine(restored, /LOG_ROLLED_BACK/)).toMatchObject({ level: 50 });

    // A machine that has never seen the log can not know better; the one that has still refuses what came of it.
    const stranger = await openTestHub({ demo: false, database: { url: older.url, keysDir: await strangerTo(place) } });
    expect(await stranger.hub.tendLog()).toBeUndefined();
    expect((await readLog(stranger.server)).checkpoint.size).toBeGreaterThan(published.checkpoint.size);
    expect(await restored.hub.tendLog()).toBe("LOG_FORKED");
    await stranger.close();
    await restored.close();
  });

  test("is noticed by a machine that only saw what another one signed", async () => {
    const place = await makePlace("CATALOGUE");
    places.push(place);
    const signing = await openTestHub({ demo: false, database: place });
    const watching = await openTestHub({
      demo: false,
      database: { url: place.url, keysDir: await strangerTo(place) },
    });
    await submit(signing, "one", 0);
    expect(await signing.hub.tendLog()).toBeUndefined();
    await signing.close();
    await watching.close();
    const older = await backup(place);
    const again = await openTestHub({ demo: false, database: place });
    await submit(again, "two", 10);
    expect(await again.hub.tendLog()).toBeUndefined();
    const seeing = await openTestHub({
      demo: false,
      database: { url: place.url, keysDir: `${place.keysDir}-stranger` },
    });
    expect(await seeing.hub.tendLog()).toBeUndefined();
    await seeing.close();
    await again.close();
    const restored = await openTestHub({
      demo: false,
      database: { url: older.url, keysDir: `${place.keysDir}-stranger` },
    });
    expect(await restored.hub.tendLog()).toBe("LOG_ROLLED_BACK");
    await restored.close();
  });

  /** What the rounds of a hub write to the log file first that matches. */
  async function firstLine({ hub }: TestHub, wanted: RegExp): Promise<object> {
    let end = async () => {};
    const line = await new Promise<string>((resolve) => {
      const write = (text: string) => (wanted.test(text) ? resolve(text) : undefined);
      end = startRounds(hub, pino({ level: "warn" }, { write }), () => 0);
    });
    await end();
    return JSON.parse(line) as object;
  }

  /** The same keys on a machine that has seen no checkpoint. */
  async function strangerTo({ keysDir }: TestPlace): Promise<string> {
    const folder = `${keysDir}-stranger`;
    await cp(keysDir, folder, { recursive: true });
    for (const name of await readdir(folder)) if (name.startsWith("log-seen")) await rm(`${folder}/${name}`);
    return folder;
  }
});
