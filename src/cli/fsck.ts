import { parseArgs } from "node:util";
import { LogUnreachable, openLog } from "../connectors/log-reader.ts";
import type { AuditFinding } from "../proof/audit/audit-codes.ts";
import { auditCodes } from "../proof/audit/audit-codes.ts";
import type { SignedCheckpoint } from "../proof/audit/log-note.ts";
import type { NoteKey } from "../proof/log/signed-note.ts";
import { checkLog, type LogCheck } from "../use-cases/log/check-log.ts";
import {
  Alarm,
  findingLines,
  type Language,
  messageOf,
  openKept,
  printable,
  readKeys,
  readLanguage,
  readMemory,
  readNewest,
  readText,
  UsageError,
  writeMemory,
  writeWhole,
} from "./audit/auditing.ts";
import { openProgress } from "./audit/progress.ts";
import { readWanted } from "./audit/wanted-licenses.ts";

const help = `Checks a public log whole: recomputes every leaf, tile and root, and compares with what was seen before.

Usage: node src/cli/fsck.ts [PLACE] [options]

  PLACE            address of the log (https://hub.example/log) or of its hub, or a folder with the log's files:
                   checkpoint, tile/…; may be left out when --database is given
  --vkey KEY       the log's key, NAME+ID+KEY, as at /log/vkey
  --keys JWKS      file with the hub's key set, as served at /.well-known/jwks.json; instead of --vkey.
                   With neither, the key beside the log is taken on trust, and printed.
  --since FILE     a checkpoint kept earlier: the log must still begin with what it stood for
  --keep FILE      write the newest checkpoint there when all is in order; name it as --since next time
  --state FILE     remember how far the log was read: an interrupted run goes on there, the next reads what is new
  --licenses PATH  a license, a bundle, or a folder of them, which must stand in the log; may be repeated.
                   Reads the log from its first entry.
  --database URL   compare the hub's own tables with its log, row by row, as whoever owns them (postgres://…).
                   With --keys every license's signature is verified too.
  --json           print a JSON object a line: each finding, then the outcome
  --lang           language of the report: en (default) or zh
  --help           print this

Needs no build, no database and no network but the log's, unless told.
Exit code: 0 in order, 1 something is wrong (fork, rolled back, damage, a license missing), 2 could not tell
(unreachable, interrupted, wrong usage).`;

type Order = Readonly<{
  place: string | undefined;
  vkey: string | undefined;
  keys: string | undefined;
  since: string | undefined;
  keep: string | undefined;
  state: string | undefined;
  licenses: readonly string[];
  database: string | undefined;
  json: boolean;
  language: Language;
}>;

/** How many findings there were; `summary`: of the part that was checked. */
type Checked = Readonly<{ findings: number; isStopped: boolean; summary: Readonly<Record<string, unknown>> }>;

async function main(args: readonly string[]): Promise<number> {
  let order: Order | undefined;
  try {
    order = readOrder(args);
    if (order === undefined) {
      console.log(help);
      return 0;
    }
    const checked = [
      ...(order.place === undefined ? [] : [await checkPlace(order.place, order)]),
      ...(order.database === undefined ? [] : [await checkTables(order.database, order)]),
    ];
    const findings = checked.reduce((sum, part) => sum + part.findings, 0);
    const isStopped = checked.some((part) => part.isStopped);
    const outcome = findings > 0 ? "WRONG" : isStopped ? "STOPPED" : "IN_ORDER";
    const summary = Object.assign({}, ...checked.map((part) => part.summary));
    console.log(
      order.json
        ? JSON.stringify({ outcome, findings, ...summary })
        : `${outcome}  ${outcomes[outcome][order.language]}${summaryOf(summary)}`,
    );
    return { IN_ORDER: 0, WRONG: 1, STOPPED: 2 }[outcome];
  } catch (error) {
    if (error instanceof Alarm && order) {
      tell(order)(error.finding);
      return 1;
    }
    const known = error instanceof UsageError || error instanceof LogUnreachable;
    console.error(`fsck: ${printable(known ? error.message : `could not finish: ${messageOf(error)}`)}`);
    if (error instanceof LogUnreachable && order?.state !== undefined)
      console.error("fsck: run the same command again to go on where it ended.");
    return 2;
  }
}

/** Undefined when help was asked for. */
function readOrder(args: readonly string[]): Order | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const [place, ...more] = positionals;
  if (more.length > 0 || place === "") throw new UsageError("name one PLACE (see --help).");
  if (place === undefined && values.database === undefined)
    throw new UsageError("name a PLACE, or a --database (see --help).");
  const { vkey, keys, since, keep, state, licenses, database, json } = values;
  if (vkey !== undefined && keys !== undefined) throw new UsageError("--vkey or --keys, not both.");
  return { place, vkey, keys, since, keep, state, licenses, database, json, language: readLanguage(values.lang) };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        vkey: { type: "string" },
        keys: { type: "string" },
        since: { type: "string" },
        keep: { type: "string" },
        state: { type: "string" },
        licenses: { type: "string", multiple: true, default: [] },
        database: { type: "string" },
        json: { type: "boolean", default: false },
        lang: { type: "string", default: "en" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${messageOf(error)} (see --help).`);
  }
}

async function checkPlace(place: string, order: Order): Promise<Checked> {
  const wanted = await readWanted(order.licenses);
  const log = await openLog(place);
  const { keys, warning } = await readKeys(log, order);
  if (warning) console.error(warning[order.language]);
  const newest = await readNewest(log, keys);
  const since = order.since === undefined ? [] : [await openKept(await readText(order.since), order.since, keys)];
  const memory = await recall(order, keys);
  const counted = counter(tell(order));
  const stop = stopOnInterrupt();
  const start = wanted.count > 0 ? undefined : memory?.edge;
  const progress = openProgress(start?.size() ?? 0, newest.size);
  let result: LogCheck;
  try {
    result = await checkLog(
      {
        log,
        report: counted.report,
        progress: progress.reach,
        remember: async (kept) => (order.state === undefined ? undefined : writeMemory(order.state, kept)),
        isStopped: stop.isStopped,
      },
      {
        checkpoint: newest,
        known: [...since, ...(memory ? [memory.checkpoint] : [])],
        from: start,
        onEntries: wanted.look,
      },
    );
  } finally {
    progress.stop();
    stop.end();
  }
  if (result.restarted) notBelieved(order);
  const isStopped = result.outcome === "STOPPED";
  if (isStopped)
    console.error(words.stopped[order.language] + (order.state === undefined ? words.noState[order.language] : ""));
  else for (const file of wanted.missing()) counted.report({ code: "LICENSE_MISSING", file });
  if (order.keep !== undefined && counted.count() === 0 && !isStopped) await writeWhole(order.keep, newest.note);
  return {
    findings: counted.count(),
    isStopped,
    summary: { origin: newest.origin, size: newest.size, from: result.from, licenses: wanted.count },
  };
}

/** What an earlier run remembered, when its note holds; of anything else it is said that it is not believed. */
async function recall(order: Order, keys: readonly NoteKey[]) {
  const memory = order.state === undefined ? undefined : await readMemory(order.state);
  if (memory === undefined) return undefined;
  const checkpoint: SignedCheckpoint | undefined =
    memory === "DAMAGED" ? undefined : await openKept(memory.note, "", keys).catch(() => undefined);
  if (memory !== "DAMAGED" && checkpoint) return { edge: memory.edge, checkpoint };
  notBelieved(order);
  return undefined;
}

function notBelieved({ state, language }: Order): void {
  console.error(printable(`${state ?? ""}: ${words.notBelieved[language]}`));
}

async function checkTables(url: string, order: Order): Promise<Checked> {
  // Only now: whoever checks a log from outside needs none of what a database needs.
  const { checkDatabase } = await import("./audit/database-door.ts");
  return checkDatabase(url, order, (line) => console.log(line));
}

function tell({ json, language }: Pick<Order, "json" | "language">): (finding: AuditFinding) => void {
  return (finding) => {
    if (json) console.log(JSON.stringify({ ...finding, text: auditCodes[finding.code][language] }));
    else console.log(findingLines(finding, language).join("\n"));
  };
}

function counter(report: (finding: AuditFinding) => void) {
  let count = 0;
  return {
    count: () => count,
    report: (finding: AuditFinding) => {
      count += 1;
      report(finding);
    },
  };
}

/** The first Ctrl-C stops where it can go on later; the second ends at once, as always. */
function stopOnInterrupt() {
  let stopped = false;
  const stop = () => {
    stopped = true;
  };
  process.once("SIGINT", stop);
  return { isStopped: () => stopped, end: () => process.off("SIGINT", stop) };
}

function summaryOf({ origin, size, from, licenses, rows }: Readonly<Record<string, unknown>>): string {
  const log = origin === undefined ? "" : ` ${printable(String(origin))}: ${size} entries, read from ${from}`;
  const sample = licenses === undefined || licenses === 0 ? "" : `, ${licenses} licenses looked for`;
  const tables = rows === undefined ? "" : ` ${rows} rows compared`;
  const text = [log + sample, tables].filter(Boolean).join(";");
  return text === "" ? "" : ` (${text.trim()})`;
}

const outcomes = {
  IN_ORDER: { en: "Everything fits.", zh: "全部相符。" },
  WRONG: { en: "Something is wrong: keep what is printed above.", zh: "发现问题，请保存以上输出。" },
  STOPPED: { en: "Interrupted: nothing wrong so far.", zh: "已中断，至此未发现问题。" },
} as const;

const words = {
  stopped: {
    en: "fsck: interrupted. Run the same command again to go on.",
    zh: "fsck：已中断。再次运行同一命令即可继续。",
  },
  noState: { en: " Without --state it begins anew.", zh: "未指定 --state 时将从头开始。" },
  notBelieved: {
    en: "what an earlier run remembered does not hold; the log was read from its first entry.",
    zh: "先前记录的进度不可信，已从第一条重新读取。",
  },
} as const;

// Last, when every constant above is there.
process.exitCode = await main(process.argv.slice(2));
