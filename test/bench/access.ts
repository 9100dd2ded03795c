import type { AccessOrders } from "./access-hub.ts";
import { startChild } from "./child.ts";
import { runLoad } from "./load.ts";
import { cell, interleave, type Outcome, percentile, processorMs, ratios } from "./measure.ts";
import { queryAnswer, queryBodies } from "./query.ts";
import { type Ground, makeDatabase, type Running, runSql, setStage } from "./stage.ts";

const connections = 32;
const rounds = 60;
const seconds = 1;

/** What the access path costs: token, client, grant, purpose, guarded rows and ledger write, against the same server without. */
export async function benchAccess(ground: Ground): Promise<Outcome> {
  const stage = await setStage(ground, "bench_access");
  const unguarded = await makeDatabase(ground, "bench_access_bare", "bench_access");
  await runSql(unguarded, "alter table license disable row level security");
  const bare = await start({ env: { ...stage.env, DATABASE_URL: unguarded }, isBare: true });
  const whole = await start({ env: stage.env, isBare: false });
  try {
    const sides = [() => measure(bare, undefined), () => measure(whole, stage.token)];
    // Until the longer of the two paths is compiled as well as the shorter.
    await interleave(10, sides);
    const [without = [], own = []] = await interleave(rounds, sides);
    const row = (name: string, side: readonly Round[]) => [
      name,
      cell(side.map((round) => round.perSecond)),
      cell(side.map((round) => round.p50)),
      cell(
        side.map((round) => round.processor),
        2,
      ),
    ];
    const perSecond = (side: readonly Round[]) => side.map((round) => round.perSecond);
    return {
      title: `access: what the whole access path costs; ${connections} connections, ${rounds} rounds of ${seconds} s`,
      table: [["", "requests/s", "p50 ms", "processor ms/request"], row("without", without), row("with", own)],
      figures: [
        {
          name: "requests/s, with : without",
          values: ratios(perSecond(own), perSecond(without)),
          target: { atLeast: 0.75 },
        },
      ],
    };
  } finally {
    await Promise.all([whole.stop(), bare.stop()]);
  }
}

async function start(orders: AccessOrders): Promise<Running> {
  const { answer: port, pid, end } = await startChild<number>("access-hub.js", orders);
  return { port, pid, stop: end };
}

type Round = Readonly<{ perSecond: number; p50: number; processor: number }>;

async function measure(server: Running, token: string | undefined): Promise<Round> {
  const before = processorMs(server.pid);
  const load = {
    port: server.port,
    ...(token !== undefined && { token }),
    bodies: queryBodies,
    connections,
    seconds,
    expected: queryAnswer,
  };
  const { latenciesMs, perSecond } = await runLoad(load);
  const processor = (processorMs(server.pid) - before) / latenciesMs.length;
  return { perSecond, processor, p50: percentile(latenciesMs, 50) };
}
