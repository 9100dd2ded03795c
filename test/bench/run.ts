import { cpus } from "node:os";
import { benchAccess } from "./access.ts";
import { benchExport } from "./export.ts";
import { benchFsck } from "./fsck.ts";
import { benchIngest } from "./ingest.ts";
import { benchLimits } from "./limits.ts";
import { benchLog } from "./log.ts";
import { cell, type Figure, isKept, type Outcome } from "./measure.ts";
import { benchQuery } from "./query.ts";
import { benchReconcile } from "./reconcile.ts";
import { type Ground, openGround } from "./stage.ts";
import { benchStatus } from "./status.ts";
import { benchSubmit } from "./submit.ts";
import { benchToken } from "./token.ts";
import { benchVerify } from "./verify.ts";

// Usage: npm run bench -- [query|submit|access|export|fsck|ingest|token|limits|log|reconcile|status|verify …] [--no-targets]
// Exit code 1 when a target is missed (not with --no-targets), 2 on a wrong argument.

const benchmarks: Readonly<Record<string, (ground: Ground) => Promise<Outcome>>> = {
  query: benchQuery,
  submit: benchSubmit,
  access: benchAccess,
  export: benchExport,
  fsck: benchFsck,
  ingest: benchIngest,
  limits: benchLimits,
  log: benchLog,
  reconcile: benchReconcile,
  status: benchStatus,
  token: benchToken,
  verify: benchVerify,
};

const args = process.argv.slice(2);
const noTargets = args.includes("--no-targets");
const chosen = args.filter((arg) => arg !== "--no-targets");
const unknown = chosen.find((name) => !Object.hasOwn(benchmarks, name));

// So that whatever ends the run also ends its hub and removes its folder.
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

if (unknown === undefined) process.exitCode = await run(chosen.length > 0 ? chosen : Object.keys(benchmarks));
else {
  console.error(
    `There is no benchmark ${unknown}; there are: ${Object.keys(benchmarks).join(", ")}. Option: --no-targets`,
  );
  process.exitCode = 2;
}

async function run(names: readonly string[]): Promise<number> {
  const ground = await openGround();
  try {
    console.log(
      `${ground.postgres.version}, fsync on; Node ${process.version}; ${cpus().length} processors, ${cpus()[0]?.model}`,
    );
    console.log("Each figure: median (lower–upper quartile) of the rounds.");
    let missed = 0;
    for (const name of names) {
      const outcome = await benchmarks[name]?.(ground);
      if (outcome) missed += print(outcome);
    }
    return missed > 0 && !noTargets ? 1 : 0;
  } finally {
    await ground.stop();
  }
}

/** @returns how many targets were missed */
function print({ title, table, figures }: Outcome): number {
  console.log(`\n${title}`);
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of table) {
    console.log(
      `  ${row.map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0))).join("  ")}`,
    );
  }
  for (const figure of figures) console.log(`  → ${describe(figure)}`);
  return figures.filter((figure) => !isKept(figure)).length;
}

function describe(figure: Figure): string {
  const { name, values, unit, target } = figure;
  const text = `${name}: ${cell(values, unit === undefined ? 2 : 0)}${unit === undefined ? "" : ` ${unit}`}`;
  if (!target) return text;
  const wanted = "atLeast" in target ? `at least ${target.atLeast.toFixed(2)}` : `below ${target.below}`;
  return `${text}; target: ${wanted}, ${isKept(figure) ? "kept" : "MISSED"}`;
}
