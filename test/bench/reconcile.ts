import { rowReader } from "../../src/domain/sources/record-shape.ts";
import { recordDigests } from "../../src/proof/records/record-digest.ts";
import { startChild } from "./child.ts";
import { cell, type Outcome } from "./measure.ts";
import type { ReconcileAnswer, ReconcileOrders } from "./reconcile-hub.ts";
import { issuer, usedTypes } from "./records.ts";
import { type Ground, hubEnv, makeDatabase, openBenchHub, packageRoot, runSql } from "./stage.ts";

const [small, large] = [100_000, Number(process.env["BENCH_RECONCILE_RECORDS"] ?? 1_000_000)];
const maxMegabytes = 350;

/** What is made to differ, of each kind. */
const differing = 100;

/**
 * A source that is read anew and compared with what the hub holds of it: whether exactly what differs is told, how long it
 * takes, and how much memory the hub needs for ten times as much.
 */
export async function benchReconcile(ground: Ground): Promise<Outcome> {
  const few = await compare(ground, small);
  const many = await compare(ground, large);
  const name = (count: number) => `${count.toLocaleString("en-US")} records`;
  const row = (count: number, { seconds, peakBytes }: ReconcileAnswer) => [
    ...[name(count), cell([seconds], 1), cell([count / seconds]), cell([peakBytes / 2 ** 20])],
  ];
  return {
    title: `reconcile: a view of a PostgreSQL, ${differing} records missing, ${differing} gone, ${differing} older here; all told, no other`,
    table: [["", "seconds", "records/s", "peak MiB"], row(small, few), row(large, many)],
    figures: [
      {
        name: "peak resident memory of the hub",
        values: [many.peakBytes / 2 ** 20],
        unit: "MiB",
        target: { below: maxMegabytes },
      },
      {
        name: `peak memory, ${name(large)} : ${name(small)}`,
        values: [many.peakBytes / few.peakBytes],
        target: { below: 1.3 },
      },
      {
        name: `time a record, ${name(small)} : ${name(large)}`,
        values: [few.seconds / small / (many.seconds / large)],
        target: { atLeast: 1 / 1.5 },
      },
    ],
  };
}

async function compare(ground: Ground, count: number): Promise<ReconcileAnswer> {
  const env = hubEnv(ground, await makeDatabase(ground, `bench_reconcile_${count}`), "on");
  const { close } = await openBenchHub(env);
  await close();
  const url = env["DATABASE_URL"] ?? "";
  await fill(ground, url, count);
  const orders: ReconcileOrders = { env, root: packageRoot(), source: "bench" };
  const { answer, end } = await startChild<ReconcileAnswer>("reconcile-hub.js", orders, ["--max-semi-space-size=8"]);
  await end();
  check(answer.told, count);
  await runSql(ground.postgres.url, `drop database bench_reconcile_${count} with (force)`);
  return answer;
}

/**
 * The department's table, and what the hub was told of it, by insert and select: the hub's own door is not what is measured.
 * Record n of the department is missing at the hub, gone at the department, or older at the hub, by n modulo.
 */
async function fill({ postgres }: Ground, url: string, count: number): Promise<void> {
  const place = {
    ...{ kind: "POSTGRESQL" as const, host: "127.0.0.1", port: postgres.port, database: `bench_reconcile_${count}` },
    ...{ user: "postgres", tls: false, view: "public.license_changes", updatedAt: "changed_at", id: "id" },
  };
  const step = count / differing;
  const record = `'r-' || lpad(n::text, 9, '0') as id, ($1::text[])[1 + n % ${usedTypes.length}] as type,
    timestamptz '2024-01-01 00:00:00+08' + n * interval '1 second' * (63072000 / ${count}) as changed_at`;
  await runSql(url, "truncate source_record");
  await runSql(url, "create table department_record (id text, type text, changed_at timestamptz)");
  await runSql(
    url,
    `insert into department_record select ${record} from generate_series(1, ${count}) as n where n % ${step} <> 1`,
    [usedTypes],
  );
  await runSql(url, "create index on department_record (changed_at, id)");
  await runSql(url, "create view license_changes as select * from department_record");
  const columns = { id: "sourceRecordId", changed_at: "sourceUpdatedAt", type: "licenseType" };
  const constants = { operation: "ISSUE", issuer: issuer.department };
  // All records of a type say the same but for their names and times.
  const digests = usedTypes.map((type) => {
    const row = { id: "r", type, changed_at: "2024-01-01T00:00:00Z" };
    const reading = rowReader({ place, mapping: { columns, constants } })(row);
    return "raw" in reading ? recordDigests(reading.raw).content : "";
  });
  await runSql(
    url,
    `insert into source_record select $2, id, type, at, ($3::text[])[array_position($1::text[], type)], hub_source_day(at),
      hub_line_hash(id, at) from (
      select id, type, case when n % ${step} = 3 then changed_at - interval '1 day' else changed_at end as at
      from (select n, ${record} from generate_series(1, ${count}) as n where n % ${step} <> 2) as all_records) as held`,
    [usedTypes, issuer.client, digests],
  );
  await runSql(url, "vacuum (analyze)");
  await runSql(
    url,
    `insert into source (id, client_id, name, place, mapping, every_seconds, page_size, added_at, due_at)
     values ('bench', $1, 'bench', $2, $3, 300, 1000, now(), now())`,
    [issuer.client, JSON.stringify(place), JSON.stringify({ columns, constants })],
  );
  await runSql(
    url,
    "insert into client (id, kind, name, scopes) values ('bench-operator', 'OPERATOR', 'bench', '{hub:operate}')",
  );
}

/** Exactly what was made to differ. */
function check(told: readonly string[], count: number): void {
  const step = count / differing;
  const named = (outcome: string, first: number) =>
    Array.from({ length: differing }, (_, index) => `${outcome} r-${String(index * step + first).padStart(9, "0")}`);
  const expected = [...named("EXTRA", 1), ...named("MISSING", 2), ...named("STALE", 3)].toSorted();
  const found = told.toSorted();
  const wrong = found.find((one, index) => one !== expected[index]);
  if (found.length !== expected.length || wrong !== undefined)
    throw new Error(`${found.length} records were told instead of ${expected.length}; the first wrong one: ${wrong}`);
}
