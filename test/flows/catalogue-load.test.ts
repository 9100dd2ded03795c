import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readCatalogueFiles } from "../../src/store/catalogue/catalogue-files.ts";
import { openTestHub, type TestHub } from "../setup/hub.ts";
import { root } from "../setup/place.ts";

let house: TestHub;
beforeAll(async () => {
  house = await openTestHub({ demo: false });
});
afterAll(() => house.close());

const files = {
  catalogue: join(root, "migrations/data/catalogue"),
  licenseTypeSchemas: join(root, "schema/license-types"),
};
const load = async () => house.hub.loadCatalogue(await readCatalogueFiles(files));
const nameOf = (code: string) => house.sql("select name from procedure where code = $1", [code]);

describe("a start", () => {
  test("leaves the tables as they are while the package's catalogue is the one that was loaded", async () => {
    await house.sql("update procedure set name = '改名' where code = 'food-operation-new'");
    await load();
    expect(await nameOf("food-operation-new")).toEqual([{ name: "改名" }]);
  });

  test("of a version with another catalogue writes it over the rows of its codes, and leaves others", async () => {
    await house.sql("insert into procedure (code, name, department, materials) values ('own', '自有事项', 'x', '[]')");
    await house.sql("update department set code = 'MOVED' where key = 'marine'");
    await house.sql("update catalogue_load set digest = 'of another version'");
    const before = await house.sql("select code, xmin::text from permit_item order by code");
    await load();
    expect(await nameOf("food-operation-new")).toEqual([{ name: "食品经营许可（新办）" }]);
    expect(await nameOf("own")).toEqual([{ name: "自有事项" }]);
    // A key stands for one body: its row moves to the code the body has now.
    expect(await house.sql("select code from department where key = 'marine'")).not.toEqual([{ code: "MOVED" }]);
    // What is the same is not written again.
    expect(await house.sql("select code, xmin::text from permit_item order by code")).toEqual(before);
    expect(await house.sql("select length(digest) as length from catalogue_load")).toEqual([{ length: 64 }]);
  });
});

test("a catalogue that breaks its rules is not read, and every fault is named", async () => {
  const catalogue = await mkdtemp(join(tmpdir(), "zhengzhao-catalogue-"));
  await cp(files.catalogue, catalogue, { recursive: true });
  const spoil = async (name: string, from: string, to: string) => {
    const text = await readFile(join(catalogue, name), "utf8");
    expect(text).toContain(from);
    await writeFile(join(catalogue, name), text.replace(from, to));
  };
  await spoil(
    "procedures.json",
    '"excludedField": "PUBLIC_SAFETY"',
    '"commitmentWaivable": true, "excludedField": "PUBLIC_SAFETY"',
  );
  await spoil(
    "procedures.json",
    '"promise": true',
    '"promise": true, "deferral": { "phase": "AFTER_LICENSE", "workingDays": 180 }',
  );
  await spoil("permit-items.csv", "FREE_TRADE_ZONE,2019-12-04", "NATIONAL,2019-12-04");
  const reading = readCatalogueFiles({ ...files, catalogue });
  await expect(reading).rejects.toThrow(
    "material fire-inspection of procedure hotel-special-trade is in PUBLIC_SAFETY",
  );
  await expect(reading).rejects.toThrow(
    "material vehicle-promise of procedure road-freight-new is a form or a promise",
  );
  await expect(reading).rejects.toThrow(
    "permit item ITEM-022 is verified for NATIONAL by a source for FREE_TRADE_ZONE",
  );
  await rm(catalogue, { recursive: true });
});
