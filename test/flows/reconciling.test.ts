import { createHash } from "node:crypto";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { RawRecord } from "../../src/domain/licenses/license-record.ts";
import { digestOf } from "../../src/proof/canonical-json.ts";
import { readRecordFile } from "../../src/store/catalogue/catalogue-files.ts";
import { department, openTestHub, type TestHub } from "../setup/hub.ts";

// 对账: what a source holds and the hub does not, and the other way round.

const type = "11100000MB0143028R001";

let house: TestHub;
let samples: readonly RawRecord[];
beforeAll(async () => {
  house = await openTestHub({ demo: false });
  const all = await readRecordFile(join(import.meta.dirname, "../../migrations/data/demo/licenses.ndjson"));
  samples = all
    .filter(({ issuer, licenseType }) => issuer === "11371000XXXX010118" && licenseType === type)
    .slice(0, 6);
  await house.sql(`insert into client (id, kind, department, name)
    select 'second-system', 'DEPARTMENT', department, '第二系统' from client where id = 'approval-bureau'`);
});
afterAll(() => house.close());
beforeEach(() => house.sql("truncate source_record, reconciliation, reconciliation_line"));

/** A record as a source keeps it. */
type Own = Readonly<{ id: string; at: string; type?: string; digest?: string }>;

/** What any source can make of its own table. */
function countsOf(rows: readonly Own[]) {
  const dayOf = ({ at }: Own) => new Date(new Date(at).getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
  const groups = Map.groupBy(rows, (row) => `${dayOf(row)} ${row.type ?? type}`);
  return [...groups].map(([key, own]) => {
    const [day = "", licenseType = ""] = key.split(" ");
    const numbers = own.map(({ id, at }) => {
      const hex = createHash("sha256")
        .update(`${id}|${new Date(at).getTime()}`)
        .digest("hex");
      return BigInt(`0x${hex.slice(0, 15)}`);
    });
    return { day, licenseType, count: own.length, digest: String(numbers.reduce((sum, number) => sum + number, 0n)) };
  });
}

/** What the hub took in, without the submissions. */
const told = (rows: readonly Own[], client = "approval-bureau") =>
  house.sql(
    `insert into source_record select $1, r.id, r.type, r.at, r.digest, hub_source_day(r.at), hub_line_hash(r.id, r.at)
     from jsonb_to_recordset($2::jsonb) as r(id text, type text, at timestamptz, digest text)`,
    [client, JSON.stringify(rows.map((row) => ({ type, digest: "x", ...row })))],
  );

const fields = `id theirCount ourCount differenceCount differences(first: 100) { nodes { day licenseType theirCount ourCount } }
  list { listed duplicates same missing extra stale newer different }`;

async function compareDays(rows: readonly Own[], input: object = {}, as = "approval-bureau") {
  const variables = { input: { from: "2026-01-01", until: "2026-12-31", days: countsOf(rows), ...input } };
  const query = `mutation ($input: ReconcileDaysInput!) { reconcileDays(input: $input) { ${fields} } }`;
  const { data, errors } = await house.graphql(query, { as, variables });
  return { made: data?.reconcileDays, codes: errors.map((error) => error.extensions.code) };
}

const lineOf = ({ id, at, digest }: Own) =>
  `${JSON.stringify({ sourceRecordId: id, sourceUpdatedAt: at, ...(digest && { contentDigest: digest }) })}\n`;

async function send(
  id: string,
  body: string | Readable,
  as = "approval-bureau",
  headers: Readonly<Record<string, string>> = {},
) {
  const { statusCode, payload } = await house.server.inject({
    ...{ method: "POST", url: `/reconciliations/${id}/records`, payload: body },
    headers: { "content-type": "application/x-ndjson", authorization: `Bearer ${await house.token(as)}`, ...headers },
  });
  const lines = payload
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return { status: statusCode, lines, summary: lines.at(-1), code: lines[0]?.errors?.[0]?.extensions?.code };
}
const leftBehind = async () => (await house.sql("select count(*)::int as n from reconciliation_line"))[0]?.["n"];

const at = (day: string, time = "09:00:00") => `${day}T${time}+08:00`;

describe("what a source has told", () => {
  const submit = (batchId: string, records: readonly RawRecord[]) =>
    house.hub.submitLicenses(department("approval-bureau"), { batchId, records });
  const rows = () =>
    house.sql("select source_record_id as id, source_updated_at as at, license_type from source_record order by id");

  test("is every record taken in, accepted, unchanged or waiting, as it was told last; none that was refused", async () => {
    const [first, second, third] = samples;
    if (!first || !second || !third) throw new Error("no samples");
    await submit("t-1", [first, { ...second, number: "" }]);
    const later = "2026-11-20T01:00:00Z";
    const answer = await submit("t-2", [
      { ...first, sourceUpdatedAt: later },
      { ...first, sourceRecordId: "other-name", sourceUpdatedAt: "2026-11-19T01:00:00Z" },
      { ...first, sourceUpdatedAt: "2026-11-18T01:00:00Z" },
      {
        ...{ sourceRecordId: "early", operation: "SUSPEND", sourceUpdatedAt: later, effectiveOn: "2026-11-20" },
        ...{ identifier: `${third.identifier}`, licenseType: type, issuer: third.issuer },
      },
    ]);
    expect(answer.results.map(({ outcome }) => outcome)).toEqual(["UNCHANGED", "UNCHANGED", "UNCHANGED", "PENDING"]);
    expect(await rows()).toEqual(
      [
        { id: first.sourceRecordId, at: new Date(later), license_type: type },
        { id: "early", at: new Date(later), license_type: type },
        { id: "other-name", at: new Date("2026-11-19T01:00:00Z"), license_type: type },
      ].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
    const own = (await rows()).map((row) => ({ id: String(row["id"]), at: (row["at"] as Date).toISOString() }));
    expect((await compareDays(own)).made).toMatchObject({ theirCount: 3, ourCount: 3, differenceCount: 0, list: null });
  });

  test("was there before it was kept: the migration finds what the events say", async () => {
    const told = `select client_id, source_record_id, source_updated_at, content_digest, line_hash from source_record order by 2`;
    const [, , , fourth] = samples;
    if (!fourth) throw new Error("no sample");
    await submit("t-3", [fourth]);
    const before = await house.sql(`${told}`);
    const { Migration20261123070000_reconciliation: Migration } = await import(
      "../../migrations/Migration20261123070000_reconciliation.ts"
    );
    const statements: string[] = [];
    await Migration.prototype.up.call({ addSql: (text: string) => statements.push(text) });
    await house.sql("delete from source_record");
    await house.sql(statements.find((text) => text.startsWith("insert into source_record")) ?? "");
    expect(await house.sql(`${told}`)).toEqual(expect.arrayContaining(before));
    expect(before).toHaveLength(1);
  });
});

describe("days", () => {
  test("are those of sourceUpdatedAt in Asia/Shanghai, to the millisecond around midnight", async () => {
    const rows = [
      { id: "a", at: "2026-11-20T15:59:59.999Z" },
      { id: "b", at: "2026-11-20T16:00:00Z" },
    ];
    await told(rows);
    expect(countsOf(rows).map(({ day }) => day)).toEqual(["2026-11-20", "2026-11-21"]);
    expect((await compareDays(rows)).made).toMatchObject({ differenceCount: 0, ourCount: 2 });
    const one = await compareDays(rows.slice(1), { from: "2026-11-21" });
    expect(one.made).toMatchObject({ differenceCount: 0, ourCount: 1 });
  });

  test("differ where a record is missing, older, or of another type, and nowhere else", async () => {
    const same = Array.from({ length: 20 }, (_, n) => ({ id: `s-${n}`, at: at(`2026-10-${n + 10}`) }));
    await told([...same, { id: "x", at: at("2026-11-01") }, { id: "y", at: at("2026-11-05"), type: "B" }]);
    const { made } = await compareDays([
      ...same,
      { id: "x", at: at("2026-11-01", "09:00:01") },
      { id: "z", at: at("2026-11-09") },
    ]);
    expect(made.differences.nodes).toEqual([
      { day: "2026-11-01", licenseType: type, theirCount: 1, ourCount: 1 },
      { day: "2026-11-05", licenseType: "B", theirCount: 0, ourCount: 1 },
      { day: "2026-11-09", licenseType: type, theirCount: 1, ourCount: 0 },
    ]);
    const only = await compareDays([...same, { id: "x", at: at("2026-11-01") }], { licenseType: type });
    expect(only.made).toMatchObject({ differenceCount: 0, ourCount: 21 });
  });

  test("are refused when they do not fit, by the argument", async () => {
    expect((await compareDays([], { until: "2025-12-31" })).codes).toEqual(["INPUT_INVALID"]);
    expect((await compareDays([{ id: "a", at: at("2025-01-01") }])).codes).toEqual(["INPUT_INVALID"]);
  });

  test("of another client of the same department can be compared, of another department it does not exist", async () => {
    await told([{ id: "a", at: at("2026-11-01") }], "second-system");
    await told([{ id: "b", at: at("2026-11-01") }], "marine");
    expect(
      (await compareDays([{ id: "a", at: at("2026-11-01") }], { client: "second-system" })).made.differenceCount,
    ).toBe(0);
    expect((await compareDays([], { client: "marine" })).codes).toEqual(["CLIENT_NOT_FOUND"]);
    expect((await compareDays([], { client: "nobody" })).codes).toEqual(["CLIENT_NOT_FOUND"]);
  });
});

describe("a list", () => {
  const hub: readonly Own[] = [
    { id: "same", at: at("2026-11-01") },
    { id: "stale", at: at("2026-11-01") },
    { id: "newer", at: at("2026-11-03") },
    { id: "extra", at: at("2026-11-01") },
    { id: "different", at: at("2026-11-03"), digest: digestOf({ a: 1 }) },
    { id: "untouched", at: at("2026-11-07") },
  ];
  const source: readonly Own[] = [
    { id: "same", at: at("2026-11-01") },
    { id: "stale", at: at("2026-11-02") },
    { id: "newer", at: at("2026-11-01") },
    { id: "different", at: at("2026-11-03"), digest: digestOf({ a: 2 }) },
    { id: "missing-甲", at: at("2026-11-05") },
  ];
  const untouched = { id: "untouched", at: at("2026-11-07") };

  test("is answered with exactly what differs, whatever its order, and the figures are kept", async () => {
    await told(hub);
    const { made } = await compareDays([...source, untouched]);
    for (const list of [source, source.toReversed()]) {
      const { status, lines } = await send(made.id, list.map(lineOf).join(""));
      expect(status).toBe(200);
      const known = (id: string, outcome: string, theirs: string | undefined, ours: string | undefined) => ({
        ...{ outcome, sourceRecordId: id, licenseType: ours === undefined ? null : type },
        ...{ theirs: theirs ? new Date(theirs).toISOString() : null, ours: ours ? new Date(ours).toISOString() : null },
      });
      expect(lines.slice(0, -1).toSorted((a, b) => (a.sourceRecordId < b.sourceRecordId ? -1 : 1))).toEqual([
        known("different", "DIFFERENT", at("2026-11-03"), at("2026-11-03")),
        known("extra", "EXTRA", undefined, at("2026-11-01")),
        known("missing-甲", "MISSING", at("2026-11-05"), undefined),
        known("newer", "NEWER", at("2026-11-01"), at("2026-11-03")),
        known("stale", "STALE", at("2026-11-02"), at("2026-11-01")),
      ]);
      const figures = { listed: 5, duplicates: 0, same: 1, missing: 1, extra: 1, stale: 1, newer: 1, different: 1 };
      expect(lines.at(-1)).toEqual({ outcome: "SUMMARY", ...figures });
      const { data } = await house.graphql(
        `{ reconciliations { nodes { id list { ${Object.keys(figures).join(" ")} } } } }`,
        { as: "approval-bureau" },
      );
      expect(data.reconciliations.nodes).toEqual([{ id: made.id, list: figures }]);
      expect(await leftBehind()).toBe(0);
    }
  });

  test("counts a record that is named again once, the newest", async () => {
    await told([{ id: "a", at: at("2026-11-02") }]);
    const { made } = await compareDays([{ id: "b", at: at("2026-11-02") }]);
    const list = [
      { id: "a", at: at("2026-11-01") },
      { id: "a", at: at("2026-11-02") },
      { id: "a", at: at("2026-11-01") },
    ];
    const { summary } = await send(made.id, list.map(lineOf).join(""));
    expect(summary).toMatchObject({ listed: 3, duplicates: 2, same: 1, stale: 0, newer: 0, extra: 0 });
  });

  test("that is empty tells everything the hub holds on the days that differed", async () => {
    await told(hub);
    const { made } = await compareDays([untouched]);
    const { summary } = await send(made.id, "");
    expect(summary).toMatchObject({ listed: 0, extra: 5 });
  });

  test("of many parts is exact: on one day, over many days, in any order", async () => {
    const many = Array.from({ length: 7_000 }, (_, n) => ({
      id: `r-${n}`,
      at: at(n % 4 ? "2026-11-01" : `2026-0${(n % 9) + 1}-15`),
    }));
    await told(many);
    const kept = many
      .filter((_, n) => n % 100 !== 0)
      .map((row, n) => (n % 500 === 0 ? { ...row, at: at("2026-11-20") } : row));
    const added = Array.from({ length: 7 }, (_, n) => ({ id: `added-${n}`, at: at("2026-11-02") }));
    const list = [...kept, ...added].toSorted((a, b) => (digestOf(a.id) < digestOf(b.id) ? -1 : 1));
    const { made } = await compareDays(list);
    const pieces = Readable.from(
      (function* () {
        const text = list.map(lineOf).join("");
        for (let start = 0; start < text.length; start += 7_777) yield Buffer.from(text.slice(start, start + 7_777));
      })(),
    );
    const { summary, lines } = await send(made.id, pieces);
    const stale = kept.filter(({ at: when }) => when === at("2026-11-20")).length;
    expect(summary).toMatchObject({ listed: list.length, duplicates: 0, missing: 7, extra: 70, stale, newer: 0 });
    expect(lines).toHaveLength(7 + 70 + stale + 1);
    expect(new Set(lines.map((line) => line.sourceRecordId)).size).toBe(lines.length);
  });

  test("of another department's comparison, or of none, is not taken", async () => {
    const { made } = await compareDays([untouched]);
    for (const [id, as] of [
      [made.id, "marine"],
      ["nothing", "approval-bureau"],
      ["00000000-0000-4000-8000-000000000000", "approval-bureau"],
    ] as const)
      expect(await send(id, lineOf(untouched), as)).toMatchObject({ status: 404, code: "RECONCILIATION_NOT_FOUND" });
    expect(await send(made.id, lineOf(untouched), "auditor")).toMatchObject({ status: 403, code: "FORBIDDEN" });
    expect(await send(made.id, lineOf(untouched), "second-system")).toMatchObject({ status: 200 });
  });

  test.each([
    ["that is no NDJSON", "x", { "content-type": "application/json" }, "MEDIA_TYPE"],
    ["that is packed", lineOf(untouched), { "content-encoding": "gzip" }, "MEDIA_TYPE"],
    ["with a line that is none", `${lineOf(untouched)}{\n`, {}, "INPUT_INVALID"],
    ["with an endless line", "x".repeat(5_000), {}, "INPUT_INVALID"],
  ])("%s is refused, and leaves nothing behind", async (_what, body, headers, code) => {
    const { made } = await compareDays([untouched]);
    expect(await send(made.id, body, "approval-bureau", headers)).toMatchObject({ code });
    expect(await leftBehind()).toBe(0);
    // The next one is let in.
    expect(await send(made.id, lineOf(untouched))).toMatchObject({ status: 200 });
  });

  test("that was left behind by a copy that died is removed a day later", async () => {
    await house.sql("insert into reconciliation_line select gen_random_uuid(), 'x', now(), null, $1", [
      new Date(house.clock.now.getTime() - 86_400_000),
    ]);
    await house.sql("insert into reconciliation_line select gen_random_uuid(), 'y', now(), null, $1", [
      house.clock.now,
    ]);
    expect(await house.hub.removeExpired()).toMatchObject({ lines: 1 });
    expect(await leftBehind()).toBe(1);
  });
});

describe("comparisons", () => {
  const read = (as: string, args = "") =>
    house.graphql(
      `{ reconciliations${args} { nodes { id client madeBy department { name } from until } pageInfo { hasNextPage endCursor } } }`,
      { as },
    );

  test("are read by their department and by the auditor, newest first, a page at a time", async () => {
    const ids: string[] = [];
    for (const as of ["approval-bureau", "second-system", "marine"]) {
      house.clock.now = new Date(house.clock.now.getTime() + 1_000);
      ids.push((await compareDays([], {}, as)).made.id);
    }
    const seen = async (as: string, args = "") =>
      (await read(as, args)).data.reconciliations.nodes.map(({ id }: { id: string }) => id);
    expect(await seen("auditor")).toEqual(ids.toReversed());
    expect(await seen("approval-bureau")).toEqual([ids[1], ids[0]]);
    expect(await seen("marine")).toEqual([ids[2]]);
    expect(await seen("marine", `(department: "11371000XXXX010118")`)).toEqual([]);
    expect(await seen("auditor", `(department: "11371000XXXX010118")`)).toEqual([ids[1], ids[0]]);
    const first = await read("auditor", "(first: 2)");
    expect(first.data.reconciliations.pageInfo.hasNextPage).toBe(true);
    expect(await seen("auditor", `(first: 2, after: "${first.data.reconciliations.pageInfo.endCursor}")`)).toEqual([
      ids[0],
    ]);
    expect((await read("approval-bureau", `(after: "x")`)).errors[0].extensions.code).toBe("CURSOR_INVALID");
  });

  test("stay as they were made: the hub itself can neither change nor remove them", async () => {
    const [row] = await house.sql(`select has_table_privilege('zhengzhao_hub', 'reconciliation', 'delete') as delete,
      has_column_privilege('zhengzhao_hub', 'reconciliation', 'differences', 'update') as change,
      has_column_privilege('zhengzhao_hub', 'reconciliation', 'listed', 'update') as list`);
    expect(row).toEqual({ delete: false, change: false, list: true });
  });
});
