import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type Answer, openTestHub, type TestHub } from "../setup/hub.ts";

const limits = { maxPointsPerMinute: 100, maxStrangerPointsPerMinute: 50, maxMissesPerHour: 90, recordsPerPoint: 10 };

let first: TestHub;
let second: TestHub;
let strict: TestHub;
let identifiers: string[];
beforeAll(async () => {
  first = await openTestHub({ limits: { maxMissesPerHour: limits.maxMissesPerHour } });
  second = await openTestHub({ database: first.place, limits: { maxMissesPerHour: limits.maxMissesPerHour } });
  strict = await openTestHub({ database: first.place, limits });
  const rows = await first.sql("select identifier from license where type_code = '11100000MB0143028R001' limit 5");
  identifiers = rows.map((row) => String(row["identifier"]));
});
afterAll(async () => {
  await strict.close();
  await second.close();
  await first.close();
});
afterEach(async () => {
  await first.sql("delete from rate_window");
  // A new window for every test: copies remember the old one.
  for (const house of [first, second, strict]) house.clock.now = new Date(house.clock.now.getTime() + 3_600_000);
});

const open = "{ departments { code } }";
const codesOf = (answer: Answer): string[] => answer.errors.map((error) => error.extensions.code);
const why = 'purpose: { procedure: "food-operation-new", caseNumber: "1", reason: "核验" }';
const ask = (identifier: string) => `license(identifier: "${identifier}", ${why}) { identifier }`;

describe("points", () => {
  test("of a client run out on all copies together, with 429 and the seconds to wait, and come back", async () => {
    const other = await openTestHub({ database: first.place, limits });
    other.clock.now = strict.clock.now;
    const token = await strict.token("education");
    const askBoth = async (index: number) => (index % 2 ? strict : other).graphql(open, { token });
    const answers = await Promise.all(Array.from({ length: 160 }, (_, index) => askBoth(index)));
    const refused = answers.filter((answer) => answer.status === 429);
    expect(answers.length - refused.length).toBe(limits.maxPointsPerMinute);
    expect(codesOf(refused[0] as Answer)).toEqual(["RATE_LIMITED"]);
    expect(refused[0]?.headers["retry-after"]).toBe("60");
    expect(refused[0]?.errors[0].extensions.details).toEqual({ retryAfterSeconds: 60 });
    strict.clock.now = new Date(strict.clock.now.getTime() + 60_000);
    expect((await strict.graphql(open, { token: await strict.token("education") })).status).toBe(200);
    await other.close();
  });

  test("of one client are not another's, and cost few statements", async () => {
    const token = await strict.token("tobacco");
    strict.statements.length = 0;
    for (let index = 0; index < limits.maxPointsPerMinute; index++) await strict.graphql(open, { token });
    expect(strict.statements.filter((text) => text.includes("insert into rate_window"))).toHaveLength(50);
    expect((await strict.graphql(open, { token })).status).toBe(429);
    strict.statements.length = 0;
    expect((await strict.graphql(open, { token })).status).toBe(429);
    expect(strict.statements).toEqual([]);
    expect((await strict.graphql(open, { as: "education" })).status).toBe(200);
  });

  test("of strangers are their address's, whatever a header says, until a proxy is trusted", async () => {
    const proxied = await openTestHub({
      ...{ database: first.place, limits, demo: false },
      server: { trustedProxies: ["127.0.0.1"] },
    });
    const from = async (house: TestHub, address: string) => {
      const headers = { "content-type": "application/json", "x-forwarded-for": address };
      const payload = JSON.stringify({ query: open });
      return (await house.server.inject({ method: "POST", url: "/graphql", headers, payload })).statusCode;
    };
    const ask = async (house: TestHub) =>
      Promise.all(Array.from({ length: 51 }, (_, index) => from(house, `192.0.2.${index}`)));
    expect((await ask(strict)).filter((status) => status === 429)).toHaveLength(1);
    await first.sql("delete from rate_window");
    expect((await ask(proxied)).filter((status) => status === 429)).toHaveLength(0);
    await proxied.close();
  });

  test("are a stranger's for tokens that are guessed", async () => {
    const guess = async (index: number) => (await strict.graphql(open, { token: `guess-${index}` })).status;
    const statuses = await Promise.all(Array.from({ length: 60 }, (_, index) => guess(index)));
    expect(statuses.filter((status) => status === 401)).toHaveLength(limits.maxStrangerPointsPerMinute);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  });

  test("are also taken for the records of a submission", async () => {
    const records = Array.from({ length: 600 }, () => ({ sourceRecordId: "1", operation: "ISSUE" }));
    const query = "mutation ($input: SubmitLicensesInput!) { submitLicenses(input: $input) { rejected } }";
    const record = { sourceUpdatedAt: "2026-01-01T00:00:00Z", licenseType: "x", issuer: "y" };
    const input = { batchId: "rate", records: records.map((one) => ({ ...one, ...record })) };
    const ask = (batchId: string) =>
      strict.graphql(query, { as: "agriculture", variables: { input: { ...input, batchId } } });
    expect((await ask("rate-1")).errors).toEqual([]);
    const answer = await ask("rate-2");
    expect([answer.status, ...codesOf(answer)]).toEqual([429, "RATE_LIMITED"]);
  });

  test("that can not be counted let nobody in", async () => {
    await first.sql("alter table rate_window rename to rate_window_gone");
    const answers = [await strict.graphql(open), await strict.graphql(open, { as: "health" })];
    await first.sql("alter table rate_window_gone rename to rate_window");
    for (const answer of answers) expect([answer.status, ...codesOf(answer)]).toEqual([503, "BUSY"]);
    expect((await strict.graphql(open, { as: "health" })).status).toBe(200);
  });
});

describe("one client that enumerates identifiers", () => {
  const guesses = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => `g${index}: ${ask(`NO.SUCH.${from + index}`)}`).join(" ");

  test("is stopped at the limit to the digit, also by 60 aliases a request, and then told nothing at all", async () => {
    const as = "approval-bureau";
    let told = 0;
    for (let from = 0; from < 240; from += 60) {
      const answer = await (from % 120 ? second : first).graphql(`{ ${guesses(from, 60)} }`, { as });
      told += answer.data === null ? 0 : Object.keys(answer.data).length - answer.errors.length;
    }
    expect(told).toBe(60); // the second request would have been answered beyond 90, so none of it was
    const known = identifiers[0] ?? "";
    const questions = [
      `{ ${ask(known)} }`,
      `{ ${ask("NO.SUCH.1")} }`,
      `{ confirmLicense(identifier: "${known}", claims: { number: "1" }) { confirmed } }`,
      '{ enterprise(uscc: "91371002XXXX0030XC") { name } }',
      '{ submission(id: "00000000-0000-4000-8000-000000000000") { id } }',
      'mutation { fetchMaterials(input: { check: "00000000-0000-4000-8000-000000000000" }) { receipt } }',
    ];
    for (const house of [first, second]) {
      for (const question of questions) {
        const answer = await house.graphql(question, { as });
        expect([question, answer.status, ...codesOf(answer)]).toEqual([question, 429, "RATE_LIMITED"]);
        expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
      }
      expect((await house.graphql(open, { as })).status).toBe(200);
      expect((await house.graphql(`{ ${ask(known)} }`, { as: "market-supervision" })).status).toBe(200);
    }
  });

  test("is on record for it, once", async () => {
    const count = async () =>
      (await first.sql("select count(*)::int as n from access_record where refusal = 'RATE_LIMITED'"))[0]?.["n"];
    const before = Number(await count());
    for (let from = 0; from < 180; from += 60)
      await first.graphql(`{ ${guesses(1_000 + from, 60)} }`, { as: "approval-bureau" });
    expect(await count()).toBe(before + 1);
  });

  test("counts what is asked as confirmation, enterprise, submission and check alike", async () => {
    const as = "approval-bureau";
    await first.graphql('{ confirmLicense(identifier: "NO.SUCH", claims: { number: "1" }) { confirmed } }', { as });
    await first.graphql('{ enterprise(uscc: "91371002XXXX0999XC") { name } }', { as });
    await first.graphql('{ enterprises(usccs: ["91371002XXXX0998XC", "91371002XXXX0997XC"]) { name } }', { as });
    await first.graphql('{ submission(id: "no") { id } }', { as });
    await first.graphql('mutation { fetchMaterials(input: { check: "no" }) { receipt } }', { as });
    await first.graphql(`{ ${ask("NO.SUCH")} }`, { as });
    // Two of the three of whom a check asks hold nothing.
    const check = await first.graphql(
      `{ checkMaterials(input: { procedure: "food-operation-new", holder: "91350100M000100Y43", ${why}, persons: [
        { role: LEGAL_REPRESENTATIVE, residentId: "371002188011080603" }, { role: STAFF, residentId: "440524188001010014" }
      ] }) { id } }`,
      { as },
    );
    expect(codesOf(check)).toEqual([]);
    const [row] = await first.sql("select sum(taken)::int as n from rate_window where kind = 'miss'");
    expect(row?.["n"]).toBe(9);
  });

  test("is told everything up to the limit, whichever copy is asked, and nothing beyond it", async () => {
    const as = "approval-bureau";
    await first.graphql(`{ ${guesses(3_000, 60)} }`, { as });
    // The ninetieth is the last that is told.
    const last = await second.graphql(`{ ${guesses(3_060, 30)} }`, { as });
    expect([last.status, codesOf(last)]).toEqual([200, []]);
    // The third copy has not met this client yet: it asks the database.
    for (const house of [first, second, strict])
      expect((await house.graphql(`{ ${ask(identifiers[0] ?? "")} }`, { as })).status).toBe(200);
    expect((await first.graphql(`{ ${guesses(3_090, 1)} }`, { as })).status).toBe(429);
    expect((await first.graphql(`{ ${ask(identifiers[0] ?? "")} }`, { as })).status).toBe(429);
  });

  test("begins anew in the next hour", async () => {
    const as = "approval-bureau";
    for (let from = 0; from < 180; from += 60) await first.graphql(`{ ${guesses(2_000 + from, 60)} }`, { as });
    expect((await first.graphql(`{ ${ask("NO.SUCH")} }`, { as })).status).toBe(429);
    first.clock.now = new Date(first.clock.now.getTime() + 3_600_000);
    expect((await first.graphql(`{ ${ask("NO.SUCH")} }`, { as })).status).toBe(200);
  });

  test("costs nobody anything who asks for what exists", async () => {
    for (let round = 0; round < 20; round++) {
      const all = identifiers.map((identifier, index) => `l${index}: ${ask(identifier)}`).join(" ");
      expect((await first.graphql(`{ ${all} }`, { as: "market-supervision" })).status).toBe(200);
    }
  });
});
