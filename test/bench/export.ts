import { mintAccessToken } from "../../src/proof/access/access-token.ts";
import { findTokenKey } from "../../src/store/keys/key-store.ts";
import { cell, memoryOf, type Outcome } from "./measure.ts";
import { type Ground, openBenchHub, runSql, setStage, startHub } from "./stage.ts";

const rows = 1_000_000;
const maxMegabytes = 200;

/** The auditor's export of a ledger of a million records, as NDJSON and as a table: how fast, and the hub's memory. */
export async function benchExport(ground: Ground): Promise<Outcome> {
  const stage = await setStage(ground, "bench_export");
  const { databaseUrl = "" } = stage.config;
  await runSql(
    databaseUrl,
    `insert into access_record (holder_code, at, caller_kind, client_id, department, action, outcome, procedure,
        case_number, reason, identifiers, withheld, attributes)
      select (array(select code from holder order by code limit 1000))[1 + n % 1000], now(), 'DEPARTMENT',
        'approval-bureau', '11371000XXXX010118', 'READ', 'DISCLOSED', 'food-operation-new', 'BENCH-' || n, '性能测试',
        array['1.2.156.3005.2.11100000MB0143028R001.11371000004359010J.20210701000001.001.X'], 0, array['*']
      from generate_series(1, ${rows}) n`,
  );
  await runSql(databaseUrl, "vacuum (analyze)");
  const key = await findTokenKey(stage.config.keysDir, stage.config.tokenIssuer);
  if (!key) throw new Error("The hub made no token key.");
  const identity = { sub: "auditor", client_id: "auditor", role: "auditor", scope: "audit:read" } as const;
  const claims = { ...identity, aud: stage.config.tokenAudience, jti: "bench", ttlSeconds: 8 * 60 * 60 };
  const token = await mintAccessToken(claims, key, new Date());
  // What came before is sealed by now, as it would be; the export is measured in a fresh process.
  await sealAll(stage.env);
  const hub = await startHub(ground, stage);
  try {
    const atRest = megabytes(hub.pid, "VmRSS");
    const lines = await download(hub.port, token, "ndjson");
    const peakOfLines = megabytes(hub.pid, "VmHWM");
    const table = await download(hub.port, token, "csv");
    const peak = megabytes(hub.pid, "VmHWM");
    const row = (name: string, { seconds, bytes, newlines }: Downloaded, memory: number) => [
      name,
      cell([newlines]),
      cell([bytes / 2 ** 20]),
      cell([newlines / seconds]),
      cell([memory]),
    ];
    return {
      title: `export: ${rows.toLocaleString("en-US")} access records over HTTP; the hub at rest: ${atRest.toFixed(0)} MiB`,
      table: [
        ["", "lines", "MiB sent", "lines/s", "peak memory MiB"],
        row("NDJSON", lines, peakOfLines),
        row("CSV, after it", table, peak),
      ],
      figures: [
        {
          name: "peak resident memory of the hub's process",
          values: [peak],
          unit: "MiB",
          target: { below: maxMegabytes },
        },
      ],
    };
  } finally {
    await hub.stop();
  }
}

async function sealAll(env: Readonly<Record<string, string>>): Promise<void> {
  const { hub, close } = await openBenchHub(env);
  for (let sealed = 0; sealed < rows; ) sealed += await hub.sealAccessRecords();
  await close();
}

type Downloaded = Readonly<{ seconds: number; bytes: number; newlines: number }>;

async function download(port: number, token: string, ending: string): Promise<Downloaded> {
  const start = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/access-records.${ending}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok || !response.body) throw new Error(`The hub said ${response.status}.`);
  let bytes = 0;
  let newlines = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) newlines += 1;
  }
  if (newlines < rows) throw new Error(`Only ${newlines} lines came.`);
  return { seconds: (performance.now() - start) / 1000, bytes, newlines };
}

function megabytes(pid: number | undefined, name: "VmRSS" | "VmHWM"): number {
  return memoryOf(pid, name) / 2 ** 20;
}
