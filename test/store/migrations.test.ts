import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { migrationList } from "../../migrations/list.ts";
import { entriesOfOwn, signStatusList } from "../../src/proof/status/sign-status-list.ts";
import { entryOf } from "../../src/proof/status/status-list.ts";
import { catalogueStore } from "../../src/store/catalogue/catalogue-store.ts";
import { type Database, openDatabase, statement } from "../../src/store/database.ts";
import { statusStore } from "../../src/store/status/status-store.ts";
import { publishStatusLists } from "../../src/use-cases/status/publish-status-lists.ts";
import { issuer, makeTestKey, now } from "../proof/samples.ts";

const folder = join(import.meta.dirname, "../../migrations");

test("the list of migrations names every file beside it, in order", async () => {
  const files = (await readdir(folder)).filter((name) => name.startsWith("Migration")).toSorted();
  expect(migrationList.map((migration) => `${migration.name}.ts`)).toEqual(files);
});

describe("an embedded database", () => {
  let database: Database;
  beforeAll(async () => {
    database = await openDatabase({ kind: "EMBEDDED", folder: undefined });
    await database.migrate();
  });
  afterAll(() => database.close());

  test("agrees with the tables once migrated: there is nothing left to change", async () => {
    expect(await database.isReady()).toBe(true);
    expect(await database.orm.migrator.checkSchema()).toBe(false);
    expect(await database.orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe("");
  });

  test("refuses a statement on the pool from inside a transaction at once, before it can wait for ever", async () => {
    const outside = database.sql();
    const built = () => outside.selectFrom("region").select("code").execute();
    const written = () => statement("select code from region")(outside, []);
    for (const send of [built, written]) {
      await expect(database.transaction(send)).rejects.toThrow("outside of the transaction");
      expect(await send()).toEqual([]);
    }
  });

  test("has its status lists signed, too", async () => {
    const { signing } = await makeTestKey("status");
    const uris = { uri: `${issuer}/status-lists/0`, aggregationUri: `${issuer}/status-lists` };
    const publish = () =>
      publishStatusLists({
        ...{ now: () => now, dueLists: statusStore(database.sql()).dueLists },
        ...{ isSound: () => true, isEach: false },
        transaction: (run) => database.transaction((db) => run(statusStore(db))),
        sign: (_list, entries, issuedAt) => signStatusList({ ...uris, entries, issuedAt }, signing),
      });
    await database.sql().insertInto("status_list").values({ id: 0, shuffle_key: "secret" }).execute();
    expect([await publish(), await publish()]).toEqual([1, 0]);
    const change = { status_list: 0, status_index: 4711, state: "SUSPENDED" } as const;
    await database.sql().insertInto("status_change").values(change).execute();
    expect([await publish(), await publish()]).toEqual([1, 0]);
    const { token = "" } = (await statusStore(database.sql()).findAt(0, now)) ?? {};
    expect(entryOf({ bits: 2, entries: entriesOfOwn(token) }, 4711)).toBe(2);
  });

  test("makes terms of working days of a city's own procedures, and defers no promise", async () => {
    const name = "Migration20261130094800_once_only";
    const sinceThen = migrationList.slice(migrationList.findIndex((each) => each.name === name));
    const before = (materials: object[]) =>
      statement(`insert into procedure (code, name, department, materials) values ('own', '自有事项', 'x', $1)`)(
        database.sql(),
        [JSON.stringify(materials)],
      );
    const old = { required: true, form: false, source: null, commitmentWaivable: false, alternativeDocument: null };
    await database.asOwner(async () => {
      for (const _ of sinceThen) await database.orm.migrator.down();
      await before([
        { ...old, code: "rules", name: "规章制度", deferrableDays: 10 },
        { ...old, code: "vehicles", name: "拟投入车辆承诺书", deferrableDays: 180 },
        { ...old, code: "layout", name: "布局图", deferrableDays: null },
      ]);
    });
    await database.migrate();
    const procedure = await catalogueStore(database.sql()).findProcedure("own");
    const added = { excludedField: null, renewalWindow: null, legalBasis: null, verified: false, note: null };
    expect(procedure).toMatchObject({ excludedField: null, source: null, verified: false });
    expect(procedure?.materials).toEqual([
      {
        ...{ ...old, ...added, code: "rules", name: "规章制度", promise: false },
        deferral: {
          ...{ phase: "BEFORE_DECISION", workingDays: 10, calendarDays: null, legalBasis: null, verified: false },
        },
      },
      { ...old, ...added, code: "vehicles", name: "拟投入车辆承诺书", promise: true, deferral: null },
      { ...old, ...added, code: "layout", name: "布局图", promise: false, deferral: null },
    ]);
  });

  test("takes every migration back, and does it again", async () => {
    await database.asOwner(async () => {
      for (const _ of migrationList) await database.orm.migrator.down();
      expect(await database.isReady()).toBe(false);
    });
    expect(await database.migrate()).toBe(migrationList.length);
  });
});
