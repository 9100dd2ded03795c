import { exportJWK, generateKeyPair, type JWK } from "jose";
import { startChild } from "./child.ts";
import { cell, interleave, type Outcome, percentile, processorMs, ratios } from "./measure.ts";
import { issuer } from "./records.ts";
import { type Ground, hubEnv, makeDatabase, openBenchHub, type Running, runSql, startHub } from "./stage.ts";
import type { BaselineOrders } from "./token-baseline.ts";
import type { TokenLoad, TokenReport } from "./token-load.ts";

const rounds = 5;
const tokens = 1_500;
const connections = 16;
const leastPerSecond = 150;

/** The token endpoint, client assertion and DPoP: one hub process against a route by hand that remembers nothing. */
export async function benchToken(ground: Ground): Promise<Outcome> {
  const env = hubEnv(ground, await makeDatabase(ground, "bench_token"), "off");
  const { close } = await openBenchHub(env);
  await close();
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const [publicJwk, privateJwk] = await Promise.all([exportJWK(publicKey), exportJWK(privateKey)]);
  await register(env["DATABASE_URL"] ?? "", publicJwk);
  const load = { client: issuer.client, privateJwk, issuer: env["PUBLIC_URL"] ?? "", tokens, connections };

  const hub = await startHub(ground, { env });
  const orders: BaselineOrders = { publicJwk, issuer: load.issuer };
  const baseline = await startChild<number>("token-baseline.js", orders);
  try {
    const byHand = { port: baseline.answer, pid: baseline.pid, stop: baseline.end };
    const sides = [byHand, hub].map((side) => () => measure(side, load));
    await interleave(1, sides);
    const [hand = [], own = []] = await interleave(rounds, sides);
    return outcomeOf(hand, own);
  } finally {
    await baseline.end();
    await hub.stop();
  }
}

async function register(url: string, publicJwk: JWK): Promise<void> {
  await runSql(url, "insert into client (id, department, name, scopes) values ($1, $2, $3, '{license:read}')", [
    ...[issuer.client, issuer.department, issuer.name],
  ]);
  await runSql(url, "insert into client_key (client_id, kid, jwk, added_at) values ($1, 'bench', $2, now())", [
    ...[issuer.client, JSON.stringify({ ...publicJwk, kid: "bench", alg: "ES256", use: "sig" })],
  ]);
}

type Round = Readonly<{ perSecond: number; perCore: number; p50: number; p99: number }>;

async function measure({ port, pid }: Running, load: Omit<TokenLoad, "port">): Promise<Round> {
  const orders: TokenLoad = { ...load, port };
  const child = await startChild<TokenReport>("token-load.js", orders);
  await child.end();
  const { latenciesMs, seconds, wrong } = child.answer;
  if (wrong !== undefined) throw new Error(`An answer was not as expected: ${wrong.slice(0, 600)}`);
  // The server's processor time since before the load began includes next to nothing else: it was idle.
  const usedMs = processorMs(pid) - (processorBefore.get(pid) ?? 0);
  processorBefore.set(pid, processorMs(pid));
  return {
    perSecond: tokens / seconds,
    perCore: (tokens * 1000) / usedMs,
    p50: percentile(latenciesMs, 50),
    p99: percentile(latenciesMs, 99),
  };
}

const processorBefore = new Map<number | undefined, number>();

function outcomeOf(hand: readonly Round[], own: readonly Round[]): Outcome {
  const of = (side: readonly Round[], field: keyof Round) => side.map((round) => round[field]);
  const row = (name: string, side: readonly Round[]) => [
    ...[
      name,
      cell(of(side, "perSecond")),
      cell(of(side, "perCore")),
      cell(of(side, "p50"), 1),
      cell(of(side, "p99"), 1),
    ],
  ];
  return {
    title: `token: client_credentials, private_key_jwt and DPoP (ES256), ${connections} connections, ${tokens} tokens a round; ${rounds} rounds`,
    table: [
      ["", "tokens/s", "tokens per core-second", "p50 ms", "p99 ms"],
      row("by hand: Fastify + jose, remembers nothing", hand),
      row("the hub", own),
    ],
    figures: [
      { name: "tokens/s, hub : by hand", values: ratios(of(own, "perSecond"), of(hand, "perSecond")) },
      {
        name: "tokens the hub issues with one core's time",
        values: of(own, "perCore"),
        unit: "tokens/s",
        target: { atLeast: leastPerSecond },
      },
    ],
  };
}
