import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { ConfigError } from "../../../src/config.ts";
import type { KeyNews } from "../../../src/hub/keys/open-keys.ts";
import { makeKeyPair } from "../../../src/proof/keyring.ts";
import { fileNameOf } from "../../../src/store/keys/key-store.ts";
import { openTestHub, type TestHub } from "../../setup/hub.ts";

let house: TestHub;
beforeAll(async () => {
  house = await openTestHub({ demo: false });
});
afterAll(() => house.close());

const news: KeyNews[] = [];
const openCopy = () =>
  openTestHub({ demo: false, database: house.place, steps: { onKeyNews: (one) => news.push(one) } });
const operator = { kind: "OPERATOR", clientId: "operator", scopes: new Set(["hub:operate"]) } as const;

test("a key that lies in the folder, and that the database does not know, is taken up, and the operator hears of it", async () => {
  const { privateJwk, publicJwk } = await makeKeyPair("license", house.config.publicUrl, house.clock.now, "ES256");
  const { kid } = publicJwk;
  const file = join(house.place.keysDir, `${fileNameOf(publicJwk)}.private.jwk.json`);
  await writeFile(file, JSON.stringify(privateJwk), { mode: 0o600 });
  const copy = await openCopy();
  expect(news.splice(0)).toEqual([{ event: "TAKEN_UP", kid, purpose: "license" }]);
  expect(copy.hub.publicKeys().map((key) => key.kid)).toContain(kid);
  await copy.close();
  await (await openCopy()).close();
  expect(news).toEqual([]);
});

test("that a key is compromised outlives a database that is put back to an older day: the next start declares it again", async () => {
  await house.hub.refreshKeys();
  const [{ kid } = { kid: "" }] = house.hub.publicKeys().filter(({ purpose }) => purpose === "receipt");
  const since = new Date(house.clock.now.getTime() - 1_000);
  await house.hub.declareKeyCompromised(operator, { kid, since, reason: "备份被盗" });
  const file = join(house.place.keysDir, "compromised.json");
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ [kid]: since.toISOString() });

  const forget = async () => {
    await house.sql("set session_replication_role = replica");
    await house.sql("update signing_key set compromised_at = null where kid = $1", [kid]);
    await house.sql("set session_replication_role = origin");
  };
  await forget();
  const copy = await openCopy();
  expect(news.splice(0)).toEqual([{ event: "REMEMBERED", kid, purpose: "receipt" }]);
  const published = copy.hub.publicKeys().find((key) => key.kid === kid);
  expect(published?.compromised).toBe(since.getTime() / 1_000);
  expect(copy.hub.authorization?.keys.signer("receipt", copy.clock.now).kid).not.toBe(kid);
  const events = await house.sql("select operator, reason from key_event where kid = $1 order by id desc limit 1", [
    kid,
  ]);
  expect(events).toEqual([{ operator: "hub", reason: "remembered in the key folder" }]);
  await copy.close();

  // Also when the table has forgotten the key itself, whose file is still there.
  await house.sql("set session_replication_role = replica");
  await house.sql("delete from signing_key where kid = $1", [kid]);
  await house.sql("set session_replication_role = origin");
  const other = await openCopy();
  expect(news.splice(0).map(({ event }) => event)).toEqual(["TAKEN_UP", "REMEMBERED"]);
  expect(other.hub.publicKeys().find((key) => key.kid === kid)?.compromised).toBe(since.getTime() / 1_000);
  await other.close();
});

test("a file about compromised keys that is damaged stops the start, and is not taken for none", async () => {
  const file = join(house.place.keysDir, "compromised.json");
  await rename(file, `${file}.kept`);
  for (const damage of [
    "",
    "[]",
    '{"kid":7}',
    '{"kid":"yesterday"}',
    '{"kid":"2026-',
    '{"kid":"1969-12-31T23:59:59Z"}',
  ]) {
    await writeFile(file, damage);
    const refused = await openCopy().catch((error: unknown) => error);
    expect(refused).toEqual(new ConfigError(`the file ${file} is damaged: restore it from a backup, or move it away`));
  }
  await rename(`${file}.kept`, file);
  await (await openCopy()).close();
});
