import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "pg";
import type { EventOperation, StoredState } from "../../src/domain/licenses/license.ts";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { entriesOfOwn, statusListTerms } from "../../src/proof/status/sign-status-list.ts";
import { entryOf, judgeStatus } from "../../src/proof/status/status-list.ts";
import { statusValueOf } from "../../src/proof/status/status-value.ts";
import { openDatabase } from "../../src/store/database.ts";
import { statusStore } from "../../src/store/status/status-store.ts";
import { publishStatusLists } from "../../src/use-cases/status/publish-status-lists.ts";
import { department, openTestHub, type TestHub, testNow } from "../setup/hub.ts";

// A round of the hub runs every second. Here it is run by hand, and the clock moves only where a test moves it.

const issuer = "11371000XXXX010118";
const licenseType = "11100000XXXX00166LX01";
let house: TestHub;
beforeAll(async () => {
  house = await openTestHub();
});
afterAll(() => house.close());

const pass = (seconds: number) => {
  house.clock.now = new Date(house.clock.now.getTime() + seconds * 1000);
};
const round = () => house.hub.publishStatusLists();
const get = (url = "/status-lists/0", headers: Record<string, string> = {}, on = house) =>
  on.server.inject({ url, headers });
const codeOf = (response: { json: () => { errors: { extensions: { code: string } }[] } }) =>
  response.json().errors[0]?.extensions.code;
const seconds = (instant: Date) => Math.floor(instant.getTime() / 1000);
const entriesIn = (token: string) => ({ bits: 2 as const, entries: entriesOfOwn(token) });

type Place = Readonly<{ list: number; index: number; state: StoredState; jws: string }>;
async function placesOf(where: string, parameters: readonly unknown[] = []): Promise<readonly Place[]> {
  const rows = await house.sql(`select status_list, status_index, state, jws from license where ${where}`, parameters);
  return rows.map((row) => ({
    ...{ list: Number(row["status_list"]), index: Number(row["status_index"]), jws: String(row["jws"]) },
    state: row["state"] as StoredState, // only these are stored
  }));
}
/** What the served lists say of a license. */
async function said(identifier: string, on = house): Promise<number | undefined> {
  const [place] = await placesOf("identifier = $1", [identifier]);
  const { body } = await get(`/status-lists/${place?.list}`, {}, on);
  return entryOf(entriesIn(body), place?.index ?? -1);
}

let batches = 0;
async function submit(...records: readonly RawRecord[]): Promise<readonly string[]> {
  batches += 1;
  const input = { batchId: `status-${batches}`, records };
  const { results } = await house.hub.submitLicenses(department("approval-bureau"), input);
  const problems = results.flatMap((each) => each.problems);
  expect([results.map(({ outcome }) => outcome), problems]).toEqual([records.map(() => "ACCEPTED"), []]);
  return results.map(({ identifier }) => identifier ?? "");
}

let serial = 0;
/** A travel agency's license, right as it is. */
function agency(changes: Partial<RawRecord> = {}): RawRecord {
  serial += 1;
  return {
    ...{
      sourceRecordId: `s-${serial}`,
      operation: "ISSUE",
      sourceUpdatedAt: "2026-11-01T09:00:00+08:00",
      identifier: null,
    },
    ...{ licenseType, issuer, number: `L-SD-WH${30_000 + serial}`, region: "371000" },
    holder: { idType: "USCC", id: "91371002XXXX0030XC", name: "威海威高海产品股份有限公司" },
    ...{ issuedOn: "2026-11-01", validFrom: "2026-11-01", validUntil: null },
    attributes: { businessScope: `国内旅游业务${serial}`, qualityDeposit: "20万元" },
    ...changes,
  };
}
let minutes = 0;
/** Something that happens to a license, later than anything before. */
function event(identifier: string, operation: EventOperation, changes: Partial<RawRecord> = {}): RawRecord {
  minutes += 1;
  const sourceUpdatedAt = new Date(Date.parse("2026-11-02T09:00:00+08:00") + minutes * 60_000).toISOString();
  return {
    ...{ sourceRecordId: `e-${minutes}`, operation, sourceUpdatedAt, identifier, licenseType, issuer },
    ...{ effectiveOn: "2026-11-02", reason: "整顿", ...changes },
  };
}
const newLicense = async () => (await submit(agency()))[0] ?? "";

describe("the first round", () => {
  test("signs the list of all that came before it, and says of every license what it is", async () => {
    expect((await get()).statusCode).toBe(404);
    expect(await round()).toBe(1);
    const { body } = await get();
    const list = entriesIn(body);
    const places = await placesOf("true");
    expect(places.length).toBeGreaterThan(1_700);
    expect(new Set(places.map(({ state }) => state)).size).toBeGreaterThan(4);
    const wrong = places.filter(({ index, state }) => entryOf(list, index) !== statusValueOf(state));
    expect(wrong).toEqual([]);
    const taken = list.entries.reduce((sum, byte) => sum + (byte === 0 ? 0 : 1), 0);
    expect(taken).toBeLessThanOrEqual(places.filter(({ state }) => state !== "VALID").length);
    expect(await house.sql("select 1 from status_change")).toEqual([]);
  });

  test("is the only one while nothing changes, and a new license changes nothing", async () => {
    expect(await round()).toBe(0);
    await newLicense();
    expect(await round()).toBe(0);
  });
});

describe("a change of state", () => {
  test("stands on the list after one round: suspended, reinstated, ended", async () => {
    const identifier = await newLicense();
    const steps = [
      [event(identifier, "SUSPEND"), 2],
      [event(identifier, "REINSTATE"), 0],
      [event(identifier, "CANCEL", { outcome: "REVOKED" }), 1],
    ] as const;
    for (const [step, value] of steps) {
      await submit(step);
      expect(await round()).toBe(1);
      expect(await said(identifier)).toBe(value);
    }
  });

  test("of a version that is followed by another is SUPERSEDED, and the new one VALID", async () => {
    const identifier = await newLicense();
    const sourceUpdatedAt = "2026-11-05T09:00:00+08:00";
    const change = { operation: "CHANGE", predecessor: identifier, sourceUpdatedAt } as const;
    const [next = ""] = await submit(agency(change));
    await round();
    expect([await said(identifier), await said(next)]).toEqual([3, 0]);
  });

  test("taken back before the round came leaves the list as it is", async () => {
    const identifier = await newLicense();
    await submit(event(identifier, "SUSPEND"));
    await submit(event(identifier, "REINSTATE"));
    expect(await round()).toBe(0);
    expect(await said(identifier)).toBe(0);
  });

  test("whose transaction ends late is not passed over", async () => {
    const [slow, quick] = [await newLicense(), await newLicense()];
    const [place] = await placesOf("identifier = $1", [slow]);
    const late = new Client({ connectionString: house.config.databaseUrl });
    await late.connect();
    await late.query("begin");
    await late.query("update license set state = 'SUSPENDED' where identifier = $1", [slow]);
    const values = [place?.list, place?.index];
    await late.query(
      "insert into status_change (status_list, status_index, state) values ($1, $2, 'SUSPENDED')",
      values,
    );
    await submit(event(quick, "SUSPEND")); // a later number, done earlier
    await round();
    expect([await said(slow), await said(quick)]).toEqual([0, 2]);
    await late.query("commit");
    await late.end();
    await round();
    expect([await said(slow), await said(quick)]).toEqual([2, 2]);
  });
});

describe("two copies of the hub", () => {
  let other: TestHub;
  let database: Awaited<ReturnType<typeof openDatabase>>;
  beforeAll(async () => {
    other = await openTestHub({ database: house.place, demo: false });
    database = await openDatabase({ kind: "SERVER", url: house.place.url, poolSize: 2 });
  });
  afterAll(async () => {
    await database.close();
    await other.close();
  });

  test("sign a changed list once, and both serve it", async () => {
    const identifier = await newLicense();
    expect(await said(identifier, other)).toBe(0);
    await submit(event(identifier, "SUSPEND"));
    const signed = await Promise.all([
      round(),
      other.hub.publishStatusLists(),
      round(),
      other.hub.publishStatusLists(),
    ]);
    expect(signed.toSorted()).toEqual([0, 0, 0, 1]);
    // Whichever has signed, each looks once a second.
    other.clock.now = new Date(other.clock.now.getTime() + 1_000);
    pass(1);
    expect([await said(identifier), await said(identifier, other)]).toEqual([2, 2]);
  });

  test("never sign a list at the same time: whoever comes second leaves it to the first", async () => {
    const identifier = await newLicense();
    await submit(event(identifier, "SUSPEND"));
    const first = new Client({ connectionString: house.place.url });
    await first.connect();
    await first.query("begin");
    await first.query("select from status_list where id = 0 for update");
    expect(await round()).toBe(0);
    await first.query("commit");
    await first.end();
    expect(await round()).toBe(1);
    expect(await said(identifier)).toBe(2);
  });

  test("lose no change when one of them ends in the middle of signing", async () => {
    const identifier = await newLicense();
    await submit(event(identifier, "SUSPEND"));
    const store = statusStore(database.sql());
    const dying = publishStatusLists({
      ...{ now: () => house.clock.now, dueLists: store.dueLists },
      ...{ isSound: () => true, isEach: false },
      transaction: (run) => database.transaction((db) => run(statusStore(db))),
      sign: () => Promise.reject(new Error("killed")),
    });
    await expect(dying).rejects.toThrow("killed");
    expect(await other.hub.publishStatusLists()).toBe(1);
    pass(1);
    expect(await said(identifier)).toBe(2);
  });

  test("may not change or take back what was signed: the database refuses", async () => {
    const run = database.transaction((db) => db.updateTable("status_token").set({ status_list: 7 }).execute());
    await expect(run).rejects.toThrow(/permission denied/);
    await expect(database.transaction((db) => db.deleteFrom("status_token").execute())).rejects.toThrow(/permission/);
  });
});

describe("GET /status-lists/ID", () => {
  test("answers with the list as it was signed, for everyone to keep for a minute", async () => {
    const { statusCode, headers, body } = await get();
    expect([statusCode, headers["content-type"]]).toEqual([200, "application/statuslist+jwt"]);
    expect(headers).toMatchObject({
      ...{ "cache-control": "public, max-age=60", "access-control-allow-origin": "*", vary: "accept-encoding" },
    });
    const claims = JSON.parse(Buffer.from(body.split(".")[1] ?? "", "base64url").toString());
    const uri = `${house.config.publicUrl}/status-lists/0`;
    expect(claims).toMatchObject({ iss: house.config.publicUrl, sub: uri, ttl: 60, exp: claims.iat + 86_400 });
    expect(claims.status_list).toMatchObject({ bits: 2, aggregation_uri: `${house.config.publicUrl}/status-lists` });
  });

  test("answers 304 to who has it already, and HEAD without a body", async () => {
    const etag = String((await get()).headers.etag);
    for (const tag of [etag, `"other", ${etag}`, etag.slice(2), "*"]) {
      const { statusCode, body, headers } = await get(undefined, { "if-none-match": tag });
      expect([statusCode, body, headers.etag]).toEqual([304, "", etag]);
    }
    expect((await get(undefined, { "if-none-match": 'W/"other"' })).statusCode).toBe(200);
    const head = await house.server.inject({ method: "HEAD", url: "/status-lists/0" });
    expect([head.statusCode, head.body, head.headers.etag]).toEqual([200, "", etag]);
  });

  test("packs it for whoever takes gzip", async () => {
    const plain = await get();
    for (const accepted of ["gzip", "br, gzip;q=0.5", "*"]) {
      const packed = await get(undefined, { "accept-encoding": accepted });
      expect(packed.headers["content-encoding"]).toBe("gzip");
      expect(gunzipSync(packed.rawPayload).toString()).toBe(plain.body);
    }
    for (const refused of ["br", "gzip;q=0", "gzip;q=0.000, br", "identity"])
      expect((await get(undefined, { "accept-encoding": refused })).headers["content-encoding"]).toBe(undefined);
  });

  test.each(["9", "99999999999999999999", "-1", "00", "0x0", "%00", "a"])("%s is STATUS_LIST_NOT_FOUND", async (id) => {
    const response = await get(`/status-lists/${id}`);
    expect([response.statusCode, codeOf(response)]).toEqual([404, "STATUS_LIST_NOT_FOUND"]);
  });

  test("asked a thousand times asks the database once", async () => {
    await get();
    pass(1);
    house.statements.length = 0;
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => get(n % 2 ? "/status-lists/0" : "/status-lists/9")),
    );
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200, 404]));
    expect(house.statements.length).toBeLessThanOrEqual(1);
  });

  test("and /status-lists names every list", async () => {
    const { headers, body } = await get("/status-lists");
    expect(headers["content-type"]).toMatch(/^application\/json/);
    expect(JSON.parse(body)).toEqual({ status_lists: [`${house.config.publicUrl}/status-lists/0`] });
  });
});

describe("?time=", () => {
  const at = (time: string | number) => get(`/status-lists/0?time=${time}`);

  test("answers with the very list that held then", async () => {
    const identifier = await newLicense();
    const [place] = await placesOf("identifier = $1", [identifier]);
    const tokens: string[] = [];
    const instants: Date[] = [];
    for (const operation of ["SUSPEND", "REINSTATE", "SUSPEND"] as const) {
      pass(10);
      await submit(event(identifier, operation));
      await round();
      instants.push(house.clock.now);
      tokens.push((await get()).body);
    }
    pass(5);
    expect(tokens.map((token) => entryOf(entriesIn(token), place?.index ?? -1))).toEqual([2, 0, 2]);
    for (const [nth, instant] of instants.entries()) {
      expect((await at(seconds(instant))).body).toBe(tokens[nth]);
      expect((await at(seconds(instant) + 5)).body).toBe(tokens[nth]);
      const finding = await judgeStatus(tokens[nth] ?? "", claimsOf(place?.jws ?? ""), house.hub.keyring, instant);
      expect(finding.code).toBe(nth === 1 ? undefined : "STATUS_SUSPENDED");
    }
    expect((await at(seconds(instants[0] ?? testNow) - 1)).body).not.toBe(tokens[0]);
  });

  test("before there was a list is STATUS_LIST_TIME_NOT_FOUND, to come or no time is INPUT_INVALID", async () => {
    const before = await at(seconds(testNow) - 1);
    expect([before.statusCode, codeOf(before)]).toEqual([404, "STATUS_LIST_TIME_NOT_FOUND"]);
    for (const time of [
      seconds(house.clock.now) + 1,
      "",
      "-1",
      "1.5",
      "2026-11-22T00:00:00Z",
      "99999999999",
      "1&time=2",
    ]) {
      const response = await at(time);
      expect([time, response.statusCode, codeOf(response)]).toEqual([time, 400, "INPUT_INVALID"]);
    }
    expect((await get("/status-lists/0?tim=1")).statusCode).toBe(400);
  });

  test("in a time when the hub stood still for over a day is STATUS_LIST_TIME_NOT_FOUND", async () => {
    const last = house.clock.now;
    pass(3 * 86_400);
    expect(await round()).toBe(1);
    expect((await at(seconds(last) + 86_400 / 2)).statusCode).toBe(200);
    expect(codeOf(await at(seconds(last) + 2 * 86_400))).toBe("STATUS_LIST_TIME_NOT_FOUND");
  });
});

describe("a list that nothing happens to", () => {
  test("is signed anew when half its life is over, and not before", async () => {
    await round();
    const first = await get();
    pass(statusListTerms.life - statusListTerms.renewal - 1);
    expect(await round()).toBe(0);
    pass(2);
    expect(await round()).toBe(1);
    const second = await get();
    expect(second.body).not.toBe(first.body);
    expect(Buffer.from(entriesOfOwn(second.body)).equals(entriesOfOwn(first.body))).toBe(true);
  });

  test("is kept for 90 days as often as it was signed, then the last of each hour", async () => {
    const rows = [
      "100 days",
      "100 days 10 minutes",
      "100 days 20 minutes",
      "100 days 2 hours",
      "89 days",
      "89 days 1 minute",
    ];
    for (const ago of rows)
      await house.sql(
        `insert into status_token (status_list, issued_at, expires_at, token)
          values (77, date_trunc('hour', now()) + interval '50 minutes' - $1::interval, now(), '\\x00')`,
        [ago],
      );
    const left = async () => (await house.sql("select 1 from status_token where status_list = 77")).length;
    expect([await house.hub.thinStatusLists(), await left()]).toEqual([2, 4]);
    expect([await house.hub.thinStatusLists(), await left()]).toEqual([0, 4]);
    await house.sql("delete from status_token where status_list = 77");
  });
});

describe("verifyLicense", () => {
  const verify = async (jws: string, when = "") => {
    const { data } = await house.graphql(
      `{ verifyLicense(token: "${jws}"${when}) { outcome checks { name outcome code } } }`,
    );
    const status = data.verifyLicense.checks.find(({ name }: { name: string }) => name === "STATUS");
    return [data.verifyLicense.outcome, status.code ?? status.outcome];
  };

  test("tells the state by the hub's own list, of now and of then", async () => {
    pass(1);
    const identifier = await newLicense();
    const [place] = await placesOf("identifier = $1", [identifier]);
    const jws = place?.jws ?? "";
    expect(await verify(jws)).toEqual(["VALID", "PASS"]);
    const before = house.clock.now.toISOString();
    pass(10);
    await submit(event(identifier, "SUSPEND"));
    await round();
    expect(await verify(jws)).toEqual(["INVALID", "STATUS_SUSPENDED"]);
    expect(await verify(jws, `, at: "${before}"`)).toEqual(["VALID", "PASS"]);
    expect(await verify(jws, `, at: "2030-01-01T00:00:00Z"`)).toEqual(["INVALID", "STATUS_SUSPENDED"]);
    expect(await verify(jws, `, at: "2026-11-02T00:00:00Z"`)).toEqual(["UNDECIDED", "NOT_CHECKED"]);
  });
});

describe("a list that is full", () => {
  test("is followed by another, and both go on", async () => {
    await house.sql("select setval('license_status_sequence', $1)", [2 ** 20 - 2]);
    const [last = "", first = ""] = await submit(agency(), agency());
    const places = await placesOf("identifier = any($1)", [[last, first]]);
    expect(places.map(({ list }) => list).toSorted()).toEqual([0, 1]);
    expect(await round()).toBe(1);
    pass(1);
    expect((await get("/status-lists")).json().status_lists).toHaveLength(2);
    await submit(event(last, "SUSPEND"), event(first, "CANCEL", { outcome: "CANCELLED" }));
    expect(await round()).toBe(2);
    expect([await said(last), await said(first)]).toEqual([2, 1]);
  });

  test("that can not be signed keeps no other from it", async () => {
    const [damaged] = await house.sql(
      "insert into status_token (status_list, issued_at, expires_at, token) values (0, now(), now(), 'x') returning id",
    );
    await house.sql(
      "insert into status_change (status_list, status_index, state) values (0, 1, 'LAPSED'), (1, 7, 'LAPSED')",
    );
    await expect(round()).rejects.toThrow();
    pass(1);
    expect(entryOf(entriesIn((await get("/status-lists/1")).body), 7)).toBe(1);
    await house.sql("delete from status_token where id = $1", [damaged?.["id"]]);
    expect(await round()).toBe(1);
  });
});

function claimsOf(jws: string) {
  return JSON.parse(Buffer.from(jws.split(".")[1] ?? "", "base64url").toString());
}
