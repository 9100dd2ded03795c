import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { accessStore } from "../../src/store/access/access-store.ts";
import { type Database, openDatabase, statement } from "../../src/store/database.ts";
import { licenseStore } from "../../src/store/licenses/license-store.ts";
import { anyProcedure, enter, type Reader } from "../../src/store/reader.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";

// What the database itself refuses, when every check above it has been forgotten: the stores are called directly.

const holder = "91371002XXXX0030XC";
const day = "2026-11-22";
const client = (clientId: string, procedure = "food-operation-new"): Reader => ({
  mode: "CLIENT",
  clientId,
  procedure,
  day,
});

let house: TestHub;
let database: Database;
let identifiers: string[];
beforeAll(async () => {
  house = await openTestHub();
  database = await openDatabase({ kind: "SERVER", url: house.config.databaseUrl ?? "", poolSize: 4 });
  identifiers = (await house.sql("select identifier from license")).map((row) => String(row["identifier"]));
});
afterAll(async () => {
  await database.close();
  await house.close();
});

const typesSeen = (reader: Reader | undefined) =>
  database.transaction(async (db) => {
    if (reader) await enter(db, reader);
    const licenses = await licenseStore(db).findByIdentifiers(identifiers);
    return [...new Set(licenses.map((license) => license.typeCode))].toSorted();
  });
const count = (
  reader: Reader | undefined,
  table:
    | ("license" | "license_event" | "access_record" | "submission" | "pending_event" | "material_check")
    | ("source_record" | "reconciliation"),
) =>
  database.transaction(async (db) => {
    if (reader) await enter(db, reader);
    return (await db.selectFrom(table).selectAll().execute()).length;
  });
const needed = async (procedure: string) =>
  (await house.sql("select license_type from procedure_need where procedure = $1 order by 1", [procedure])).map((row) =>
    String(row["license_type"]),
  );

describe("without a reader", () => {
  test.each([
    ...(["license", "license_event", "access_record", "submission", "pending_event", "material_check"] as const),
    ...(["source_record", "reconciliation"] as const),
  ])("no row of %s is shown, inside a transaction or on the pool", async (table) => {
    expect(await count(undefined, table)).toBe(0);
    expect(await database.sql().selectFrom(table).selectAll().execute()).toEqual([]);
  });

  test("no license can be written", async () => {
    const write = database.transaction((db) => db.updateTable("license").set({ state: "REVOKED" }).executeTakeFirst());
    expect(Number((await write).numUpdatedRows)).toBe(0);
  });
});

describe("what sources have told, and comparisons with it", () => {
  beforeAll(() =>
    house.sql(`insert into reconciliation (id, department, client_id, made_by, from_day, until_day, made_at, their_count,
        our_count, differences) select gen_random_uuid(), department, id, id, '2026-11-01', '2026-11-02', now(), 0, 0, '[]'
      from client where id in ('approval-bureau', 'marine')`),
  );

  test("are shown to clients of their department, and of no other", async () => {
    const all = await house.sql("select client_id, count(*)::int as n from source_record group by 1");
    const own = all.find((row) => row["client_id"] === "marine");
    expect(all.length).toBeGreaterThan(5);
    expect(await count(client("marine"), "source_record")).toBe(own?.["n"]);
    expect(await count(client("marine"), "reconciliation")).toBe(1);
    expect(await count(client("nobody"), "source_record")).toBe(0);
    expect(await count({ mode: "HOLDER", holder, member: undefined, day }, "source_record")).toBe(0);
  });

  test("an auditor is shown what came of comparisons, and no record of a source", async () => {
    expect(await count({ mode: "AUDIT" }, "reconciliation")).toBe(2);
    expect(await count({ mode: "AUDIT" }, "source_record")).toBe(0);
  });

  test("are not written in another department's name", async () => {
    const write = database.transaction(async (db) => {
      await enter(db, client("marine"));
      await db
        .insertInto("reconciliation")
        .columns([
          "id",
          "department",
          "client_id",
          "made_by",
          "from_day",
          "until_day",
          "made_at",
          "their_count",
          "our_count",
          "differences",
        ])
        .expression((eb) =>
          eb
            .selectFrom("client")
            .select([
              ...([sql`gen_random_uuid()`.as("id"), "department", "id as client_id", "id as made_by"] as const),
              ...([sql`'2026-11-01'::date`.as("f"), sql`'2026-11-01'::date`.as("u"), sql`now()`.as("m")] as const),
              ...([sql`0`.as("t"), sql`0`.as("o"), sql`'[]'::jsonb`.as("d")] as const),
            ])
            .where("id", "=", "approval-bureau"),
        )
        .execute();
    });
    await expect(write).rejects.toThrow("row-level security");
  });
});

describe("a client as reader", () => {
  test("is shown exactly the types it is granted for the procedure", async () => {
    expect(await typesSeen(client("approval-bureau"))).toEqual(await needed("food-operation-new"));
  });

  test("is shown nothing for another department's procedure, or one that does not exist, whatever it claims", async () => {
    expect(await typesSeen(client("sports"))).toEqual([]);
    expect(await typesSeen(client("approval-bureau", "nothing"))).toEqual([]);
    expect(await typesSeen(client("approval-bureau", ""))).toEqual([]);
    expect(await typesSeen(client("nobody"))).toEqual([]);
  });

  test("is shown nothing more from the next transaction after a grant is revoked, or the client suspended", async () => {
    const [type = ""] = await needed("food-operation-new");
    await house.sql(
      "update access_grant set revoked_at = now() where client_id = 'approval-bureau' and license_type = $1",
      [type],
    );
    expect(await typesSeen(client("approval-bureau"))).not.toContain(type);
    await house.sql("update client set active = false where id = 'approval-bureau'");
    expect(await typesSeen(client("approval-bureau"))).toEqual([]);
    expect(await typesSeen(client("approval-bureau", anyProcedure))).toEqual([]);
    await house.sql("update client set active = true");
    await house.sql("update access_grant set revoked_at = null");
    expect(await typesSeen(client("approval-bureau"))).toContain(type);
  });

  test("is shown no type the procedure does not need, even if somebody granted it", async () => {
    const [other] = await house.sql(
      "select code from license_type where code not in (select license_type from procedure_need where procedure = 'food-operation-new') limit 1",
    );
    await house.sql(
      `insert into access_grant (client_id, license_type, procedure, valid_from, legal_basis)
      values ('approval-bureau', $1, 'food-operation-new', '2021-01-01', 'none')`,
      [other?.["code"]],
    );
    expect(await typesSeen(client("approval-bureau"))).toEqual(await needed("food-operation-new"));
  });

  test("is shown the changes of what it may read, its own batches and its department's access records only", async () => {
    await house.graphql(
      `{ enterprise(uscc: "${holder}") { licenses(purpose: { procedure: "food-operation-new",
      caseNumber: "1", reason: "核验" }) { nodes { number } } } }`,
      { as: "approval-bureau" },
    );
    const all = (await house.sql("select count(*)::int as n from license_event"))[0]?.["n"];
    const events = await count(client("approval-bureau"), "license_event");
    expect(events).toBeGreaterThan(0);
    expect(events).toBeLessThan(Number(all));
    expect(await count(client("sports"), "license_event")).toBe(0);
    expect(await count(client("approval-bureau"), "access_record")).toBe(1);
    expect(await count(client("sports"), "access_record")).toBe(0);
    const [sender] = await house.sql("select client_id, count(*)::int as n from submission group by 1 limit 1");
    expect(await count(client(String(sender?.["client_id"])), "submission")).toBe(sender?.["n"]);
    expect(await count(client("sports"), "submission")).toBe(0);
  });

  test("gets nothing out of the disclosing statement, and leaves no record, when it is not let in", async () => {
    const before = await house.sql("select count(*) from access_record");
    const purpose = { procedure: "food-operation-new", caseNumber: "1", reason: "核验" };
    const query = { types: undefined, states: undefined, first: 100, after: undefined };
    const disclose = (reader: Reader) =>
      licenseStore(database.sql()).disclose([holder], query, { reader, clientId: "sports", purpose, at: new Date(0) });
    for (const reader of [client("sports"), client("nobody"), client("approval-bureau", "nothing")])
      expect((await disclose(reader)).size).toBe(0);
    const other: Reader = { mode: "HOLDER", holder: "93371003XXXX00262H", member: undefined, day };
    expect((await disclose(other)).size).toBe(0);
    expect(await house.sql("select count(*) from access_record")).toEqual(before);
  });

  test("can not be made of whoever calls the disclosing statement, which is the hub's alone", async () => {
    const call =
      statement(`select * from hub_disclose($1, 'sports', 'food-operation-new', '2026-11-22', $2, null, array[$2],
      null, null, null, null, 10, now(), 'sports', '1', '核验')`);
    for (const mode of ["COLLECT", "AUDIT", "", null])
      await expect(call(database.sql(), [mode, holder])).rejects.toThrow("nobody reads as");
    const [others] = await house.sql(
      "select has_function_privilege('public', oid, 'execute') as may from pg_proc where proname = 'hub_disclose'",
    );
    expect(others).toEqual({ may: false });
  });

  test("leaves nothing behind for the next transaction on its connection", async () => {
    for (let round = 0; round < 8; round++) {
      expect((await typesSeen(client("approval-bureau"))).length).toBeGreaterThan(0);
      expect(await typesSeen(undefined)).toEqual([]);
    }
  });

  test("can not write what collecting writes", async () => {
    const result = database.transaction(async (db) => {
      await enter(db, client("approval-bureau"));
      return db.updateTable("license").set({ state: "REVOKED" }).executeTakeFirst();
    });
    expect(Number((await result).numUpdatedRows)).toBe(0);
    await expect(
      database.transaction(async (db) => {
        await enter(db, client("approval-bureau"));
        await db.insertInto("license_event").expression(db.selectFrom("license_event").selectAll().limit(1)).execute();
      }),
    ).rejects.toThrow("row-level security");
  });
});

describe("a holder as reader", () => {
  const self: Reader = { mode: "HOLDER", holder, member: undefined, day };

  test("is shown its own licenses and the records about itself", async () => {
    const own = await database.transaction(async (db) => {
      await enter(db, self);
      return licenseStore(db).findByIdentifiers(identifiers);
    });
    expect(new Set(own.map((license) => license.holder.id))).toEqual(new Set([holder]));
    const records = await database.transaction(async (db) => {
      await enter(db, self);
      return accessStore(db).list({}, 100, undefined);
    });
    expect(new Set(records.rows.map((row) => row.holder))).toEqual(new Set([holder]));
  });

  test("who acts as its clerk is shown the clerk's types, until the membership ends", async () => {
    const member = "2f1c1f6e-9c2e-4a64-9d53-d0d6f0a7c001";
    const business = "11100000MB0143028R001";
    await house.sql(
      `insert into holder_member (id, holder_code, person_code, person_name, role, license_types, valid_from, valid_until,
        appointed_by, appointed_at) values ($1, $2, '371002188011080603', '李四', 'CLERK', $3, $4, $4, 'test', now())`,
      [member, holder, [business], day],
    );
    const clerk: Reader = { mode: "HOLDER", holder, member, day };
    expect(await typesSeen(clerk)).toEqual([business]);
    expect(await typesSeen({ ...clerk, day: "2026-11-23" })).toEqual([]);
    expect(await typesSeen({ ...clerk, holder: "93371003XXXX00262H" })).toEqual([]);
    await house.sql("update holder_member set ended_at = now()");
    expect(await typesSeen(clerk)).toEqual([]);
  });
});

describe("an auditor as reader", () => {
  test("is shown every access record and no license, event or batch", async () => {
    const all = (await house.sql("select count(*)::int as n from access_record"))[0]?.["n"];
    expect(await count({ mode: "AUDIT" }, "access_record")).toBe(all);
    for (const table of ["license", "license_event", "submission", "pending_event", "material_check"] as const)
      expect(await count({ mode: "AUDIT" }, table)).toBe(0);
  });
});
