import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Client } from "pg";
import { openTestHub, type TestHub } from "../setup/hub.ts";
import { lockIsWaitedFor } from "../setup/lock-waits.ts";

// What a client may read for a procedure is looked up once a day and remembered. A change of any rule it rests on counts
// from the next disclosure, however the two meet.

const holder = "91371002XXXX0030XC";
const procedure = "food-operation-new";
const day = "2026-11-22";
const business = "11100000MB0143028R001";

let house: TestHub;
beforeAll(async () => {
  house = await openTestHub();
});
afterAll(() => house.close());
beforeEach(async () => {
  await house.sql("update access_grant set revoked_at = null, valid_until = null");
});

const disclosing = `select distinct type_code from hub_disclose('CLIENT', 'approval-bureau', $1, $2::date, null, null,
  array[$3], null, null, null, null, 50, now(), 'approval-bureau', '1', '核验') where type_code is not null`;

type Asked = {
  sql?: (text: string, parameters?: readonly unknown[]) => Promise<Record<string, unknown>[]>;
  on?: string;
};

/** The types disclosed; undefined: the client was not let in. */
async function typesDisclosed({ sql = house.sql, on = day }: Asked = {}): Promise<unknown[]> {
  return (await sql(disclosing, [procedure, on, holder])).map((row) => row["type_code"]);
}

const remembered = async () =>
  (await house.sql("select day::text from client_standing where procedure = $1", [procedure])).map((row) => row["day"]);

/** A second connection of the owner, in a transaction of its own. */
async function inTransaction<T>(
  begin: string,
  run: (sql: NonNullable<Asked["sql"]>, end: () => Promise<unknown>) => T,
) {
  const client = new Client({ connectionString: house.place.url });
  await client.connect();
  try {
    await client.query(begin);
    return await run(
      async (text, parameters = []) => (await client.query(text, [...parameters])).rows,
      () => client.query("commit"),
    );
  } finally {
    await client.end();
  }
}

const revoke = `update access_grant set revoked_at = now()
  where client_id = 'approval-bureau' and procedure = '${procedure}' and license_type = '${business}'`;

describe("a standing that was remembered", () => {
  beforeEach(async () => {
    expect(await typesDisclosed()).toContain(business);
    expect(await remembered()).toEqual([day]);
  });

  test.each([
    ["its grant is revoked", revoke, "update access_grant set revoked_at = null"],
    [
      "its grant has ended",
      "update access_grant set valid_until = '2026-11-21'",
      "update access_grant set valid_until = null",
    ],
    ["its client is suspended", "update client set active = false", "update client set active = true"],
    [
      "the procedure needs the type no more",
      `update procedure set materials = '[]' where code = '${procedure}'`,
      `update procedure p set materials = before.materials from before_materials before where p.code = before.code`,
    ],
    [
      "the need alone is gone",
      `delete from procedure_need where license_type = '${business}'`,
      "update procedure set code = code",
    ],
    [
      "the procedure is another department's",
      `update procedure set department = 'X' where code = '${procedure}'`,
      `update procedure p set department = before.department from before_materials before where p.code = before.code`,
    ],
  ])("is forgotten when %s, and when that is taken back", async (_, change, back) => {
    await house.sql("create table if not exists before_materials as select * from procedure");
    await house.sql(change);
    expect(await remembered()).toEqual([]);
    expect(await typesDisclosed()).not.toContain(business);
    await house.sql(back);
    expect(await typesDisclosed()).toContain(business);
  });

  test("counts for its own day: a grant that ends tomorrow gives nothing the day after, unasked", async () => {
    await house.sql("update access_grant set valid_until = '2026-11-23'");
    expect(await typesDisclosed()).toContain(business);
    expect(await typesDisclosed({ on: "2026-11-23" })).toContain(business);
    expect(await typesDisclosed({ on: "2026-11-24" })).not.toContain(business);
    // A copy of the hub whose clock is behind is answered for its day, and changes nothing for the others.
    expect(await typesDisclosed({ on: "2026-11-23" })).toContain(business);
    expect(await remembered()).toEqual(["2026-11-24"]);
    await house.sql("update access_grant set valid_until = null");
  });

  test("can not be written by the hub", async () => {
    await inTransaction("begin", async (sql) => {
      await sql("set local role zhengzhao_hub");
      await expect(sql("update client_standing set types = '{}'")).rejects.toThrow("permission denied");
    });
    const [may] = await house.sql(
      "select has_function_privilege('zhengzhao_hub', oid, 'execute') as may from pg_proc where proname = 'hub_stand'",
    );
    expect(may).toEqual({ may: false });
  });
});

describe("two that meet", () => {
  beforeEach(() => house.sql("delete from client_standing"));

  test("who revokes while the rules are being looked up waits, and forgets what was found", async () => {
    await inTransaction("begin", async (reading, end) => {
      expect(await typesDisclosed({ sql: reading })).toContain(business);
      const revoked = house.sql(revoke);
      await lockIsWaitedFor(reading);
      await end();
      await revoked;
    });
    expect(await remembered()).toEqual([]);
    expect(await typesDisclosed()).not.toContain(business);
  });

  test("who looks the rules up while they are being changed waits, and finds them changed", async () => {
    await inTransaction("begin", async (changing, end) => {
      await changing(revoke);
      // Not committed yet: nobody waits, and the grant stands.
      expect(await typesDisclosed()).toContain(business);
      await house.sql("delete from client_standing");
      await changing("set constraints all immediate");
      await inTransaction("begin", async (reading) => {
        const read = typesDisclosed({ sql: reading });
        await lockIsWaitedFor(house.sql);
        await end();
        expect(await read).not.toContain(business);
      });
    });
  });

  test("who sees the rules as they were when it began remembers nothing", async () => {
    await inTransaction("begin isolation level repeatable read", async (reading, end) => {
      await reading("select 1");
      await house.sql(revoke);
      expect(await typesDisclosed({ sql: reading })).toContain(business);
      await end();
    });
    expect(await remembered()).toEqual([]);
    expect(await typesDisclosed()).not.toContain(business);
  });

  test("many first readers at once all get their answer, and one row is remembered", async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () =>
        inTransaction("begin isolation level read committed", async (sql, end) => {
          const types = await typesDisclosed({ sql });
          await end();
          return types;
        }),
      ),
    );
    for (const types of answers) expect(types).toContain(business);
    expect(await remembered()).toEqual([day]);
  });
});
