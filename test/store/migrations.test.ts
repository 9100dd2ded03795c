import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { migrationList } from "../../migrations/list.ts";
import { type Database, openDatabase, statement } from "../../src/store/database.ts";

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

  test("takes every migration back, and does it again", async () => {
    await database.asOwner(async () => {
      for (const _ of migrationList) await database.orm.migrator.down();
      expect(await database.isReady()).toBe(false);
    });
    expect(await database.migrate()).toBe(migrationList.length);
  });
});
