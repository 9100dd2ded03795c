import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "pg";
import { logKeysIn } from "../../../src/cli/audit/auditing.ts";
import { auditTables } from "../../../src/cli/audit/database-door.ts";
import type { RawRecord } from "../../../src/domain/licenses/license-record.ts";
import { parseJwks } from "../../../src/proof/keyring.ts";
import { auditDatabase } from "../../../src/store/audit/audit-database.ts";
import { againAtOnce } from "../../../src/use-cases/keys/sign-licenses-again.ts";
import { issuer, makeRecords } from "../../bench/records.ts";
import { department, openTestHub, type TestHub, testNow } from "../../setup/hub.ts";
import { parsed, readLog } from "../../setup/log.ts";
import { setClocks } from "./issuing.ts";

const bureau = department(issuer.client);
const minutes = (count: number) => new Date(testNow.getTime() + count * 60_000);

let house: TestHub;
let copy: TestHub;
let owner: Client;
beforeAll(async () => {
  house = await openTestHub({ demo: false });
  copy = await openTestHub({ demo: false, database: house.place });
  owner = new Client({ connectionString: house.config.databaseUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await copy.close();
  await house.close();
});

const set = (at: Date) => setClocks([house, copy], at);
const issue = async (firstHolder: number, holders: number) => {
  const answer = await house.hub.submitLicenses(bureau, {
    ...{ batchId: randomUUID(), records: makeRecords(firstHolder, holders) },
  });
  expect(answer.accepted).toBe(holders * 5);
  await house.hub.tendLog();
};
/** What a department says of a license that it has issued. */
const submit = async (identifier: unknown, operation: "SUSPEND" | "CHANGE") => {
  const [row] = await house.sql("select * from license where identifier = $1", [identifier]);
  const when = { sourceUpdatedAt: house.clock.now.toISOString() };
  const [issued] = makeRecords(0, 200).filter((record) => record.identifier === identifier);
  const { identifier: _, ...rest } = issued ?? {};
  const record =
    operation === "SUSPEND"
      ? {
          ...{ identifier, operation, licenseType: row?.["type_code"], issuer: issuer.department, ...when },
          ...{ sourceRecordId: randomUUID(), effectiveOn: "2026-11-22", reason: "立案调查" },
        }
      : { ...rest, ...when, operation, predecessor: identifier, sourceRecordId: randomUUID() };
  const { results } = await house.hub.submitLicenses(bureau, {
    ...{ batchId: randomUUID(), records: [record as RawRecord] },
  });
  return results.map(({ outcome, problems }) => [outcome, problems]);
};
const declare = async (kid: unknown, since: Date) => {
  const { data, errors } = await house.graphql(
    `mutation ($input: DeclareKeyCompromisedInput!) { declareKeyCompromised(input: $input) {
      key { toSignAgain } replacement { kid } signedSince } }`,
    { as: "operator", variables: { input: { kid, since: since.toISOString(), reason: "服务器被入侵" } } },
  );
  expect(errors).toEqual([]);
  await copy.hub.refreshKeys();
  return data.declareKeyCompromised;
};
const keyInUse = () =>
  house.hub
    .publicKeys()
    .find(({ purpose, compromised, iss }) => purpose === "license" && !compromised && iss === house.config.publicUrl)
    ?.kid;
const begun: number[] = [];
const signAgain = (hub = house, signal = new AbortController().signal) =>
  hub.hub.signLicensesAgain(signal, (left) => begun.push(left));
const again = async () => {
  const [row] = await house.sql(
    "select count(*)::int as events, count(distinct identifier)::int as licenses from license_event where operation = 'SIGN_AGAIN'",
  );
  return row;
};
const toSignAgain = async () => {
  const { data } = await house.graphql("{ signingKeys { kid toSignAgain } }", { as: "operator" });
  return data.signingKeys.filter((key: { toSignAgain: number }) => key.toSignAgain > 0);
};
/** What verifying says of licenses with their bundles, as the hub serves them; each once. That some have run out is theirs. */
const verdicts = async () => {
  const rows = await house.sql("select identifier, jws from license order by hashtext(identifier) limit 60");
  const fresh = await house.sql("select identifier, jws from license where received_at >= $1", [minutes(10)]);
  const licenses = [...rows, ...fresh].map(({ identifier, jws }) => ({
    identifier: String(identifier),
    jws: String(jws),
  }));
  const bundles = await copy.hub.makeBundles(licenses);
  const words: string[] = [];
  for (const token of bundles.values()) {
    const { outcome, checks } = await copy.hub.verifyLicense({ token });
    const codes = checks.flatMap(({ name, code }) =>
      name === "TYPE_SCHEMA" || name === "HOLDER_BINDING" ? [] : (code ?? []),
    );
    words.push(codes.join() === "EXPIRED" ? "VALID" : [outcome, ...codes].join(" "));
  }
  return [...new Set(words)].toSorted();
};
const publish = async () => {
  await house.hub.tendLog();
  await house.hub.publishStatusLists();
};
/** What an auditor finds at the tables. */
const fsck = async () => {
  const keyring = parseJwks((await house.server.inject("/.well-known/jwks.json")).json());
  const findings: unknown[] = [];
  await owner.query("begin");
  const report = (finding: unknown) => findings.push(finding);
  await auditTables(auditDatabase(owner), { keyring, keys: logKeysIn(keyring), newestLater: async () => 0, report });
  await owner.query("rollback");
  return findings;
};

describe("licenses that a compromised key has signed", () => {
  let first: unknown;

  test("are INVALID, and counted for whoever looks after the keys; those from before stand by the public log", async () => {
    await issue(0, 130);
    await set(minutes(10));
    await issue(130, 2);
    await publish();
    expect(await fsck()).toEqual([]);
    first = keyInUse();
    const declared = await declare(first, minutes(5));
    expect(declared).toMatchObject({ signedSince: 10, key: { toSignAgain: 10 } });
    expect(await toSignAgain()).toEqual([{ kid: first, toSignAgain: 10 }]);
    expect(await verdicts()).toEqual(["INVALID KEY_COMPROMISED", "VALID"]);
  });

  test("are signed again by the hub, alone: every license verifies again with its bundle, and fsck finds all in order", async () => {
    const [before] = await house.sql("select jws from license where received_at = $1 limit 1", [minutes(10)]);
    await set(minutes(20));
    expect(await signAgain()).toEqual({ signed: 10, left: 0, unfit: 0 });
    expect(begun).toEqual([10]);
    expect(await toSignAgain()).toEqual([]);
    await publish();
    expect(await verdicts()).toEqual(["VALID"]);
    expect(await fsck()).toEqual([]);
    expect(await signAgain()).toEqual({ signed: 0, left: 0, unfit: 0 });

    const claims = (jws: unknown) => JSON.parse(Buffer.from(String(jws).split(".")[1] ?? "", "base64url").toString());
    const old = claims(before?.["jws"]);
    const [row] = await house.sql("select jws from license where identifier = $1", [old.jti]);
    const fresh = claims(row?.["jws"]);
    expect(fresh).toEqual({ ...old, iat: minutes(20).getTime() / 1000, salt: fresh.salt });
    expect(fresh.salt).not.toBe(old.salt);
    const { entries } = await readLog(house.server);
    expect(parsed(entries).filter(({ kind }) => kind === "LICENSE")).toHaveLength(660 + 10);
  });

  test("have it in their history, as no change of their own: not of the state, not for what their department sends later", async () => {
    const [license] = await house.sql(
      "select * from license where received_at = $1 and number <> '' order by identifier desc limit 1",
      [minutes(10)],
    );
    const events = await house.sql("select * from license_event where identifier = $1 order by id", [
      license?.["identifier"],
    ]);
    expect(events.map((event) => [event["operation"], event["state"], event["effective_on"]])).toEqual([
      ["ISSUE", "VALID", license?.["issued_on"]],
      ["SIGN_AGAIN", "VALID", license?.["issued_on"]],
    ]);
    expect(events[1]).toMatchObject({ reason: `KEY_COMPROMISED ${first}`, client_id: "hub" });
    const repeat = await house.hub.submitLicenses(bureau, { batchId: randomUUID(), records: makeRecords(130, 2) });
    expect(repeat.unchanged).toBe(10);
    expect(await submit(license?.["identifier"], "CHANGE")).toEqual([["ACCEPTED", []]]);
    await publish();
    expect(await verdicts()).toEqual(["VALID"]);
    expect(await fsck()).toEqual([]);
  });

  test("since an earlier moment, when that turns out: a batch that is cut off leaves nothing half done, and another copy goes on", async () => {
    expect(await declare(first, minutes(-10))).toMatchObject({ signedSince: 650, replacement: null });
    await owner.query(`create function stop_it() returns trigger language plpgsql as $$ begin
      if (select count(*) from license_event where operation = 'SIGN_AGAIN') > ${againAtOnce.licenses} + 10 then
        raise exception 'cut off' using errcode = '57P01'; end if; return new; end $$`);
    await owner.query("create trigger stop_it before insert on log_waiting for each row execute function stop_it()");
    await expect(signAgain()).rejects.toThrow("cut off");
    await owner.query("drop trigger stop_it on log_waiting");
    expect(await again()).toEqual({ events: 10 + againAtOnce.licenses, licenses: 10 + againAtOnce.licenses });
    expect(await toSignAgain()).toEqual([{ kid: first, toSignAgain: 650 - againAtOnce.licenses }]);
    const stopped = new AbortController();
    stopped.abort();
    expect(await signAgain(copy, stopped.signal)).toEqual({ signed: 650 - againAtOnce.licenses, left: 0, unfit: 0 });
    await publish();
    expect(await verdicts()).toEqual(["VALID"]);
    expect(await fsck()).toEqual([]);
  });

  test("when the key in its place is compromised too: again by two copies at once, none twice, while departments write", async () => {
    const second = keyInUse();
    expect((await declare(second, minutes(15))).signedSince).toBe(661);
    const [locked, ...others] = await house.sql("select identifier from license order by identifier limit 4");
    // A batch under way holds one of them.
    await owner.query("begin");
    await owner.query("select from license where identifier = $1 for no key update", [locked?.["identifier"]]);
    await set(minutes(30));
    const [passes, suspended] = await Promise.all([
      Promise.all([house, copy, house, copy].map((hub) => signAgain(hub))),
      Promise.all(others.map(({ identifier }) => submit(identifier, "SUSPEND"))),
    ]);
    await owner.query("rollback");
    expect(suspended.flat().map(([outcome]) => outcome)).toEqual(["ACCEPTED", "ACCEPTED", "ACCEPTED"]);
    const signed = passes.reduce((sum, pass) => sum + pass.signed, 0);
    const { signed: rest, left } = await signAgain(copy);
    expect([signed + rest, left, rest > 0]).toEqual([661, 0, true]);
    expect(await again()).toEqual({ events: 10 + 650 + 661, licenses: 661 });
    const states = await house.sql("select state, count(*)::int from license group by 1 order by 1");
    expect(states).toEqual([
      { state: "SUPERSEDED", count: 1 },
      { state: "SUSPENDED", count: 3 },
      { state: "VALID", count: 657 },
    ]);
    await publish();
    expect(await fsck()).toEqual([]);
    const texts = await house.sql("select distinct kid from license");
    expect(texts).toEqual([{ kid: keyInUse() }]);
  });

  test("but are not as the public log has them are left as they are: nobody has a text of his own signed by the hub", async () => {
    await set(minutes(40));
    const [forged, damaged, moved, ...sound] = await house.sql(
      "select identifier, jws, status_index from license order by identifier limit 5",
    );
    const [header, payload = "", signature] = String(forged?.["jws"]).split(".");
    const words = Buffer.from(payload, "base64url").toString().replace("威海测试", "威海冒名");
    const put = (identifier: unknown, jws: string) =>
      owner.query("update license set jws = $1 where identifier = $2", [jws, identifier]);
    await put(forged?.["identifier"], [header, Buffer.from(words).toString("base64url"), signature].join("."));
    await put(damaged?.["identifier"], "no license");
    await put(moved?.["identifier"], String(sound[0]?.["jws"]));
    const third = keyInUse();
    await declare(third, minutes(25));
    expect(await signAgain()).toEqual({ signed: 661 - 3, left: 3, unfit: 3 });
    expect(await toSignAgain()).toEqual([{ kid: third, toSignAgain: 3 }]);
    for (const row of [forged, damaged, moved]) await put(row?.["identifier"], String(row?.["jws"]));
    expect(await signAgain(copy)).toEqual({ signed: 3, left: 0, unfit: 0 });
    await publish();
    expect(await fsck()).toEqual([]);
  });

  test("nor are words put into its history, or another place on the status lists given, by whoever changed the row of one", async () => {
    await set(minutes(41));
    const [freed, dated, touched, listed] = await house.sql(
      "select identifier, state, state_since::text, source_updated_at::text, status_list from license order by identifier desc limit 4",
    );
    const put = (column: string, value: unknown, row: typeof freed) =>
      owner.query(`update license set ${column} = $1 where identifier = $2`, [value, row?.["identifier"]]);
    await put("state", "REVOKED", freed);
    await put("state_since", "2020-01-01", dated);
    await put("source_updated_at", "2035-01-01T00:00:00Z", touched);
    await put("status_list", Number(listed?.["status_list"]) + 1, listed);
    const fourth = keyInUse();
    await declare(fourth, minutes(40));
    expect(await signAgain()).toEqual({ signed: 661 - 3, left: 3, unfit: 3 });
    const [text] = await house.sql("select jws from license where identifier = $1", [listed?.["identifier"]]);
    const claims = JSON.parse(Buffer.from(String(text?.["jws"]).split(".")[1] ?? "", "base64url").toString());
    expect(claims.status.status_list.uri).toBe(`${house.config.publicUrl}/status-lists/${listed?.["status_list"]}`);
    await publish();
    const changed = (await fsck())
      .map((finding) => JSON.stringify(finding))
      .filter((text) => text.includes('"license"'));
    for (const column of ["state", "state_since", "source_updated_at", "status_list"])
      expect(changed.join()).toContain(`"${column}"`);
    for (const [column, row] of [
      ["state", freed],
      ["state_since", dated],
      ["source_updated_at", touched],
      ["status_list", listed],
    ] as const)
      await put(column, row?.[column], row);
    expect(await signAgain(copy)).toEqual({ signed: 3, left: 0, unfit: 0 });
    await publish();
    expect(await fsck()).toEqual([]);
  });

  test("of an address the hub has moved from are signed again in its present name, whenever they were signed", async () => {
    const PUBLIC_URL = "https://zhengzhao.example";
    const moved = await openTestHub({ demo: false, database: house.place, env: { PUBLIC_URL } });
    moved.clock.now = house.clock.now;
    await declare(keyInUse(), house.clock.now);
    await moved.hub.refreshKeys();
    const [before] = await house.sql("select identifier, jws from license order by identifier limit 1");
    expect(await moved.hub.signLicensesAgain(new AbortController().signal, () => undefined)).toMatchObject({
      signed: 661,
    });
    await moved.hub.tendLog();
    // A list that nothing changes in is signed in the new name when its time is over.
    moved.clock.now = minutes(14 * 60);
    await moved.hub.publishStatusLists();
    const [row] = await house.sql("select jws from license where identifier = $1", [before?.["identifier"]]);
    const license = { identifier: String(before?.["identifier"]), jws: String(row?.["jws"]) };
    const [bundle = ""] = (await moved.hub.makeBundles([license])).values();
    const report = await moved.hub.verifyLicense({ token: bundle, at: moved.clock.now });
    expect(report.license?.iss).toBe(PUBLIC_URL);
    expect(report.checks.filter(({ outcome }) => outcome === "PASS").map(({ name }) => name)).toEqual(
      expect.arrayContaining(["SIGNATURE", "KEY_VALIDITY", "STATUS", "LOG_INCLUSION"]),
    );
    await moved.close();
  });

  test("wait for their place in the public log, and as long as there is no key to sign with", async () => {
    await set(minutes(50));
    const records = makeRecords(140, 1);
    await house.hub.submitLicenses(bureau, { batchId: randomUUID(), records });
    await declare(keyInUse(), minutes(45));
    expect(await signAgain()).toEqual({ signed: 0, left: 5, unfit: 0 });
    await publish();
    expect(await signAgain()).toEqual({ signed: 5, left: 0, unfit: 0 });
    await declare(keyInUse(), minutes(35));
    const events = await again();
    await owner.query(
      "update signing_key set not_after = not_before where purpose = 'license' and compromised_at is null",
    );
    await owner.query(
      "insert into key_event (kid, event, at, operator, reason) values ('-', 'ENDED', now(), 'test', 'test')",
    );
    await house.hub.refreshKeys();
    await expect(signAgain()).rejects.toMatchObject({ code: "BUSY" });
    expect(await again()).toEqual(events);
  });
});
