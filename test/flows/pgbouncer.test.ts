import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { Client } from "pg";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { runWithin } from "../../src/store/statement-deadline.ts";
import { openTestHub } from "../setup/hub.ts";
import { type PgBouncer, startPgBouncer } from "../setup/pgbouncer.ts";
import { makePlace, removePlace, type TestPlace } from "../setup/place.ts";

let place: TestPlace;
let empty: TestPlace;
beforeAll(async () => {
  [place, empty] = await Promise.all([makePlace("CATALOGUE"), makePlace("NOTHING")]);
});
afterAll(async () => {
  await Promise.all([removePlace(place), removePlace(empty)]);
});

describe("behind a PgBouncer that pools by sessions", () => {
  let pooler: PgBouncer;
  let database: Database;
  const open = () => openDatabase({ kind: "SERVER", url: pooler.through(place.url), poolSize: 3 });
  beforeAll(async () => {
    pooler = await startPgBouncer(place.url, "session");
    database = await open();
  });
  afterAll(async () => {
    await database.close();
    await pooler.stop();
  });

  const underWhat = async (of: Database) => {
    const names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "TimeZone", "role"];
    const { rows } = await sql<Record<string, string>>`select ${sql.join(
      names.map((name) => sql`current_setting(${sql.lit(name)}) as ${sql.ref(name)}`),
    )}`.execute(of.sql());
    return rows[0];
  };

  test("every connection has its deadlines and its role, also one that another session had before", async () => {
    const expected = {
      statement_timeout: "30s",
      lock_timeout: "10s",
      idle_in_transaction_session_timeout: "1min",
      TimeZone: "UTC",
      role: "zhengzhao_hub",
    };
    const all = await Promise.all(Array.from({ length: 3 }, () => underWhat(database)));
    expect(all).toEqual([expected, expected, expected]);
    await database.close();
    database = await open();
    expect(await underWhat(database)).toEqual(expected);
  });

  test("a statement ends with its request, though the pooler tells process ids of its own", async () => {
    const watcher = new Client({ connectionString: place.url });
    await watcher.connect();
    const controller = new AbortController();
    const query = "select pg_sleep(25)";
    const isRunning = async () =>
      (await watcher.query("select from pg_stat_activity where query = $1 and state = 'active'", [query])).rowCount ===
      1;
    const sleep = runWithin(controller.signal, () => sql.raw(query).execute(database.sql()));
    const ended = expect(sleep).rejects.toMatchObject({ code: "57014" });
    while (!(await isRunning()));
    controller.abort();
    await ended;
    expect(await isRunning()).toBe(false);
    await watcher.end();
  });

  test("a hub begins on an empty database, and serves", async () => {
    const house = await openTestHub({ demo: false, database: { ...empty, url: pooler.through(empty.url) } });
    const { data, errors } = await house.graphql("{ departments { code } }", { as: "approval-bureau" });
    await house.close();
    expect(errors).toEqual([]);
    expect(data.departments.length).toBeGreaterThan(1);
  });
});

test.each(["transaction", "statement"] as const)(
  "behind a PgBouncer that pools by %ss nothing opens, and the reason names the setting",
  async (poolMode) => {
    const pooler = await startPgBouncer(place.url, poolMode);
    try {
      const opened = openDatabase({ kind: "SERVER", url: pooler.through(place.url), poolSize: 3 });
      await expect(opened).rejects.toThrow(/pool_mode=session/);
    } finally {
      await pooler.stop();
    }
  },
);
