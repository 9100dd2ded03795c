import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { keyTimes } from "../../../src/domain/keys/key-life.ts";
import { judgeLogged } from "../../../src/proof/key-validity.ts";
import { importSigningKey, parseJwks } from "../../../src/proof/keyring.ts";
import { openLicense } from "../../../src/proof/license-jws.ts";
import { signLicense } from "../../../src/proof/signing/sign-license.ts";
import { openTestHub, type TestHub, testNow } from "../../setup/hub.ts";
import { type Issued, issuing, setClocks } from "./issuing.ts";

const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
const day = 86_400_000;

let house: TestHub;
let copy: TestHub;
let issue: (hub?: TestHub) => Promise<Issued>;
beforeAll(async () => {
  const env = { KEY_ROTATION_DAYS: "license=30" };
  house = await openTestHub({ demo: false, fresh: true, env });
  copy = await openTestHub({ demo: false, env, database: house.place });
  issue = await issuing(house);
});
afterAll(async () => {
  await copy.close();
  await house.close();
});

const set = (at: Date) => setClocks([house, copy], at);
const published = async (of = house) => {
  const response = await of.server.inject("/.well-known/jwks.json");
  return response.json().keys as Record<string, unknown>[];
};
const find = async (kid: string, of = house) => (await published(of)).find((key) => key["kid"] === kid);
const step = async (jws: string, of = house) => {
  await of.hub.publishStatusLists(); // a round runs every second; the clock of a test jumps over a day
  const report = await of.hub.verifyLicense({ token: jws, at: of.clock.now });
  const { code = "PASS" } = report.checks.find(({ name }) => name === "KEY_VALIDITY") ?? {};
  return [report.outcome, code];
};
const logged = async () =>
  (await house.sql("select encode(entries, 'escape') as text from log_waiting order by batch"))
    .map((row) => String(row["text"]))
    .flatMap((text) => text.match(/\{"[^{}]*"kind":"KEY"[^{}]*\}/g) ?? [])
    .map((text) => JSON.parse(text) as Record<string, unknown>);
const rotate = async (atOnce: boolean, purpose = "LICENSE") => {
  const answer = await house.graphql(
    `mutation ($input: RotateKeyInput!) { rotateKey(input: $input) { kid notBefore notAfter source } }`,
    { as: "operator", variables: { input: { purpose, reason: "轮换", atOnce } } },
  );
  expect(answer.errors).toEqual([]);
  return answer.data.rotateKey;
};

describe("a first start", () => {
  test("records every key it made, and leaves each to the public log", async () => {
    const kids = (await published()).map(({ kid }) => String(kid)).sort();
    const rows = await house.sql("select kid, event, operator from key_event where event = 'ADDED' order by kid");
    expect(rows.map((row) => row["kid"]).sort()).toEqual(kids);
    const added = (await logged()).filter(({ event }) => event === "ADDED");
    expect(added.map(({ kid }) => kid).sort()).toEqual(kids);
    expect(added.map(({ purpose }) => purpose)).toEqual(
      expect.arrayContaining(["license", "log", "status", "receipt"]),
    );
  });

  test("of a copy finds everything made, and makes nothing", async () => {
    expect(await published(copy)).toEqual(await published());
  });
});

describe("a change of key", () => {
  test("at once, under load on two copies: no request fails, and what either key signed verifies", async () => {
    const before = (await issue()).kid;
    const issued: Issued[] = [];
    let isOver = false;
    const load = async (hub: TestHub) => {
      while (!isOver) issued.push(await issue(hub));
    };
    const running = [load(house), load(house), load(copy), load(copy)];
    const { kid } = await rotate(true);
    for (let count = 0; count < 5; count++) issued.push(await issue());
    await copy.hub.refreshKeys();
    for (let count = 0; count < 5; count++) issued.push(await issue(copy));
    isOver = true;
    await Promise.all(running);
    expect(new Set(issued.map((one) => one.kid))).toEqual(new Set([before, kid]));
    expect((await issue(copy)).kid).toBe(kid);
    for (const { jws } of issued) expect(await step(jws, copy)).toEqual(["VALID", "PASS"]);
    expect(await find(before)).toMatchObject({ exp: seconds(testNow) + keyTimes.overlapSeconds });
    const records = await house.sql(
      "select operator, action, client_id from operator_record where action = 'ROTATE_KEY'",
    );
    expect(records).toEqual([{ operator: "operator", action: "ROTATE_KEY", client_id: "-" }]);
  });

  test("announced: the new key is published ahead, signs when its time has come, and the old one ends a little later", async () => {
    const before = (await issue()).kid;
    const { kid, notBefore } = await rotate(false);
    const begin = seconds(new Date(notBefore));
    expect(begin - seconds(testNow)).toBeGreaterThan(keyTimes.keySetFreshSeconds);
    expect([(await issue()).kid, (await find(kid))?.["nbf"]]).toEqual([before, begin]);
    expect((await rotate(false)).kid).toBe(kid);
    await set(new Date(begin * 1000));
    expect([(await issue()).kid, (await issue(copy)).kid]).toEqual([kid, kid]);
    expect((await find(before, copy))?.["exp"]).toBe(begin + keyTimes.overlapSeconds);
  });

  test("by schedule: one of many copies makes the key in time", async () => {
    const [current] = await house.hub
      .readSigningKeys({ kind: "OPERATOR", clientId: "operator", scopes: new Set(["hub:operate"]) })
      .then((keys) => keys.filter(({ purpose, notAfter }) => purpose === "license" && notAfter === undefined));
    await set(new Date(((current?.notBefore ?? 0) - 900) * 1000 + 30 * day - 1_000));
    expect(await house.hub.rotateDueKeys()).toBe(0);
    await set(new Date(((current?.notBefore ?? 0) - 900) * 1000 + 30 * day));
    const made = await Promise.all([house, copy, house, copy].map(({ hub }) => hub.rotateDueKeys()));
    expect(made.reduce((sum, count) => sum + count, 0)).toBe(1);
    await set(house.clock.now);
    const keys = (await published()).filter(({ purpose, exp }) => purpose === "license" && exp === undefined);
    expect(keys.map(({ nbf }) => nbf)).toEqual([(current?.notBefore ?? 0) + 30 * 86_400]);
    expect((await issue()).kid).toBe(current?.kid);
    await set(new Date(((current?.notBefore ?? 0) + 30 * 86_400) * 1000));
    expect((await issue(copy)).kid).toBe(keys[0]?.["kid"]);
  });

  test("lets tokens of the old key count until they expire, and signs new ones with the new one", async () => {
    const { kid } = await rotate(true, "TOKEN");
    expect(house.hub.authorization?.keys.signer("token", house.clock.now).kid).toBe(kid);
    expect(house.hub.authorization?.keys.secrets()).toHaveLength(2);
    const jwks = await house.server.inject("/oauth/jwks");
    expect(jwks.json().keys.map((key: { kid: string }) => key.kid)).toContain(kid);
  });
});

test("a license signed with a key of another period is INVALID at KEY_VALIDITY, before it and after it", async () => {
  const { jws } = await issue();
  const { claims } = await openLicense(jws, house.hub.keyring);
  const rows = await house.sql(
    "select kid, not_before, not_after from signing_key where purpose = 'license' order by id",
  );
  const [first] = rows;
  const file = (await readdir(house.place.keysDir)).find((name) => name.includes(String(first?.["kid"]).slice(0, 12)));
  const key = await importSigningKey(JSON.parse(await readFile(join(house.place.keysDir, file ?? ""), "utf8")));
  if (!claims) throw new Error("no claims");
  const signAt = (at: number) => signLicense({ ...claims, iat: at }, key);
  const begin = seconds(new Date(String(first?.["not_before"])));
  const end = seconds(new Date(String(first?.["not_after"])));
  const found = [];
  for (const at of [begin - 1, begin, end, end + 1]) found.push((await step(await signAt(at)))[1]);
  expect(found).toEqual(["KEY_OUTSIDE_PERIOD", "PASS", "PASS", "KEY_OUTSIDE_PERIOD"]);
  expect((await step(await signAt(end + 1)))[0]).toBe("INVALID");
});

describe("a compromised key", () => {
  const declare = async (kid: string, since: Date, as = "operator") =>
    house.graphql(
      `mutation ($input: DeclareKeyCompromisedInput!) { declareKeyCompromised(input: $input) {
        key { kid compromisedAt } replacement { kid } signedSince } }`,
      { as, variables: { input: { kid, since: since.toISOString(), reason: "服务器被入侵" } } },
    );
  let early: Issued;
  let late: Issued;
  let since: Date;

  test("signs nothing more on any copy, and says how many licenses were signed with it since", async () => {
    early = await issue();
    since = new Date(house.clock.now.getTime() + 60_000);
    await set(new Date(since.getTime() + 60_000));
    late = await issue();
    await issue(copy);
    const { data, errors } = await declare(early.kid, since);
    expect(errors).toEqual([]);
    expect(data.declareKeyCompromised).toMatchObject({ signedSince: 2, key: { kid: early.kid } });
    const { kid } = data.declareKeyCompromised.replacement;
    await copy.hub.refreshKeys();
    expect([(await issue()).kid, (await issue(copy)).kid]).toEqual([kid, kid]);
    expect(await find(early.kid, copy)).toMatchObject({ compromised: seconds(since) });
    expect(await logged()).toContainEqual(expect.objectContaining({ event: "ADDED", kid }));
    expect(await logged()).toContainEqual(
      expect.objectContaining({ event: "COMPROMISED", kid: early.kid, compromised: seconds(since) }),
    );
  });

  test("leaves what it signed before to the public log, and makes what it signed since INVALID", async () => {
    expect(await step(early.jws)).toEqual(["UNDECIDED", "KEY_COMPROMISED_UNLOGGED"]);
    expect(await step(late.jws)).toEqual(["INVALID", "KEY_COMPROMISED"]);
    const opened = await openLicense(early.jws, parseJwks({ keys: await published() }));
    const judged = judgeLogged(opened.findings, true).map(({ outcome }) => outcome);
    expect(judged).toEqual(["PASS", "PASS", "PASS", "PASS"]);
    const lost = await openLicense(late.jws, parseJwks({ keys: await published() }));
    expect(judgeLogged(lost.findings, true)).toEqual(lost.findings);
  });

  test("is compromised from an earlier moment when that turns out, and never from a later one", async () => {
    const back = await declare(early.kid, new Date(since.getTime() - 120_000));
    const [signed] = await house.sql("select count(*)::int as count from license where kid = $1", [early.kid]);
    expect(back.data.declareKeyCompromised).toMatchObject({ signedSince: signed?.["count"], replacement: null });
    expect(await step(early.jws)).toEqual(["INVALID", "KEY_COMPROMISED"]);
    await declare(early.kid, since);
    expect(await find(early.kid)).toMatchObject({ compromised: seconds(since) - 120 });
    const write = house.sql("update signing_key set compromised_at = null where kid = $1", [early.kid]);
    await expect(write).rejects.toThrow(/only become earlier/);
  });

  test("for status lists has its lists signed anew at once: no license is in doubt for it", async () => {
    const { jws } = await issue();
    await house.hub.publishStatusLists();
    expect(await house.hub.publishStatusLists()).toBe(0);
    const stateOf = async () => {
      const { outcome, checks } = await house.hub.verifyLicense({ token: jws });
      return [outcome, checks.find(({ name }) => name === "STATUS")?.code ?? "PASS"];
    };
    expect(await stateOf()).toEqual(["VALID", "PASS"]);
    const [key] = house.hub.publicKeys().filter(({ purpose }) => purpose === "status");
    expect((await declare(key?.kid ?? "", house.clock.now)).errors).toEqual([]);
    expect(await house.hub.publishStatusLists()).toBeGreaterThan(0);
    expect(await stateOf()).toEqual(["VALID", "PASS"]);
    expect(await house.hub.publishStatusLists()).toBe(0);
  });

  test("is one that exists, since a moment that was", async () => {
    expect((await declare("nobody", since)).errors[0].extensions.code).toBe("KEY_NOT_FOUND");
    const future = await declare(early.kid, new Date(house.clock.now.getTime() + 1_000));
    expect(future.errors[0].extensions).toMatchObject({
      ...{ code: "INPUT_INVALID" },
      details: { argument: "since", expected: expect.stringContaining("not in the future") },
    });
  });

  test("is not signed with by a restarted hub either, though its file is still there: it goes on with the one in its place", async () => {
    const again = await openTestHub({ demo: false, database: house.place });
    again.clock.now = house.clock.now;
    const { kid } = await issue();
    expect([(await issue(again)).kid, kid === early.kid]).toEqual([kid, false]);
    await again.close();
  });
});

describe("a copy with a key folder of its own", () => {
  test("signs with a key of its own, says that another's is not there, and stops when its own has ended", async () => {
    const keysDir = await mkdtemp(join(tmpdir(), "zhengzhao-keys-"));
    const other = await openTestHub({ demo: false, database: { ...house.place, keysDir } });
    other.clock.now = house.clock.now;
    const ready = async () => {
      await other.hub.refreshKeys();
      const { statusCode, body } = await other.server.inject("/readyz");
      return [statusCode, JSON.parse(body).problem];
    };
    const own = (await issue(other)).kid;
    await house.hub.refreshKeys();
    expect((await issue()).kid).not.toBe(own);
    await rotate(true);
    expect(await ready()).toEqual([200, expect.stringMatching(/^KEY_MISSING: An older key signs for license/)]);
    expect((await issue(other)).kid).toBe(own);
    other.clock.now = new Date(house.clock.now.getTime() + (keyTimes.overlapSeconds + 1) * 1000);
    expect(await ready()).toEqual([503, expect.stringMatching(/^KEY_MISSING: Nothing can be signed for license/)]);
    const before = await house.sql("select count(*) from submission");
    await expect(issue(other)).rejects.toMatchObject({ code: "BUSY" });
    expect(await house.sql("select count(*) from submission")).toEqual(before);
    await other.close();
    await rm(keysDir, { recursive: true });
  });
});
