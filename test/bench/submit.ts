import { startChild } from "./child.ts";
import { cell, interleave, type Outcome, ratios } from "./measure.ts";
import { issuer } from "./records.ts";
import { batchSize, type Ground, hubEnv, makeDatabase, openBenchHub, runSql } from "./stage.ts";
import type { SubmitOrders, SubmitReport } from "./submit-run.ts";

const rounds = 3;
const records = 20_000;
const maxMegabytes = 400;

/** Submission, signed and stored: the hub's verb against a loop by hand that checks nothing. Every round a fresh database. */
export async function benchSubmit(ground: Ground): Promise<Outcome> {
  const template = hubEnv(ground, await makeDatabase(ground, "bench_submit"), "off");
  const { close } = await openBenchHub(template);
  await close();
  await runSql(template["DATABASE_URL"] ?? "", "insert into client (id, department, name) values ($1, $2, $3)", [
    issuer.client,
    issuer.department,
    issuer.name,
  ]);
  let copies = 0;
  const measured = (program: string) => async () => {
    copies += 1;
    const name = `bench_submit_${copies}`;
    const env = hubEnv(ground, await makeDatabase(ground, name, "bench_submit"), "off");
    const report = await runChild(program, { env, records });
    await checkRows(env["DATABASE_URL"] ?? "");
    await runSql(ground.postgres.url, `drop database ${name}`);
    await runSql(ground.postgres.url, "checkpoint");
    return report;
  };
  const [hand = [], own = []] = await interleave(rounds, [measured("submit-baseline.js"), measured("submit-hub.js")]);
  return outcomeOf(hand, own);
}

async function runChild(program: string, orders: SubmitOrders): Promise<SubmitReport> {
  const flags = process.env["BENCH_HUB_FLAGS"]?.split(" ") ?? [];
  const execArgv = ["--enable-source-maps", ...(program === "submit-hub.js" ? flags : [])];
  const { answer, end } = await startChild<SubmitReport>(program, orders, execArgv);
  await end();
  return answer;
}

/** Both sides must have written all rows. */
async function checkRows(url: string): Promise<void> {
  const { rows } = await runSql(
    url,
    `select (select count(*)::int from license) as license, (select count(*)::int from license_event) as license_event,
      (select count(*)::int from holder) as holder, (select count(*)::int from submission) as submission`,
  );
  const [counts] = rows;
  const all = records + batchSize;
  if (counts?.license === all && counts.license_event === all && counts.submission === all / batchSize) return;
  throw new Error(`Not every row was written: ${JSON.stringify(counts)}`);
}

function outcomeOf(hand: readonly SubmitReport[], own: readonly SubmitReport[]): Outcome {
  const of = (side: readonly SubmitReport[], field: keyof SubmitReport) => side.map((round) => round[field]);
  const megabytes = (side: readonly SubmitReport[]) => of(side, "peakBytes").map((bytes) => bytes / 2 ** 20);
  const perRecord = (side: readonly SubmitReport[]) => of(side, "processorMs").map((ms) => (ms * 1000) / records);
  const row = (name: string, side: readonly SubmitReport[]) => [
    ...[name, cell(of(side, "perSecond")), cell(perRecord(side)), cell(megabytes(side))],
  ];
  return {
    title: `submit: ${records.toLocaleString("en-US")} records in batches of ${batchSize}, signed and stored; ${rounds} rounds`,
    table: [
      ["", "records/s", "processor µs/record", "peak memory MiB"],
      row("by hand: jose + pg, no checks", hand),
      row("the hub", own),
    ],
    figures: [
      {
        name: "records/s, hub : by hand",
        values: ratios(of(own, "perSecond"), of(hand, "perSecond")),
        target: { atLeast: 0.35 },
      },
      { name: "processor time a record, by hand : hub", values: ratios(perRecord(hand), perRecord(own)) },
      {
        name: "peak resident memory of the hub's process",
        values: megabytes(own),
        unit: "MiB",
        target: { below: maxMegabytes },
      },
    ],
  };
}
