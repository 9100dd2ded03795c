import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "pg";
import { openTestHub, type TestHub } from "../setup/hub.ts";

let house: TestHub;
let locker: Client;
beforeAll(async () => {
  house = await openTestHub({ limits: { maxRequestMs: 300 } });
  locker = new Client({ connectionString: house.place.url });
  await locker.connect();
  await house.graphql("{ departments { code } }", { as: "approval-bureau" });
});
afterAll(async () => {
  await locker.end();
  await house.close();
});

const query = '{ enterprise(uscc: "91371002XXXX0030XC") { name } }';
const why = 'purpose: { procedure: "food-operation-new", caseNumber: "1", reason: "核验" }';

/** Statements the hub's own connections are running or waiting in. */
async function running(): Promise<string[]> {
  const rows = await house.sql(
    "select query from pg_stat_activity where datname = current_database() and application_name = 'zhengzhao' and state <> 'idle'",
  );
  return rows.map((row) => String(row["query"]));
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await isSo()) return;
    await pause(25);
  }
  throw new Error("it did not become so");
}

async function whileLocked<T>(table: string, run: () => Promise<T>): Promise<T> {
  await locker.query(`begin; lock table ${table} in access exclusive mode`);
  try {
    return await run();
  } finally {
    await locker.query("rollback");
  }
}

describe("a request that takes too long", () => {
  test("is answered with its code, and its statement is gone from the database while the lock still stands", async () => {
    await whileLocked("holder", async () => {
      const answer = await house.graphql(query, { as: "approval-bureau" });
      expect([answer.status, answer.errors[0].extensions.code]).toEqual([503, "DEADLINE_PASSED"]);
      expect(answer.errors[0].extensions.details).toEqual({ limit: 300 });
      expect(answer.headers["retry-after"]).toBe("5");
      await until(async () => (await running()).length === 0);
    });
    expect((await house.graphql(query, { as: "approval-bureau" })).status).toBe(200);
  });

  test("frees every connection, so that more of them than there are connections do no harm", async () => {
    await whileLocked("holder", async () => {
      const all = Array.from({ length: 40 }, () => house.graphql(query, { as: "approval-bureau" }));
      for (const answer of await Promise.all(all)) expect(answer.status).toBe(503);
      await until(async () => (await running()).length === 0);
      expect((await house.graphql("{ procedures { nodes { code } } }")).status).toBe(200);
    });
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => house.graphql(query, { as: "approval-bureau" })),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 40 }, () => 200));
  });

  test("leaves nothing of what it began, and sends no further statement", async () => {
    const [row] = await house.sql("select identifier from license limit 1");
    const records = async () => (await house.sql("select count(*)::int as n from access_record"))[0]?.["n"];
    const before = await records();
    await whileLocked("access_record", async () => {
      const text = `{ license(identifier: "${row?.["identifier"]}", ${why}) { number } }`;
      expect((await house.graphql(text, { as: "market-supervision" })).status).toBe(503);
      await until(async () => (await running()).length === 0);
      house.statements.length = 0;
    });
    expect(await records()).toBe(before);
    expect(house.statements.filter((text) => text.includes("access_record"))).toEqual([]);
  });

  test("does not take down with it what others wait for as well", async () => {
    house.clock.now = new Date(house.clock.now.getTime() + 60_000); // the catalogue is read again
    await whileLocked("department", async () => {
      expect((await house.graphql("{ departments { code } }")).status).toBe(503);
      expect((await running()).length).toBe(1);
    });
    expect((await house.graphql("{ departments { code } }")).status).toBe(200);
  });
});

test("a caller that hangs up takes its statements with it", async () => {
  const patient = await openTestHub({ database: house.place, demo: false });
  await patient.server.listen({ port: 0, host: "127.0.0.1" });
  const { port } = patient.server.server.address() as AddressInfo;
  const authorization = `Bearer ${await patient.token("approval-bureau")}`;
  await whileLocked("holder", async () => {
    const headers = { "content-type": "application/json", authorization };
    const call = request({ port, host: "127.0.0.1", method: "POST", path: "/graphql", headers });
    call.on("error", () => {});
    call.end(JSON.stringify({ query }));
    await until(async () => (await running()).length === 1);
    call.destroy();
    await until(async () => (await running()).length === 0);
    expect(await running()).toEqual([]);
  });
  await patient.close();
});
