import { runLoad } from "./load.ts";
import { cell, interleave, type Outcome, percentile, ratios } from "./measure.ts";
import { queryAnswer, queryBodies } from "./query.ts";
import { type Ground, type Running, type Stage, setStage, startHub } from "./stage.ts";

const rounds = 5;
const seconds = 4;

const neighbors = [
  { name: "nobody else", bodies: undefined, expected: undefined },
  { name: "accepted queries", bodies: queryBodies, expected: queryAnswer },
  refused("10,000 aliases", `{${Array.from({ length: 10_000 }, (_, index) => `a${index}:__typename`).join(" ")}}`),
  refused("depth 50", nested(50)),
  refused("a name of 1 MB", `{${"a".repeat(1_000_000)}}`),
] as const;

/** How long a bystander waits while a neighbor sends refused queries, one after another, as fast as they are answered. */
export async function benchLimits(ground: Ground): Promise<Outcome> {
  const stage = await setStage(ground, "bench_limits");
  const hub = await startHub(ground, stage);
  try {
    const sides = neighbors.map((neighbor) => () => measure(hub, stage, neighbor));
    await interleave(1, sides);
    return report(await interleave(rounds, sides));
  } finally {
    await hub.stop();
  }
}

type Neighbor = (typeof neighbors)[number];
type Round = Readonly<{ p50: number; p99: number; neighborPerSecond: number }>;

async function measure({ port }: Running, { token }: Stage, neighbor: Neighbor): Promise<Round> {
  const both = { port, token, connections: 1 };
  const noisy = neighbor.bodies && {
    ...both,
    bodies: neighbor.bodies,
    seconds: seconds + 1,
    expected: neighbor.expected,
  };
  const noise = noisy && runLoad(noisy);
  const quiet = { ...both, bodies: queryBodies, seconds, pauseMs: 2, expected: queryAnswer };
  const { latenciesMs } = await runLoad(quiet);
  const neighborPerSecond = (await noise)?.perSecond ?? 0;
  return { p50: percentile(latenciesMs, 50), p99: percentile(latenciesMs, 99), neighborPerSecond };
}

function refused(name: string, query: string) {
  return { name, bodies: [JSON.stringify({ query })], expected: { status: 400, text: '"code":"QUERY_TOO_' } } as const;
}

function nested(depth: number): string {
  return `{${"a{".repeat(depth - 1)}a${"}".repeat(depth - 1)}}`;
}

function report(measured: readonly (readonly Round[])[]): Outcome {
  const of = (side: readonly Round[] | undefined, field: keyof Round) => side?.map((round) => round[field]) ?? [];
  const alone = of(measured[0], "p99");
  const rows = neighbors.map(({ name }, index) => {
    const side = measured[index];
    return [name, cell(of(side, "neighborPerSecond")), cell(of(side, "p50"), 1), cell(of(side, "p99"), 1)];
  });
  return {
    title: `limits: a bystander's query beside one busy neighbor, ${rounds} rounds of ${seconds} s`,
    table: [["the neighbor sends", "its requests/s", "bystander p50 ms", "bystander p99 ms"], ...rows],
    figures: neighbors.slice(1).map(({ name }, index) => ({
      name: `bystander's p99, beside ${name} : alone`,
      values: ratios(of(measured[index + 1], "p99"), alone),
    })),
  };
}
