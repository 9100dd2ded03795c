import { runLoad } from "./load.ts";
import { cell, interleave, type Outcome, percentile, processorMs } from "./measure.ts";
import { queryAnswer, queryBodies } from "./query.ts";
import { type Ground, type Running, type Stage, setStage, startHub } from "./stage.ts";

const rounds = 3;
const seconds = 2;

/** What a bystander's slowest request in a hundred may take longer beside an attacker. *Units*: milliseconds. */
const mostDelayMs = 200;

const mebibyte = 1_048_576;
const references = JSON.stringify(Array.from({ length: 10_000 }, () => ({ __typename: "Enterprise", uscc: "1" })));
const entities = "query ($all: [_Any!]!) { _entities(representations: $all) { __typename } }";
const submit = "mutation ($input: SubmitLicensesInput!) { submitLicenses(input: $input) { rejected } }";
const junk = { operation: "ISSUE", sourceUpdatedAt: "2026-01-01T00:00:00Z", licenseType: "x", issuer: "y" };

/** Whom a bystander has beside it. Each has a token, and so may send the most. */
const neighbors = [
  { name: "nobody else", bodies: undefined, expected: undefined },
  { name: "accepted queries", bodies: queryBodies, expected: queryAnswer },
  refused("10,000 aliases", query(`{${times(10_000, (index) => `a${index}:__typename`)}}`)),
  refused("600 aliases", query(`{${times(600, (index) => `a${index}:__typename`)}}`)),
  refused("depth 50", query(nested(50))),
  refused("fragments that double", query(doubling(30))),
  refused("a name of 1 MB", query(`{${"a".repeat(1_000_000)}}`)),
  refused("10,000 representations", `{"query":"${entities}","variables":{"all":${references}}}`, "PAGE_TOO_LARGE"),
  refused("8 MiB of white space", " ".repeat(8 * mebibyte), "BAD_REQUEST"),
  refused("8 MiB of brackets", "[".repeat(8 * mebibyte), "BAD_REQUEST"),
  refused("2,000,000 objects", `{"variables":[${"{},".repeat(2_000_000)}0]}`, "BAD_REQUEST"),
  refused("59,000 new keys", `{"query":"{a}","variables":{${newKeys(59_000)}}}`, "GRAPHQL_VALIDATION_FAILED"),
  refused("8 MiB of escapes", `{"query":"${"\\u0041".repeat(1_300_000)}"}`),
  { name: "1,000 wrong records", bodies: [submission()], expected: { status: 200, text: '"rejected":1000' } },
] as const;

/**
 * How long a bystander waits while a neighbor sends what is refused, on two connections, each as fast as it is answered.
 * The delay is the bystander's 99th percentile beside the neighbor, less the one alone in the same round. What a refusal
 * costs the hub in processor time is the steadier figure where other programs run.
 */
export async function benchLimits(ground: Ground): Promise<Outcome> {
  const stage = await setStage(ground, "bench_limits");
  const hub = await startHub(ground, stage);
  try {
    const sides = neighbors.map((neighbor) => () => measure(hub, stage, neighbor));
    return report(await interleave(rounds, sides));
  } finally {
    await hub.stop();
  }
}

type Neighbor = (typeof neighbors)[number];
type Round = Readonly<{ p50: number; p99: number; longest: number; perSecond: number; ownP99: number; costMs: number }>;

async function measure({ port, pid }: Running, { token }: Stage, neighbor: Neighbor): Promise<Round> {
  const before = processorMs(pid);
  const noise =
    neighbor.bodies &&
    runLoad({
      ...{ port, token, connections: 2, seconds: seconds + 1 },
      ...{ bodies: neighbor.bodies, expected: neighbor.expected },
    });
  const quiet = { port, token, connections: 1, bodies: queryBodies, seconds, pauseMs: 2, expected: queryAnswer };
  const { latenciesMs } = await runLoad(quiet);
  const noisy = await noise;
  const [p50, p99] = [percentile(latenciesMs, 50), percentile(latenciesMs, 99)];
  const ownP99 = noisy ? percentile(noisy.latenciesMs, 99) : 0;
  const costMs = noisy ? (processorMs(pid) - before) / noisy.latenciesMs.length : 0;
  return { p50, p99, longest: percentile(latenciesMs, 100), perSecond: noisy?.perSecond ?? 0, ownP99, costMs };
}

function refused(name: string, body: string, code = "QUERY_") {
  return { name, bodies: [body], expected: { status: 400, text: `"code":"${code}` } } as const;
}

function query(text: string): string {
  return JSON.stringify({ query: text });
}

function submission(): string {
  const records = Array.from({ length: 1_000 }, (_, index) => ({ ...junk, sourceRecordId: `junk-${index}` }));
  return JSON.stringify({ query: submit, variables: { input: { batchId: "junk", records } } });
}

function newKeys(count: number): string {
  return Array.from({ length: count }, (_, index) => `"k${index}":1`).join();
}

function nested(depth: number): string {
  return `{${"a{".repeat(depth - 1)}a${"}".repeat(depth - 1)}}`;
}

function doubling(levels: number): string {
  const spreads = times(levels, (level) => `fragment F${level} on Query{...F${level + 1} ...F${level + 1}}`);
  return `{...F0} ${spreads} fragment F${levels} on Query{__typename}`;
}

function times(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join(" ");
}

function report(measured: readonly (readonly Round[])[]): Outcome {
  const of = (side: readonly Round[] | undefined, field: keyof Round) => side?.map((round) => round[field]) ?? [];
  const alone = of(measured[0], "p99");
  const delays = (side: readonly Round[] | undefined) =>
    of(side, "p99").map((p99, round) => p99 - (alone[round] ?? Number.NaN));
  const rows = neighbors.map(({ name }, index) => {
    const side = measured[index];
    const columns = [cell(of(side, "perSecond")), cell(of(side, "costMs"), 1), cell(of(side, "ownP99"), 1)];
    return [name, ...columns, cell(of(side, "p50"), 1), cell(of(side, "p99"), 1), cell(of(side, "longest"), 1)];
  });
  const heads = ["the neighbor sends", "its requests/s", "hub ms each", "its p99 ms", "p50 ms", "p99 ms", "longest ms"];
  return {
    title: `limits: a bystander's query beside one busy neighbor, ${rounds} rounds of ${seconds} s`,
    table: [heads, ...rows],
    figures: neighbors.slice(1).map(({ name }, index) => ({
      ...{ name: `bystander's delay beside ${name}`, values: delays(measured[index + 1]), unit: "ms" },
      target: { below: mostDelayMs },
    })),
  };
}
