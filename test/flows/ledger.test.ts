import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Client } from "pg";
import { dayStart, firstRoot, nextChain, recordDigest } from "../../src/proof/access/access-chain.ts";
import { openTestHub, type TestHub, testNow } from "../setup/hub.ts";

const holder = "91371002XXXX0030XC";
const purpose = (caseNumber: string) =>
  `purpose: { procedure: "food-operation-new", caseNumber: "${caseNumber}", reason: "=HYPERLINK(1)" }`;
const read = (caseNumber: string) =>
  `{ enterprise(uscc: "${holder}") { licenses(${purpose(caseNumber)}) { nodes { number } } } }`;

let house: TestHub;
beforeAll(async () => {
  house = await openTestHub();
});
afterAll(() => house.close());

/**
 * Seals until so many records more are. A transaction of any other database on the server holds sealing up, and other
 * tests share the server.
 */
async function sealed(count: number): Promise<void> {
  for (let done = 0, round = 0; done < count; round++) {
    if (round === 1_000) throw new Error(`only ${done} of ${count} were sealed`);
    done += await house.hub.sealAccessRecords();
    if (done > count) throw new Error(`${done} were sealed instead of ${count}`);
  }
}

const ask = (caseNumber: string) => house.graphql(read(caseNumber), { as: "approval-bureau" });
const check = async (day: string) =>
  (await house.graphql(`{ accessDayCheck(day: "${day}") { count root closed fault place record } }`, { as: "auditor" }))
    .data.accessDayCheck;
const exported = async (address: string, as = "auditor") =>
  house.server.inject({ url: address, headers: { authorization: `Bearer ${await house.token(as)}` } });

describe("the ledger", () => {
  test("seals every record, in the order of their transactions, onto the day's chain", async () => {
    for (const name of ["1", "2", "3"]) await ask(name);
    await sealed(3);
    expect(await house.hub.sealAccessRecords()).toBe(0);
    expect(await check("2026-11-22")).toMatchObject({ count: 3, closed: false, fault: null });
  });

  test("leaves out no record of a transaction that ends late, and seals it once", async () => {
    const late = new Client({ connectionString: house.config.databaseUrl });
    await late.connect();
    await late.query("begin");
    await late.query(`insert into access_record (holder_code, at, caller_kind, client_id, action, outcome, identifiers, withheld)
      values ('', '2026-11-22T04:00:00Z', 'DEPARTMENT', 'late', 'READ', 'REFUSED', '{}', 0)`);
    await ask("4"); // a later number, done earlier
    expect(await house.hub.sealAccessRecords()).toBe(0);
    await late.query("commit");
    await late.end();
    await sealed(2);
    const [row] = await house.sql("select count(*)::int as n, count(distinct record_id)::int as m from access_seal");
    expect(row).toEqual({ n: 5, m: 5 });
  });

  test("is sealed once by two copies that seal at the same time", async () => {
    for (const name of ["5", "6"]) await ask(name);
    let done = 0;
    for (let round = 0; done < 2 && round < 1_000; round++) {
      const both = await Promise.all([house.hub.sealAccessRecords(), house.hub.sealAccessRecords()]);
      done += both[0] + both[1];
    }
    expect(done).toBe(2);
    expect(await check("2026-11-22")).toMatchObject({ count: 7, fault: null });
  });

  test("closes a day with the first seal after midnight in Shanghai; the next day hangs on its root", async () => {
    house.clock.now = new Date("2026-11-23T00:00:00+08:00");
    await ask("7");
    await sealed(1);
    const { data } = await house.graphql("{ accessDays { nodes { day count root } } }", { as: "auditor" });
    const [closed] = data.accessDays.nodes;
    expect(closed).toMatchObject({ day: "2026-11-22", count: 7 });
    expect(await check("2026-11-22")).toMatchObject({ closed: true, root: closed.root, fault: null });
    const today = await check("2026-11-23");
    const [seal] = await house.sql("select digest, chain from access_seal where day = '2026-11-23'");
    expect(today).toMatchObject({ count: 1, closed: false, root: seal?.["chain"] });
    expect(seal?.["chain"]).toBe(nextChain(dayStart(closed.root, "2026-11-23"), String(seal?.["digest"])));
    house.clock.now = testNow;
  });

  test("goes on after a move to another server, whose transactions count from the start", async () => {
    await ask("8");
    await house.sql("update access_seal_position set transaction = 9000000000000");
    await house.sql("update access_record set transaction = 9000000000001 where case_number = '8'");
    await ask("9");
    house.clock.now = new Date("2026-11-23T00:10:00+08:00");
    await sealed(2);
    expect(await house.hub.sealAccessRecords()).toBe(0);
    expect(await check("2026-11-23")).toMatchObject({ count: 3, fault: null });
    house.clock.now = testNow;
  });

  test.each([
    [
      "RECORD_CHANGED",
      "update access_record set reason = 'x' where id = $1",
      "update access_record set reason = '=HYPERLINK(1)' where id = $1",
    ],
    [
      "RECORD_CHANGED",
      "update access_record set holder_code = 'x' where id = $1",
      `update access_record set holder_code = '${holder}' where id = $1`,
    ],
    [
      "RECORD_MISSING",
      "update access_record set id = -id where id = $1",
      "update access_record set id = $1 where id = -$1::bigint",
    ],
    [
      "CHAIN",
      "update access_seal set chain = upper(chain) where record_id = $1",
      "update access_seal set chain = (select string_agg(chain, '') from kept) where record_id = $1",
    ],
    [
      "PLACE",
      "update access_seal set place = 1000 where record_id = $1",
      "update access_seal set place = 2 where record_id = $1",
    ],
  ])("says %s of a row changed by hand, and where", async (fault, spoil, mend) => {
    const [row] = await house.sql("select record_id as id from access_seal where day = '2026-11-22' and place = 2");
    await house
      .sql("create table if not exists kept as select chain from access_seal where record_id = $1", [row?.["id"]])
      .catch(async () => {
        await house.sql("drop table if exists kept");
        await house.sql(`create table kept as select chain from access_seal where record_id = ${row?.["id"]}`);
      });
    await house.sql(spoil, [row?.["id"]]);
    expect(await check("2026-11-22")).toMatchObject({ fault });
    await house.sql(mend, [row?.["id"]]);
    expect(await check("2026-11-22")).toMatchObject({ fault: null });
  });

  test("can not be changed or emptied by the hub's own role", async () => {
    const role = new Client({ connectionString: house.config.databaseUrl, options: "-c role=zhengzhao_hub" });
    await role.connect();
    for (const table of ["access_record", "access_seal", "access_day", "operator_record", "license_event"]) {
      for (const statement of [`update ${table} set ctid = ctid`, `delete from ${table}`, `truncate ${table}`])
        await expect(role.query(statement)).rejects.toThrow(/permission denied|must be owner|cannot assign/);
    }
    await role.end();
  });
});

describe("a disclosure whose record can not be written", () => {
  test("does not happen: neither read, nor check, nor fetch, nor confirmation", async () => {
    const subject = `holder: "${holder}", purpose: { procedure: "food-operation-new", caseNumber: "F", reason: "核验" }`;
    const checkMaterials = `{ checkMaterials(input: { procedure: "food-operation-new", ${subject} }) { id } }`;
    const made = await house.graphql(checkMaterials, { as: "approval-bureau" });
    const [license] = await house.sql("select identifier from license where holder_code = $1 limit 1", [holder]);
    const queries = [
      read("10"),
      `{ license(identifier: "${license?.["identifier"]}", ${purpose("10")}) { number } }`,
      `{ confirmLicense(identifier: "${license?.["identifier"]}", claims: { type: "x" }) { confirmed } }`,
      checkMaterials,
      `mutation { fetchMaterials(input: { check: "${made.data.checkMaterials.id}" }) { id receipt licenses { number } } }`,
    ];
    await house.sql("alter table access_record add constraint broken check (false) not valid");
    for (const query of queries) {
      const answer = await house.graphql(query, { as: "approval-bureau" });
      expect(answer.errors[0].extensions.code).toBe("INTERNAL");
      const text = JSON.stringify(answer.data ?? {});
      expect(text.replace(/"(license|enterprise|checkMaterials|confirmLicense|fetchMaterials)":null|[{},]/g, "")).toBe(
        "",
      );
    }
    await house.sql("alter table access_record drop constraint broken");
    const fetched = await house.graphql(queries[4] ?? "", { as: "approval-bureau" });
    expect(fetched.errors).toEqual([]); // the failed fetch used nothing up
  });
});

describe("the export", () => {
  test("gives an auditor every record with its seal, from which the chain can be recomputed without the hub", async () => {
    await house.hub.sealAccessRecords();
    const answer = await exported("/access-records.ndjson");
    expect(answer.headers["content-type"]).toContain("application/x-ndjson");
    const records = answer.body
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const day = records.filter((record) => record.seal?.day === "2026-11-22");
    let chain = dayStart(firstRoot, "2026-11-22");
    for (const record of day.toSorted((a, b) => a.seal.place - b.seal.place)) {
      expect(recordDigest(record)).toBe(record.seal.digest);
      chain = nextChain(chain, record.seal.digest);
      expect(chain).toBe(record.seal.chain);
    }
    expect(day).toHaveLength(7);
  });

  test("as a table makes no formula of what a department wrote", async () => {
    const answer = await exported("/access-records.csv?department=11371000XXXX010118");
    expect(answer.headers["content-type"]).toBe("text/csv; charset=utf-8");
    expect(answer.body).toContain("'=HYPERLINK(1)");
    expect(answer.body).not.toMatch(/,=HYPERLINK/);
  });

  test("is the auditor's alone, and says what is wrong with a query", async () => {
    const codes = [];
    for (const [address, as] of [
      ["/access-records.ndjson", "approval-bureau"],
      ["/access-records.csv", `holder:${holder}`],
      ["/access-records.csv?from=yesterday", "auditor"],
      ["/access-records.csv?since=2026-11-22T00:00:00Z", "auditor"],
    ] as const)
      codes.push((await exported(address, as)).json().errors[0].extensions.code);
    codes.push((await house.server.inject("/access-records.ndjson")).json().errors[0].extensions.code);
    expect(codes).toEqual(["FORBIDDEN", "FORBIDDEN", "INPUT_INVALID", "INPUT_INVALID", "UNAUTHENTICATED"]);
  });

  test("narrows by time and department", async () => {
    const none = await exported("/access-records.ndjson?from=2026-11-24T00:00:00Z");
    expect(none.body).toBe("");
    const other = await exported("/access-records.ndjson?department=nobody&until=2026-11-24T00:00:00Z");
    expect(other.body).toBe("");
  });
});
