import assert from "node:assert/strict";
import { startChild } from "./child.ts";
import { runLoad } from "./load.ts";
import { cell, interleave, type Outcome, percentile, processorMs, ratios } from "./measure.ts";
import type { BaselineOrders } from "./query-baseline.ts";
import { captureStatements } from "./query-capture.ts";
import { holderCode } from "./records.ts";
import { type Ground, holders, purpose, type Running, type Stage, setStage, startHub } from "./stage.ts";

const connections = 32;
const rounds = 12;
const seconds = 2;

const document = `query($uscc: ID!, $purpose: PurposeInput!) {
  enterprise(uscc: $uscc) {
    name
    licenses(purpose: $purpose, first: 20) { nodes { identifier number state validUntil jws } withheldCount }
  }
}`;

/** Request bodies, one a holder. */
export const queryBodies: readonly string[] = Array.from({ length: holders }, (_, index) =>
  JSON.stringify({ query: document, variables: { uscc: holderCode(index), purpose } }),
);

/** What every answer must hold. */
export const queryAnswer = { status: 200, text: '{"data":{"enterprise":{"name":"威海测试' } as const;

/** One holder with its licenses and their JWS over HTTP: the hub against Fastify and `pg` by hand, the same SQL. */
export async function benchQuery(ground: Ground): Promise<Outcome> {
  const stage = await setStage(ground, "bench_query");
  const statements = await captureStatements(stage, queryBodies[0] ?? "");
  const { databaseUrl = "", databasePool: poolSize } = stage.config;
  const hub = await startHub(ground, stage);
  const baseline = await startBaseline({ databaseUrl, poolSize, statements, sample: holderCode(0) });
  try {
    await checkSameAnswers(hub, baseline, stage);
    const measured = (server: Running) => () => measure(server, stage);
    await interleave(1, [measured(baseline), measured(hub)]);
    const [hand = [], own = []] = await interleave(rounds, [measured(baseline), measured(hub)]);
    return report(statements.length, hand, own);
  } finally {
    await Promise.all([hub.stop(), baseline.stop()]);
  }
}

async function startBaseline(orders: BaselineOrders): Promise<Running> {
  const { answer: port, pid, end } = await startChild<number>("query-baseline.js", orders);
  return { port, pid, stop: end };
}

type Round = Readonly<{ perSecond: number; p50: number; p99: number; processor: number }>;

async function measure(server: Running, { token }: Stage): Promise<Round> {
  const before = processorMs(server.pid);
  const load = { port: server.port, token, bodies: queryBodies, connections, seconds, expected: queryAnswer };
  const { latenciesMs, perSecond } = await runLoad(load);
  const processor = (processorMs(server.pid) - before) / latenciesMs.length;
  return { perSecond, processor, p50: percentile(latenciesMs, 50), p99: percentile(latenciesMs, 99) };
}

/** Two servers that answer differently would not be compared but mistaken. */
async function checkSameAnswers(hub: Running, baseline: Running, { token }: Stage): Promise<void> {
  for (const body of [0, 1, 2, holders - 1].map((index) => queryBodies[index] ?? "")) {
    const [own, hand] = await Promise.all([hub, baseline].map(({ port }) => ask(port, token, body)));
    assert.deepEqual(own, hand);
  }
}

async function ask(port: number, token: string, body: string): Promise<unknown> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const answer = await fetch(`http://127.0.0.1:${port}/graphql`, { method: "POST", headers, body });
  return answer.json();
}

function report(statements: number, hand: readonly Round[], own: readonly Round[]): Outcome {
  const of = (side: readonly Round[], field: keyof Round) => side.map((round) => round[field]);
  const row = (name: string, side: readonly Round[]) => [
    ...[name, cell(of(side, "perSecond")), cell(of(side, "p50"), 1), cell(of(side, "p99"), 1)],
    cell(of(side, "processor"), 2),
  ];
  const ratio = ratios(of(own, "perSecond"), of(hand, "perSecond"));
  const processor = ratios(of(hand, "processor"), of(own, "processor"));
  return {
    title: `query: one holder, its five licenses and their JWS; ${statements} statements, ${connections} connections, ${rounds} rounds of ${seconds} s`,
    table: [
      ["", "requests/s", "p50 ms", "p99 ms", "processor ms/request"],
      row("by hand: Fastify + pg", hand),
      row("the hub", own),
    ],
    figures: [
      { name: "requests/s, hub : by hand", values: ratio, target: { atLeast: 0.5 } },
      { name: "processor time a request, by hand : hub", values: processor },
    ],
  };
}
