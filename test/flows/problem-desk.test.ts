import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { openDatabase } from "../../src/store/database.ts";
import { enter } from "../../src/store/reader.ts";
import { department, openTestHub, type TestHub, testNow } from "../setup/hub.ts";

// 问题数据: what was refused or is doubtful is kept at its department's desk until it is mended.

type DirtyLine = Readonly<{ record: RawRecord; expect: { outcome: string; code?: string; warning?: string } }>;

let house: TestHub;
let dirty: readonly DirtyLine[];
const keyOf = new Map<string, string>();

beforeAll(async () => {
  house = await openTestHub();
  const file = join(import.meta.dirname, "../data/licenses-dirty.ndjson");
  const lines = (await readFile(file, "utf8")).split("\n").filter(Boolean);
  dirty = lines.map((line) => JSON.parse(line) as DirtyLine);
  for (const row of await house.sql("select code, key from department"))
    keyOf.set(String(row["code"]), String(row["key"]));
  await house.sql(`insert into client (id, kind, department, name)
    select 'second', 'DEPARTMENT', department, 'second' from client where id = 'approval-bureau'`);
});
afterAll(() => house.close());
beforeEach(async () => {
  house.clock.now = testNow;
  await house.sql("truncate problem_record, record_count, pending_event");
});

const day = 24 * 60 * 60_000;
const later = (days: number) => {
  house.clock.now = new Date(testNow.getTime() + days * day);
};

let batches = 0;
const submit = (records: readonly RawRecord[], client = "approval-bureau") => {
  batches += 1;
  return house.hub.submitLicenses(department(client), { batchId: `desk-${batches}`, records });
};

const problems = () => house.sql("select * from problem_record order by id");
const openOnes = () => house.sql("select * from problem_record where status = 'OPEN' order by id");
const counts = async () => {
  const names = "clean, doubtful, unchanged, rejected, pending, corrected";
  return (await house.sql(`select ${names.replace(/\w+/g, "sum($&)::int as $&")} from record_count`))[0];
};

let serial = 0;
/** A record nobody has sent before, right as it is. */
function fresh(changes: Partial<RawRecord> = {}): RawRecord {
  serial += 1;
  const number = `L-SD-WH${String(10_000 + serial)}`;
  return {
    ...{ sourceRecordId: `desk-${serial}`, operation: "ISSUE", sourceUpdatedAt: "2026-11-01T09:00:00+08:00", number },
    ...{ licenseType: "11100000XXXX00166LX01", issuer: "11371000XXXX010118", region: "371000" },
    holder: { idType: "USCC", id: "91371002XXXX0030XC", name: "威海威高海产品股份有限公司" },
    ...{ issuedOn: "2026-11-01", validFrom: "2026-11-01", validUntil: null },
    attributes: { businessScope: `国内旅游业务${serial}`, qualityDeposit: "20万元" },
    ...changes,
  };
}
const broken = (changes: Partial<RawRecord> = {}) => fresh({ region: "999999", ...changes });
const mended = (record: RawRecord): RawRecord => ({ ...record, region: "371000" });

const ask = async (query: string, as = "approval-bureau", variables: object = {}) => {
  const answer = await house.graphql(query, { as, variables });
  return answer.errors[0]?.extensions.code ?? answer.data;
};
const list = async (filter: string, as = "approval-bureau") =>
  (await ask(`{ problemRecords(filter: { ${filter} }) { nodes { id sourceRecordId status } } }`, as)).problemRecords
    .nodes;
const correct = (id: unknown, record: RawRecord, as = "approval-bureau") =>
  ask(
    `mutation ($id: ID!, $record: LicenseRecordInput!) { correctRecord(id: $id, record: $record) {
      result { outcome problems { code } } problem { id status attempts client closedBy problems { code } } } }`,
    as,
    { id: String(id), record },
  );
const dismiss = (id: unknown, reason = "测试数据", as = "approval-bureau") =>
  ask(`mutation { dismissProblem(id: "${String(id)}", reason: "${reason}") { status note } }`, as);

describe("a dirty record", () => {
  test("ends as exactly one open problem with its codes, whichever of the sample it is, and never as two", async () => {
    const send = async () => {
      for (const [issuer, lines] of Map.groupBy(dirty, (line) => line.record.issuer))
        await submit(
          lines.map((line) => line.record),
          keyOf.get(issuer),
        );
    };
    await send();
    const first = await openOnes();
    const wrong = dirty.filter(({ expect: { code, warning } }) => code ?? warning);
    const shortened = (rows: Record<string, unknown>[]) =>
      rows.map((row) => [row["source_record_id"], row["codes"], row["outcome"]]).toSorted();
    expect(shortened(first)).toEqual(
      wrong
        .map(({ record, expect: { code, warning, outcome } }) => [record.sourceRecordId, [code ?? warning], outcome])
        .toSorted(),
    );
    await send();
    const again = await openOnes();
    expect(shortened(again)).toEqual(shortened(first));
    const refused = again.filter((row) => row["outcome"] === "REJECTED");
    expect(new Set(refused.map((row) => row["attempts"]))).toEqual(new Set([2]));
    for (const row of refused) {
      const sent = dirty.find(({ record }) => record.sourceRecordId === row["source_record_id"])?.record;
      expect(JSON.parse(String(row["record"]))).toEqual(sent);
    }
  });

  test("leaves the desk when it comes again and is right, in whatever batch", async () => {
    const record = broken();
    await submit([record]);
    later(3);
    await submit([mended(record), fresh()]);
    expect(await problems()).toMatchObject([{ status: "CORRECTED", closed_by: "approval-bureau", attempts: 1 }]);
    expect(await counts()).toEqual({ clean: 1, doubtful: 0, unchanged: 0, rejected: 1, pending: 0, corrected: 1 });
  });

  test("counts by its last occurrence in a batch", async () => {
    const [good, bad] = [broken(), broken()];
    await submit([good, mended(good), mended(bad), bad]);
    expect((await problems()).map((row) => row["source_record_id"])).toEqual([bad.sourceRecordId]);
  });

  test("that is doubtful stays so however often it comes again, also in one batch", async () => {
    const record = fresh({ identifier: "1.2.156.3005.2.11100000XXXX00166LX01.11371000XXXX010118.DESK0001.001.1" });
    const answer = await submit([record, record]);
    expect(answer.results.map(({ outcome }) => outcome)).toEqual(["ACCEPTED", "UNCHANGED"]);
    await submit([record]);
    expect(await problems()).toMatchObject([{ status: "OPEN", outcome: "ACCEPTED", codes: ["IDENTIFIER_CHECK"] }]);
  });

  test("is not closed by another operation under the same source id that is UNCHANGED", async () => {
    const record = fresh();
    const { results } = await submit([record]);
    const event = {
      ...record,
      operation: "CANCEL",
      identifier: results[0]?.identifier,
      effectiveOn: "2026-11-02",
    } as const;
    await submit([event]);
    await submit([record]);
    expect(await problems()).toMatchObject([{ status: "OPEN", operation: "CANCEL", codes: ["FIELD_MISSING"] }]);
  });

  test("without a source id is kept each time; what can not be read is kept as a line", async () => {
    const ingest = (batchId: string, payload: string) =>
      house.token("approval-bureau").then((token) =>
        house.server.inject({
          ...{ method: "POST", url: `/ingest?batchId=${batchId}`, payload },
          headers: { "content-type": "application/x-ndjson", authorization: `Bearer ${token}` },
        }),
      );
    const lines = `{"a":\u0000"${"证".repeat(5_000)}\n{"sourceRecordId":"half","licenseType":5}\n`;
    await ingest("unread", lines);
    await ingest("unread", lines);
    await ingest("unread-again", lines);
    const rows = await problems();
    expect(rows.map((row) => [row["source_record_id"], row["attempts"]])).toEqual([
      [null, 1],
      ["half", 2],
      [null, 1],
    ]);
    expect(String(rows[0]?.["line"])).toHaveLength(2_000);
    expect(String(rows[0]?.["line"])).toMatch(/^\{"a":\ufffd"证证/);
    expect(JSON.parse(String(rows[1]?.["record"]))).toEqual({ sourceRecordId: "half", licenseType: 5 });
  });

  test("that is too large leaves its beginning, and no attributes", async () => {
    await submit([
      fresh({ attributes: { businessScope: "x".repeat(70_000) } }),
      fresh({ reason: "长".repeat(50_000) }),
    ]);
    const rows = await problems();
    expect(rows.map((row) => row["record"])).toEqual([null, null]);
    expect(rows.map((row) => String(row["line"]).length <= 2_000)).toEqual([true, true]);
  });

  test("leaves no trace in a dry run, or when its batch is rolled back", async () => {
    const record = broken();
    const token = await house.token("approval-bureau");
    const headers = { "content-type": "application/x-ndjson", authorization: `Bearer ${token}` };
    const url = "/ingest?batchId=dry-desk&dryRun=true";
    const dry = await house.server.inject({ method: "POST", url, headers, payload: `${JSON.stringify(record)}\n` });
    expect(dry.body).toContain("REGION_UNKNOWN");
    await house.sql("alter table record_count add constraint never check (rejected > 5) not valid");
    await expect(submit([record, fresh({ sourceRecordId: "rolled-back" })])).rejects.toThrow();
    await house.sql("alter table record_count drop constraint never");
    expect(await problems()).toEqual([]);
    expect(await counts()).toMatchObject({ rejected: null });
    expect(await house.sql("select 1 from license where source_record_id = 'rolled-back'")).toEqual([]);
  });

  test("takes one statement, however many there are; clean ones two for the whole batch", async () => {
    const sent = async (records: readonly RawRecord[]) => {
      house.statements.length = 0;
      await submit(records);
      return house.statements
        .filter((text) => /problem_record|record_count/.test(text))
        .map((text) => text.trim().slice(0, 6));
    };
    expect(await sent(Array.from({ length: 1_000 }, () => broken()))).toEqual(["insert", "insert"]);
    expect(await openOnes()).toHaveLength(1_000);
    expect(await sent([fresh(), fresh()])).toEqual(["with t", "insert"]);
  });
});

describe("a department", () => {
  test("sees what any of its clients sent, and no other department sees any of it", async () => {
    const [mine, others] = [broken(), broken()];
    await submit([mine]);
    await submit([others, { ...mine }], "second");
    expect(await openOnes()).toHaveLength(3);
    expect(await list("", "second")).toHaveLength(3);
    expect(await list("")).toHaveLength(3);
    expect(await list("", "sports")).toEqual([]);
    const [first] = await openOnes();
    expect(await correct(first?.["id"], mended(mine), "sports")).toBe("PROBLEM_NOT_FOUND");
    expect(await dismiss(first?.["id"], "不是我的", "sports")).toBe("PROBLEM_NOT_FOUND");
    expect(await ask("{ problemCounts { open } }", "sports")).toEqual({ problemCounts: [] });
  });

  test("finds problems by status, code, license type, severity, source id and time", async () => {
    const [old, doubtful] = [
      broken(),
      fresh({ identifier: "1.2.156.3005.2.11100000XXXX00166LX01.11371000XXXX010118.DESK0002.001.1" }),
    ];
    await submit([old]);
    later(2);
    await submit([doubtful, broken({ licenseType: "unknown" })]);
    const ids = (nodes: { sourceRecordId: string }[]) => nodes.map(({ sourceRecordId }) => sourceRecordId);
    expect(ids(await list('code: "REGION_UNKNOWN"'))).toEqual([old.sourceRecordId]);
    expect(ids(await list("severity: WARNING"))).toEqual([doubtful.sourceRecordId]);
    expect(await list("severity: ERROR")).toHaveLength(2);
    expect(await list('licenseType: "11100000XXXX00166LX01"')).toHaveLength(2);
    expect(ids(await list('until: "2026-11-23T00:00:00Z"'))).toEqual([old.sourceRecordId]);
    expect(await list('from: "2026-11-23T00:00:00Z"')).toHaveLength(2);
    expect(ids(await list(`sourceRecordId: "${old.sourceRecordId}"`))).toEqual([old.sourceRecordId]);
    expect(await list("status: DISMISSED")).toEqual([]);
    expect(await ask('{ problemRecords(filter: { from: "gestern" }) { nodes { id } } }')).toBe("INPUT_INVALID");
    const page = (await ask("{ problemRecords(first: 2) { nodes { id } pageInfo { hasNextPage endCursor } } }"))
      .problemRecords;
    expect(page.pageInfo.hasNextPage).toBe(true);
    const rest = await ask(`{ problemRecords(first: 2, after: "${page.pageInfo.endCursor}") { nodes { id } } }`);
    expect(rest.problemRecords.nodes).toHaveLength(1);
  });

  test("corrects a record another of its clients sent: once, and the answer says what happened", async () => {
    const record = broken();
    await submit([record], "second");
    const [row] = await openOnes();
    const still = await correct(row?.["id"], { ...record, region: "888888", number: "?" });
    expect(still.correctRecord.result).toMatchObject({ outcome: "REJECTED" });
    expect(still.correctRecord.problem).toMatchObject({ status: "OPEN", attempts: 2, client: "second" });
    expect(still.correctRecord.problem.problems).toHaveLength(2);
    const done = await correct(row?.["id"], mended(record));
    expect(done.correctRecord).toMatchObject({
      result: { outcome: "ACCEPTED", problems: [] },
      problem: { status: "CORRECTED", closedBy: "approval-bureau", problems: [{}, {}] },
    });
    expect(await problems()).toHaveLength(1);
    expect(await correct(row?.["id"], mended(record))).toBe("PROBLEM_CORRECTED");
    expect(await dismiss(row?.["id"])).toBe("PROBLEM_CORRECTED");
  });

  test("corrects one at the same moment as another clerk: one of them is told", async () => {
    const record = broken();
    await submit([record]);
    const [row] = await openOnes();
    const answers = await Promise.all([1, 2, 3].map(() => correct(row?.["id"], mended(record))));
    expect(answers.filter((answer) => answer === "PROBLEM_CORRECTED")).toHaveLength(2);
  });

  test("dismisses what is none: it stays away until something else is wrong", async () => {
    const record = broken();
    await submit([record]);
    const [row] = await openOnes();
    expect(await dismiss(row?.["id"], " ")).toBe("INPUT_INVALID");
    expect(await dismiss(row?.["id"])).toEqual({ dismissProblem: { status: "DISMISSED", note: "测试数据" } });
    expect(await dismiss(row?.["id"])).toEqual({ dismissProblem: { status: "DISMISSED", note: "测试数据" } });
    expect(await dismiss(row?.["id"], "另一个理由")).toBe("PROBLEM_DISMISSED");
    await submit([record]);
    expect(await problems()).toMatchObject([{ status: "DISMISSED", attempts: 2 }]);
    await submit([{ ...record, number: "?" }]);
    expect(await problems()).toMatchObject([{ status: "OPEN", attempts: 3, note: null, closed_at: null }]);
  });

  test("counts its open problems by type, code and age; an operator counts everybody's and reads none", async () => {
    await submit([broken()]);
    later(10);
    await submit([broken(), broken({ licenseType: "unknown" })]);
    later(35);
    const question =
      "{ problemCounts { department { code } licenseType code open under7Days under30Days over30Days } }";
    const expected = [
      {
        ...{ department: { code: "11371000XXXX010118" }, licenseType: "11100000XXXX00166LX01", code: "REGION_UNKNOWN" },
        ...{ open: 2, under7Days: 0, under30Days: 1, over30Days: 1 },
      },
      {
        ...{ department: { code: "11371000XXXX010118" }, licenseType: null, code: "LICENSE_TYPE_UNKNOWN" },
        ...{ open: 1, under7Days: 0, under30Days: 1, over30Days: 0 },
      },
    ];
    expect(await ask(question)).toEqual({ problemCounts: expected });
    expect(await ask(question, "operator")).toEqual({ problemCounts: expected });
    const database = await openDatabase({ kind: "SERVER", url: house.config.databaseUrl ?? "", poolSize: 1 });
    const seen = (clientId: string) =>
      database.transaction(async (db) => {
        await enter(db, { mode: "CLIENT", clientId, procedure: "", day: "2026-11-22" });
        return (await db.selectFrom("problem_record").selectAll().execute()).length;
      });
    expect([await seen("operator"), await seen("sports"), await seen("approval-bureau")]).toEqual([0, 0, 3]);
    expect(await database.sql().selectFrom("problem_record").selectAll().execute()).toEqual([]);
    expect(await database.sql().selectFrom("record_count").selectAll().execute()).toEqual([]);
    await database.close();
  });
});

describe("the quality score", () => {
  const rate = async (as = "approval-bureau", until = "2026-12-31") =>
    (
      await ask(
        `{ dataQuality(from: "2026-11-22", until: "${until}") { isTotal score clean correctedSoon correctedLate doubtful refused unchanged } }`,
        as,
      )
    ).dataQuality;

  test("counts each record once, by what became of it: the example of the documentation", async () => {
    const [soon, late, never, none] = [broken(), broken(), broken(), broken()];
    const clean = Array.from({ length: 5 }, () => fresh());
    const doubtful = fresh({ identifier: "1.2.156.3005.2.11100000XXXX00166LX01.11371000XXXX010118.DESK0003.001.1" });
    await submit([...clean, doubtful, soon, late, never, none]);
    await dismiss((await openOnes()).at(-1)?.["id"]);
    later(6);
    await submit([mended(soon)]);
    later(8);
    await submit([mended(late)]);
    const expected = { score: 68, clean: 5, correctedSoon: 1, correctedLate: 1, doubtful: 1, refused: 2 };
    expect(await rate()).toMatchObject([
      { isTotal: true, ...expected },
      { isTotal: false, ...expected },
    ]);
    // Nothing of it is moved by sending again what is known, right or wrong.
    await submit([...clean, ...clean, doubtful, mended(soon), never, never]);
    await submit([never, none]);
    expect(await rate()).toMatchObject([{ ...expected, unchanged: 12 }, expected]);
    expect(await rate("operator")).toEqual(await rate());
    expect(await rate("sports")).toEqual([]);
  });

  test("is asked for a period of at most ten years", async () => {
    const between = (from: string, until: string) =>
      ask(`{ dataQuality(from: "${from}", until: "${until}") { score } }`);
    expect(await between("2026-11-23", "2026-11-22")).toBe("INPUT_INVALID");
    expect(await between("2016-11-01", "2026-11-22")).toBe("INPUT_INVALID");
    expect(await between("2026-11-22", "2026-11-22")).toEqual({ dataQuality: [] });
  });
});

describe("an event that waits for its license", () => {
  const identifier = (n: number) => `1.2.156.3005.2.11100000XXXX00166LX01.11371000XXXX010118.WAIT000${n}.001.1`;
  const event = (n: number, changes: Partial<RawRecord> = {}): RawRecord => ({
    ...{ sourceRecordId: `wait-${n}`, operation: "SUSPEND", sourceUpdatedAt: "2026-11-10T10:00:00+08:00" },
    ...{ licenseType: "11100000XXXX00166LX01", issuer: "11371000XXXX010118", identifier: identifier(n) },
    ...{ effectiveOn: "2026-11-10", reason: "整顿", ...changes },
  });

  test("and that its license does not allow is a problem of its sender, and waits no more", async () => {
    await submit([event(1, { operation: "REINSTATE" })], "second");
    expect(await problems()).toEqual([]);
    later(1);
    await submit([fresh({ identifier: identifier(1), validUntil: "2030-01-01" })]);
    const [row] = (await problems()).filter((each) => each["source_record_id"] === "wait-1");
    expect(row).toMatchObject({
      client_id: "second",
      outcome: "REJECTED",
      codes: ["TRANSITION_NOT_ALLOWED"],
      place: null,
    });
    expect(JSON.parse(String(row?.["record"]))).toMatchObject({ operation: "REINSTATE" });
    expect(await house.sql("select 1 from pending_event")).toEqual([]);
  });

  test("for over 30 days is a problem, listed once; applied at last, it leaves the desk", async () => {
    await submit([event(2)]);
    later(29);
    await house.hub.tendDesk();
    expect(await problems()).toEqual([]);
    later(31);
    await house.hub.tendDesk();
    await house.hub.tendDesk();
    await submit([event(2)]);
    expect(await problems()).toMatchObject([
      { status: "OPEN", outcome: "PENDING", codes: ["WAITING_LONG"], attempts: 1 },
    ]);
    expect(await list("severity: WARNING")).toHaveLength(1);
    await submit([fresh({ identifier: identifier(2) })]);
    expect((await problems())[0]).toMatchObject({ status: "CORRECTED", source_record_id: "wait-2" });
  });
});

test("what was closed loses the content of its record after 90 days, what is open never", async () => {
  const [closed, open] = [broken(), broken()];
  await submit([closed, open]);
  await submit([mended(closed)]);
  later(89);
  await house.hub.tendDesk();
  expect((await problems()).map((row) => row["record"] !== null)).toEqual([true, true]);
  later(91);
  await house.hub.tendDesk();
  expect((await problems()).map((row) => row["record"] !== null)).toEqual([false, true]);
  expect((await problems())[0]).toMatchObject({ source_record_id: closed.sourceRecordId, codes: ["REGION_UNKNOWN"] });
});

describe("the export", () => {
  const get = async (path: string, as = "approval-bureau") =>
    house.server.inject({ url: path, headers: { authorization: `Bearer ${await house.token(as)}` } });

  test("opens well in a spreadsheet: Chinese heads, no formula, no rounded number, one row a problem", async () => {
    const holder = { idType: "RESIDENT_ID", id: "371002198501010011", name: '=cmd|"/c calc"!A1' } as const;
    await submit([broken({ holder, reason: "两行\r\n" }), broken()]);
    const { body, headers } = await get("/problem-records.csv");
    expect(headers["content-type"]).toBe("text/csv; charset=utf-8");
    const rows = body.split("\r\n");
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatch(/^\ufeff"问题编号","状态",/);
    expect(rows[1]).toContain('"TEXT_CONTROL_CHARACTER","reason","文本含有控制字符');
    expect(rows[1]).toContain('"2026-11-22 12:00:00"');
    expect(rows[1]).toContain('"\t371002198501010011"');
    expect(rows[1]).toContain(`"'=cmd|""/c calc""!A1"`);
    expect(rows[1]).toContain('"两行\ufffd\ufffd"');
  });

  test("as NDJSON is mended and sent again line by line; closed ones only when they are asked for", async () => {
    const records = Array.from({ length: 230 }, () => broken());
    await submit(records);
    await dismiss((await openOnes())[0]?.["id"]);
    const { body } = await get("/problem-records.ndjson?code=REGION_UNKNOWN");
    const lines = body
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.record)).toEqual(records.slice(1));
    expect(lines[0].problems[0].messageZh).toMatch(/行政区划/);
    expect((await get("/problem-records.ndjson?status=DISMISSED")).body.trimEnd().split("\n")).toHaveLength(1);
    await submit(lines.map((line) => mended(line.record)));
    expect(await openOnes()).toEqual([]);
  });

  test.each([
    ["nobody's", undefined, 401],
    ["of another department is empty", "sports", 200],
    ["of an auditor", "auditor", 403],
    ["of an operator", "operator", 403],
  ] as const)("%s", async (_name, as, status) => {
    await submit([broken()]);
    const answer = as
      ? await get("/problem-records.ndjson", as)
      : await house.server.inject({ url: "/problem-records.csv" });
    expect([answer.statusCode, answer.statusCode === 200 ? answer.body : ""]).toEqual([status, ""]);
  });

  test.each(["status=ALL", "from=now", "x=1"])("with %s is refused", async (query) => {
    expect((await get(`/problem-records.csv?${query}`)).json().errors[0].extensions.code).toBe("INPUT_INVALID");
  });
});
